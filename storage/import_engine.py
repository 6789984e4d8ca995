"""The engine of an import: one separate connection, patient with locks, that stages without the write lock."""

from typing import Any

from sqlalchemy import event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from storage import postgresql
from storage.engine import SQLITE, sqlite_engine

APPLICATION = "sessions import"
"""The name of this connection in PostgreSQL's lists."""
_LOCK_WAIT = 60
_COMMAND_SECONDS = 3600.0


def import_engine(url: str) -> AsyncEngine:
    """Return a separate engine: one connection, patient with locks, without the time-outs of a request."""
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
            # Enough for the indexes that copying fills in random order, so that the lock is held for a much shorter
            # time.
            "cache_size = -16000",
            "temp_store = FILE",
            "temp.cache_size = -8000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def on_begin(connection: Any) -> None:  # noqa: ANN401
        # Staging must not take the only write lock. Only copying does.
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))

    return engine
