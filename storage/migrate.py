"""Migration of a database to the present schema, under a lock: two processes that start together migrate it once.

Alembic is imported only if something is missing: most starts find the database as it should be.
"""

import asyncio
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import Connection, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import NullPool

from coaching.errors import StorageBusy
from storage import postgresql
from storage.engine import SQLITE, create_engines
from storage.unit_of_work import busy_as_typed_error

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
WAIT_SECONDS = 60.0
"""How long to try again, while another process migrates the same SQLite file, or after a deadlock on PostgreSQL."""
LOCK_SECONDS = 1.0
"""How long a migration waits for one lock on PostgreSQL. Whoever asks for that table meanwhile waits behind it."""
AGAIN_SECONDS = 2.0
"""How long it lets the others go on before it tries again. It has changed nothing by then."""
LOCKED_SECONDS = 900.0
"""How long to try again while others hold what a migration has to lock: longer than a query of an audit may take."""
CONNECT_SECONDS = 10.0
COMMAND_SECONDS = 3600.0
"""How long PostgreSQL may take to migrate, or to wait for another process that migrates."""
_DEADLOCK, _LOCKED = "40P01", "55P03"
_LOCK = 7_305_115_402  # any constant, as long as it is the same in all our processes
_VERSIONS = "alembic_version"
_OTHERS = text(
    "SELECT pid, application_name, CAST(EXTRACT(EPOCH FROM now() - xact_start) AS INTEGER) AS seconds FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name <> :ours AND xact_start IS NOT NULL"
    " ORDER BY xact_start LIMIT 3"
)
"""The longest transactions. Only a superuser sees those of other roles."""
_APPLICATION = "sessions migration"

log = structlog.get_logger(__name__)


class NewerDatabase(Exception):
    """The database was migrated by a newer release than this one."""


def _config(connection: Connection | None = None) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


@cache
def known() -> frozenset[str]:
    """Return all revisions that this release knows. They are numbers, with which the files' names begin."""
    return frozenset(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


@cache
def head() -> str:
    """Return the newest revision that this release knows."""
    return max(known())


def is_newer(revision: str | None) -> bool:
    """Return whether a newer release has migrated a database with this revision (None: it was never migrated)."""
    return revision is not None and revision not in known()


async def upgrade(url: str) -> None:
    """Run the missing migrations in one transaction. Raises NewerDatabase, StorageBusy.

    An older release may serve meanwhile. It waits for a lock of ours, but not for one that we do not get.
    """
    started = time.monotonic()
    while True:
        try:
            with busy_as_typed_error():
                return await _upgrade_at(url)
        except StorageBusy as error:
            waited = time.monotonic() - started
            locked = _state(error) == _LOCKED
            if not (locked or _is_lost_race(error)) or waited > (LOCKED_SECONDS if locked else WAIT_SECONDS):
                raise
        if locked:
            log.warning(
                "the migration waits for other transactions to end and tries again; the bot that serves goes on",
                waited_seconds=round(waited),
                transactions=await _others(url),
            )
            await asyncio.sleep(AGAIN_SECONDS)


def _is_lost_race(error: StorageBusy) -> bool:
    """Return whether SQLite's lock was not free, or PostgreSQL chose this one of two that waited for each other."""
    return "is locked" in str(error) or _state(error) == _DEADLOCK


def _state(error: StorageBusy) -> str | None:
    """Return PostgreSQL's code of the error behind this one."""
    state: str | None = getattr(getattr(error.__cause__, "orig", None), "sqlstate", None)
    return state


async def _others(url: str) -> list[str]:
    """Return which transactions have been open for longest, for the operator."""
    engine = _postgresql_engine(url)
    try:
        with busy_as_typed_error():
            async with engine.connect() as connection:
                rows = (await connection.execute(_OTHERS, {"ours": _APPLICATION})).all()
    except StorageBusy:
        return []
    finally:
        await engine.dispose()
    return [f"{row.application_name or 'unnamed'} (pid {row.pid}) for {row.seconds} s" for row in rows]


async def _upgrade_at(url: str) -> None:
    if make_url(url).get_backend_name() == SQLITE:
        # BEGIN IMMEDIATE is the lock. Waiting for it cannot be interrupted, so each attempt waits only a moment.
        engines = create_engines(url, wait_seconds=1)
        try:
            await _run(engines.writer)
        finally:
            await engines.dispose()
        return
    engine = _postgresql_engine(url)
    try:
        await _run(engine)
    finally:
        await engine.dispose()


def _postgresql_engine(url: str) -> AsyncEngine:
    return postgresql.create_engine(
        url,
        application=_APPLICATION,
        connect_seconds=CONNECT_SECONDS,
        command_seconds=COMMAND_SECONDS,
        server={},
        poolclass=NullPool,
    )


async def _run(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        if engine.dialect.name != SQLITE:
            # For another process that migrates it waits as long as that takes. Nobody else waits for this lock.
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            limit = {"limit": str(int(LOCK_SECONDS * 1000))}
            await connection.execute(text("SELECT set_config('lock_timeout', :limit, true)"), limit)
        await connection.run_sync(_upgrade)


def _upgrade(connection: Connection) -> None:
    present = _revision(connection)
    if is_newer(present):
        raise NewerDatabase(f"the database is at revision {present}, newer than this release: upgrade the program")
    if present != head():
        from alembic import command

        command.upgrade(_config(connection), "head")


async def revision(engine: AsyncEngine) -> str | None:
    """Return a database's revision, or None when it was never migrated."""
    async with engine.connect() as connection:
        return await connection.run_sync(_revision)


def _revision(connection: Connection) -> str | None:
    """Read what Alembic keeps in its own table."""
    if not connection.dialect.has_table(connection, _VERSIONS):
        return None
    found: str | None = connection.execute(text(f"SELECT version_num FROM {_VERSIONS}")).scalar_one_or_none()
    return found
