"""A second, naive telling of the rules, to compare the product with: dictionaries, no database, no shared code."""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, time, timedelta

from coaching.errors import ClientBusy, SlotTaken
from coaching.policy import Policy
from coaching.sessions import Hat
from coaching.zones import zone
from tests.properties.model_values import ModelGrant, ModelPlea, ModelSession, left, split
from tests.properties.told import Told
from tests.support.world import ADMIN, ANNA, COACH

ZONES = {ANNA: zone("America/New_York"), COACH: zone("America/New_York")}
"""Who lives somewhere that is known; for others it is the session's zone that counts."""
THEIRS = zone("Europe/London")


Line = tuple[str, int, int, bool, tuple[tuple[str, int, datetime | None, str | None, bool], ...], int]
"""How canceling one session is quoted."""


class Model:
    """What everybody should have."""

    def __init__(self) -> None:
        self.grants: dict[str, ModelGrant] = {}
        self.sessions: dict[str, ModelSession] = {}
        self.pools: dict[str, set[str]] = {}
        self.contacts: dict[str, str | None] = {}
        self.terms: dict[str, Policy] = {"workspace": Policy()}
        self.expired = 0
        self.issued = 0
        self.told = Told()
        self.unnamed: list[ModelGrant] = []
        self.numbers = 0
        self.pleas: list[ModelPlea] = []
        self.givers: dict[str, set[str]] = {}
        self.open_to: dict[str, tuple[str, set[str], int | None]] = {}

    def gives(self, kind: str, coach: str) -> bool:
        """Whether a coach gives sessions of a type: all do of which nobody is named."""
        return not self.givers.get(kind) or coach in self.givers[kind]

    # -- credits ------------------------------------------------------------------------------------------------------
    def issue(self, grant: ModelGrant) -> None:
        """Add a grant with what it holds."""
        self.grants[grant.id] = grant
        self.issued += grant.balance

    def spends(self, client: str, grant: ModelGrant) -> bool:
        """Whether a grant is this client's to book with now."""
        return grant.holder == client or client in self.pools.get(grant.holder, ())

    def affordable(
        self, client: str, session_type: str, price: int, now: datetime, first: str | None = None
    ) -> dict[str, int] | None:
        """Return which grants pay how much, the chosen one first, or None when they cannot."""
        usable = [
            g
            for g in self.grants.values()
            if self.spends(client, g) and g.balance > 0 and not g.gone(now) and g.session_type in (None, session_type)
        ]
        never = datetime.max.replace(tzinfo=now.tzinfo)
        usable.sort(key=lambda g: (g.id != first, 0 if g.session_type else 1, g.expires_at or never, g.id))
        spend: dict[str, int] = {}
        for grant in usable:
            part = min(grant.balance, price - sum(spend.values()))
            if part:
                spend[grant.id] = part
        return spend if sum(spend.values()) == price else None

    def policy_for(self, kind: str, spend: dict[str, int]) -> Policy:
        """Return the terms of a booking: of the package that gives it its place, of its type, of the workspace."""
        package = next((self.grants[one].package for one in spend if self.grants[one].session_type), None)
        return self.terms.get(f"package {package}") or self.terms.get(f"type {kind}") or self.terms["workspace"]

    def pay(self, spend: dict[str, int]) -> None:
        """Take what a booking costs."""
        for grant_id, part in spend.items():
            self.grants[grant_id].balance -= part

    def lines(self, sessions: Iterable[ModelSession], now: datetime, hat: Hat, refund_late: bool) -> list[Line]:
        """Return how canceling these now would be quoted, one after another in the order of their starts.

        A line is (session, percent, returned, late, where each part goes until when, which of the forgiven ones it is).
        """
        found: list[Line] = []
        for session in sorted(sessions, key=lambda s: (s.starts_at, s.id)):
            line = self._line(session, session.line(now, hat, refund_late)[1], now, hat)
            before = [s.forgiven_at for s in self.sessions.values() if s.canceled and s.client == session.client]
            # All of an example happens within months.
            number = 1 + sum(at is not None for at in before) + sum(one[-1] > 0 for one in found)
            if hat is not Hat.COACH and line[3] and line[1] < 100 and number <= session.policy.forgiven_times:
                kind = self._line(session, 100, now, hat, number)
                line = kind if kind[2] > line[2] else line
            found.append(line)
        return found

    @staticmethod
    def told_at_once(sessions: Iterable[ModelSession], now: datetime, hat: Hat) -> bool:
        """Return whether canceling these has no undo, because a client may be on their way."""
        return hat is Hat.COACH and any(s.starts_at <= now + timedelta(hours=1) for s in sessions)

    def _line(self, session: ModelSession, percent: int, now: datetime, hat: Hat, forgiven: int = 0) -> Line:
        backs = self.backs(session, split(session.paid, percent, 100), now, by_client=hat is Hat.CLIENT)
        returned = sum(amount for _, amount, _, _, lapsed in backs if not lapsed)
        return session.id, percent, returned, now > session.cutoff(), tuple(backs), forgiven

    def backs(
        self, session: ModelSession, parts: dict[str, int], now: datetime, *, by_client: bool
    ) -> list[tuple[str, int, datetime | None, str | None, bool]]:
        """Return where parts of what paid for a session go back to: (paid by, amount, until, new one's parent, lapsed)."""
        found: list[tuple[str, int, datetime | None, str | None, bool]] = []
        for grant_id, amount in sorted(parts.items()):
            if not amount:
                continue
            grant = self.grants[grant_id]
            gone = grant.swept or grant.gone(now)
            enough = grant.expires_at is None or grant.expires_at >= now + session.policy.return_period
            if not gone and (enough or (grant.parent and by_client)):
                found.append((grant_id, amount, grant.expires_at, None, False))
            elif grant.parent and by_client:
                found.append((grant_id, amount, grant.expires_at, None, True))
            else:
                until = self.end_of_day(now + session.policy.return_period, grant)
                found.append((grant_id, amount, until, grant.parent or grant_id, False))
        return found

    def end_of_day(self, at: datetime, grant: ModelGrant) -> datetime:
        """Return the last second of the owner's day, not before `at`."""
        who = self.contacts[grant.holder] if grant.holder in self.pools else grant.holder
        there = ZONES.get(who or "", THEIRS)
        ends = datetime.combine(at.astimezone(there).date(), time(23, 59, 59), there)
        return (ends if ends >= at else ends + timedelta(days=1)).astimezone(at.tzinfo)

    def give_back(
        self, backs: Sequence[tuple[ModelSession, tuple[str, int, datetime | None, str | None, bool]]], now: datetime
    ) -> dict[tuple[str, str], str]:
        """Put back what comes back in one action; return into which grant, by session and the grant that had paid."""
        opened: dict[tuple[str, datetime | None], ModelGrant] = {}
        went: dict[tuple[str, str], str] = {}
        for session, (grant_id, amount, until, parent, lapsed) in backs:
            if lapsed:
                continue
            into = self.grants[grant_id]
            if parent is not None:
                into = opened.setdefault((parent, until), self._returned(self.grants[parent], until))
                self.grants[into.id] = into
                into.warned = into.holder not in self.pools and into.soon(now)
            into.balance += amount
            went[session.id, grant_id] = into.id
        self.unnamed += opened.values()
        return went

    def _returned(self, parent: ModelGrant, until: datetime | None) -> ModelGrant:
        self.numbers += 1
        name = f"returned {self.numbers}"
        return ModelGrant(name, parent.holder, 0, parent.session_type, until, parent.package, parent=parent.id)

    def name(self, grant: ModelGrant, grant_id: str) -> None:
        """Give a returned grant the id that the product gave it."""
        del self.grants[grant.id]
        for session in self.sessions.values():
            if grant.id in session.returned:
                session.returned[grant_id] = session.returned.pop(grant.id)
        grant.id = grant_id
        self.grants[grant_id] = grant

    def sweep(self, grant: ModelGrant) -> None:
        """Move what is left of an expired grant to where expired credits are."""
        self.expired += grant.balance
        grant.balance, grant.swept = 0, True

    def balance(self, client: str) -> int:
        """Return what a client has, expired but not yet swept credits included."""
        return sum(grant.balance for grant in self.grants.values() if self.spends(client, grant))

    def accounts(self) -> dict[str, int]:
        """Return every account that holds anything."""
        held = {f"grant:{g.id}": g.balance for g in self.grants.values()}
        held |= {f"session:{s.id}": s.price for s in self.sessions.values() if s.status == "scheduled"}
        held["forfeited"] = sum(sum(s.forfeited.values()) for s in self.sessions.values())
        held["forfeited"] += sum(s.price for s in self.sessions.values() if s.status == "no_show")
        held["earned"] = sum(s.price for s in self.sessions.values() if s.status == "completed")
        held |= {"expired": self.expired, "issued": -self.issued}
        return {account: amount for account, amount in held.items() if amount}

    # -- sessions -----------------------------------------------------------------------------------------------------
    def clash(
        self,
        client: str,
        coach: str,
        starts_at: datetime,
        now: datetime,
        *,
        length: timedelta,
        besides: Collection[str] = (),
        apart: timedelta = timedelta(0),
        yields: bool = True,
        closes: bool = False,
        besides_closed: Collection[str] = (),
    ) -> type[Exception] | None:
        """Return how a session then is refused: somebody has another one, or one that may still be taken back.

        `yields`: what is canceled of the client's makes room for the client; `closes`: so does all that was canceled with
        it, and what was canceled by `besides_closed`. `apart` lies around what the coach gives.
        """

        def meets(s: ModelSession, apart: timedelta = timedelta(0)) -> bool:
            return s.starts_at < starts_at + length + apart and s.ends_at > starts_at - apart

        closing = {*besides_closed, *(self.closing(client, starts_at, length, now) if closes else ())}
        there = [
            s
            for s in self.sessions.values()
            if s.id not in besides
            and (
                s.status == "scheduled"
                or (s.held(now) and not (yields and (s.client == client or s.action in closing)))
            )
        ]
        if any(client in (s.client, s.coach) and meets(s) for s in there):
            return ClientBusy
        given = any(s.coach == coach and meets(s, apart) for s in there)
        return SlotTaken if given or any(s.client == coach and meets(s) for s in there) else None

    def closing(self, client: str, starts_at: datetime, length: timedelta, now: datetime) -> set[str]:
        """Return the cancellations whose undo ends when the client has something else at a time."""
        return {
            s.action
            for s in self.sessions.values()
            if s.client == client and s.held(now) and s.starts_at < starts_at + length and s.ends_at > starts_at
        }

    def make_room(
        self,
        client: str,
        starts_at: datetime,
        length: timedelta,
        now: datetime,
        instead: ModelSession | None = None,
    ) -> None:
        """Close the undo of what is canceled of the client's and they have something else for now, or `instead`."""
        actions = self.closing(client, starts_at, length, now)
        if instead is not None and instead.told_later(now):
            actions.add(instead.action)
        for session in self.sessions.values():
            if session.canceled and session.action in actions:
                session.held_until = None

    def cancel(
        self,
        lines: Sequence[tuple[ModelSession, int]],
        now: datetime,
        *,
        decided: bool,
        by_client: bool,
        forgiven: Collection[str] = (),
    ) -> None:
        """Return percentages of what was paid, cent by cent from each session's first grant on."""
        backs = [
            (session, back)
            for session, percent in lines
            for back in self.backs(session, split(session.paid, percent, 100), now, by_client=by_client)
        ]
        went = self.give_back(backs, now)
        for session, _ in lines:
            late = now > session.cutoff()
            session.status, session.cancellations = "canceled", session.cancellations + 1
            self.end_wish(session, "withdrawn")
            mine = {back[0]: back[1] for whose, back in backs if whose is session and not back[4]}
            session.forfeited = left(session.paid, mine)
            session.returned = {}
            for grant_id, amount in mine.items():
                into = went[session.id, grant_id]
                session.returned[into] = session.returned.get(into, 0) + amount
            session.after_all = False
            session.forgiven_at = now if session.id in forgiven else None
            session.decided = late and bool(session.forfeited) and decided
            session.undecided = bool(session.forfeited) and not decided

    def decide(self, verdicts: Sequence[tuple[ModelSession, int]], now: datetime) -> None:
        """Return so much of what each session forfeited, in one decision, and tell the clients."""
        backs: list[tuple[ModelSession, tuple[str, int, datetime | None, str | None, bool]]] = []
        for session, amount in verdicts:
            parts = split(session.forfeited, amount, sum(session.forfeited.values()))
            backs += [(session, back) for back in self.backs(session, parts, now, by_client=False)]
            session.forfeited = left(session.forfeited, parts)
            session.after_all = session.decided
            session.undecided, session.decided = False, True
            if session.asked:
                session.asked.state = "decided"
        self.answered(session for session, _ in verdicts)
        self.give_back(backs, now)
        for client in {session.client for session, _ in verdicts}:
            self.told.tell("late_decision", client)

    def stay(self, asked: Sequence[ModelSession]) -> None:
        """Answer whole requests that came after a decision: nothing moves, and their clients are told."""
        for _, client in {(s.asked.id, s.client) for s in asked if s.asked}:
            self.told.tell("late_decision", client)
        for session in asked:
            if session.asked:
                session.asked.state = "decided"
        self.answered(asked)

    def answered(self, decided: Iterable[ModelSession]) -> None:
        """Ask nobody any more about requests of which nothing is open."""
        asked = [one for s in self.sessions.values() for one in s.requests.values()]
        for request in {session.asked.id for session in decided if session.asked}:
            if not any(one.id == request and one.state == "open" for one in asked):
                for kind in ("exception", "admin_exception"):
                    self.told.withdraw(kind, request)

    def decide_by_time(self, overdue: Sequence[ModelSession], order: Sequence[str], now: datetime) -> None:
        """Let the policies decide about sessions, request by request in that order."""
        for request in order:
            some = [s for s in overdue if s.undecided and s.asked is not None and s.asked.id == request]
            share = [(s, math.ceil(sum(s.forfeited.values()) * s.policy.undecided_percent / 100)) for s in some]
            if share:
                self.decide(share, now)

    def restore(self, session: ModelSession, now: datetime) -> None:
        """Take a cancellation back, and the request about it."""
        for grant_id, amount in session.returned.items():
            self.grants[grant_id].balance -= amount
        if session.asked:
            session.asked.state = "withdrawn"
            for kind in ("exception", "admin_exception"):
                self.told.withdraw(kind, session.asked.id)
        session.status, session.undecided, session.forfeited, session.returned = "scheduled", False, {}, {}
        session.held_until = None
        wish = session.wishes[-1] if session.wishes else None
        by_others = session.canceled_by != session.client
        if (
            wish
            and by_others
            and wish.state == "withdrawn"
            and wish.ended == (session.canceled_at, session.canceled_by)
        ):
            wish.state, wish.ended = "open", None
            for kind in ("move_asked", "admin_move_asked"):
                self.told.after_all(kind, wish.id)
        session.take_up(now)

    def end_wish(self, session: ModelSession, state: str, ended: tuple[datetime, str] | None = None) -> None:
        """Close the open request to move a session, if there is one, and ask nobody any more."""
        if (wish := session.wish) is not None:
            wish.state, wish.ended = state, ended
            for kind in ("move_asked", "admin_move_asked"):
                self.told.withdraw(kind, wish.id)

    def plea_of(self, client: str) -> ModelPlea | None:
        """Return a client's open request for credits."""
        return next((one for one in self.pleas if one.client == client and one.state == "open"), None)

    def pass_on(self, plea: ModelPlea) -> None:
        """Have the admins decide about a request for credits."""
        plea.by_admins = True
        self.told.tell("admin_credits", ADMIN, plea.client, plea.id)

    def end_plea(self, plea: ModelPlea, state: str, *, shared: bool = False) -> None:
        """Close a request for credits and ask nobody any more; tell its client, unless the gift itself does."""
        plea.state = state
        if state in ("declined", "expired") or shared:
            self.told.tell("answered", plea.client)
        for kind in ("credits_asked", "admin_credits"):
            self.told.withdraw(kind, plea.id)

    def gift(self, holder: str, now: datetime) -> None:
        """Answer by a gift every open request of a person, or what a pool's members ask for the pool."""
        for plea in self.pleas:
            theirs = plea.client == holder or (plea.pool == holder and plea.client in self.pools[holder])
            if plea.state == "open" and now <= plea.decide_by and theirs:
                self.end_plea(plea, "accepted", shared=plea.client != holder)

    def plead_to_admins(self, now: datetime) -> None:
        """Hand to the admins what a pool's contact has not answered half-way."""
        for plea in self.pleas:
            half = plea.asked_at + (plea.decide_by - plea.asked_at) / 2
            if plea.state == "open" and not plea.by_admins and half <= now <= plea.decide_by:
                self.pass_on(plea)

    def asked_for(self) -> Counter[tuple[str, str, int, str, str, datetime, bool]]:
        """Return every request there ever was: session, kind, number, id, state, deadline, whether admins decide."""
        numbers: Counter[str] = Counter()
        pleas: Counter[tuple[str, str, int, str, str, datetime, bool]] = Counter()
        for one in self.pleas:
            numbers[one.client] += 1
            pleas[one.client, "credits", numbers[one.client], one.id, one.state, one.decide_by, one.by_admins] += 1
        return pleas + Counter(
            (s.id, kind, number, one.id, one.state, one.decide_by, one.by_admins)
            for s in self.sessions.values()
            for kind, asked in (("exception", s.requests.items()), ("move", enumerate(s.wishes, start=1)))
            for number, one in asked
        )
