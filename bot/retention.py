"""Erases people whose last session was longer ago than KEEP_PERSONAL_DAYS, a few at a time."""

from datetime import datetime, timedelta

import structlog

from coaching.actions.erase import forget
from coaching.clock import Clock
from coaching.errors import StorageBusy
from storage import SqlStore
from storage.retention import LongGone

BATCH, MOST = 500, 20
"""How many people one round looks at, and how many it erases at most, each in a transaction of their own."""
REST = timedelta(hours=1)
"""How long nobody is looked for after everybody was looked at."""
_START = ("", "")
log = structlog.get_logger(__name__)


class Retention:
    """A chore. Where it was is kept in memory only: it begins anew with the process."""

    def __init__(self, store: SqlStore, clock: Clock, days: int) -> None:
        self._store = store
        self._clock = clock
        self._kept = timedelta(days=days)
        self._found = LongGone(store.engines)
        self._after = _START
        self._rests_until: datetime | None = None

    async def look(self) -> None:
        """Look at the next few people, and erase those who hold nothing that they could still use. Raises StorageBusy."""
        now = self._clock.now()
        if self._rests_until is not None and now < self._rests_until:
            return
        before, erased = now - self._kept, 0
        found = await self._found.next(before, self._after, BATCH)
        for place, due in found:
            if erased == MOST:
                break
            self._after = place
            try:
                erased += due and await forget(self._store, self._clock, *place, before)
            except StorageBusy:
                log.info("a person was not erased, as the database was busy; it is tried in the next pass")
                break
        else:
            if len(found) < BATCH:
                self._after, self._rests_until = _START, now + REST
        if erased:
            log.info("people whose last session was long ago were erased", people=erased)
