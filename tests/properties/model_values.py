"""The model's grants, requests and sessions: dictionaries' values, without rules about each other."""

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from coaching.policy import Policy
from coaching.sessions import Hat

SWEPT_AFTER = timedelta(seconds=600)
CLOSED_AFTER = timedelta(hours=1)
CORRECTED_WITHIN = timedelta(days=14)
WARNED_BEFORE = timedelta(days=14)


@dataclass
class ModelGrant:
    """Credits of one person, or of a pool (`holder` is its id then); `package` names what it was sold as.

    `parent` is the grant that paid for what came back into this one.
    """

    id: str
    holder: str
    balance: int
    session_type: str | None
    expires_at: datetime | None
    package: str | None = None
    warned: bool = False
    swept: bool = False
    parent: str | None = None

    def gone(self, now: datetime) -> bool:
        """Whether it has expired."""
        return self.expires_at is not None and self.expires_at <= now

    def soon(self, now: datetime) -> bool:
        """Whether its holder should know by now that it expires."""
        return self.expires_at is not None and self.expires_at - now <= WARNED_BEFORE


@dataclass
class ModelRequest:
    """An exception that was asked for, about one cancellation of a session."""

    id: str
    decide_by: datetime
    state: str = "open"
    by_admins: bool = False


@dataclass
class ModelWish:
    """A request to move a session to one of some times."""

    id: str
    decide_by: datetime
    times: list[datetime]
    state: str = "open"
    by_admins: bool = False
    ended: tuple[datetime, str] | None = None  # when it was withdrawn, and by whom


@dataclass
class ModelPlea:
    """A request for credits, for a client or (`pool`) for a pool."""

    id: str
    client: str
    pool: str | None
    amount: int
    asked_at: datetime
    decide_by: datetime
    by_admins: bool
    state: str = "open"


