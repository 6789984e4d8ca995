"""A time limit that a standstill of this process does not use up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_PARTS = 20


@asynccontextmanager
async def time_limit(seconds: float) -> AsyncIterator[None]:
    """Raise TimeoutError when the block has taken `seconds` while this process was running.

    A process that was stopped, or whose machine was paused, goes on with its timers first. An ordinary limit would then
    be over, although the answer may have been here for long and only has to be read. So the limit is counted in parts,
    and a standstill takes at most one of them.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(None) as limit:
        counting: asyncio.TimerHandle

        def count(left: int) -> None:
            nonlocal counting
            if left == 0:
                limit.reschedule(loop.time())
            else:
                counting = loop.call_later(seconds / _PARTS, count, left - 1)

        counting = loop.call_later(seconds / _PARTS, count, _PARTS - 1)
        try:
            yield
        finally:
            counting.cancel()
