"""The ticker: wakes the relay every second and runs the chores each minute. All business state is in rows."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial

import structlog
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.delivery.relay import Relay
from bot.directory import Directory
from bot.reconciler import Reconciler
from bot.retention import Retention
from coaching.actions import upkeep
from coaching.errors import StorageBusy
from storage import SqlStore
from storage.housekeeping import Housekeeping

CHORES_SECONDS = 60.0
STOP_SECONDS = 2.0
"""Seconds that chores under way have to end when the bot stops."""
log = structlog.get_logger(__name__)


class Ticker:
    """One interval job in a memory job store. A missed tick runs late, and never twice."""

    def __init__(
        self,
        relay: Relay,
        directory: Directory,
        store: SqlStore,
        reconciler: Reconciler | None = None,
        *,
        seconds: float = 1.0,
        chores_seconds: float = CHORES_SECONDS,
        mail: Relay | None = None,
        retention: Retention | None = None,
    ) -> None:
        self._relay = relay
        self._mail = mail
        self._retention = retention
        self._directory = directory
        self._store = store
        self._reconciler = reconciler
        self._housekeeping = Housekeeping(store.engines)
        self._seconds = seconds
        self._chores_seconds = chores_seconds
        self._chores_at = float("-inf")
        self._chores_for: datetime | None = None
        self._chores: asyncio.Task[None] | None = None
        self._audit: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Ticker"]:
        """Tick until the block ends. Chores under way get a moment and are then canceled: each is safe to repeat."""
        scheduler = AsyncIOScheduler(timezone="UTC", jobstores={"default": MemoryJobStore()})
        scheduler.add_job(
            self.tick, "interval", seconds=self._seconds, coalesce=True, max_instances=1, misfire_grace_time=None
        )
        scheduler.start()
        try:
            yield self
        finally:
            scheduler.shutdown(wait=False)
            # The scheduler defers its last step to the loop's next turn.
            await asyncio.sleep(0)
            if under_way := [task for task in (self._chores, self._audit) if task is not None]:
                # Most are done in a moment. A connection that is canceled while it opens is never closed properly.
                await asyncio.wait(under_way, timeout=STOP_SECONDS)
                for task in under_way:
                    task.cancel()
                await asyncio.wait(under_way)

    async def tick(self) -> None:
        """Have the relay look if it is time. Start the chores if it is time and the last ones are done."""
        self._relay.tick()
        resting = self._chores is None or self._chores.done()
        now, wall = self._relay.clock.now(), time.monotonic()
        # Due work follows business time, which the demo can move. Skipped time has to be made up for.
        skipped = self._chores_for is not None and (now - self._chores_for).total_seconds() >= self._chores_seconds
        if resting and (skipped or wall - self._chores_at >= self._chores_seconds):
            self._chores_at, self._chores_for = wall, now
            self._chores = asyncio.create_task(self.chores(), name="chores")
        # It may take minutes, and what is due must not wait for it.
        if self._reconciler is not None and (self._audit is None or self._audit.done()):
            self._audit = asyncio.create_task(self._try("reconciliation", self._reconciler.look), name="audit")

    async def chores(self) -> None:
        """Run due jobs, measure the lag, look people up, and purge what is no longer needed."""
        chores: list[tuple[str, Callable[[], Awaitable[None]]]] = [
            *((name, partial(self._upkeep, name, job)) for name, job in upkeep.JOBS),
            ("lag", self._relay.measure),
            ("directory", self._meet),
            ("housekeeping", self._purge),
        ]
        if self._retention is not None:
            chores.append(("retention", self._retention.look))
        if self._mail is not None:
            chores.append(("mail lag", self._mail.measure))
        for name, chore in chores:
            await self._try(name, chore)

    async def _try(self, name: str, chore: Callable[[], Awaitable[None]]) -> None:
        """Run a chore. Its error does not keep the others from running."""
        try:
            await chore()
        except StorageBusy:
            log.info("the database is busy; a chore waits for the next minute", chore=name)
        except Exception:
            log.exception("a chore failed", chore=name)

    async def _upkeep(self, name: str, job: upkeep.Job) -> None:
        done = await upkeep.run(self._store, self._relay.clock, job)
        if done:
            log.info("what had become due was done", job=name, rows=done)

    async def _meet(self) -> None:
        if await self._directory.look():
            self._relay.wake()

    async def _purge(self) -> None:
        gone = await self._housekeeping.purge(self._relay.clock.now())
        if gone:
            log.debug("old drafts and requests were thrown away", rows=gone)
