"""Whoever starts knows whether anybody else is here."""

import asyncio

from storage import SqlStore
from storage.presence import Presence


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
