"""Engines as SQLAlchemy's documentation shows them: the other side uses these, so that a driver of our own counts as ours."""

from typing import Any

from sqlalchemy import event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from storage import Engines, create_engines

_PRAGMAS = (
    "busy_timeout = 2000",
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "cache_size = -16000",
)


def usual_engines(url: str) -> Engines:
    """Return engines for reading and writing: on SQLite over aiosqlite, on PostgreSQL those of the product."""
    if make_url(url).get_backend_name() != "sqlite":
        return create_engines(url)
    return Engines(writer=_engine(url, "BEGIN IMMEDIATE", pool_size=1), reader=_engine(url, "BEGIN", pool_size=4))


def _engine(url: str, begin: str, **pool: Any) -> AsyncEngine:
    engine = create_async_engine(url, **pool)

    @event.listens_for(engine.sync_engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def on_begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine
