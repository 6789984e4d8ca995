"""The engine of an import: one connection of its own, patient with locks, that stages without the one write lock."""

from typing import Any

from sqlalchemy import event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from storage import postgresql
from storage.engine import SQLITE, sqlite_engine

APPLICATION = "sessions import"
"""How PostgreSQL's lists of connections call this one."""
_LOCK_WAIT = 60
_COMMAND_SECONDS = 3600.0


def import_engine(url: str) -> AsyncEngine:
    """Return an engine of its own: one connection, patient with locks, without the time-outs of a request."""
    if make_url(url).get_backend_name() != SQLITE:
        return postgresql.create_engine(
            url,
            application=APPLICATION,
            connect_seconds=10,
            command_seconds=_COMMAND_SECONDS,
            server={"statement_timeout": "0"},
            pool_size=1,
            max_overflow=0,
        )
    engine = sqlite_engine(url, pool_size=1, max_overflow=0)

    @event.listens_for(engine.sync_engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:  # noqa: ANN401 - the driver's own type
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout = {_LOCK_WAIT * 1000}",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            # Enough for the indexes that the copying fills in random order: the lock is held a fraction as long.
            "cache_size = -16000",
            "temp_store = FILE",
            "temp.cache_size = -8000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def on_begin(connection: Any) -> None:  # noqa: ANN401
        # Staging must not take the one write lock; only the copying does.
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))

    return engine
