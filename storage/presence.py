"""Presence: tells a process that starts whether another one delivers from the same database.

It is a lock that the operating system or PostgreSQL releases when its holder dies, and no sooner. A frozen or slow
process still counts as present, and its work is left to it until its lease runs out. All processes hold the lock
shared; a process that finds itself alone holds it exclusively for a moment. SQLite's processes share a machine, so
their lock is on a file beside the database. PostgreSQL's is an advisory lock of a connection kept for it, which leads to
the server itself: a pooler may give each transaction another session, and the lock belongs to a session.

PostgreSQL keeps the lock of a connection that the network has cut off, because for the server its peer may only be
slow. Such a lock would outlive its process. So every connection carries the name of its process, and whoever connects
anew ends its own earlier connections.
"""

import asyncio
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import structlog
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.pool import NullPool

from coaching.errors import StorageBusy
from coaching.news.notice import Medium
from storage import postgresql
from storage.engine import SQLITE, Engines, patience_of
from storage.unit_of_work import busy_as_typed_error

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows: no process knows that it is alone, and all wait for leases
    fcntl = None  # type: ignore[assignment]

PATIENCE = 5.0
"""Seconds to wait for a process that holds the lock exclusively, which it does only briefly."""
KNOWN_SECONDS = 3.0
"""How long a connection to PostgreSQL must have held before its process may find itself alone again.

A server that starts again has forgotten all locks. By then every live process, which renews its presence every two
seconds, has taken its lock again.
"""
# Any constants not used by another of our locks.
_KEYS = {Medium.SLACK: 7_305_115_403, Medium.MAIL: 7_305_115_404}
log = structlog.get_logger(__name__)


class _Lock(Protocol):
    async def alone(self) -> bool: ...

    def certain(self, now: float) -> bool: ...

    async def together(self) -> bool: ...

    async def release(self) -> None: ...


class Presence:
    """The presence of this process, from `enter` to `leave`. Raises StorageBusy where the database does not answer.

    `direct_url` leads to PostgreSQL itself, where that of `engines` leads to a pooler. Each medium has a relay in a
    process, and the relays of one medium see each other.
    """

    def __init__(
        self,
        engines: Engines,
        direct_url: str | None = None,
        *,
        medium: Medium = Medium.SLACK,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        engine = engines.writer
        # Half the usual time: a question is asked twice, on a connection that is lost, and on a new one.
        self._lock: _Lock = (
            _FileLock(engine, medium)
            if engines.dialect == SQLITE
            else _AdvisoryLock(direct_url or engine.url, _KEYS[medium], patience_of(engine) / 2, monotonic)
        )
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

    async def look(self) -> bool:
        """Return whether no other process is present by now. If so, none can enter before `settle` is called."""
        return self._lock.certain(self._monotonic()) and await self._lock.alone()

    async def settle(self) -> None:
        """Let other processes enter."""
        await self._lock.together()

    async def keep(self) -> None:
        """Renew the presence, and let other processes enter.

        Call it every two seconds, because a connection or a lock may be lost.
        """
        try:
            await self._lock.together()
        except StorageBusy:
            await self._lock.together()  # that connection is lost, but a new one may work at once

    async def leave(self) -> None:
        """End the presence of this process."""
        await self._lock.release()


class _FileLock:
    """A lock on a separate file: opening and closing the database's own file would release SQLite's locks on it."""

    def __init__(self, engine: AsyncEngine, medium: Medium) -> None:
        url, name = engine.url, "relay" if medium is Medium.SLACK else f"{medium}-relay"
        # A URI may point anywhere, or to memory.
        self._path = None if "uri" in url.query or not url.database else Path(f"{url.database}-{name}")
        self._file: int | None = None
        self._held = False

    async def alone(self) -> bool:
        return self._locked(exclusive=True)

    def certain(self, now: float) -> bool:  # noqa: ARG002
        return True

    async def together(self) -> bool:
        return self._locked(exclusive=False) or self._file is None

    async def release(self) -> None:
        self._held = False
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _locked(self, *, exclusive: bool) -> bool:
        if fcntl is None or self._path is None:
            return False
        try:
            if self._file is None:
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            return self._changed(self._file, exclusive=exclusive)
        except OSError as error:
            log.warning("whether another process is here cannot be told", why=type(error).__name__)
            return False

    def _changed(self, file: int, *, exclusive: bool) -> bool:
        """Change the lock. To do so the system gives it up for a moment, in which nobody else may look who is here."""
        only_one = _tried(fcntl.lockf, file, fcntl.LOCK_EX)
        try:
            if exclusive and not only_one:
                return False
            taken = _tried(fcntl.flock, file, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
            self._held = taken or (self._held and _tried(fcntl.flock, file, fcntl.LOCK_SH))
            return taken
        finally:
            if only_one:
                fcntl.lockf(file, fcntl.LOCK_UN)


def _tried(lock: Callable[[int, int], None], file: int, how: int) -> bool:
    try:
        lock(file, how | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


class _AdvisoryLock:
    def __init__(self, url: URL | str, key: int, patience: float, monotonic: Callable[[], float]) -> None:
        self._key = key
        self._name = f"sessions presence {secrets.token_hex(8)}"
        self._engine = postgresql.create_engine(
            url,
            application=self._name,
            connect_seconds=patience,
            command_seconds=patience,
            server={},
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
        )
        self._connection: AsyncConnection | None = None
        self._monotonic = monotonic
        self._since = float("inf")

    async def alone(self) -> bool:
        return await self._ask("SELECT pg_try_advisory_lock(:key)")

    def certain(self, now: float) -> bool:
        return now - self._since >= KNOWN_SECONDS

    async def together(self) -> bool:
        anew = self._connection is None
        taken = await self._ask("SELECT pg_try_advisory_lock_shared(:key)")
        if taken:
            # Has an effect only if this process held the lock exclusively.
            await self._ask(
                "SELECT pg_advisory_unlock(:key) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock'"
                " AND pid = pg_backend_pid() AND objid = :low AND classid = :high AND objsubid = 1"
            )
        if taken and anew:
            await self._end_earlier()
        return taken

    async def release(self) -> None:
        connection, self._connection = self._connection, None
        self._since = float("inf")
        if connection is not None:
            await asyncio.shield(asyncio.create_task(self._close(connection)))

    async def _ask(self, sql: str) -> bool:
        """Ask on the connection that is kept. If that fails, the next question is asked on a new one."""
        which = {"key": self._key, "low": self._key & 0xFFFFFFFF, "high": self._key >> 32, "name": self._name}
        asked = {name: value for name, value in which.items() if f":{name}" in sql}
        try:
            with busy_as_typed_error():
                if self._connection is None:
                    self._connection = await self._engine.connect()
                    self._since = self._monotonic()
                return bool((await self._connection.execute(text(sql), asked)).scalar())
        except BaseException:
            await self.release()
            raise

    async def _end_earlier(self) -> None:
        """End earlier connections of this process. The network may have cut them off, and yet they hold the lock."""
        await self._ask(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE application_name = :name AND usename = session_user AND pid <> pg_backend_pid()"
        )

    @staticmethod
    async def _close(connection: AsyncConnection) -> None:
        try:
            await connection.close()
        except Exception as error:  # noqa: BLE001 - it is thrown away, and the server notices
            log.debug("a connection could not be closed", why=type(error).__name__)
