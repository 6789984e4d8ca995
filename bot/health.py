"""Whether the database accepts writes: checked with one small row, and reported by /readyz."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from sqlalchemy.dialects import postgresql, sqlite

from coaching.errors import StorageBusy
from storage import Engines, migrate
from storage.clock import database_now
from storage.engine import SQLITE
from storage.tables import inbound
from storage.unit_of_work import busy_as_typed_error

EVERY_SECONDS = 5.0
LOOK_SECONDS = 5.0
"""Seconds that one check may take. After that the database counts as silent."""
log = structlog.get_logger(__name__)


class Health:
    """Checks every few seconds and on demand. A schema newer than this release's stops every write."""

    def __init__(self, engines: Engines, *, every_seconds: float = EVERY_SECONDS) -> None:
        self._engines, self._every = engines, every_seconds
        self._sqlite = engines.dialect == SQLITE
        self._last: dict[str, bool | str] = {}

    async def look(self) -> dict[str, bool | str]:
        """Write one row, and return the state of `database` and `migrations`, each True or a sentence."""
        parts: dict[str, bool | str] = {"database": True, "migrations": True}
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                with busy_as_typed_error():
                    await self._compare(parts)
                    await self._write()
        except (StorageBusy, TimeoutError) as error:
            parts["database"] = self._engines.condition.tell() or f"does not answer ({_name(error)})"
        else:
            parts["database"] = self._engines.condition.tell() or True
        if parts != self._last:
            self._last = dict(parts)
            if parts["database"] is not True:
                log.error("the database ails", why=parts["database"])
        return parts

    async def _compare(self, parts: dict[str, bool | str]) -> None:
        revision = await migrate.revision(self._engines.reader)
        self._engines.condition.newer = migrate.is_newer(revision)
        if revision != migrate.head():
            parts["migrations"] = f"the database is at {revision}, this release needs {migrate.head()}"

    async def _write(self) -> None:
        row = {"workspace_id": "", "key": "probe", "at": database_now(sqlite=self._sqlite)}
        insert = (sqlite.insert if self._sqlite else postgresql.insert)(inbound).values(row)
        keys = list(inbound.primary_key.columns)
        async with self._engines.writer.begin() as connection:
            await connection.execute(insert.on_conflict_do_update(index_elements=keys, set_={"at": row["at"]}))

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Health"]:
        """Check in the background until the block ends."""
        looking = asyncio.create_task(self._run(), name="health")
        try:
            yield self
        finally:
            looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await looking

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except Exception:
                # Whatever the error is, the next check may succeed.
                log.exception("the database's health cannot be told")
            await asyncio.sleep(self._every)


def _name(error: Exception) -> str:
    return type(error.__cause__ or error).__name__
