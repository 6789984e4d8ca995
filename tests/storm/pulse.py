"""How long this machine let nobody do anything: such time makes nobody late."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_BEAT = 0.05
_USUAL = 0.05
"""Late by so much is any loop (seconds)."""


class Pulse:
    """Beats, and notes how late it is each time."""

    def __init__(self) -> None:
        self._gaps: list[tuple[float, float]] = []

    def held_up(self, since: float, until: float) -> float:
        """Return for how long, between two instants (Unix seconds), the machine did not come round to it."""
        return sum(gap for at, gap in self._gaps if since <= at <= until + gap)

    @asynccontextmanager
    async def beating(self) -> AsyncIterator["Pulse"]:
        """Beat until the block ends."""
        task = asyncio.create_task(self._beat())
        try:
            yield self
        finally:
            task.cancel()

    async def _beat(self) -> None:
        before = time.monotonic()
        while True:
            await asyncio.sleep(_BEAT)
            now = time.monotonic()
            if (gap := now - before - _BEAT) > _USUAL:
                self._gaps.append((time.time(), gap))
            before = now
