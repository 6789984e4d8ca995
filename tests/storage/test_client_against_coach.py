"""Client and coach act at once, two thousand times: one of them wins, the other one sees it, and the books balance.

Every racer has a store, a pool and connections of its own, as replicas have. Races of a batch run side by side on sessions
of their own, so that racers meet in every order.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from coaching.actions import cancel, decide, exceptions, outcomes, requests, reschedule, undo, upkeep
from coaching.causes import Blocked
from coaching.clock import ManualClock
from coaching.drafts import Draft
from coaching.errors import CannotMove, ChangedMeanwhile, UndoClosed
from coaching.ids import new_id
from coaching.outcomes import COMPLETE_AFTER
from coaching.policy import Policy
from coaching.sessions import SYSTEM_ID, Actor, Decision, Hat, Session, Status
from coaching.workspace import Settings
from tests.support.invariants import check_invariants
from tests.support.races import Bench, race, replicas
from tests.support.world import ADMIN, ANNA, COACH, WORKSPACE, World

H, MINUTE, TICK = timedelta(hours=1), timedelta(minutes=1), timedelta(microseconds=1)
AT_ONCE, MOST_AT_ONCE = 4, 24
"""Races in a batch, of the short run and of the long one; a session begins every two minutes: a batch is over in two hours."""
IN_TIME, LATE = 48 * H, 3 * H
TERMS = Policy(booking_grace=timedelta(0), decide_within=H)


def as_(user_id: str) -> Actor:
    return Actor(WORKSPACE, user_id)


async def confirm(world: World, draft: Draft) -> cancel.Canceled | cancel.Quoted:
    """Press the button of a quoted dialog."""
    seal = draft.quote.seal if draft.quote else None
    command = cancel.Confirm(actor=as_(draft.user_id), draft_id=draft.id, seal=seal)
    return await cancel.confirm(world.store, world.clock, command)


@dataclass
class Race:
    """Two racers about one session. `judge` says who won, after looking at both answers and at the session."""

    left: World
    right: World
    session: Session
    starts_in: ClassVar[timedelta] = IN_TIME

    async def prepare(self, bench: Bench) -> None:
        """Write what happens before."""

    def racers(self) -> Sequence[Coroutine[Any, Any, Any]]:
        """The two of them."""
        raise NotImplementedError

    def judge(self, left: Any, right: Any, after: Session) -> str:
        """Return the winner's name."""
        raise NotImplementedError


class BothCancel(Race):
    """The client cancels while the coach does: one cancels, the other one's dialog comes back without the session."""

    async def prepare(self, bench: Bench) -> None:
        self.mine = await bench.quoted(self.session, ANNA, Hat.CLIENT)
        self.theirs = await bench.quoted(self.session, COACH, Hat.COACH)

    def racers(self) -> Sequence[Coroutine[Any, Any, Any]]:
        return confirm(self.left, self.mine), confirm(self.right, self.theirs)

    def judge(self, left: Any, right: Any, after: Session) -> str:
        winner, loser = (left, right) if isinstance(left, cancel.Canceled) else (right, left)
        assert isinstance(winner, cancel.Canceled)
        assert not winner.again
        assert isinstance(loser, cancel.Quoted)
        [(gone, why)] = loser.gone
        assert (why, gone.status, list(loser.sessions)) == (Blocked.CANCELED, Status.CANCELED, [])
        assert gone.cancellation == after.cancellation
        assert after.cancellation is not None
        assert after.cancellation.action_id == winner.draft.action_id
        assert after.cancellation.role is (Hat.CLIENT if winner is left else Hat.COACH)
        return after.cancellation.role


class BothCancelLate(BothCancel):
    """The same when it is late: the coach would return what the client forfeits."""

    starts_in = LATE

    def judge(self, left: Any, right: Any, after: Session) -> str:
        winner = super().judge(left, right, after)
        assert after.cancellation is not None
        assert after.cancellation.returned == (after.price if winner == Hat.COACH else 0)
        return winner


class DecidedOrUndone(Race):
    """The coach decides about a late cancellation while the client takes it back."""

    starts_in = LATE

    async def prepare(self, bench: Bench) -> None:
        self.action_id = await bench.canceled(self.session)

    def racers(self) -> Sequence[Coroutine[Any, Any, Any]]:
        decision = decide.DecideLate(actor=as_(COACH), session_ids=[self.session.id], refund=True)
        taken_back = undo.Undo(actor=as_(ANNA), action_id=self.action_id)
        return (
            undo.undo(self.left.store, self.left.clock, taken_back),
            decide.decide_late(self.right.store, self.right.clock, decision),
        )

    def judge(self, left: Any, right: Any, after: Session) -> str:
        assert isinstance(right, decide.Decided)
        if isinstance(left, UndoClosed):
            assert left.why == "decided"
            assert (after.status, len(right.decided)) == (Status.CANCELED, 1)
            assert after.cancellation is not None
            assert after.cancellation.decision is Decision.REFUNDED
            return "decided"
        assert [s.status for s in left.sessions] == [Status.SCHEDULED]
        [seen] = right.before
        assert (right.decided, seen.status, after.status) == ([], Status.SCHEDULED, Status.SCHEDULED)
        return "undone"