@dataclass
class ModelSession:
    """A booked session and what was paid for it, by grant."""

    id: str
    client: str
    coach: str
    kind: str
    starts_at: datetime
    ends_at: datetime
    booked_at: datetime
    policy: Policy
    price: int
    paid: dict[str, int]
    status: str = "scheduled"
    unconfirmed: bool = False
    forfeited: dict[str, int] = field(default_factory=dict)
    undecided: bool = False
    kept: bool = False
    moves: int = 0
    late_move_allowed: bool = False
    terms_start: datetime | None = None
    fixed_cutoff: datetime | None = None
    canceled_by: str = ""
    canceled_at: datetime | None = None
    canceled_as: Hat = Hat.CLIENT
    canceled_for: Hat = Hat.CLIENT  # whose rules applied
    action: str = ""
    held_until: datetime | None = None
    returned: dict[str, int] = field(default_factory=dict)
    decided: bool = False
    after_all: bool = False
    forgiven_at: datetime | None = None
    cancellations: int = 0
    requests: dict[int, ModelRequest] = field(default_factory=dict)
    countdown: set[datetime] = field(default_factory=set)
    announced: set[datetime] = field(default_factory=set)
    may_overlap: bool = False
    wishes: list[ModelWish] = field(default_factory=list)
    givers: dict[str, set[str]] = field(default_factory=dict)

    @property
    def given(self) -> bool:
        """Whether its coach gives such sessions: all do of which nobody is named."""
        return not self.givers.get(self.kind) or self.coach in self.givers[self.kind]

    @property
    def wish(self) -> ModelWish | None:
        """The open request to move it."""
        return self.wishes[-1] if self.wishes and self.wishes[-1].state == "open" else None

    @property
    def canceled(self) -> bool:
        """Whether a cancellation is in force."""
        return self.status == "canceled"

    def held(self, now: datetime) -> bool:
        """Whether it is canceled and may still be taken back."""
        return self.canceled and self.held_until is not None and self.held_until > now

    def told_later(self, now: datetime) -> bool:
        """Whether its client hears of its cancellation only when that cannot be taken back: somebody else canceled."""
        return (
            self.canceled and self.held_until is not None and now <= self.held_until and self.canceled_by != self.client
        )

    @property
    def decided_since(self) -> bool:
        """Whether somebody decided after it was canceled. A coach who keeps credits decides while canceling."""
        if self.canceled_for is not Hat.COACH:
            return self.decided
        return self.after_all or (self.asked is not None and self.asked.state == "decided")

    @property
    def asked(self) -> ModelRequest | None:
        """The exception asked for about the cancellation in force."""
        return self.requests.get(self.cancellations) if self.canceled else None

    @property
    def returnable(self) -> bool:
        """Whether a decision kept something that can be returned later, which happens once."""
        return self.canceled and self.decided and bool(self.forfeited) and not self.after_all

    @property
    def asked_after(self) -> bool:
        """Whether its client waits for an answer who asked after a decision."""
        return self.returnable and self.asked is not None and self.asked.state == "open"

    def overdue(self, now: datetime) -> bool:
        """Whether the time to decide about it is over."""
        return self.undecided and self.asked is not None and now > self.asked.decide_by

    def count_down(self, now: datetime) -> None:
        """Plan a day and two hours before the cutoff and an hour before the start, whatever of it is ahead."""
        steps = (self.cutoff() - timedelta(hours=24), self.cutoff() - timedelta(hours=2))
        self.countdown = {at for at in steps if at > now}
        self.announced = {at for at in (self.starts_at - timedelta(hours=1),) if at > now}

    def take_up(self, now: datetime) -> None:
        """Count down again after an undo: what is ahead, and at once what its client missed without knowing why."""
        since = self.canceled_at if self.canceled_by != self.client else None
        for steps in (self.countdown, self.announced):
            missed = since is not None and any(since <= at <= now for at in steps)
            ahead = {at for at in steps if at > now}
            steps.clear()
            steps.update(ahead | ({now} if missed else set()))

    def cutoff(self) -> datetime:
        """The last instant at which everything comes back."""
        return self.fixed_cutoff or self._cutoff_by_terms(self.starts_at)

    def promised(self) -> datetime | None:
        """Until when everything comes back whatever the terms say, if that is longer than they say."""
        cutoff = self.cutoff()
        return cutoff if cutoff > self._cutoff_by_terms(self.terms_start or self.starts_at) else None

    def _cutoff_by_terms(self, starts_at: datetime) -> datetime:
        at = self.booked_at + self.policy.booking_grace
        for tier in self.policy.tiers:
            if tier.percent == 100:
                at = max(at, starts_at - tier.lead)
        return min(at, starts_at)

    def edges(self) -> list[datetime]:
        """Every instant at which something becomes, or stops being, possible or due."""
        at = [self.starts_at - tier.lead for tier in self.policy.tiers]
        at += [self.held_until] if self.held_until else []
        at += [self.asked.decide_by] if self.asked else []
        at += [self.wish.decide_by] if self.wish else []
        at += [self.ends_at + CLOSED_AFTER, self.ends_at + CORRECTED_WITHIN]
        return [self.cutoff(), self.starts_at, self.ends_at, self.booked_at + self.policy.booking_grace, *at]

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
        if self.status != "scheduled" or now > self.starts_at:
            return False
        return hat is not Hat.CLIENT or self.policy.late_cancel or self.line(now, Hat.CLIENT, True)[1] > 0

    def unclosable(self, outcome: str, now: datetime) -> str | None:
        """Return why it cannot end like that by anybody's word."""
        if self.canceled:
            return "canceled"
        if outcome == "completed" and now < self.ends_at:
            return "not_ended"
        if now < self.starts_at:
            return "not_started"
        return "too_late" if now > self.ends_at + CORRECTED_WITHIN else None


def split(paid: dict[str, int], part: int, whole: int) -> dict[str, int]:
    """Share `part` of `whole` among grants, in the order of their ids, each rounded up with those before it."""
    seen = returned = 0
    parts = {}
    for grant_id in sorted(paid):
        seen += paid[grant_id]
        parts[grant_id] = math.ceil(seen * part / whole) - returned
        returned += parts[grant_id]
    return parts


def left(paid: dict[str, int], parts: dict[str, int]) -> dict[str, int]:
    """Return what of each grant did not go back."""
    rest = {grant_id: amount - parts.get(grant_id, 0) for grant_id, amount in paid.items()}
    return {grant_id: amount for grant_id, amount in rest.items() if amount}
