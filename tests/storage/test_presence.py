"""Whoever starts knows whether anybody else is here."""

import asyncio
from collections.abc import Iterator
from itertools import count

from storage import SqlStore, create_engines
from storage.presence import Presence
from tests.support.proxy import Proxy


def clock() -> Iterator[float]:
    """Monotonic seconds of which ten pass between two looks."""
    return count(0.0, 10.0)


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
    engines = create_engines(postgres_url)
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
    behind, direct = create_engines(proxied_url), create_engines(postgres_url)
    killed, next_one = Presence(behind), Presence(direct)
    try:
        assert await killed.enter()
        await killed.settle()
        proxy.silence()
        await killed.keep()
        assert await next_one.enter() is False, "it is here by a new connection"
        await next_one.leave()
        await killed.leave()
        assert await next_one.enter(), "the old connection is gone with it"
    finally:
        await killed.leave()
        await next_one.leave()
        await behind.dispose()
        await direct.dispose()