class CanceledOrMoved(Race):
    """The client cancels while the coach moves the session by a minute."""

    async def prepare(self, bench: Bench) -> None:
        self.quoted = await bench.quoted(self.session, ANNA, Hat.CLIENT)

    def racers(self) -> Sequence[Coroutine[Any, Any, Any]]:
        new = reschedule.NewTime(self.session.id, self.session.starts_at, self.session.starts_at + MINUTE)
        command = reschedule.MoveSessions(
            actor=as_(COACH),
            request_key=new_id(self.right.clock.now()),
            hat=Hat.COACH,
            subject_id=COACH,
            times=[new],
        )
        moving = reschedule.move_sessions(self.right.store, self.right.clock, command)
        return confirm(self.left, self.quoted), moving

    def judge(self, left: Any, right: Any, after: Session) -> str:
        if isinstance(left, cancel.Canceled):
            assert isinstance(right, CannotMove | ChangedMeanwhile)
            if isinstance(right, CannotMove):
                assert right.why == {self.session.id: Blocked.CANCELED}
            assert (after.status, after.starts_at) == (Status.CANCELED, self.session.starts_at)
            return "canceled"
        assert isinstance(right, reschedule.Rescheduled)
        assert isinstance(left, cancel.Quoted)
        [seen] = left.sessions
        assert (left.changed, seen.starts_at) == (True, self.session.starts_at + MINUTE)
        assert (after.status, after.starts_at) == (Status.SCHEDULED, seen.starts_at)
        return "moved"


class TwoClicks(Race):
    """Coach and admin press different buttons of one alert."""

    starts_in = LATE

    async def prepare(self, bench: Bench) -> None:
        await bench.canceled(self.session)

    def racers(self) -> Sequence[Coroutine[Any, Any, Any]]:
        ids = [self.session.id]
        commands = (
            decide.DecideLate(actor=as_(COACH), session_ids=ids, refund=True),
            decide.DecideLate(actor=as_(ADMIN), session_ids=ids, refund=False),
        )
        worlds = (self.left, self.right)
        return [decide.decide_late(w.store, w.clock, c) for w, c in zip(worlds, commands, strict=True)]

    def judge(self, left: Any, right: Any, after: Session) -> str:
        winner, loser = (left, right) if left.decided else (right, left)
        [settled], [seen] = winner.decided, loser.before
        assert (loser.decided, winner.before) == ([], [])
        assert settled.cancellation == seen.cancellation == after.cancellation
        assert after.cancellation is not None
        assert after.cancellation.decision is (Decision.REFUNDED if winner is left else Decision.KEPT)
        return after.cancellation.decision


class AskedOrDecided(Race):
    """The client asks for an exception while the coach decides without having been asked."""

    starts_in = LATE

    async def prepare(self, bench: Bench) -> None:
        self.action_id = await bench.canceled(self.session)

    def racers(self) -> Sequence[Coroutine[Any, Any, Any]]:
        asking = exceptions.Ask(actor=as_(ANNA), action_id=self.action_id, note="Please")
        decision = decide.DecideLate(actor=as_(COACH), session_ids=[self.session.id], refund=False)
        return (
            exceptions.ask(self.left.store, self.left.clock, asking),
            decide.decide_late(self.right.store, self.right.clock, decision),
        )

    def judge(self, left: Any, right: Any, after: Session) -> str:
        [decided] = right.decided
        assert after.cancellation is not None
        assert after.cancellation.decision is Decision.KEPT
        assert (left.again, len(left.asked)) == (False, 1)
        asked = decided.cancellation.asked if decided.cancellation else None
        if asked is None:
            # Decided first: what was kept may be asked for once, and waits for an answer of its own.
            asked = after.cancellation.asked
            assert asked is not None
            assert (asked.note, asked.open) == ("Please", True)
            return "decided first"
        assert (asked.note, asked.open) == ("Please", False)
        return "asked first"


class DeadlineOrClick(Race):
    """The coach decides at the very deadline of an exception while the job, a microsecond later, lets the policy decide."""

    starts_in = LATE

    async def prepare(self, bench: Bench) -> None:
        await bench.canceled(self.session)
        self.at = bench.now + TERMS.decide_within
        await bench.asked(self.session, self.at)

    def racers(self) -> Sequence[Coroutine[Any, Any, Any]]:
        decision = decide.DecideLate(actor=as_(COACH), session_ids=[self.session.id], refund=True)
        # One request at a time: on SQLite a job that goes on and on would keep everybody waiting until it is done.
        job = requests.decide_overdue(self.right.store, ManualClock(self.at + TICK), 1)
        return decide.decide_late(self.left.store, ManualClock(self.at), decision), job

    def judge(self, left: Any, right: Any, after: Session) -> str:
        assert isinstance(left, decide.Decided)
        assert after.cancellation is not None
        if left.decided:
            assert after.cancellation.decision is Decision.REFUNDED
            return "in time"
        [seen] = left.before
        assert seen.cancellation == after.cancellation
        assert after.cancellation.decision is Decision.KEPT
        assert after.cancellation.decided_by is not None
        assert after.cancellation.decided_by.id == SYSTEM_ID
        return "by the policy"


