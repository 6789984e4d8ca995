"""A PostgreSQL that falls silent, behind a proxy: nobody waits for ever, and whoever comes next is served."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from coaching import deadline
from coaching.clock import ManualClock
from coaching.errors import StorageBusy
from storage import SqlStore, create_engines, postgresql
from storage.notices import NoticeQueue
from tests.support import patience
from tests.support.databases import Databases
from tests.support.proxy import Proxy
from tests.support.world import COACH, WORKSPACE, World

WAIT = 0.4
"""Seconds until a silent server is given up where that is waited for."""


@pytest.fixture
async def through(postgres_url: str, proxied_url: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address by way of the proxy of a practice where all have rested: every connection is tried before it is used."""
    engines = create_engines(postgres_url, wait_seconds=patience.FOR_DATABASE)
    world = World(SqlStore(engines), clock)
    await world.people()
    await world.grant()
    await engines.dispose()
    monkeypatch.setattr(postgresql, "TRUSTED_SECONDS", 0.0)
    return proxied_url


@asynccontextmanager
async def _opened(through: str, clock: ManualClock, wait_seconds: float) -> AsyncIterator[World]:
    engines = create_engines(through, wait_seconds=wait_seconds)
    yield World(SqlStore(engines), clock)
    async with asyncio.timeout(patience.SECONDS):
        await engines.dispose()


@pytest.fixture
async def world(through: str, clock: ManualClock) -> AsyncIterator[World]:
    """Somebody who soon gives a silent server up."""
    async with _opened(through, clock, WAIT) as world:
        yield world


@pytest.fixture
async def unhurried(through: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """Somebody who finds out soon that a connection is dead, and for whom a busy machine is not too slow."""
    monkeypatch.setattr(postgresql, "TRY_SHARE", WAIT / patience.FOR_DATABASE)
    async with _opened(through, clock, patience.FOR_DATABASE) as world:
        yield world


async def _once_served(ask: Callable[[], Awaitable[object]]) -> object:
    """What is answered as soon as anything is: a machine can be too busy for somebody who gives up that soon."""
    while True:
        with contextlib.suppress(StorageBusy):
            return await ask()


async def _many(world: World, count: int = 6) -> None:
    """Open so many connections, and give them back."""
    held: list[AsyncConnection] = []
    while len(held) < count:
        with contextlib.suppress(TimeoutError):
            held.append(await world.store.engines.writer.connect())
    for connection in held:
        await connection.close()


@pytest.mark.parametrize("trouble", ["silence", "reset", "ended by the server"])
async def test_connections_that_died_at_rest_cost_nobody_a_click(
    unhurried: World, proxy: Proxy, databases: Databases, postgres_url: str, trouble: str
) -> None:
    await _many(unhurried)
    if trouble == "silence":
        proxy.silence()
    elif trouble == "reset":
        proxy.reset()
    else:
        name = make_url(postgres_url).database
        await databases.statements(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    async with asyncio.timeout(patience.SECONDS):
        for _ in range(4):
            with deadline.within(patience.SECONDS):
                assert await unhurried.balance() == 1000
        await unhurried.grant(credits=500)
    assert await unhurried.balance() == 1500


@pytest.mark.parametrize("limited", [True, False])
async def test_what_is_under_way_when_silence_falls_is_busy_and_the_next_is_served(
    world: World, unhurried: World, proxy: Proxy, limited: bool
) -> None:
    """By the request's deadline, and where there is none by the limit of every command."""
    who, now = unhurried if limited else world, [0.0]
    await _many(who)

    async def keep() -> None:
        async with who.store.write(WORKSPACE) as uow:
            await uow.coaches.save(COACH, "C0NEW")
            proxy.silence()
            now[0] = patience.SECONDS - WAIT
            await uow.coaches.save(COACH, "C0NEWER")
            await uow.commit()

    async with asyncio.timeout(patience.SECONDS):
        request = deadline.within(patience.SECONDS, monotonic=lambda: now[0]) if limited else deadline.lifted()
        with request, pytest.raises(StorageBusy):
            await keep()
        assert await (unhurried.balance() if limited else _once_served(world.balance)) == 1000
        async with unhurried.store.read(WORKSPACE) as queries:
            assert {coach.alert_channel for coach in await queries.coaches.all()} == {"C0COACH", None}


async def test_a_commit_that_is_not_answered_ends_all_the_same(world: World, proxy: Proxy) -> None:
    proxy.lose_reply(b"COMMIT;", silently=True)
    async with asyncio.timeout(patience.SECONDS):
        while not proxy.lost.is_set():
            with pytest.raises(StorageBusy):
                await world.grant(credits=500)
        assert await _once_served(world.balance) == 1500, "it was carried out"


async def test_what_nobody_waits_for_ends_as_well(world: World, proxy: Proxy) -> None:
    queue = NoticeQueue(world.store.engines)
    await _many(world)
    proxy.silence(new=True)
    async with asyncio.timeout(patience.SECONDS):
        with pytest.raises(StorageBusy):
            await queue.lag(world.clock.now())
        proxy.speak()
        await _once_served(lambda: queue.lag(world.clock.now()))


async def test_a_database_that_is_frozen_as_a_whole_is_busy_until_it_speaks_again(world: World, proxy: Proxy) -> None:
    await _many(world)
    proxy.silence(new=True)
    async with asyncio.timeout(patience.SECONDS):
        asked = [asyncio.create_task(world.balance()) for _ in range(15)]
        results = await asyncio.gather(*asked, return_exceptions=True)
        assert {type(result) for result in results} == {StorageBusy}
        proxy.speak()
        assert await _once_served(world.balance) == 1000


async def test_a_transaction_that_fell_silent_locks_nobody_out(
    unhurried: World, proxy: Proxy, postgres_url: str, through: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await unhurried.book(timedelta(days=3))
    monkeypatch.setattr(postgresql, "IDLE_IN_TRANSACTION_SECONDS", 1)
    engines = create_engines(through)
    connection = await engines.writer.connect()
    await connection.execute(text("SELECT id FROM sessions FOR UPDATE"))
    proxy.silence()
    direct = create_engines(postgres_url, wait_seconds=patience.FOR_DATABASE)
    async with asyncio.timeout(patience.SECONDS):
        async with SqlStore(direct).write(WORKSPACE) as uow:
            assert await uow.sessions.lock([session.id])
        await direct.dispose()
        with contextlib.suppress(TimeoutError, DBAPIError):
            await connection.close()
        await engines.dispose()
