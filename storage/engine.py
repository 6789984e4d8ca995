"""Engines for SQLite and PostgreSQL, set up so that no commit is lost and no request waits longer than Slack does."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import NullPool

from coaching.errors import StorageAils
from storage import postgresql, sqlite
from storage.ailments import Condition
from storage.private_file import create_private

WAIT_SECONDS = 2.0
"""How long a request waits for a lock, a connection or a statement, by default. Slack gives up after 3 s."""

AUDIT_SECONDS = 600.0
"""How long one query of an audit may take: it reads whole tables, and no request waits for it."""

SQLITE = "sqlite"
_PATIENCE = "sessions_wait_seconds"
_PRAGMAS = ("synchronous = FULL", "foreign_keys = ON", "cache_size = -16000")
FOR_GOOD = "secure_delete = ON"
"""What is deleted or replaced is overwritten, so that nothing of an erased person stays in unused pages of the file."""
_WAL = "journal_mode = WAL"
_READ_ONLY = "query_only = ON"


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
    waits: dict[str, Any] = {
        "max_overflow": 0,
        "pool_timeout": wait_seconds,
        "execution_options": {_PATIENCE: wait_seconds},
    }
    writer = sqlite.create_engine(
        url,
        begin="BEGIN IMMEDIATE",
        wait_seconds=wait_seconds,
        pragmas=(_WAL, FOR_GOOD, *_PRAGMAS),
        pool_size=1,
        **waits,
    )
    reader = sqlite.create_engine(
        url,
        begin="BEGIN",
        wait_seconds=wait_seconds,
        pragmas=(_WAL, *_PRAGMAS, _READ_ONLY),
        reads_only=True,
        pool_size=4,
        pool_use_lifo=True,  # reuses the same few connections, whose statements are prepared and whose pages are read
        **waits,
    )
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
    # A file that was never written to has another journal mode, which a read-only connection cannot change.
    return sqlite.create_engine(
        where,
        begin="BEGIN",
        wait_seconds=wait_seconds,
        pragmas=(*_PRAGMAS, _READ_ONLY),
        reads_only=True,
        poolclass=NullPool,
    )
