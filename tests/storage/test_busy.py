"""A database that is locked, slow, full or gone is one typed error, and nothing is half-done."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import make_url, text

from coaching.clock import ManualClock
from coaching.errors import StorageBusy
from storage import SqlStore, create_engines
from storage.migrate import upgrade
from tests.support import patience, postgres
from tests.support.databases import Databases
from tests.support.invariants import check_invariants
from tests.support.world import ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE, World

DAY = timedelta(hours=24)
WAIT = 0.3


@dataclass
class Practice:
    """One database, by somebody who waits as long as it takes, and by somebody who gives up soon."""

    url: str
    patient: World
    hasty: World


@asynccontextmanager
async def opened(url: str, clock: ManualClock) -> AsyncIterator[Practice]:
    engines, soon = [create_engines(url, wait_seconds=wait) for wait in (patience.FOR_DATABASE, WAIT)]
    world = World(SqlStore(engines), clock)
    await _ready(world)
    yield Practice(url, world, World(SqlStore(soon), clock))
    await engines.dispose()
    await soon.dispose()


@pytest.fixture
async def lite(databases: Databases, clock: ManualClock) -> AsyncIterator[Practice]:
    async with opened(await databases.fresh("sqlite"), clock) as practice:
        yield practice


@pytest.fixture
async def post(databases: Databases, clock: ManualClock) -> AsyncIterator[Practice]:
    async with opened(await databases.fresh("postgresql"), clock) as practice:
        yield practice


async def _ready(world: World) -> None:
    await world.people()
    await world.grant()


async def test_a_locked_file_makes_writers_wait_then_give_up_and_readers_go_on(lite: Practice) -> None:
    path = make_url(lite.url).database
    assert path is not None
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageBusy):
        await lite.hasty.book(DAY * 3)
    assert await lite.patient.balance() == 1000
    other.execute("ROLLBACK")
    other.close()
    await lite.patient.book(DAY * 3)
    await check_invariants(lite.url)


async def test_an_exhausted_pool_is_busy(database_url: str, clock: ManualClock) -> None:
    async with opened(database_url, clock) as practice:
        engines = practice.patient.store.engines
        held = [await engines.writer.connect() for _ in range(10 if engines.dialect == "postgresql" else 1)]
        engines.writer.pool._timeout = WAIT  # type: ignore[attr-defined]
        with pytest.raises(StorageBusy):
            await practice.patient.grant()
        for connection in held:
            await connection.close()
        await practice.patient.grant()


async def test_a_row_somebody_else_holds_is_busy_and_the_client_can_try_again(post: Practice) -> None:
    session = await post.patient.book(DAY * 3)
    quoted = await post.patient.quote(session)
    async with post.patient.store.engines.writer.connect() as other:
        await other.execute(text("SELECT id FROM sessions FOR UPDATE"))
        with pytest.raises(StorageBusy):
            await post.hasty.confirm(quoted)
    done = await post.patient.confirm(quoted)
    assert not getattr(done, "again", True)
    assert await post.patient.balance() == 1000


async def test_a_deadlock_is_busy_for_one_and_goes_on_for_the_other(databases: Databases, clock: ManualClock) -> None:
    engines = create_engines(await databases.fresh("postgresql"), wait_seconds=patience.FOR_DATABASE)
    world = World(SqlStore(engines), clock)
    await _ready(world)
    one, two = await world.book(DAY * 3), await world.book(DAY * 4)
    both_hold_one = asyncio.Barrier(2)

    async def lock(first: str, second: str) -> None:
        async with world.store.write(WORKSPACE) as uow:
            await uow.sessions.lock([first])
            await both_hold_one.wait()
            await uow.sessions.lock([second])

    results = await asyncio.gather(lock(one.id, two.id), lock(two.id, one.id), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["NoneType", "StorageBusy"]
    await engines.dispose()


async def test_a_killed_connection_is_busy_once_and_then_all_is_well(post: Practice, databases: Databases) -> None:
    world = post.patient
    session = await world.book(DAY * 3)
    name = make_url(post.url).database

    async def keep() -> None:
        async with world.store.write(WORKSPACE) as uow:
            await uow.sessions.lock([session.id])
            await databases.statements(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
            )
            await uow.plans.keep([session.id])
            await uow.commit()

    with pytest.raises(StorageBusy):
        await keep()
    async with world.store.read(WORKSPACE) as queries:
        [found] = await queries.sessions.by_ids([session.id])
    assert not found.reminders_kept


async def test_a_database_that_goes_away_is_busy_at_every_step(clock: ManualClock) -> None:
    with postgres.running(*postgres.SHORT_LIVED) as server:
        await upgrade(server.url("postgres"))
        engines = create_engines(server.url("postgres"), wait_seconds=patience.FOR_DATABASE)
        world = World(SqlStore(engines), clock)
        await _ready(world)
        session = await world.book(DAY * 3)
        quoted = await world.quote(session)
        url = server.url("postgres")
    steps: list[Callable[[], object]] = [
        lambda: world.confirm(quoted),
        lambda: world.balance(),
        lambda: world.quote(session),
        lambda: upgrade(url),
    ]
    for step in steps:
        with pytest.raises(StorageBusy):
            await step()  # type: ignore[misc]
    await engines.dispose()


async def test_an_error_of_ours_passes_through_the_store_unchanged(lite: Practice) -> None:
    store = lite.patient.store

    class OwnError(Exception):
        pass

    async def fail() -> None:
        async with store.write(WORKSPACE) as uow:
            await uow.coaches.save(ANNA, None)
            raise OwnError

    with pytest.raises(OwnError):
        await fail()
    async with store.write(WORKSPACE) as uow:
        await uow.coaches.save(BORIS, None)
    async with store.read(WORKSPACE) as queries:
        assert {coach.person.id for coach in await queries.coaches.all()} == {COACH, OTHER_COACH}


async def test_a_read_view_shows_one_instant(database_url: str, clock: ManualClock) -> None:
    engines = create_engines(database_url, wait_seconds=patience.FOR_DATABASE)
    world = World(SqlStore(engines), clock)
    await _ready(world)
    async with world.store.read(WORKSPACE) as queries:
        before = await queries.grants.of_client(ANNA)
        await world.grant(credits=500)
        assert await queries.grants.of_client(ANNA) == before
    assert await world.balance() == 1500
    await engines.dispose()
