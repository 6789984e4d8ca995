"""Engines for SQLite and PostgreSQL, set up so that no commit is lost and no request waits longer than Slack does."""

import contextlib
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from coaching import deadline
from coaching.errors import StorageAils
from storage import postgresql
from storage.ailments import Condition
from storage.private_file import create_private

WAIT_SECONDS = 2.0
"""How long a request waits for a lock, a connection or a statement, by default. Slack gives up after 3 s."""

AUDIT_SECONDS = 600.0
"""How long one query of an audit may take: it reads whole tables, and no request waits for it."""

SQLITE = "sqlite"
_WAITS = "busy_timeout"
_PATIENCE = "sessions_wait_seconds"


@dataclass(frozen=True, slots=True)
class Engines:
    """The engines for reading and for writing.

    On SQLite the writer is a single connection (faster and fairer than a pool, whose writers would only queue for the
    file), and readers have their own. On PostgreSQL both share a pool.
    """

    writer: AsyncEngine
    reader: AsyncEngine
    condition: Condition = field(default_factory=Condition)

    @property
    def dialect(self) -> str:
        """The kind of database: `sqlite` or `postgresql`."""
        return self.writer.dialect.name

    async def dispose(self) -> None:
        """Close every connection."""
        await self.writer.dispose()
        await self.reader.dispose()


def create_engines(url: str, *, wait_seconds: float = WAIT_SECONDS) -> Engines:
    """Return engines for `url` (sqlite+aiosqlite or postgresql+asyncpg).

    A new SQLite file is readable by this user only.
    """
    if make_url(url).get_backend_name() != SQLITE:
        engine = postgresql.create_engine(
            url,
            application="sessions",
            connect_seconds=wait_seconds,
            command_seconds=wait_seconds + postgresql.SLACK_SECONDS,
            server={
                "statement_timeout": str(int(wait_seconds * 1000)),
                "idle_in_transaction_session_timeout": str(
                    int(max(postgresql.IDLE_IN_TRANSACTION_SECONDS, wait_seconds) * 1000)
                ),
            },
            pool_size=10,
            max_overflow=0,
            pool_timeout=wait_seconds,
            pool_use_lifo=True,  # reuses the same few connections, so they need not be tried each time
            execution_options={_PATIENCE: wait_seconds},
        )
        # All statements of a view must see the same commits. This uses the same pool and needs no extra round trip.
        view = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        return _watched(Engines(engine, view))
    create_private(make_url(url))
    waits = {"max_overflow": 0, "pool_timeout": wait_seconds, "execution_options": {_PATIENCE: wait_seconds}}
    writer = sqlite_engine(url, pool_size=1, **waits)
    reader = sqlite_engine(url, pool_size=4, **waits)
    _prepare(writer, begin="BEGIN IMMEDIATE", wait_seconds=wait_seconds, read_only=False)
    _prepare(reader, begin="BEGIN", wait_seconds=wait_seconds, read_only=True)
    return _watched(Engines(writer, reader))


def patience_of(engine: AsyncEngine) -> float:
    """Return how many seconds an engine's users wait for a lock, a connection or a statement."""
    seconds: float = engine.get_execution_options().get(_PATIENCE, WAIT_SECONDS)
    return seconds


def _watched(engines: Engines) -> Engines:
    """Record faults found in errors, and refuse commits that would be lost or do harm."""
    condition, where = engines.condition, engines.writer.url
    if engines.dialect == SQLITE and "uri" not in where.query and where.database not in {None, "", ":memory:"}:
        condition.path = where.database
        event.listen(engines.writer.sync_engine, "connect", lambda *_: condition.opened())

    def on_error(context: Any) -> None:  # noqa: ANN401
        condition.note(context.original_exception)

    def on_commit(_connection: Any) -> None:  # noqa: ANN401
        if why := condition.refusal():
            raise StorageAils(why)

    for engine in {engines.writer.sync_engine, engines.reader.sync_engine}:
        event.listen(engine, "handle_error", on_error)
    event.listen(engines.writer.sync_engine, "commit", on_commit)
    return engines


def create_auditor(url: str, *, wait_seconds: float = 5.0) -> AsyncEngine:
    """Return an engine for reading everything without hurry. It cannot write, and takes no lock that others wait for.

    SQLite's file is opened read-only, and is not created if it is missing. Every connection is closed after use.
    """
    where = make_url(url)
    if where.get_backend_name() != SQLITE:
        engine = postgresql.create_engine(
            url,
            application="sessions audit",
            connect_seconds=wait_seconds,
            command_seconds=AUDIT_SECONDS + postgresql.SLACK_SECONDS,
            server={
                "statement_timeout": str(int(AUDIT_SECONDS * 1000)),
                "lock_timeout": str(int(wait_seconds * 1000)),
            },
            poolclass=NullPool,
        )
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    if "uri" not in where.query:
        where = where.set(database=f"file:{quote(str(Path(where.database or '').absolute()))}")
    where = where.update_query_dict({"mode": "ro", "uri": "true"})
    engine = sqlite_engine(where, poolclass=NullPool)
    # A file that was never written to has another journal mode, which a read-only connection cannot change.
    _prepare(engine, begin="BEGIN", wait_seconds=wait_seconds, read_only=True, as_it_is=True)
    return engine


class _File(sqlite3.Connection):
    """A connection that releases the file when it is closed, even if it was interrupted in the middle of a transaction.

    SQLite only does so once every cursor is gone, and the cursors of interrupted work stay alive in its traceback.
    """

    def close(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            if self.in_transaction:
                self.rollback()
        super().close()


def sqlite_engine(url: URL | str, **pool: Any) -> AsyncEngine:  # noqa: ANN401 - SQLAlchemy's own
    """Return an SQLite engine whose connections roll back before they close; `pool` are SQLAlchemy's pool settings."""
    return create_async_engine(url, hide_parameters=True, connect_args={"factory": _File}, **pool)


def _prepare(engine: AsyncEngine, *, begin: str, wait_seconds: float, read_only: bool, as_it_is: bool = False) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:  # noqa: ANN401 - the driver's own type
        # The driver must not begin transactions by itself: with its deferred BEGIN, read-modify-writes get lost.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {int(wait_seconds * 1000)}")
        if not as_it_is:
            cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA cache_size = -16000")
        if read_only:
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def on_begin(connection: Any) -> None:  # noqa: ANN401
        # Waiting for a lock may take what is left of the request. Usually that is the default. Only a request that is
        # already late needs an extra statement for it, and so does the next user of its connection, to reset it.
        wait = deadline.left(wait_seconds)
        if wait != connection.info.get(_WAITS, wait_seconds):
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(wait * 1000)}")
            connection.info[_WAITS] = wait
        connection.exec_driver_sql(begin)