class MissedOrCompleted(Race):
    """The coach notes a no-show at the moment when the session would count as completed by itself."""

    starts_in = 2 * MINUTE

    async def prepare(self, bench: Bench) -> None:
        # When the last session of the batch is due, so that whichever job comes first may close any of them.
        self.at = bench.now + 2 * MOST_AT_ONCE * MINUTE + COMPLETE_AFTER

    def racers(self) -> Sequence[Coroutine[Any, Any, Any]]:
        click = outcomes.CloseSession(actor=as_(COACH), session_id=self.session.id, outcome=Status.NO_SHOW)
        job = outcomes.complete_due(self.right.store, ManualClock(self.at), 1)
        return outcomes.close(self.left.store, ManualClock(self.at + timedelta(seconds=1)), click), job

    def judge(self, left: Any, right: Any, after: Session) -> str:
        # The coach's word counts either way; what was completed before it is corrected, and the record shows both.
        assert isinstance(left, outcomes.Closed)
        assert (left.again, left.session.status, after.status) == (False, Status.NO_SHOW, Status.NO_SHOW)
        return "noted" if left.session.version == self.session.version + 1 else "corrected"


RACES: tuple[type[Race], ...] = (
    BothCancel,
    BothCancelLate,
    DecidedOrUndone,
    CanceledOrMoved,
    TwoClicks,
    AskedOrDecided,
    DeadlineOrClick,
    MissedOrCompleted,
)
IN_ALL = 2_000


async def _batch(kind: type[Race], worlds: list[World], choose: random.Random, number: int) -> Counter[str]:
    """Run races side by side, each about a session of its own, and count who won."""
    first = worlds[0]
    clock = first.clock
    for job in (requests.decide_overdue, outcomes.complete_due):  # what races before have left open is none of these
        await upkeep.run(first.store, clock, job)
    pairs = [choose.sample(worlds, 2) for _ in range(number)]
    starts = [clock.now() + kind.starts_in + 2 * n * MINUTE for n in range(number)]
    async with first.store.write(WORKSPACE) as uow:
        sessions = await Bench(uow, clock.now()).booked(starts, MINUTE)
        clock.advance(TICK)
        races = [kind(left, right, session) for (left, right), session in zip(pairs, sessions, strict=True)]
        bench = Bench(uow, clock.now())
        for one in races:
            await one.prepare(bench)
        await uow.commit()
    answers: dict[tuple[str, int], Any] = {}
    # One race is won by the left, one by the right, so that both are seen whatever the machine does; the rest is left to it.
    for one, sides in zip(races, ((0, 1), (1, 0)), strict=False):
        racers = one.racers()
        for side in sides:
            [answers[one.session.id, side]] = await race(racers[side])
    rest = [(one, side, racer) for one in races[2:] for side, racer in enumerate(one.racers())]
    choose.shuffle(rest)
    results = await race(*(racer for _, _, racer in rest))
    answers |= {(one.session.id, side): result for (one, side, _), result in zip(rest, results, strict=True)}
    async with first.store.read(WORKSPACE) as queries:
        after = {s.id: s for s in await queries.sessions.by_ids([s.id for s in sessions])}
    won = Counter(one.judge(answers[i, 0], answers[i, 1], after[i]) for one in races for i in [one.session.id])
    clock.advance(2 * H)
    return won


async def _races(kind: type[Race], worlds: list[World], url: str, number: int, at_once: int) -> None:
    choose = random.Random(f"{kind.__name__}{number}")
    won: Counter[str] = Counter()
    while won.total() < number:
        won += await _batch(kind, worlds, choose, min(at_once, number - won.total()))
        await check_invariants(url)
    # Had one side always won, its judge would never have looked at the other one's victory.
    assert (won.total(), len(won)) == (number, 2), f"{kind.__name__}: {won}"


@asynccontextmanager
async def _practice(url: str, clock: ManualClock, number: int) -> AsyncIterator[list[World]]:
    async with replicas(url, clock, number) as worlds:
        await worlds[0].people()
        await worlds[0].settings(Settings(policy=TERMS))
        await asyncio.gather(*(world.balance() for world in worlds))
        yield worlds


async def test_one_of_two_wins_and_the_other_one_sees_it(database_url: str, clock: ManualClock) -> None:
    async with _practice(database_url, clock, 2) as worlds:
        for kind in RACES:
            await _races(kind, worlds, database_url, AT_ONCE, AT_ONCE)


@pytest.mark.deep
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", RACES, ids=lambda kind: kind.__name__)
async def test_one_of_two_wins_two_thousand_times(kind: type[Race], database_url: str, clock: ManualClock) -> None:
    async with _practice(database_url, clock, 3) as worlds:
        await _races(kind, worlds, database_url, IN_ALL // len(RACES), MOST_AT_ONCE)
