"""A second, naive telling of the rules, to compare the product with: dictionaries, no database, no shared code."""

import math
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from coaching.policy import Policy
from coaching.sessions import Hat

POOL = "the pool"
"""Whose a grant is that several people book from."""


@dataclass
class ModelGrant:
    """Credits of one client, or of the pool."""

    id: str
    client: str
    balance: int
    session_type: str | None
    expires_at: datetime | None

    def gone(self, now: datetime) -> bool:
        """Whether it has expired."""
        return self.expires_at is not None and self.expires_at <= now


@dataclass
class ModelSession:
    """A booked session and what was paid for it, by grant."""

    id: str
    client: str
    coach: str
    starts_at: datetime
    ends_at: datetime
    booked_at: datetime
    policy: Policy
    price: int
    paid: dict[str, int]
    canceled: bool = False
    forfeited: dict[str, int] = field(default_factory=dict)
    undecided: bool = False
    kept: bool = False
    moves: int = 0
    late_move_allowed: bool = False
    terms_start: datetime | None = None
    fixed_cutoff: datetime | None = None
    canceled_by: str = ""
    action: str = ""
    held_until: datetime | None = None
    returned: dict[str, int] = field(default_factory=dict)
    decided: bool = False
    countdown: set[datetime] = field(default_factory=set)
    announced: set[datetime] = field(default_factory=set)

    def count_down(self, now: datetime) -> None:
        """Plan a day and two hours before the cutoff and an hour before the start, whatever of it is ahead."""
        steps = (self.cutoff() - timedelta(hours=24), self.cutoff() - timedelta(hours=2))
        self.countdown = {at for at in steps if at > now}
        self.announced = {at for at in (self.starts_at - timedelta(hours=1),) if at > now}

    def cutoff(self) -> datetime:
        """The last instant at which everything comes back."""
        if self.fixed_cutoff is not None:
            return self.fixed_cutoff
        at = self.booked_at + self.policy.booking_grace
        for tier in self.policy.tiers:
            if tier.percent == 100:
                at = max(at, self.starts_at - tier.lead)
        return min(at, self.starts_at)

    def edges(self) -> list[datetime]:
        """Every instant at which its terms change."""
        tiers = [self.starts_at - tier.lead for tier in self.policy.tiers]
        tiers += [self.held_until] if self.held_until else []
        return [self.cutoff(), self.starts_at, self.ends_at, self.booked_at + self.policy.booking_grace, *tiers]

    def line(self, now: datetime, hat: Hat, refund_late: bool) -> tuple[str, int, int, bool]:
        """Return (session, percent, returned, late) as canceling now would have it."""
        late = now > self.cutoff()
        percent = 0 if late else 100
        if late:
            percent = max(
                (t.percent for t in self.policy.tiers if now <= (self.terms_start or self.starts_at) - t.lead),
                default=0,
            )
        if hat is Hat.COACH and refund_late:
            percent = 100
        return self.id, percent, math.ceil(self.price * percent / 100), late

    def cancelable(self, now: datetime, hat: Hat) -> bool:
        """Whether somebody in this role may cancel it now."""
        if self.canceled or now > self.starts_at:
            return False
        return hat is Hat.COACH or self.policy.late_cancel or self.line(now, Hat.CLIENT, True)[1] > 0


class Model:
    """What everybody should have."""

    def __init__(self) -> None:
        self.grants: dict[str, ModelGrant] = {}
        self.sessions: dict[str, ModelSession] = {}
        self.pool_id: str | None = None
        self.members: set[str] = set()

    def spends(self, client: str, grant: ModelGrant) -> bool:
        """Whether a grant is this client's to book with now."""
        return grant.client == client or (grant.client == POOL and client in self.members)

    def affordable(self, client: str, session_type: str, price: int, now: datetime) -> dict[str, int] | None:
        """Return which grants pay how much, or None when they cannot."""
        usable = [
            g
            for g in self.grants.values()
            if self.spends(client, g) and g.balance > 0 and not g.gone(now) and g.session_type in (None, session_type)
        ]
        never = datetime.max.replace(tzinfo=now.tzinfo)
        usable.sort(key=lambda g: (0 if g.session_type else 1, g.expires_at or never, g.id))
        spend: dict[str, int] = {}
        for grant in usable:
            part = min(grant.balance, price - sum(spend.values()))
            if part:
                spend[grant.id] = part
        return spend if sum(spend.values()) == price else None

    def taken(
        self,
        coach: str,
        starts_at: datetime,
        length: timedelta,
        now: datetime,
        *,
        besides: Collection[str] = (),
        apart: timedelta = timedelta(0),
    ) -> bool:
        """Whether the coach has something else then, or something that may still be taken back."""
        return any(
            s.coach == coach
            and s.id not in besides
            and (not s.canceled or (s.held_until is not None and s.held_until > now))
            and s.starts_at < starts_at + length + apart
            and s.ends_at > starts_at - apart
            for s in self.sessions.values()
        )

    def cancel(self, session: ModelSession, percent: int, now: datetime, *, decided: bool) -> None:
        """Return the percentage to the grants that paid, cent by cent from the first grant on."""
        session.canceled = True
        session.returned, session.decided = {}, False
        paid = returned = 0
        for grant_id in sorted(session.paid):
            paid += session.paid[grant_id]
            back = math.ceil(paid * percent / 100) - returned
            returned += back
            session.returned[grant_id] = back
            self._give_back(grant_id, back, session.policy, now)
            if session.paid[grant_id] > back:
                session.forfeited[grant_id] = session.paid[grant_id] - back
        late = now > session.cutoff()
        session.undecided = late and bool(session.forfeited) and not decided

    def refund_anyway(self, session: ModelSession, now: datetime) -> None:
        """Return what was forfeited."""
        for grant_id, amount in session.forfeited.items():
            self._give_back(grant_id, amount, session.policy, now)
        session.forfeited, session.undecided = {}, False

    def restore(self, session: ModelSession) -> None:
        """Take a cancellation back."""
        for grant_id, amount in session.returned.items():
            self.grants[grant_id].balance -= amount
        session.canceled, session.undecided, session.forfeited, session.returned = False, False, {}, {}
        session.held_until = None

    def _give_back(self, grant_id: str, amount: int, policy: Policy, now: datetime) -> None:
        if not amount:
            return
        grant = self.grants[grant_id]
        if grant.gone(now):
            # What expired beside it stays expired; what comes back can be used for a while.
            grant.balance, grant.expires_at = 0, now + policy.return_period
        grant.balance += amount

    def balance(self, client: str) -> int:
        """Return what a client has, expired but not yet swept credits included."""
        return sum(grant.balance for grant in self.grants.values() if self.spends(client, grant))

    def forfeited(self) -> int:
        """Return what nobody gets back."""
        return sum(sum(s.forfeited.values()) for s in self.sessions.values())
