"""A TCP proxy between the bot and its database (or Slack), which can do to a connection what networks do."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

_CHUNK = 65536


@dataclass(eq=False)
class _Link:
    """One connection through the proxy: two pumps, and whether anything passes."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter | None = None
    passes: asyncio.Event = field(default_factory=asyncio.Event)
    lost_reply: bool = False


class Proxy:
    """Passes bytes on until told otherwise. Use `proxying`; everything here takes effect at once.

    A silent connection stays open and says nothing, in both directions, its end included: what was sent meanwhile arrives when
    it speaks again, as TCP would send it again. `delay` holds each piece back for so many seconds.
    """

    def __init__(self, target: int) -> None:
        self.delay = 0.0
        self.port = 0
        self._target = target
        self._links: set[_Link] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._new_are_silent = False
        self._marker: bytes | None = None
        self._marker_silences = False
        self.lost = asyncio.Event()
        """Set once a reply was lost, see `lose_reply`."""

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._links)

    def silence(self, *, new: bool = False) -> None:
        """Let the connections that exist fall silent (and, with `new`, every one that is made from now on)."""
        self._new_are_silent = new
        for link in self._links:
            link.passes.clear()

    def speak(self) -> None:
        """End the silence: everything held back arrives, and new connections pass."""
        self._new_are_silent = False
        for link in self._links:
            if not link.lost_reply:
                link.passes.set()

    def reset(self) -> None:
        """Break every connection with a TCP reset towards the bot; new ones pass."""
        for link in list(self._links):
            _break(link)

    def lose_reply(self, marker: bytes, *, silently: bool = False) -> None:
        """Lose the server's reply to the next message that holds `marker`: the server gets it, carries it out and answers.

        The connection is reset instead of passing the answer on, or falls silent for good. `lost` is set then.
        """
        self._marker, self._marker_silences = marker, silently
        self.lost.clear()

    async def refuse(self) -> None:
        """Break every connection, and listen no more: new ones are refused, as while a database restarts."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.reset()

    async def listen(self) -> None:
        """Listen, at the same port as before."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """End every connection."""
        await self.refuse()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._accepted(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = _Link(writer)
        self._links.add(link)
        if not self._new_are_silent:
            link.passes.set()
        try:
            await link.passes.wait()
            server_reader, link.server = await asyncio.open_connection("127.0.0.1", self._target)
            there = asyncio.ensure_future(self._pump(reader, link.server, link, to_server=True))
            back = asyncio.ensure_future(self._pump(server_reader, writer, link, to_server=False))
            try:
                await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for pump in (there, back):
                    pump.cancel()
                await asyncio.wait({there, back})
        except (OSError, asyncio.CancelledError):
            pass  # asyncio's streams log a task that ends canceled as an error
        finally:
            self._links.discard(link)
            for end in (link.client, link.server):
                if end is not None:
                    end.close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, link: _Link, *, to_server: bool
    ) -> None:
        loses = False
        with contextlib.suppress(OSError):
            while True:
                data = await reader.read(_CHUNK)
                await link.passes.wait()
                if not data:
                    return
                if self.delay:
                    await asyncio.sleep(self.delay)
                if to_server and self._marker is not None and self._marker in data:
                    self._marker, link.lost_reply = None, True
                elif link.lost_reply and not to_server and not loses:
                    loses = True
                    self._lose(link)
                    continue
                writer.write(data)
                await writer.drain()

    def _lose(self, link: _Link) -> None:
        self.lost.set()
        if self._marker_silences:
            link.passes.clear()
        else:
            _break(link)


def _break(link: _Link) -> None:
    """Reset towards the client (an end without lingering is an RST), and hang up on the server."""
    wire = link.client.get_extra_info("socket")
    if wire is not None:
        with contextlib.suppress(OSError):
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    link.client.transport.abort()
    if link.server is not None:
        link.server.transport.abort()
    link.passes.set()


@contextlib.asynccontextmanager
async def proxying(target: int) -> AsyncIterator[Proxy]:
    """Run a proxy to a port of this machine while the context is open; `proxy.port` is where it listens."""
    proxy = Proxy(target)
    await proxy.listen()
    try:
        yield proxy
    finally:
        await proxy.close()
