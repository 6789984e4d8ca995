"""Presence: tells a process that starts whether another one delivers from the same database.

It is a lock that the operating system or PostgreSQL releases when its holder dies, and no sooner. A frozen or slow
process still counts as present, and its work is left to it until its lease runs out. All processes hold the lock
shared; a process that finds itself alone holds it exclusively for a moment. SQLite's processes share a machine, so
their lock is on a file beside the database. PostgreSQL's is an advisory lock of a connection kept for it.
"""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from storage.engine import SQLITE, Engines, patience_of
from storage.unit_of_work import busy_as_typed_error

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows: no process knows that it is alone, and all wait for leases
    fcntl = None  # type: ignore[assignment]

PATIENCE = 5.0
"""Seconds to wait for a process that holds the lock exclusively, which it does only briefly."""
_KEY = 7_305_115_403  # any constant not used by another of our locks
log = structlog.get_logger(__name__)


class _Lock(Protocol):
    async def alone(self) -> bool: ...

    async def together(self) -> bool: ...

    async def release(self) -> None: ...


class Presence:
    """The presence of this process, from `enter` to `leave`. Raises StorageBusy where the database does not answer."""

    def __init__(self, engines: Engines, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        sqlite = engines.dialect == SQLITE
        self._lock: _Lock = _FileLock(engines.writer) if sqlite else _AdvisoryLock(engines.writer)
        self._monotonic = monotonic

    async def enter(self) -> bool:
        """Return whether no other process is present. If so, none can enter before `settle` is called."""
        if await self._lock.alone():
            return True
        give_up = self._monotonic() + PATIENCE
        while not await self._lock.together():
            if self._monotonic() > give_up:
                log.warning("another process keeps this database to itself; it may take what this one has begun")
                return False
            await asyncio.sleep(0.05)
        return False

    async def settle(self) -> None:
        """Let other processes enter."""
        await self._lock.together()

    async def keep(self) -> None:
        """Renew the presence, and let other processes enter.

        Call it now and then, because a connection or a lock may be lost.
        """
        try:
            await self._lock.together()
        except Exception:
            await self._lock.release()  # the next call connects again
            raise

    async def leave(self) -> None:
        """End the presence of this process."""
        await self._lock.release()


class _FileLock:
    """A lock on a separate file: opening and closing the database's own file would release SQLite's locks on it."""

    def __init__(self, engine: AsyncEngine) -> None:
        url = engine.url
        # A URI may point anywhere, or to memory.
        self._path = None if "uri" in url.query or not url.database else Path(f"{url.database}-relay")
        self._file: int | None = None

    async def alone(self) -> bool:
        return self._locked(exclusive=True)

    async def together(self) -> bool:
        return self._locked(exclusive=False) or self._file is None

    async def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _locked(self, *, exclusive: bool) -> bool:
        if fcntl is None or self._path is None:
            return False
        try:
            if self._file is None:
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._file, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            log.warning("whether another process is here cannot be told", why=type(error).__name__)
            return False
        return True


class _AdvisoryLock:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = create_async_engine(
            engine.url,
            hide_parameters=True,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args={
                "timeout": patience_of(engine),
                "command_timeout": patience_of(engine),
                "server_settings": {"application_name": "sessions presence"},
            },
        )
        self._connection: AsyncConnection | None = None

    async def alone(self) -> bool:
        return await self._ask("SELECT pg_try_advisory_lock(:key)")

    async def together(self) -> bool:
        taken = await self._ask("SELECT pg_try_advisory_lock_shared(:key)")
        if taken:
            # Has an effect only if this process held the lock exclusively.
            await self._ask(
                "SELECT pg_advisory_unlock(:key) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock'"
                " AND pid = pg_backend_pid() AND objid = :low AND classid = :high AND objsubid = 1"
            )
        return taken

    async def release(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await asyncio.shield(asyncio.create_task(self._close(connection)))

    async def _ask(self, sql: str) -> bool:
        with busy_as_typed_error():
            if self._connection is None:
                self._connection = await self._engine.connect()
            which = {"key": _KEY, "low": _KEY & 0xFFFFFFFF, "high": _KEY >> 32}
            asked = {name: value for name, value in which.items() if f":{name}" in sql}
            found = (await self._connection.execute(text(sql), asked)).scalar()
        return bool(found)

    @staticmethod
    async def _close(connection: AsyncConnection) -> None:
        try:
            await connection.close()
        except Exception as error:  # noqa: BLE001 - it is thrown away, and the server notices
            log.debug("a connection could not be closed", why=type(error).__name__)
