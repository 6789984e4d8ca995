"""A PostgreSQL that falls silent, behind a proxy: nobody waits for ever, and whoever comes next is served."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from coaching import deadline
from coaching.clock import ManualClock
from coaching.errors import StorageBusy
from coaching.sessions import Session
from storage import SqlStore, create_engines, postgresql
from storage.notices import NoticeQueue
from tests.support.databases import Databases
from tests.support.proxy import Proxy, proxying
from tests.support.world import COACH, WORKSPACE, World

WAIT = 0.4
HANGS = 30.0
"""Seconds. Far more than anything here takes on a busy machine: past it, it hangs."""


@pytest.fixture
async def url(databases: Databases) -> str:
    return await databases.fresh("postgresql")


@pytest.fixture
async def proxy(url: str) -> AsyncIterator[Proxy]:
    port = make_url(url).port
    assert port is not None
    async with proxying(port) as proxy:
        yield proxy


@pytest.fixture
async def world(url: str, proxy: Proxy, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """People who came back after a rest: every connection is tried before it is used."""
    monkeypatch.setattr(postgresql, "TRUSTED_SECONDS", 0.0)
    through = make_url(url).set(port=proxy.port).render_as_string(hide_password=False)
    engines = create_engines(through, wait_seconds=WAIT)
    world = World(SqlStore(engines), clock)
    await world.people()
    await world.grant()
    yield world
    async with asyncio.timeout(HANGS):
        await engines.dispose()


async def _many(world: World, count: int = 6) -> None:
    """Open so many connections, and give them back."""
    held = [await world.store.engines.writer.connect() for _ in range(count)]
    for connection in held:
        await connection.execute(text("SELECT 1"))
    for connection in held:
        await connection.close()


@pytest.mark.parametrize("trouble", ["silence", "reset", "ended by the server"])
async def test_connections_that_died_at_rest_cost_nobody_a_click(
    world: World, proxy: Proxy, databases: Databases, url: str, trouble: str
) -> None:
    await _many(world)
    if trouble == "silence":
        proxy.silence()
    elif trouble == "reset":
        proxy.reset()
    else:
        name = make_url(url).database
        await databases.statements(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    async with asyncio.timeout(HANGS):
        for _ in range(4):
            with deadline.within():
                assert await world.balance() == 1000
        await world.grant(credits=500)
    assert await world.balance() == 1500


async def test_what_is_under_way_when_silence_falls_is_busy_and_the_next_is_served(world: World, proxy: Proxy) -> None:
    await _many(world)

    async def keep() -> None:
        async with world.store.write() as uow:
            await uow.save_coach(WORKSPACE, COACH, "C0NEW")
            proxy.silence()
            await uow.save_coach(WORKSPACE, COACH, "C0NEWER")
            await uow.commit()

    async with asyncio.timeout(HANGS):
        for limited in (True, False):
            with deadline.within() if limited else deadline.lifted(), pytest.raises(StorageBusy):
                await keep()
            assert await world.balance() == 1000
        async with world.store.read() as queries:
            assert {coach.alert_channel for coach in await queries.coaches(WORKSPACE)} == {"C0COACH", None}


async def test_a_commit_that_is_not_answered_ends_all_the_same(world: World, proxy: Proxy) -> None:
    proxy.lose_reply(b"COMMIT;", silently=True)
    async with asyncio.timeout(HANGS):
        with pytest.raises(StorageBusy):
            await world.grant(credits=500)
        assert await world.balance() == 1500, "it was carried out"


async def test_what_nobody_waits_for_ends_as_well(world: World, proxy: Proxy) -> None:
    queue = NoticeQueue(world.store.engines)
    await queue.lag(world.clock.now())
    proxy.silence(new=True)
    async with asyncio.timeout(HANGS):
        with pytest.raises(StorageBusy):
            await queue.lag(world.clock.now())
        proxy.speak()
        await queue.lag(world.clock.now())


async def test_a_database_that_is_frozen_as_a_whole_is_busy_until_it_speaks_again(world: World, proxy: Proxy) -> None:
    await _many(world)
    proxy.silence(new=True)
    async with asyncio.timeout(HANGS):
        asked = [asyncio.create_task(world.balance()) for _ in range(15)]
        results = await asyncio.gather(*asked, return_exceptions=True)
        assert {type(result) for result in results} == {StorageBusy}
        proxy.speak()
        assert await world.balance() == 1000


async def test_a_transaction_that_fell_silent_locks_nobody_out(
    world: World, proxy: Proxy, url: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "IDLE_IN_TRANSACTION_SECONDS", 1)
    engines = create_engines(make_url(url).set(port=proxy.port).render_as_string(hide_password=False))
    session = await world.book(timedelta(days=3))
    connection = await engines.writer.connect()
    await connection.execute(text("SELECT id FROM sessions FOR UPDATE"))
    proxy.silence()
    direct = create_engines(url)
    locked: list[Session] = []
    async with asyncio.timeout(HANGS):
        while not locked:
            with contextlib.suppress(StorageBusy):
                async with SqlStore(direct).write() as uow:
                    locked = await uow.lock_sessions(WORKSPACE, [session.id])
        await direct.dispose()
        with contextlib.suppress(TimeoutError, DBAPIError):
            await connection.close()
        await engines.dispose()
