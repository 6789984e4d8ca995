"""PostgreSQL connections that never wait forever for a silent server.

A server, or the network in front of it, may silently stop answering while new connections still work. So every command
has a limit on our side too, a connection that does not answer is discarded, and an idle one is tried before it is used.
"""

import asyncio
import socket
import time
from functools import partial
from typing import Any

import asyncpg
from sqlalchemy import URL, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

SLACK_SECONDS = 0.5
"""How much longer than the server's limit a command may take here: by then a live server has reported its time-out."""

CLOSE_SECONDS = 0.25
"""How long a connection may take to close in order (cancel its statement, tell the server) before it is cut off."""

TRUSTED_SECONDS = 1.0
"""How long after its last use a connection is used without trying it."""

TRY_SHARE = 0.2
"""The share of a command's time in which an idle connection must answer (half a second for a request).

If it does not, it is discarded, and so are all connections opened before that moment.
"""

IDLE_IN_TRANSACTION_SECONDS = 5
"""When the server ends a silent transaction, to release its locks.

Engines that may wait longer for a lock use that time instead.
"""

_KEEP_ALIVE = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 2, "TCP_USER_TIMEOUT": 10_000}
"""Linux's names. A dead peer is noticed within 20 s, and within 10 s (in ms here) if data was sent to it."""

SILENT = (TimeoutError, asyncpg.InternalClientError)
"""The driver's errors for a server that does not answer, and for one whose close message was read but not handled."""

_USED_AT = "used at"


class Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """A connection that notices when its peer is gone, and that closes without waiting for a silent one."""

    def __init__(self, protocol: Any, transport: asyncio.Transport, *rest: Any) -> None:  # noqa: ANN401 - the driver's own
        super().__init__(protocol, transport, *rest)
        wire = transport.get_extra_info("socket")
        if wire is not None and wire.family in {socket.AF_INET, socket.AF_INET6}:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for name, value in _KEEP_ALIVE.items():
                if option := getattr(socket, name, None):
                    wire.setsockopt(socket.IPPROTO_TCP, option, value)

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - the driver's own signature
        """Cancel the running statement and tell the server, within a moment. Then cut the connection off."""
        try:
            await super().close(timeout=CLOSE_SECONDS if timeout is None else min(timeout, CLOSE_SECONDS))
        except (TimeoutError, OSError):
            self.terminate()


def create_engine(
    url: URL | str,
    *,
    application: str,
    connect_seconds: float,
    command_seconds: float,
    server: dict[str, str],
    **pool: Any,  # noqa: ANN401
) -> AsyncEngine:
    """Return an engine whose connections never wait longer than `command_seconds` for an answer.

    `server` are settings of the session; `pool` are SQLAlchemy's own.
    """
    engine = create_async_engine(
        url,
        hide_parameters=True,
        connect_args={
            "connection_class": Connection,
            "timeout": connect_seconds,
            "command_timeout": command_seconds,
            "server_settings": {
                "application_name": application,
                "tcp_keepalives_idle": "10",
                "tcp_keepalives_interval": "5",
                "tcp_keepalives_count": "2",
                **server,
            },
        },
        **pool,
    )

    @event.listens_for(engine.sync_engine, "handle_error")
    def on_error(context: Any) -> None:  # noqa: ANN401
        # The state of this connection is unknown, and others to the same server may be dead as well.
        if isinstance(context.original_exception, SILENT):
            context.is_disconnect = True

    @event.listens_for(engine.sync_engine, "checkin")
    def on_checkin(_connection: Any, record: Any) -> None:  # noqa: ANN401
        record.info[_USED_AT] = time.monotonic()

    @event.listens_for(engine.sync_engine, "checkout")
    def on_checkout(connection: Any, record: Any, _proxy: Any) -> None:  # noqa: ANN401
        used_at = record.info.get(_USED_AT)
        if used_at is None:
            return  # just connected
        if connection.driver_connection.is_closed():
            raise InvalidatePoolError  # the server has closed it
        if time.monotonic() - used_at > TRUSTED_SECONDS:
            connection.run_async(partial(_tried, seconds=command_seconds * TRY_SHARE))

    return engine


async def _tried(connection: asyncpg.Connection, seconds: float) -> None:
    """Try a connection. Raises InvalidatePoolError if it does not answer in time.

    The connection is then discarded and replaced.
    """
    try:
        await connection.execute("SELECT 1", timeout=seconds)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, *SILENT) as error:
        raise InvalidatePoolError from error
