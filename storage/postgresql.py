"""PostgreSQL's connections: none waits for ever for a server that has fallen silent.

A server, or the network before it, may stop answering without a word while new connections work. So every command has a limit
on our side too, what does not answer is thrown away, and a connection that has rested is tried before anybody leans on it.
"""

import asyncio
import socket
import time
from functools import partial
from typing import Any

import asyncpg
from sqlalchemy import event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

SLACK_SECONDS = 0.5
"""How much longer than its server's limit a command may take here: a server that lives has said by then that it gave up."""

CLOSE_SECONDS = 0.25
"""How long a connection may take to end in good order (its statement canceled, the server told) before it is cut off."""

TRUSTED_SECONDS = 1.0
"""How long after its last use a connection is taken without trying it."""

TRY_SHARE = 0.2
"""How much of a command's time a rested connection has to answer (half a second of a request's); then it and all others of its
time are thrown away."""

IDLE_IN_TRANSACTION_SECONDS = 5
"""When the server ends a transaction that has fallen silent, so that what it had locked is free again; who may be made to wait
for longer may be silent for longer too."""

_KEEP_ALIVE = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 2, "TCP_USER_TIMEOUT": 10_000}
"""Linux's names: a peer that is gone is noticed within 20 s, and within 10 s (here in ms) where something was sent to it."""

SILENT = (TimeoutError, asyncpg.InternalClientError)
"""What the driver raises for a server that does not answer, and for one whose farewell it has read but not understood yet."""

_USED_AT = "used at"


class Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """A connection that notices when its peer is gone, and does not wait for a silent one in order to close."""

    def __init__(self, protocol: Any, transport: asyncio.Transport, *rest: Any) -> None:  # noqa: ANN401 - the driver's own
        super().__init__(protocol, transport, *rest)
        wire = transport.get_extra_info("socket")
        if wire is not None and wire.family in {socket.AF_INET, socket.AF_INET6}:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for name, value in _KEEP_ALIVE.items():
                if option := getattr(socket, name, None):
                    wire.setsockopt(socket.IPPROTO_TCP, option, value)

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - the driver's own signature
        """Cancel what is under way and say good-bye, within a moment; then cut it off."""
        try:
            await super().close(timeout=CLOSE_SECONDS if timeout is None else min(timeout, CLOSE_SECONDS))
        except (TimeoutError, OSError):
            self.terminate()


def create_engine(
    url: str,
    *,
    application: str,
    connect_seconds: float,
    command_seconds: float,
    server: dict[str, str],
    **pool: Any,  # noqa: ANN401
) -> AsyncEngine:
    """Return an engine none of whose connections waits longer than `command_seconds` for an answer to anything.

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
        # Nobody knows what such a connection would say next, nor whether its neighbours live.
        if isinstance(context.original_exception, SILENT):
            context.is_disconnect = True

    @event.listens_for(engine.sync_engine, "checkin")
    def on_checkin(_connection: Any, record: Any) -> None:  # noqa: ANN401
        record.info[_USED_AT] = time.monotonic()

    @event.listens_for(engine.sync_engine, "checkout")
    def on_checkout(connection: Any, record: Any, _proxy: Any) -> None:  # noqa: ANN401
        used_at = record.info.get(_USED_AT)
        if used_at is None:
            return  # it was made a moment ago
        if connection.driver_connection.is_closed():
            raise InvalidatePoolError  # the server said so
        if time.monotonic() - used_at > TRUSTED_SECONDS:
            connection.run_async(partial(_tried, seconds=command_seconds * TRY_SHARE))

    return engine


async def _tried(connection: asyncpg.Connection, seconds: float) -> None:
    """Ask for an answer. Raises InvalidatePoolError: the connection is thrown away and another one made in its place."""
    try:
        await connection.execute("SELECT 1", timeout=seconds)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, *SILENT) as error:
        raise InvalidatePoolError from error
