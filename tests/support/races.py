"""Replicas over one database, each with a pool and connections of its own, and racers that start together."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from coaching.clock import ManualClock
from coaching.errors import CoachingError
from storage import SqlStore, create_engines
from tests.support.world import World


@asynccontextmanager
async def replicas(url: str, clock: ManualClock, number: int) -> AsyncIterator[list[World]]:
    """Open so many stores on one database; they wait longer than requests do: a busy test machine is no lost race."""
    async with AsyncExitStack() as stack:
        made = []
        for _ in range(number):
            engines = create_engines(url, wait_seconds=30)
            stack.push_async_callback(engines.dispose)
            made.append(World(SqlStore(engines), clock))
        yield made


async def race(*racers: Coroutine[Any, Any, Any]) -> list[Any]:
    """Start everybody at once; what is not ours to tell (a raw database error) fails the test."""
    results = await asyncio.gather(*racers, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, CoachingError):
            raise result
    return results
