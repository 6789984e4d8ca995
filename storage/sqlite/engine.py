"""Engines for SQLite files."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import URL, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from coaching import deadline
from storage.sqlite.dialect import DRIVER

_STATEMENTS = 512
"""How many prepared statements a connection keeps: more than there are statements on the paths of requests."""


def create_engine(
    url: URL | str,
    *,
    begin: str,
    wait_seconds: float,
    pragmas: Sequence[str],
    reads_only: bool = False,
    **pool: Any,  # noqa: ANN401 - SQLAlchemy's own
) -> AsyncEngine:
    """Return an engine whose transactions begin with `begin` and wait so long for a lock, or as long as the request may.

    The execution option `begin` replaces `begin` for one connection. `pragmas` are set on every connection; `pool` are
    SQLAlchemy's own settings. The URL may name any driver.
    """
    engine = create_async_engine(
        make_url(url).set(drivername=DRIVER),
        hide_parameters=True,
        connect_args={
            "pragmas": [f"busy_timeout = {int(wait_seconds * 1000)}", *pragmas],
            "reads_only": reads_only,
            "cached_statements": _STATEMENTS,
            "check_same_thread": True,
        },
        **pool,
    )

    @event.listens_for(engine.sync_engine, "begin")
    def on_begin(connection: Any) -> None:  # noqa: ANN401
        how = connection.get_execution_options().get("begin", begin)
        connection.connection.dbapi_connection.begin(how, deadline.left(wait_seconds))

    return engine
