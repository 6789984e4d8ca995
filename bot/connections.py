"""Who may stay connected: a stranger for one request, Slack for long, and never more in all than the process can serve.

aiohttp has one keep-alive for everybody, no limit on connections, and none on a head as a whole. So each connection is
watched from outside: a protocol of ours stands between asyncio and aiohttp's.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Literal, cast

from aiohttp import web

HEAD_SECONDS = 5.0
"""How long a request's head may take, from the connection on, and a stranger to take the answer."""
REST_SECONDS = 930.0
"""How long a connection may rest that brought a request of Slack's: Slack, or a proxy before us, keeps it for the next one
and must not find it closed at that very moment. Proxies keep theirs for a minute (nginx, AWS) to 15 (Cloudflare)."""
MAX_HEAD_BYTES = 32 * 1024
RECEIVE_BYTES = 16 * 1024
"""How much is taken from a connection at a time: nearly all of Slack's requests are smaller. asyncio's own way reserves 16
times as much, whatever comes, and what is kept of it lies in pieces that take up all of that."""
MAX_CONNECTIONS = 500
FILES_PER_CONNECTION = 4
"""Of so many files that may be open one is for a connection; those that wait to be counted, and all else, need some too."""
ACCEPTED_AT_ONCE = 16
"""asyncio takes so many connections before it looks at any other, and it is some rounds until the head of one is read. In
those never so many may come that the newest of the strangers has become the oldest: it may be Slack."""
WAITING = 1024
"""So many more may wait in the system's queue, which asyncio would make as short as that."""
_NOTHING = bytearray()
_END_OF_HEAD = b"\r\n\r\n"
_HEAD_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n"
    b"X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n\r\n"
)
Cut = Literal["idle", "slow", "crowded_out", "head_too_large"]


class Connections:
    """Every open connection of a server, `most` at once. `told` hears of each that was cut, `counted` how many there are.

    Where one more comes, the stranger goes who has been here longest; then whoever of Slack's rests longest. Whoever is
    having a request of Slack's answered stays; if that is everybody, the newcomer goes.
    """

    def __init__(
        self,
        served: Callable[[], asyncio.Protocol],
        *,
        most: int = MAX_CONNECTIONS,
        told: Callable[[Cut], None] = lambda _why: None,
        counted: Callable[[int], None] = lambda _open: None,
    ) -> None:
        self._served = served
        self._most = most
        self._counted = counted
        self.told = told
        self._open: dict[Connection, None] = {}  # oldest first

    def __call__(self) -> "Connection":
        """Return the protocol of a new connection, as asyncio asks for it."""
        return Connection(self, self._served())

    def enter(self, newcomer: "Connection") -> None:
        """Take one in, and cut another if that is one too many."""
        movable = [one for one in self._open if not one.answering_slack] if len(self._open) >= self._most else []
        self._open[newcomer] = None
        if len(self._open) > self._most:
            min(movable, key=lambda one: (one.proven, one.since), default=newcomer).cut("crowded_out")
        self._counted(len(self._open))

    def leave(self, connection: "Connection") -> None:
        """Count one less; a second time it changes nothing."""
        self._open.pop(connection, None)
        self._counted(len(self._open))


class Connection(asyncio.BufferedProtocol):
    """One connection: hands everything on to aiohttp's protocol, and ends what takes too long or too much."""

    def __init__(self, all_of_them: Connections, served: asyncio.Protocol) -> None:
        self.proven = False
        """Whether a request of Slack's came by it."""
        self.answering_slack = False
        self.since = 0.0
        self._all = all_of_them
        self._served = served
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._end: asyncio.TimerHandle | None = None
        self._head: int | None = 0
        """Bytes of a head that is not complete, None while none is awaited."""
        self._last = b""
        self._done = False
        self._buffer = _NOTHING

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin: the first head has its time from here."""
        self._transport = cast("asyncio.Transport", transport)
        self._served.connection_made(transport)
        self._wait(HEAD_SECONDS)
        self._all.enter(self)

    def get_buffer(self, sizehint: int) -> bytearray:  # noqa: ARG002 - asyncio's hint is no limit
        """Return where to put what comes."""
        self._buffer = bytearray(RECEIVE_BYTES)
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Hand on what came, unless it makes a head too large or follows the last answer."""
        data, self._buffer = bytes(memoryview(self._buffer)[:nbytes]), _NOTHING
        if not self._done and (self._head is None or self._head_is_fine(data)):
            self._served.data_received(data)

    def eof_received(self) -> bool | None:
        """Hand on."""
        return self._served.eof_received()

    def pause_writing(self) -> None:
        """Hand on."""
        self._served.pause_writing()

    def resume_writing(self) -> None:
        """Hand on."""
        self._served.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """End, whoever ended it."""
        if self._end is not None:
            self._end.cancel()
        self._transport = None
        self._all.leave(self)
        self._served.connection_lost(exc)

    def arrived(self) -> None:
        """Note that a whole head is here; what follows has limits of its own."""
        self._head = None
        if self._end is not None:
            self._end.cancel()

    def prove(self) -> None:
        """Note that the request being answered is Slack's."""
        self.proven = self.answering_slack = True

    def answered(self, *, last: bool) -> None:
        """Note that an answer is ready; what follows the `last` one, the rest of a body say, is thrown away."""
        self.answering_slack = False
        self._done = last
        self._head, self._last = None if last else 0, b""
        self._wait(HEAD_SECONDS if last else REST_SECONDS)

    def cut(self, why: Cut) -> None:
        """End it at once."""
        self._all.leave(self)  # not when the transport says so: more may come before that
        self._all.told(why)
        if self._transport is not None:
            self._transport.abort()

    def _wait(self, seconds: float) -> None:
        if self._end is not None:
            self._end.cancel()
        if self._transport is None:
            return
        self.since = self._loop.time()
        self._end = self._loop.call_later(seconds, self._time_is_up)

    def _time_is_up(self) -> None:
        self.cut("slow" if self._head else "idle")

    def _head_is_fine(self, data: bytes) -> bool:
        if not self._head:
            data = data.lstrip(b"\r\n")  # allowed before a head, and no end of one
            if not data:
                return True
            if self.proven:
                self._wait(HEAD_SECONDS)
        held = self._last + data
        end = held.find(_END_OF_HEAD)
        self._head = (self._head or 0) + (len(data) if end < 0 else end)
        if self._head > MAX_HEAD_BYTES:
            self._all.told("head_too_large")
            if self._transport is not None:
                self._transport.write(_HEAD_TOO_LARGE)
                self._transport.close()
            return False
        if end < 0:
            self._last = held[-len(_END_OF_HEAD) + 1 :]
        else:
            self._head = None
        return True


def connection_of(request: web.Request) -> Connection | None:
    """Return the connection that brought a request; None once it is gone, or where a server is not watched."""
    protocol = request.transport.get_protocol() if request.transport is not None else None
    return protocol if isinstance(protocol, Connection) else None


@web.middleware
async def watched(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Tell the connection when its request is here and answered; a stranger has no second one."""
    connection = connection_of(request)
    if connection is None:
        return await handler(request)
    connection.arrived()
    response: web.StreamResponse | None = None
    try:
        response = await handler(request)
    except web.HTTPException as http:
        response = http
        raise
    finally:
        if response is not None and not (connection.proven and request.content.at_eof()):
            response.force_close()
        connection.answered(last=response is None or response.keep_alive is False)
    return response
