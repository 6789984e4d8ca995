"""The life of a practice as a Hypothesis state machine: real actions on a real store, checked after every step."""

import asyncio
import itertools
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from coaching.actions import book as booking
from coaching.actions import cancel, decide, people, remind
from coaching.clock import ManualClock
from coaching.credits import Grant
from coaching.errors import AdminsOnly, CannotCancel, CoachingError, InPast, NotEnoughCredits, NotYours, SlotTaken
from coaching.ids import new_id
from coaching.policy import Policy, ReasonRule, Tier
from coaching.sessions import Actor, Hat, Person
from coaching.workspace import Settings
from storage import SqlStore
from tests.conftest import START
from tests.properties.model import Model, ModelGrant, ModelSession
from tests.support.invariants import balances, violations
from tests.support.world import ADMIN, ANNA, COACH, OTHER_COACH, World

HOUR, TICK = timedelta(hours=1), timedelta(microseconds=1)
LENGTH = timedelta(minutes=50)
UNDO_WINDOW = timedelta(seconds=60)
PAT_MAIL, PAT = "mail:pat@example.com", "U0PAT"
POLICIES = (
    Policy(),
    Policy(tiers=(Tier(24 * HOUR, 100), Tier(12 * HOUR, 50), Tier(2 * HOUR, 33))),
    Policy(tiers=(Tier(24 * HOUR, 100),), late_cancel=False, reason=ReasonRule.REQUIRED),
    Policy(tiers=(Tier(12 * HOUR, 50),), booking_grace=timedelta(0)),
    Policy(tiers=(), reason=ReasonRule.OFF),
    Policy(return_period=timedelta(0), booking_grace=48 * HOUR),
    Policy(tiers=(Tier(timedelta(0), 100),)),
)
_numbers = itertools.count(1)


@dataclass
class Dialog:
    """A dialog somebody has open: what it last showed, to be confirmed at any later time."""

    actor: Actor
    draft_id: str
    hat: Hat
    subject: str
    refund_late: bool
    shown: list[tuple[str, int, int, bool]]
    seals: list[str]
    done: bool = False


