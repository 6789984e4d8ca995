"""Attendance: a relay is seen by others while it is here, and takes over when no other one is."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

from bot.delivery.retry import Pace
from coaching.errors import StorageBusy
from storage.presence import Presence

log = structlog.get_logger(__name__)


class Attendance:
    """Keeps a relay present from its start to its end.

    `take_over` is awaited once, as soon as no other relay is present: at the start, or within one lease of it. A killed
    process may be seen for a moment longer than it lived, or the database may be busy when the next one starts. After
    one lease nothing is left to take over.
    """

    def __init__(self, presence: Presence, pace: Pace, take_over: Callable[[], Awaitable[None]]) -> None:
        self._presence = presence
        self._pace = pace
        self._take_over = take_over
        self._alone = False

    @asynccontextmanager
    async def present(self) -> AsyncIterator[None]:
        """Be present until the block ends."""
        staying = None
        try:
            await self._settled(self._presence.enter)
            staying = asyncio.create_task(self._stay(), name="relay attendance")
            yield
        finally:
            try:
                if staying is not None:
                    staying.cancel()
                    await asyncio.wait({staying})  # awaiting the task itself would hide that we are canceled meanwhile
            finally:
                await self._presence.leave()

    async def _settled(self, alone: Callable[[], Awaitable[bool]]) -> None:
        """Take over if this relay is alone. Whatever happens, others may enter afterwards."""
        try:
            try:
                if await alone():
                    await self._take_over()
                    self._alone = True
            finally:
                await self._presence.settle()
        except StorageBusy as error:
            log.warning("the database is busy; what a dead relay left waits", why=str(error.__cause__ or error)[:200])

    async def _stay(self) -> None:
        """Stay present. This has a connection of its own, and a dead one must not hold up messages."""
        until = time.monotonic() + self._pace.lease
        while True:
            await asyncio.sleep(self._pace.reclaim)
            try:
                await self._presence.keep()
                if not self._alone and time.monotonic() < until:
                    await self._settled(self._presence.look)
            except StorageBusy as error:
                log.warning("the database is busy; presence is renewed later", why=str(error.__cause__ or error)[:200])
            except Exception:
                log.exception("presence could not be renewed")
