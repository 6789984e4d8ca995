"""The engine of an import: one separate connection, patient with locks, that stages without the write lock."""

from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from storage import postgresql, sqlite
from storage.engine import FOR_GOOD, SQLITE

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
    return sqlite.create_engine(
        url,
        begin="BEGIN",  # staging must not take the only write lock; only copying does
        wait_seconds=_LOCK_WAIT,
        pragmas=(
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            FOR_GOOD,
            # Enough for the indexes that copying fills in random order, so that the lock is held for a much shorter
            # time.
            "cache_size = -16000",
            "temp_store = FILE",
            "temp.cache_size = -8000",
        ),
        pool_size=1,
        max_overflow=0,
    )