class Life(RuleBasedStateMachine):
    """Clients, coaches and an admin do what they like; the subclass made by `life_on` brings the database."""

    runner: asyncio.Runner
    store: SqlStore

    def __init__(self) -> None:
        super().__init__()
        # A workspace of its own for every example: quicker than a database, and nobody else's rows may matter.
        self.ws = f"T{next(_numbers):08d}"
        self.clock = ManualClock(START)
        self.model = Model()
        self.dialogs: list[Dialog] = []
        self.clients = [ANNA, COACH, PAT_MAIL]
        self.policy = Policy()
        self.ids: list[str] = []
        self.actions: dict[str, list[str]] = {}

    def run(self, coroutine: Any) -> Any:
        """Run something on the machine's own event loop."""
        return self.runner.run(coroutine)

    def attempt(self, coroutine: Any) -> tuple[Any, CoachingError | None]:
        """Run something that may be refused; return its result, or how it was refused."""
        try:
            return self.run(coroutine), None
        except CoachingError as error:
            return None, error

    def _session(self, number: int) -> ModelSession:
        return self.model.sessions[self.ids[number % len(self.ids)]]

    @initialize(amount=st.sampled_from([300, 1000]))
    def open_the_practice(self, amount: int) -> None:
        self.run(World(self.store, self.clock, self.ws).people())
        for client in (ANNA, PAT_MAIL):
            self.grant(self.clients.index(client), amount, False, None)

    # -- money in ---------------------------------------------------------------------------------------------------
    @rule(
        client=st.integers(0, 2),
        amount=st.sampled_from([50, 100, 101, 250]),
        package=st.booleans(),
        lasts=st.none() | st.sampled_from([2, 20, 60]),
    )
    def grant(self, client: int, amount: int, package: bool, lasts: int | None) -> None:
        now = self.clock.now()
        expires_at = None if lasts is None else now + lasts * HOUR
        name, kind = ("Pack", "Coaching") if package else ("Credits", None)
        given = Grant(new_id(now), name, amount, amount // 100, expires_at, kind)
        who = self.clients[client]

        async def add() -> None:
            async with self.store.write() as uow:
                await uow.add_grant(self.ws, who, given, package=name if package else None, now=now)
                await uow.commit()

        self.run(add())
        self.model.grants[given.id] = ModelGrant(given.id, who, amount, kind, expires_at)

    # -- bookings ---------------------------------------------------------------------------------------------------
    @rule(
        client=st.integers(0, 2),
        coach=st.sampled_from([COACH, COACH, OTHER_COACH]),
        quarters=st.integers(-1, 240),
        price=st.sampled_from([0, 50, 100, 101, 233]),
        kind=st.sampled_from(["Coaching", "Coaching", "Review"]),
    )
    def book(self, client: int, coach: str, quarters: int, price: int, kind: str) -> None:
        now, who = self.clock.now(), self.clients[client]
        starts_at = now + quarters * timedelta(minutes=15)
        pending = who.startswith("mail:")
        command = booking.Book(
            actor=Actor(self.ws, ADMIN if pending else who),
            role=Hat.ADMIN if pending else Hat.CLIENT,
            client_id=who,
            coach_id=coach,
            session_type=kind,
            starts_at=starts_at,
            length=LENGTH,
            time_zone="Europe/London",
            price=price,
        )
        spend = self.model.affordable(who, kind, price, now)
        expected: type[Exception] | None = None
        if starts_at <= now:
            expected = InPast
        elif spend is None:
            expected = NotEnoughCredits
        elif self.model.taken(coach, starts_at, LENGTH, now):
            expected = SlotTaken
        session, refused = self.attempt(booking.book(self.store, self.clock, command))
        assert type(refused) is (expected or type(None))
        if refused:
            return
        assert spend is not None
        for grant_id, part in spend.items():
            self.model.grants[grant_id].balance -= part
        booked = ModelSession(session.id, who, coach, starts_at, starts_at + LENGTH, now, self.policy, price, spend)
        assert session.refund_cutoff_at == booked.cutoff()
        booked.count_down(now)
        self.model.sessions[session.id] = booked
        self.ids.append(session.id)

    # -- cancellations ------------------------------------------------------------------------------------------------
    @precondition(lambda self: self.ids)
    @rule(
        first=st.integers(0, 30),
        others=st.integers(0, 3),
        hat=st.sampled_from([Hat.CLIENT, Hat.CLIENT, Hat.COACH, Hat.ADMIN]),
        refund_late=st.booleans(),
        at_once=st.booleans(),
    )
    def quote(self, first: int, others: int, hat: Hat, refund_late: bool, at_once: bool) -> None:
        now, one = self.clock.now(), self._session(first)
        if hat is Hat.CLIENT and one.client == PAT_MAIL:
            hat = Hat.ADMIN  # who is known by e-mail only cannot click
        subject = one.coach if hat is Hat.COACH else one.client
        mine = [s for s in self.model.sessions.values() if subject == (s.coach if hat is Hat.COACH else s.client)]
        picked = [one, *[s for s in mine if s is not one and s.cancelable(now, hat)][:others]]
        actor = Actor(self.ws, ADMIN if hat is Hat.ADMIN else subject)
        choice = cancel.Choice(
            actor=actor,
            request_key=new_id(now),
            draft_id=new_id(now),
            hat=hat,
            subject_id=subject,
            offered=[s.id for s in picked],
            picked=[s.id for s in picked],
            reason="Ill",
            refund_late=refund_late,
        )
        blocked = {s.id for s in picked if not s.cancelable(now, hat)}
        quoted, refused = self.attempt(cancel.quote_choice(self.store, self.clock, choice))
        if blocked:
            assert isinstance(refused, CannotCancel)
            assert set(refused.why) == blocked
            return
        assert refused is None
        dialog = Dialog(actor, choice.draft_id, hat, subject, refund_late, _lines(quoted), [quoted.quote.seal])
        assert sorted(dialog.shown) == sorted(s.line(now, hat, refund_late) for s in picked)
        self.dialogs.append(dialog)
        if at_once:
            self.confirm(len(self.dialogs) - 1)

    @precondition(lambda self: self.dialogs)
    @rule(number=st.integers(0, 30), clicks=st.sampled_from([1, 1, 2]))
    def confirm(self, number: int, clicks: int = 1) -> None:
        dialog = self.dialogs[number % len(self.dialogs)]
        seal = dialog.seals[-1]
        for _ in range(clicks):  # the second click of two is made on what the first one saw
            self.press(dialog, seal)

    def press(self, dialog: Dialog, seal: str) -> None:
        """Press the button of a dialog that shows the terms named by `seal`."""
        now = self.clock.now()
        command = cancel.Confirm(actor=dialog.actor, draft_id=dialog.draft_id, seal=seal)
        picked = [self.model.sessions[line[0]] for line in dialog.shown]
        subject_moved = dialog.subject == PAT_MAIL and PAT_MAIL not in self.clients
        answer, refused = self.attempt(cancel.confirm(self.store, self.clock, command))
        if subject_moved and not dialog.done:
            # The dialog was opened for somebody known by e-mail, who has appeared in Slack since.
            assert isinstance(refused, NotYours)
            return
        assert refused is None
        if dialog.done:
            assert isinstance(answer, cancel.Canceled)
            assert answer.again
            assert {s.id for s in answer.sessions} == {line[0] for line in dialog.shown}
            return
        left = [s for s in picked if s.cancelable(now, dialog.hat)]
        fresh = [s.line(now, dialog.hat, dialog.refund_late) for s in left]
        if not left or sorted(fresh) != sorted(dialog.shown) or seal != dialog.seals[-1]:
            assert isinstance(answer, cancel.Quoted)
            assert sorted(_lines(answer)) == sorted(fresh)
            assert {s.id for s, _ in answer.gone} == {s.id for s in picked} - {s.id for s in left}
            dialog.shown = _lines(answer)
            dialog.seals.append(answer.quote.seal)
            return
        assert isinstance(answer, cancel.Canceled)
        assert not answer.again
        assert sorted(_lines(answer)) == sorted(fresh)
        dialog.done = True
        chose_to_keep = dialog.hat is Hat.COACH and not dialog.refund_late
        for session_id, percent, _, _ in fresh:
            session = self.model.sessions[session_id]
            self.model.cancel(session, percent, now, decided=chose_to_keep)
            session.canceled_by, session.action = dialog.actor.user_id, answer.draft.action_id or ""
            session.held_until = None
            if dialog.hat is not Hat.COACH:
                starts = [self.model.sessions[line[0]].starts_at for line in fresh]
                session.held_until = min([now + UNDO_WINDOW, *starts])
        self.actions[answer.draft.action_id or ""] = [line[0] for line in fresh]

    @precondition(lambda self: self.ids)
    @rule(first=st.integers(0, 30))
    def nobody_quotes_what_is_anothers(self, first: int) -> None:
        one = self._session(first)
        if one.client == ANNA:
            return
        for hat, expected in ((Hat.CLIENT, NotYours), (Hat.COACH, NotYours), (Hat.ADMIN, AdminsOnly)):
            choice = cancel.Choice(
                actor=Actor(self.ws, ANNA),
                request_key=new_id(self.clock.now()),
                draft_id=new_id(self.clock.now()),
                hat=hat,
                subject_id=one.client if hat is Hat.ADMIN else ANNA,
                offered=[one.id],
                picked=[one.id],
            )
            _, refused = self.attempt(cancel.quote_choice(self.store, self.clock, choice))
            assert type(refused) is expected

    # -- decisions and reminders ----------------------------------------------------------------------------------------
    @precondition(lambda self: self.ids)
    @rule(
        first=st.integers(0, 30),
        others=st.integers(0, 2),
        refund=st.booleans(),
        who=st.sampled_from(["coach", "admin", "client"]),
    )
    def decide(self, first: int, others: int, refund: bool, who: str) -> None:
        now, one = self.clock.now(), self._session(first)
        actor = {"coach": one.coach, "admin": ADMIN, "client": one.client}[who]
        picked = [one, *[s for s in self.model.sessions.values() if s is not one and s.coach == one.coach][:others]]
        command = decide.DecideLate(actor=Actor(self.ws, actor), session_ids=[s.id for s in picked], refund=refund)
        allowed = actor == ADMIN or all(s.coach == actor for s in picked)
        answer, refused = self.attempt(decide.decide_late(self.store, self.clock, command))
        if not allowed:
            assert isinstance(refused, NotYours)
            return
        assert refused is None
        assert {s.id for s in answer.decided} == {s.id for s in picked if s.undecided}
        for session in picked:
            if session.undecided and refund:
                self.model.refund_anyway(session, now)
            session.decided = session.decided or session.undecided
            session.undecided = False

    @precondition(lambda self: self.ids)
    @rule(first=st.integers(0, 30))
    def keep(self, first: int) -> None:
        one = self._session(first)
        if one.client == PAT_MAIL:
            return
        command = remind.Keep(actor=Actor(self.ws, one.client), session_id=one.id)
        self.run(remind.keep(self.store, self.clock, command))
        if not one.canceled and self.clock.now() <= one.cutoff():
            one.kept, one.countdown = True, set()

    # -- the world moves ---------------------------------------------------------------------------------------------------
    @rule(minutes=st.sampled_from([1, 14, 60, 600, 1500]))
    def wait(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))

    @precondition(lambda self: self.ids)
    @rule(first=st.integers(0, 30), edge=st.integers(0, 9), beside=st.sampled_from([-1, 0, 0, 1]))
    def wait_for_an_edge(self, first: int, edge: int, beside: int) -> None:
        edges = self._session(first).edges()
        edges += [g.expires_at for g in self.model.grants.values() if g.expires_at is not None]
        self.clock.set(max(self.clock.now(), edges[edge % len(edges)] + beside * TICK))

    @rule(policy=st.sampled_from(POLICIES))
    def change_the_policy(self, policy: Policy) -> None:
        self.run(World(self.store, self.clock, self.ws).settings(Settings(policy=policy)))
        self.policy = policy

    @precondition(lambda self: PAT_MAIL in self.clients)
    @rule()
    def pat_appears_in_slack(self) -> None:
        moved = self.run(people.remember(self.store, self.ws, Person(PAT, "Pat", "Pat@Example.com"), self.clock.now()))
        theirs = [s for s in self.model.sessions.values() if s.client == PAT_MAIL]
        assert moved == len(theirs)
        for session in theirs:
            session.client = PAT
        for grant in self.model.grants.values():
            grant.client = PAT if grant.client == PAT_MAIL else grant.client
        self.clients[self.clients.index(PAT_MAIL)] = PAT

    # -- what must hold ---------------------------------------------------------------------------------------------------
    @invariant()
    def the_promises_hold(self) -> None:
        async def look() -> tuple[list[str], dict[str, int]]:
            async with self.store.engines.reader.connect() as connection:
                return await violations(connection, self.ws), await balances(connection, self.ws)

        found, ledger = self.run(look())
        assert not found, "\n".join(found)
        held = {f"grant:{g.id}": g.balance for g in self.model.grants.values() if g.balance}
        assert {account: amount for account, amount in ledger.items() if account.startswith("grant:")} == held
        assert ledger.get("forfeited", 0) == self.model.forfeited()

    @invariant()
    def the_store_tells_the_clients_the_same(self) -> None:
        async def look() -> dict[str, int]:
            async with self.store.read() as queries:
                return {who: sum(g.balance for g in await queries.grants(self.ws, who)) for who in self.clients}

        assert self.run(look()) == {who: self.model.balance(who) for who in self.clients}


def _lines(answer: cancel.Quoted | cancel.Canceled) -> list[tuple[str, int, int, bool]]:
    return [(line.session_id, line.percent, line.returned, line.late) for line in answer.quote.lines]
