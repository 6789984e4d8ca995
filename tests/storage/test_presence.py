"""Whoever starts knows whether anybody else is here."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from itertools import count

import pytest
from sqlalchemy import text

from coaching.errors import StorageBusy
from storage import SqlStore, create_engines
from storage.presence import Presence
from tests.support import patience
from tests.support.proxy import Proxy

_END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'sessions presence%'"


def clock() -> Iterator[float]:
    """Monotonic seconds of which ten pass between two looks."""
    return count(0.0, 10.0)


async def _answered(ask: Callable[[], Awaitable[object]]) -> None:
    """Ask until the database answers: who does not wait long for a silent one may not wait long enough for a busy one."""
    async with asyncio.timeout(patience.SECONDS):
        while True:
            with contextlib.suppress(StorageBusy):
                await ask()
                return


async def test_whoever_is_alone_is_told_so_and_others_wait_until_it_has_settled(store: SqlStore) -> None:
    first, second, third = (Presence(store.engines) for _ in range(3))
    try:
        assert await first.enter()
        entering = asyncio.create_task(second.enter())
        done, _ = await asyncio.wait([entering], timeout=0.2)
        assert not done, "the first one has the database to itself"
        await first.settle()
        assert await entering is False
        await first.leave()
        assert await third.enter() is False, "the second one is still here"
        await second.leave()
        await third.leave()
        assert await first.enter()
    finally:
        for one in (first, second, third):
            await one.leave()


async def test_a_lock_that_was_lost_is_taken_again_and_one_that_was_never_let_go_of_is_shared(store: SqlStore) -> None:
    first, second = Presence(store.engines), Presence(store.engines)
    try:
        assert await first.enter()
        await first.keep()
        assert await second.enter() is False, "others may come in, though it never settled"
        await second.leave()
        await first._lock.release()  # as when its connection is lost
        await first.keep()
        assert await second.enter() is False, "it is seen again"
    finally:
        await first.leave()
        await second.leave()


async def test_whoever_was_not_alone_finds_out_when_the_others_have_gone_and_stays_seen_meanwhile(
    store: SqlStore,
) -> None:
    first, third = Presence(store.engines), Presence(store.engines)
    second = Presence(store.engines, monotonic=clock().__next__)
    try:
        assert await first.enter()
        await first.settle()
        assert await second.enter() is False
        assert await second.look() is False
        await first.leave()
        assert await third.enter() is False, "the second one looked, and is here all the same"
        assert await second.look() is False
        await third.leave()
        assert await second.look()
        entering = asyncio.create_task(third.enter())
        done, _ = await asyncio.wait([entering], timeout=0.2)
        assert not done, "the second one has the database to itself"
        await second.settle()
        assert await entering is False
    finally:
        for one in (first, second, third):
            await one.leave()


async def test_two_who_look_at_once_do_not_miss_each_other(store: SqlStore) -> None:
    looking = [Presence(store.engines, monotonic=clock().__next__) for _ in range(2)]
    try:
        for one in looking:
            await one.enter()
            await one.settle()
        for _ in range(50):
            assert await asyncio.gather(*(one.look() for one in looking)) == [False, False]
    finally:
        for one in looking:
            await one.leave()


async def test_after_the_server_was_restarted_nobody_is_alone_before_the_others_had_time_to_come_back(
    postgres_url: str,
) -> None:
    engines = create_engines(postgres_url, wait_seconds=patience.FOR_DATABASE)
    seconds = 0.0
    one = Presence(engines, monotonic=lambda: seconds)
    try:
        await one.enter()
        await one.settle()
        seconds = 2.0
        assert await one.look() is False
        seconds = 3.0
        assert await one.look()
    finally:
        await one.leave()
        await engines.dispose()


async def test_a_connection_that_the_network_cut_off_is_not_taken_for_a_process(
    postgres_url: str, proxied_url: str, proxy: Proxy
) -> None:
    """The server hears nothing of it, so its lock would outlive the process."""
    behind, direct = create_engines(proxied_url), create_engines(postgres_url, wait_seconds=patience.FOR_DATABASE)
    killed, next_one = Presence(behind), Presence(direct)
    try:
        await _answered(killed.enter)
        await _answered(killed.settle)
        proxy.silence()
        await _answered(killed.keep)
        assert await next_one.enter() is False, "it is here by a new connection"
        await next_one.leave()
        await killed.leave()
        assert await next_one.enter(), "the old connection is gone with it"
    finally:
        await killed.leave()
        await next_one.leave()
        await behind.dispose()
        await direct.dispose()


async def test_a_connection_that_failed_once_is_replaced(postgres_url: str) -> None:
    """Whatever was asked when it failed: the next question is asked on a new one."""
    engines = create_engines(postgres_url, wait_seconds=patience.FOR_DATABASE)
    seconds = 0.0
    one, other = Presence(engines, monotonic=lambda: seconds), Presence(engines)
    end = text(f"{_END} AND datname = current_database()")
    try:
        assert await one.enter()
        await one.settle()
        seconds = 10.0
        async with engines.writer.begin() as connection:
            assert (await connection.execute(end)).scalars().all() == [True]
        with pytest.raises(StorageBusy):
            await one.look()
        await one.settle()
        assert await other.enter() is False, "the first one is here by a new connection"
        seconds = 12.0
        assert await one.look() is False, "which has not held for long"
    finally:
        await one.leave()
        await other.leave()
        await engines.dispose()


async def test_where_connections_are_pooled_the_lock_is_on_a_direct_one(
    postgres_url: str, proxied_url: str, proxy: Proxy
) -> None:
    """A pooler may give each transaction another session, and a lock belongs to a session."""
    engines = create_engines(proxied_url, wait_seconds=patience.FOR_DATABASE)
    one, other = Presence(engines, postgres_url), Presence(engines, postgres_url)
    proxy.silence(new=True)
    try:
        assert await one.enter()
        await one.settle()
        assert await other.enter() is False
    finally:
        await one.leave()
        await other.leave()
        proxy.speak()
        await engines.dispose()
