"""The life of a practice as a Hypothesis state machine: real actions on a real store, checked after every step."""

import asyncio
import itertools
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from coaching.actions import book as booking
from coaching.actions import cancel, remind
from coaching.clock import ManualClock
from coaching.credits import Grant
from coaching.errors import CannotCancel, CoachesOnly, CoachingError, InPast, NotBookable, NotEnoughCredits, NotYours
from coaching.ids import new_id
from coaching.policy import Policy
from coaching.sessions import EVERYBODY, Actor, Hat, side_of
from coaching.workspace import Settings
from storage import SqlStore
from tests.conftest import START
from tests.properties import audiences
from tests.properties.dialogs import BESIDE, HOUR, LENGTH, PAT_MAIL, POLICIES, TICK, UNDO_WINDOW, Dialog, lines_of
from tests.properties.model import Model
from tests.properties.model_values import SWEPT_AFTER, WARNED_BEFORE, ModelGrant, ModelSession
from tests.properties.seen import look, returned_grants, should_see
from tests.support.databases import empty_but
from tests.support.world import ADMIN, ANNA, COACH, OTHER_COACH, World

_numbers = itertools.count(1)


class Life(RuleBasedStateMachine):
    """Clients, coaches and an admin do what they like; the subclass made by `life_on` brings the database.

    Every example empties the workspace again: the jobs of the upkeep work for all there are.
    """

    runner: asyncio.Runner
    store: SqlStore

    def __init__(self) -> None:
        super().__init__()
        # A workspace of its own for every example: quicker than a database, and nobody else's rows may matter.
        self.ws = f"T{next(_numbers):08d}"
        self.admin = Actor(self.ws, ADMIN)
        self.clock = ManualClock(START)
        self.model = Model()
        self.dialogs: list[Dialog] = []
        self.clients = [ANNA, COACH, PAT_MAIL]
        self.ids: list[str] = []
        self.actions: dict[str, list[str]] = {}
        self.unseen: set[str] = set()
        self.touched = False
        self.listed = {COACH, OTHER_COACH}

    def teardown(self) -> None:
        """Leave nothing behind that a later example's jobs would find."""
        self.run(empty_but(self.store, BESIDE))

    def run(self, coroutine: Any) -> Any:
        """Run something on the machine's own event loop."""
        self.touched = True
        return self.runner.run(coroutine)

    def attempt(self, coroutine: Any) -> tuple[Any, CoachingError | None]:
        """Run something that may be refused; return its result, or how it was refused."""
        try:
            return self.run(coroutine), None
        except CoachingError as error:
            return None, error

    def _session(self, number: int) -> ModelSession:
        return self.model.sessions[self.ids[number % len(self.ids)]]

    @initialize(
        amount=st.sampled_from([300, 1000]),
        policy=st.sampled_from(POLICIES),
        booked=st.lists(st.tuples(st.integers(0, 1), st.integers(4, 240)), min_size=1, max_size=3),
    )
    def open_the_practice(self, amount: int, policy: Policy, booked: list[tuple[int, int]]) -> None:
        self.run(self.set_up())
        for client in (ANNA, PAT_MAIL):
            self.grant(self.clients.index(client), amount, False, None)
        self.grant(0, 101, False, 20)
        self.grant(0, 50, False, 60)
        self.change_the_policy(policy)
        for client, quarters in booked:
            self.book(2 * client, COACH, quarters, 233, "Coaching")  # Anna's takes three grants

    async def set_up(self) -> None:
        """Introduce everybody; what else a practice begins with is added by those who need it."""
        await World(self.store, self.clock, self.ws).people()

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
            async with self.store.write(self.ws) as uow:
                await uow.grants.add(who, given, package=name if package else None, now=now)
                await uow.commit()

        self.run(add())
        self.model.issue(ModelGrant(given.id, who, amount, kind, expires_at, "Pack" if package else None))

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
        elif not self.model.gives(kind, coach):
            expected = NotBookable
        elif not pending and (barred := audiences.barred(self.model, who, kind, now)):
            expected = barred
        elif spend is None:
            expected = NotEnoughCredits
        elif not pending and (full := audiences.full(self.model, who, kind, now)):
            expected = full
        else:
            besides = self.giving_way(who, kind, pending=pending)
            expected = self.model.clash(who, coach, starts_at, now, length=LENGTH, closes=True, besides_closed=besides)
        session, refused = self.attempt(booking.book(self.store, self.clock, command))
        assert type(refused) is (expected or type(None))
        if refused:
            return
        assert spend is not None
        audiences.close(self.model, self.giving_way(who, kind, pending=pending))
        self.booked(session.id, who, coach, kind, starts_at, price, spend)

    def giving_way(self, who: str, kind: str, *, pending: bool = False) -> set[str]:
        """Return the cancellations whose undo ends when a client books this by themselves."""
        return set() if pending else audiences.giving_way(self.model, who, kind, self.clock.now())

    def booked(
        self,
        session_id: str,
        who: str,
        coach: str,
        kind: str,
        starts_at: datetime,
        price: int,
        spend: dict[str, int],
        instead: ModelSession | None = None,
    ) -> ModelSession:
        """Tell the model of a booking, perhaps in place of a canceled session."""
        now, policy = self.clock.now(), self.model.policy_for(kind, spend)
        one = ModelSession(session_id, who, coach, kind, starts_at, starts_at + LENGTH, now, policy, price, spend)
        one.givers = self.model.givers
        self.model.make_room(who, starts_at, LENGTH, now, instead)
        self.model.pay(spend)
        one.count_down(now)
        self.model.sessions[session_id] = one
        self.ids.append(session_id)
        return one

    # -- cancellations ------------------------------------------------------------------------------------------------
    @precondition(lambda self: self.ids)
    @rule(
        first=st.integers(0, 30),
        likely=st.sampled_from([True, True, True, False]),
        others=st.integers(0, 3),
        hat=st.sampled_from([Hat.CLIENT, Hat.CLIENT, Hat.COACH, Hat.ADMIN, EVERYBODY]),
        refund_late=st.booleans(),
        at_once=st.booleans(),
    )
    def quote(self, first: int, likely: bool, others: int, hat: str, refund_late: bool, at_once: bool) -> None:
        now = self.clock.now()
        on = (
            [s for s in self.model.sessions.values() if s.cancelable(now, Hat.COACH if hat == EVERYBODY else Hat(hat))]
            if likely
            else []
        )
        self.open_a_dialog(on[first % len(on)] if on else self._session(first), others, hat, refund_late, at_once)

    def retired(self, who: str) -> bool:
        """Whether a coach was taken off the list: they look at what they gave, and do nothing about it."""
        return who in {COACH, OTHER_COACH} - self.listed

    def open_a_dialog(self, one: ModelSession, others: int, claim: str, refund_late: bool, at_once: bool) -> None:
        """Choose a session and some others of the same person, or of EVERYBODY; confirm `at_once` or maybe later."""
        now = self.clock.now()
        hat, everybody = (Hat.ADMIN, True) if claim == EVERYBODY else (Hat(claim), False)
        if hat is Hat.CLIENT and one.client == PAT_MAIL:
            hat = Hat.ADMIN  # who is known by e-mail only cannot click
        subject = one.coach if hat is Hat.COACH else one.client
        mine = [s for s in self.model.sessions.values() if subject == (s.coach if hat is Hat.COACH else s.client)]
        if everybody:
            subject, mine = EVERYBODY, list(self.model.sessions.values())
        side = side_of(hat, subject)
        picked = [one, *[s for s in mine if s is not one and s.cancelable(now, side)][:others]]
        actor = Actor(self.ws, ADMIN if hat is Hat.ADMIN else subject)
        choice = cancel.Choice(
            actor=actor,
            request_key=new_id(now),
            draft_id=new_id(now),
            hat=hat,
            subject_id=subject,
            offered=[s.id for s in picked],
            picked=[s.id for s in picked],
        )
        blocked = {s.id for s in picked if not s.cancelable(now, side)}
        quoted, refused = self.attempt(cancel.quote_choice(self.store, self.clock, choice))
        if hat is Hat.COACH and self.retired(subject):
            assert isinstance(refused, CoachesOnly)
            return
        if blocked:
            assert isinstance(refused, CannotCancel)
            assert set(refused.why) == blocked
            return
        assert refused is None
        typed = cancel.Typed(reason="Ill", refund_late=refund_late)
        revise = cancel.Revise(actor=actor, draft_id=choice.draft_id, typed=typed)
        quoted = self.run(cancel.quote_again(self.store, self.clock, revise))
        terms, soon = quoted.quote, self.model.told_at_once(picked, now, side)
        dialog = Dialog(actor, choice.draft_id, hat, subject, refund_late, lines_of(quoted), [terms.seal], soon)
        assert terms.at_once is soon
        assert sorted(dialog.shown) == sorted(self.model.lines(picked, now, side, refund_late))
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
        if dialog.hat is Hat.COACH and self.retired(dialog.subject):
            assert isinstance(refused, CoachesOnly)
            return
        assert refused is None
        if dialog.done:
            assert isinstance(answer, cancel.Canceled)
            assert answer.again
            assert {s.id for s in answer.sessions} == {line[0] for line in dialog.shown}
            return
        left = [s for s in picked if s.cancelable(now, dialog.side)]
        fresh = self.model.lines(left, now, dialog.side, dialog.refund_late)
        soon = self.model.told_at_once(left, now, dialog.side)
        same = sorted(fresh) == sorted(dialog.shown) and soon is dialog.at_once
        if not left or not same or seal != dialog.seals[-1]:
            assert isinstance(answer, cancel.Quoted)
            assert sorted(lines_of(answer)) == sorted(fresh)
            assert {s.id for s, _ in answer.gone} == {s.id for s in picked} - {s.id for s in left}
            dialog.shown, dialog.at_once = lines_of(answer), soon
            dialog.seals.append(answer.quote.seal)
            return
        assert isinstance(answer, cancel.Canceled)
        assert not answer.again
        assert sorted(lines_of(answer)) == sorted(fresh)
        dialog.done = True
        chose_to_keep = dialog.side is Hat.COACH and not dialog.refund_late
        self.model.cancel(
            [(self.model.sessions[line[0]], line[1]) for line in fresh],
            now,
            decided=chose_to_keep,
            by_client=dialog.hat is Hat.CLIENT,
            forgiven={line[0] for line in fresh if line[-1]},
        )
        held_until = None if soon else min([now + UNDO_WINDOW, *(s.starts_at for s in left)])
        self.canceled(left, answer.draft.action_id or "", dialog.actor.user_id, dialog.hat, held_until, dialog.side)

    def canceled(
        self,
        sessions: list[ModelSession],
        action: str,
        by: str,
        hat: Hat,
        held_until: datetime | None,
        side: Hat | None = None,
        besides: list[ModelSession] | None = None,
    ) -> None:
        """Tell the model who canceled, until when it can be taken back, and who is told; coaches of `besides` too."""
        self.name_returned()
        for session in sessions:
            session.action, session.canceled_by, session.canceled_as = action, by, hat
            session.canceled_for, session.held_until, session.canceled_at = side or hat, held_until, self.clock.now()
            if session.wishes and session.wishes[-1].state == "withdrawn" and session.wishes[-1].ended is None:
                session.wishes[-1].ended = (self.clock.now(), by)
        self.actions[action] = [session.id for session in sessions]
        if held_until and by not in {session.client for session in sessions}:
            self.model.told.tell("own_receipt", by, None, action)
        self.model.told.tell_clients("receipt", sessions, action)
        self.model.told.tell_coaches("coach_alert", [*sessions, *(besides or [])], action)

    def name_returned(self) -> None:
        """Tell the model which ids the grants have that were opened for what came back."""
        there = self.run(returned_grants(self.store, self.ws))
        fresh = sorted(one for one in there if one[-1] not in self.model.grants)
        unnamed = sorted(
            ((one.parent or "", one.expires_at, one.balance, one.id) for one in self.model.unnamed),
            key=lambda one: one[:3],
        )
        assert [one[:3] for one in fresh] == [one[:3] for one in unnamed]
        for (*_, grant_id), (*_, name) in zip(fresh, unnamed, strict=True):
            self.model.name(self.model.grants[name], grant_id)
        self.model.unnamed.clear()

    # -- reminders ----------------------------------------------------------------------------------------------------
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
    @rule(minutes=st.sampled_from([1, 14, 60, 60, 600, 1500]))
    def wait(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))

    @rule(nth=st.sampled_from([0, 0, 0, 1, 1, 2, 3, 8]), beside=st.sampled_from([-1, 0, 0, 1]))
    def wait_for_an_edge(self, nth: int, beside: int) -> None:
        """Wait until one of the next instants at which something becomes, or stops being, possible or due."""
        edges = {at for session in self.model.sessions.values() for at in session.edges()}
        edges |= {
            g.expires_at + wait
            for g in self.model.grants.values()
            if g.expires_at is not None and not g.swept
            for wait in (timedelta(0), SWEPT_AFTER, -WARNED_BEFORE)
        }
        ahead = sorted(at for at in edges if at + beside * TICK > self.clock.now())
        if ahead:
            self.clock.set(ahead[min(nth, len(ahead) - 1)] + beside * TICK)

    @rule()
    def wait_half_the_undo_window(self) -> None:
        self.clock.advance(UNDO_WINDOW / 2)

    @rule(policy=st.sampled_from(POLICIES))
    def change_the_policy(self, policy: Policy) -> None:
        self.run(World(self.store, self.clock, self.ws).settings(Settings(policy=policy)))
        self.model.terms["workspace"] = policy

    @invariant()
    def the_store_and_the_model_tell_the_same(self) -> None:
        if not self.touched:
            return  # only time has passed, and by itself it changes nothing
        seen = self.run(look(self.store, self.ws, self.clients, self.unseen, self.clock.now()))
        self.touched = False
        assert not seen.wrong, "\n".join(seen.wrong)
        told = should_see(self.model, self.clients, self.clock.now())
        for part in fields(seen):
            assert getattr(seen, part.name) == getattr(told, part.name), part.name
