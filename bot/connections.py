"""Limits on open connections: a stranger gets one request, Slack may stay, and the total is capped.

aiohttp has one keep-alive time for everyone, no limit on connections and no limit on a whole head. So each connection
is watched from outside: a protocol of our own sits between asyncio and aiohttp's protocol.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Literal, cast

from aiohttp import web

HEAD_SECONDS = 5.0
"""Seconds for a request's head to arrive, from the connection on; also for a stranger to take the answer."""
REST_SECONDS = 930.0
"""Seconds that a connection may rest after it brought a request from Slack.

Slack, or a proxy before us, keeps such a connection for the next request and must not find it closed just then. Proxies
keep theirs open for one minute (nginx, AWS) to 15 (Cloudflare).
"""
MAX_HEAD_BYTES = 32 * 1024
RECEIVE_BYTES = 16 * 1024
"""Bytes read from a connection at a time. Nearly all of Slack's requests are smaller.

asyncio's own way reserves 16 times as much for each read, and any piece that is kept holds on to all of that memory.
"""
MAX_CONNECTIONS = 500
FILES_PER_CONNECTION = 4
"""One connection is allowed for every so many files that may be open.

Connections that wait to be counted need files too, and so does everything else.
"""
ACCEPTED_AT_ONCE = 16
"""How many connections asyncio accepts before it looks at any other.

The number is small because the head of a new connection is read only some rounds later. If too many others arrived
during those rounds, the newest stranger would already be the oldest and would be cut. It may be Slack.
"""
WAITING = 1024
"""How many more may wait in the system's queue. asyncio would make that queue as short as ACCEPTED_AT_ONCE."""
_NOTHING = bytearray()
_END_OF_HEAD = b"\r\n\r\n"
_HEAD_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n"
    b"X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n\r\n"
)
Cut = Literal["idle", "slow", "crowded_out", "head_too_large"]


class Connections:
    """All open connections of a server, at most `most`.

    `told` is called with the cause when a connection is cut, `counted` with the number of open connections.

    When one more arrives, the stranger who has been connected longest is cut. If there are no strangers, Slack's
    connection that has rested longest is cut. A connection whose request from Slack is being answered stays. If all of
    them are being answered, the newcomer is cut.
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
        """Return the protocol for a new connection. asyncio calls this."""
        return Connection(self, self._served())

    def enter(self, newcomer: "Connection") -> None:
        """Add a connection, and cut one if that is one too many."""
        movable = [one for one in self._open if not one.answering_slack] if len(self._open) >= self._most else []
        self._open[newcomer] = None
        if len(self._open) > self._most:
            min(movable, key=lambda one: (one.proven, one.since), default=newcomer).cut("crowded_out")
        self._counted(len(self._open))

    def leave(self, connection: "Connection") -> None:
        """Remove a connection from the count. A second call changes nothing."""
        self._open.pop(connection, None)
        self._counted(len(self._open))


class Connection(asyncio.BufferedProtocol):
    """One connection. It hands everything on to aiohttp's protocol and closes if a limit is exceeded."""

    def __init__(self, all_of_them: Connections, served: asyncio.Protocol) -> None:
        self.proven = False
        """Whether it has brought a request from Slack."""
        self.answering_slack = False
        self.since = 0.0
        self._all = all_of_them
        self._served = served
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._end: asyncio.TimerHandle | None = None
        self._head: int | None = 0
        """Bytes received of an incomplete head, or None while no head is expected."""
        self._last = b""
        self._done = False
        self._buffer = _NOTHING

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the time limit for the first head."""
        self._transport = cast("asyncio.Transport", transport)
        self._served.connection_made(transport)
        self._wait(HEAD_SECONDS)
        self._all.enter(self)

    def get_buffer(self, sizehint: int) -> bytearray:  # noqa: ARG002 - asyncio's hint is no limit
        """Return the buffer for the next bytes."""
        self._buffer = bytearray(RECEIVE_BYTES)
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Hand on the data, unless it makes a head too large or follows the last answer."""
        data, self._buffer = bytes(memoryview(self._buffer)[:nbytes]), _NOTHING
        if not self._done and (self._head is None or self._head_is_fine(data)):
            self._served.data_received(data)

    def eof_received(self) -> bool | None:
        """Hand on the event."""
        return self._served.eof_received()

    def pause_writing(self) -> None:
        """Hand on the event."""
        self._served.pause_writing()

    def resume_writing(self) -> None:
        """Hand on the event."""
        self._served.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Clean up, whichever side closed the connection."""
        if self._end is not None:
            self._end.cancel()
        self._transport = None
        self._all.leave(self)
        self._served.connection_lost(exc)

    def arrived(self) -> None:
        """Note that a whole head has arrived. What follows it has limits of its own."""
        self._head = None
        if self._end is not None:
            self._end.cancel()

    def prove(self) -> None:
        """Note that the request being answered is from Slack."""
        self.proven = self.answering_slack = True

    def answered(self, *, last: bool) -> None:
        """Note that an answer is ready. Data after the `last` answer, such as the rest of a body, is discarded."""
        self.answering_slack = False
        self._done = last
        self._head, self._last = None if last else 0, b""
        self._wait(HEAD_SECONDS if last else REST_SECONDS)

    def cut(self, why: Cut) -> None:
        """Close the connection at once."""
        self._all.leave(self)  # not in connection_lost: more connections may arrive before that
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
            data = data.lstrip(b"\r\n")  # allowed before a head, and not the end of one
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
    """Return the connection that brought a request, or None if it is gone or the server is not watched."""
    protocol = request.transport.get_protocol() if request.transport is not None else None
    return protocol if isinstance(protocol, Connection) else None


@web.middleware
async def watched(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Tell the connection when its request has arrived and when it is answered. A stranger gets no second request."""
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
