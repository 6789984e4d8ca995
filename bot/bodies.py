"""Reading request bodies before the sender is known to be Slack: limits on number, size and time."""

import asyncio
from dataclasses import dataclass, field

from aiohttp import StreamReader

MAX_BODY_BYTES = 1024 * 1024
BODY_SECONDS = 3.0
"""Slack itself gives up after three seconds."""
MAX_BODIES = 64
MAX_BYTES = 8 * 1024 * 1024
"""The limit for all incomplete bodies together."""


class BodyTooLarge(Exception):
    """The body is larger than MAX_BODY_BYTES."""


@dataclass(eq=False, slots=True)
class _Body:
    limit: asyncio.Timeout
    data: bytearray = field(default_factory=bytearray)


class Bodies:
    """Reads bodies. If too many are open or they take up too much memory, the oldest one is timed out.

    Slack's bodies arrive in one piece with their heads, so they are complete before they are the oldest.
    """

    def __init__(self, *, most: int = MAX_BODIES, most_bytes: int = MAX_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._under_way: dict[_Body, None] = {}  # oldest first
        self._bytes = 0

    async def read(self, content: StreamReader) -> bytes:
        """Return a whole body. Raises BodyTooLarge, TimeoutError, and aiohttp's error for a body that is cut off."""
        async with asyncio.timeout(BODY_SECONDS) as limit:
            body = _Body(limit)
            self._under_way[body] = None
            try:
                self._keep_to_the_limits()
                async for chunk in content.iter_any():
                    body.data += chunk
                    if body in self._under_way:
                        self._bytes += len(chunk)
                        self._keep_to_the_limits()
                    if len(body.data) > MAX_BODY_BYTES:
                        raise BodyTooLarge
                return bytes(body.data)
            finally:
                self._forget(body)

    def _keep_to_the_limits(self) -> None:
        while len(self._under_way) > self._most or self._bytes > self._most_bytes:
            oldest = next(iter(self._under_way))
            self._forget(oldest)
            oldest.limit.reschedule(asyncio.get_running_loop().time())

    def _forget(self, body: _Body) -> None:
        if body in self._under_way:
            del self._under_way[body]
            self._bytes -= len(body.data)
        body.data.clear()  # a traceback, for example, may still refer to the body
