"""Whatever is cut off, at whatever wait: nothing is half-done, and the next write goes through at once."""

from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from coaching.actions import (
    book,
    cancel,
    credits,
    decide,
    exceptions,
    outcomes,
    reschedule,
    setup,
    undo,
    upkeep,
)
from coaching.clock import ManualClock
from coaching.ids import new_id
from coaching.packages import Holder
from coaching.sessions import Actor, Hat, Person, Session, Status
from storage import SqlStore, create_engines
from storage.housekeeping import Housekeeping
from storage.notices import NoticeQueue
from storage.unit_of_work import SqlUnitOfWork
from tests.support import patience
from tests.support.cutting import at_every_wait
from tests.support.invariants import check_invariants
from tests.support.world import ADMIN, ANNA, COACH, WORKSPACE, World

Work = Callable[[], Coroutine[Any, Any, Any]]
DAY = timedelta(days=1)


@dataclass
class Bench:
    """A world, and whether something reached its commit since somebody asked."""

    world: World
    committed: bool = False
    days: int = 2

    def spent(self) -> bool:
        """Whether there was a commit since the last time."""
        was, self.committed = self.committed, False
        return was

    async def session(self, starts_in: timedelta | None = None) -> Session:
        """Book the next free hour."""
        self.days += 1
        return await self.world.book(starts_in or self.days * DAY)

    async def next_write(self) -> None:
        """What somebody else writes next: it waits for nobody who was cut off."""
        async with self.world.store.write(WORKSPACE) as uow:
            await uow.sessions.lock([])
            await uow.workspace.ensure()
            await uow.people.save(Person(ANNA, "Anna Lee"), self.world.clock.now())


@pytest.fixture
async def bench(database_url: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    engines = create_engines(database_url, wait_seconds=patience.FOR_DATABASE)
    bench = Bench(World(SqlStore(engines), clock))
    commit = SqlUnitOfWork.commit

    async def noted(uow: SqlUnitOfWork) -> None:
        bench.committed = True
        await commit(uow)

    monkeypatch.setattr(SqlUnitOfWork, "commit", noted)
    await bench.world.people()
    await bench.world.grant(credits=100_000)
    yield bench
    await engines.dispose()
    await check_invariants(database_url)


async def _book(bench: Bench) -> Work:
    bench.days += 1
    world = bench.world
    command = book.Book(
        actor=Actor(WORKSPACE, ANNA), role=Hat.CLIENT, client_id=ANNA, coach_id=COACH, session_type="Coaching",
        starts_at=world.clock.now() + bench.days * DAY, length=timedelta(minutes=50), time_zone="America/New_York",
        request_key=new_id(world.clock.now()), session_id=new_id(world.clock.now()), price=100,
    )  # fmt: skip
    return lambda: book.book(world.store, world.clock, command)


async def _quote(bench: Bench) -> Work:
    session, draft_id = await bench.session(), new_id(bench.world.clock.now())
    return lambda: bench.world.quote(session, draft_id=draft_id)


async def _cancel(bench: Bench) -> Work:
    quoted = await bench.world.quote(await bench.session())
    return lambda: bench.world.confirm(quoted)


async def _undo(bench: Bench) -> Work:
    done = await bench.world.cancel(await bench.session())
    command = undo.Undo(actor=Actor(WORKSPACE, ANNA), action_id=done.draft.action_id or "")
    return lambda: undo.undo(bench.world.store, bench.world.clock, command)


async def _move(bench: Bench) -> Work:
    session = await bench.session()
    world = bench.world
    command = reschedule.MoveSessions(
        actor=Actor(WORKSPACE, COACH), request_key=new_id(world.clock.now()), hat=Hat.COACH, subject_id=COACH,
        times=[reschedule.NewTime(session.id, session.starts_at, session.starts_at + timedelta(hours=2))],
    )  # fmt: skip
    return lambda: reschedule.move_sessions(world.store, world.clock, command)


async def _late(bench: Bench) -> cancel.Canceled:
    session = await bench.session(timedelta(hours=3))
    bench.world.clock.advance(timedelta(hours=1))  # past the grace for what was booked a moment ago
    done = await bench.world.cancel(session)
    bench.world.clock.advance(timedelta(minutes=2))  # past its undo
    return done


async def _decide(bench: Bench) -> Work:
    done, world = await _late(bench), bench.world
    command = decide.DecideLate(actor=Actor(WORKSPACE, COACH), session_ids=done.draft.picked, refund=True)
    return lambda: decide.decide_late(world.store, world.clock, command)


async def _ask(bench: Bench) -> Work:
    done, world = await _late(bench), bench.world
    command = exceptions.Ask(actor=Actor(WORKSPACE, ANNA), action_id=done.draft.action_id or "")
    return lambda: exceptions.ask(world.store, world.clock, command)


async def _close(bench: Bench) -> Work:
    session = await bench.session(timedelta(hours=3))
    bench.world.clock.advance(timedelta(hours=5))
    command = outcomes.CloseSession(actor=Actor(WORKSPACE, COACH), session_id=session.id, outcome=Status.COMPLETED)
    return lambda: outcomes.close(bench.world.store, bench.world.clock, command)


async def _give(bench: Bench) -> Work:
    world = bench.world
    command = credits.Give(
        actor=Actor(WORKSPACE, ADMIN), request_key=new_id(world.clock.now()), holder=Holder(ANNA), amount=100
    )
    return lambda: credits.give(world.store, world.clock, command)


async def _take_back(bench: Bench) -> Work:
    world, grant = bench.world, await bench.world.grant()
    key = new_id(world.clock.now())
    return lambda: credits.take_back(world.store, world.clock, Actor(WORKSPACE, ADMIN), key, grant, 100)


async def _set_up(bench: Bench) -> Work:
    key = new_id(bench.world.clock.now())
    return lambda: setup.save_admins(bench.world.store, bench.world.clock, Actor(WORKSPACE, ADMIN), key, [ANNA, COACH])


async def _claim(bench: Bench) -> Work:
    await bench.session()
    world, queue = bench.world, NoticeQueue(bench.world.store.engines)

    async def claim() -> None:
        await queue.claim(new_id(world.clock.now()), world.clock.now(), lease=timedelta(minutes=2), limit=5)

    return claim


async def _chores(bench: Bench) -> Work:
    world = bench.world

    async def chores() -> None:
        for _, job in upkeep.JOBS:
            await upkeep.run(world.store, world.clock, job)
        await Housekeeping(world.store.engines).purge(world.clock.now())

    return chores


ACTIONS = (_book, _quote, _cancel, _undo, _move, _decide, _ask, _close, _give, _take_back, _set_up)
WORKS = (*ACTIONS, _claim, _chores)
STEP = 3


@pytest.mark.parametrize("prepare", WORKS, ids=lambda work: work.__name__.strip("_"))
@pytest.mark.parametrize("first", [0, *(pytest.param(later, marks=pytest.mark.deep) for later in range(1, STEP))])
async def test_cut_off_at_any_wait_it_leaves_no_lock(
    bench: Bench, prepare: Callable[[Bench], Coroutine[Any, Any, Work]], first: int
) -> None:
    """At one wait of three: those between are cut off in the longer run."""

    async def prepared() -> Work:
        work = await prepare(bench)
        bench.spent()
        return work

    assert await at_every_wait(prepared, bench.next_write, bench.spent, first=first, step=STEP) > 3
