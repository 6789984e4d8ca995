"""Migration of a database to the present schema, under a lock: two processes that start together migrate it once."""

import time
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import NullPool

from coaching.errors import StorageBusy
from storage import postgresql
from storage.engine import SQLITE, create_engines
from storage.unit_of_work import busy_as_typed_error

MIGRATIONS = Path(__file__).parent / "migrations"
WAIT_SECONDS = 60.0
"""How long to try again, while another process migrates the same SQLite file, or after a deadlock on PostgreSQL."""
CONNECT_SECONDS = 10.0
COMMAND_SECONDS = 3600.0
"""How long PostgreSQL may take to migrate, or to wait for another process that migrates."""
_DEADLOCK = "40P01"
_LOCK = 7_305_115_402  # any constant, as long as it is the same in all our processes


class NewerDatabase(Exception):
    """The database was migrated by a newer release than this one."""


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


@cache
def head() -> str:
    """Return the newest revision that this release knows."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None  # noqa: S101 - there is always a first migration
    return revision


@cache
def known() -> frozenset[str]:
    """Return all revisions that this release knows."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def is_newer(revision: str | None) -> bool:
    """Return whether a newer release has migrated a database with this revision (None: it was never migrated)."""
    return revision is not None and revision not in known()


async def upgrade(url: str) -> None:
    """Run the missing migrations in one transaction. Raises NewerDatabase, StorageBusy."""
    give_up = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            with busy_as_typed_error():
                return await _upgrade_at(url)
        except StorageBusy as error:
            if not _is_lost_race(error) or time.monotonic() > give_up:
                raise


def _is_lost_race(error: StorageBusy) -> bool:
    """Return whether SQLite's lock was not free, or PostgreSQL chose this one of two that waited for each other."""
    driver = getattr(error.__cause__, "orig", None)
    return "is locked" in str(error) or getattr(driver, "sqlstate", None) == _DEADLOCK


async def _upgrade_at(url: str) -> None:
    if make_url(url).get_backend_name() == SQLITE:
        # BEGIN IMMEDIATE is the lock. Waiting for it cannot be interrupted, so each attempt waits only a moment.
        engines = create_engines(url, wait_seconds=1)
        try:
            await _run(engines.writer)
        finally:
            await engines.dispose()
        return
    engine = postgresql.create_engine(
        url,
        application="sessions migration",
        connect_seconds=CONNECT_SECONDS,
        command_seconds=COMMAND_SECONDS,
        server={},
        poolclass=NullPool,
    )
    try:
        await _run(engine)
    finally:
        await engine.dispose()


async def _run(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        if engine.dialect.name != SQLITE:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        await connection.run_sync(_upgrade)


def _upgrade(connection: Connection) -> None:
    present = MigrationContext.configure(connection).get_current_revision()
    if is_newer(present):
        raise NewerDatabase(f"the database is at revision {present}, newer than this release: upgrade the program")
    if present != head():
        command.upgrade(_config(connection), "head")


async def revision(engine: AsyncEngine) -> str | None:
    """Return a database's revision, or None when it was never migrated."""
    async with engine.connect() as connection:
        return await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())
