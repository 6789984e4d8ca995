"""A mail server on loopback: it speaks SMTP and puts what comes into people's mailboxes. It passes nothing on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiosmtpd.smtp import SMTP, Envelope, Session

from playground.mails import Mails

MOST_BYTES = 10 * 2**20


class _Clerk:
    """Takes mails for the people here, and for nobody else. aiosmtpd calls its methods by their names."""

    def __init__(self, mails: Mails) -> None:
        self._mails = mails

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if not self._mails.knows(address):
            return "550 5.1.1 Nobody here has this address"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        octets = envelope.content or b""
        self._mails.receive(octets.encode() if isinstance(octets, str) else octets, envelope.rcpt_tos)
        return "250 OK"


class _Window(SMTP):
    """One connection. The server can end it when it closes."""

    def __init__(self, mails: Mails, connections: set[asyncio.Transport]) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(_Clerk(mails), hostname="localhost", data_size_limit=MOST_BYTES, loop=loop)
        self._connections = connections
        self._mine: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if isinstance(transport, asyncio.Transport):
            self._mine = transport
            self._connections.add(transport)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        if self._mine is not None:
            self._connections.discard(self._mine)


@asynccontextmanager
async def open_post_office(mails: Mails, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[int]:
    """Serve until the block ends, and yield the port. Port 0 is any free one. Raises OSError if the port is taken."""
    connections: set[asyncio.Transport] = set()
    server = await asyncio.get_running_loop().create_server(lambda: _Window(mails, connections), host, port)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for one in list(connections):
            one.abort()
        await asyncio.sleep(0)  # sockets are closed in the next turn of the loop
        await server.wait_closed()
