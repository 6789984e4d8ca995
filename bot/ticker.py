"""The ticker: nudges the relay every second and does the minute's chores. It holds no business state: that is in rows."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.delivery.relay import Relay
from bot.directory import Directory
from coaching.errors import StorageBusy
from storage.engine import Engines
from storage.housekeeping import Housekeeping

CHORES_SECONDS = 60.0
log = structlog.get_logger(__name__)


class Ticker:
    """One interval job in a memory job store: a tick that was missed is a tick too late, never two."""

    def __init__(
        self,
        relay: Relay,
        directory: Directory,
        engines: Engines,
        *,
        seconds: float = 1.0,
        chores_seconds: float = CHORES_SECONDS,
    ) -> None:
        self._relay = relay
        self._directory = directory
        self._housekeeping = Housekeeping(engines)
        self._seconds = seconds
        self._chores_seconds = chores_seconds
        self._chores_at = float("-inf")
        self._chores: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Ticker"]:
        """Tick until the block ends; chores under way are cut off then, for each is safe to repeat."""
        scheduler = AsyncIOScheduler(timezone="UTC", jobstores={"default": MemoryJobStore()})
        scheduler.add_job(
            self.tick, "interval", seconds=self._seconds, coalesce=True, max_instances=1, misfire_grace_time=None
        )
        scheduler.start()
        try:
            yield self
        finally:
            scheduler.shutdown(wait=False)
            # The scheduler puts its last word off to the loop's next turn.
            await asyncio.sleep(0)
            if self._chores is not None:
                self._chores.cancel()
                await asyncio.wait([self._chores])

    async def tick(self) -> None:
        """Nudge the relay; begin the chores when it is time and the last ones are done."""
        self._relay.wake()
        resting = self._chores is None or self._chores.done()
        if resting and time.monotonic() - self._chores_at >= self._chores_seconds:
            self._chores_at = time.monotonic()
            self._chores = asyncio.create_task(self.chores(), name="chores")

    async def chores(self) -> None:
        """Measure the lag, get to know people, throw away what has served its time."""
        for name, chore in (("lag", self._relay.measure), ("directory", self._meet), ("housekeeping", self._purge)):
            try:
                await chore()
            except StorageBusy:
                log.info("the database is busy; a chore waits for the next minute", chore=name)
            except Exception:
                # One chore's trouble must not keep the others from being done.
                log.exception("a chore failed", chore=name)

    async def _meet(self) -> None:
        if await self._directory.look():
            self._relay.wake()

    async def _purge(self) -> None:
        gone = await self._housekeeping.purge(self._relay.clock.now())
        if gone:
            log.debug("old drafts and requests were thrown away", rows=gone)
