"""The live feed: every change of the workspace, numbered, for browsers, tests and other watchers."""

import asyncio
import time
from collections import deque
from typing import Any

from playground.json_types import Json

Event = dict[str, Any]
"""One change: `seq`, `at` (Unix seconds), `type`, and fields by type (see README)."""


class Feed:
    """Sends changes to watchers.

    A watcher that falls far behind is cut off, so that it does not slow the workspace down.
    """

    def __init__(self, *, keep: int = 2000, queue_limit: int = 10_000) -> None:
        self.seq = 0
        self._recent: deque[Event] = deque(maxlen=keep)
        self._watchers: set[asyncio.Queue[Event | None]] = set()
        self._waiters: set[asyncio.Future[None]] = set()
        self._queue_limit = queue_limit

    def emit(self, kind: str, **fields: Json) -> Event:
        """Number and publish one change."""
        self.seq += 1
        event: Event = {"seq": self.seq, "at": time.time(), "type": kind, **fields}
        self._recent.append(event)
        for queue in list(self._watchers):
            if queue.qsize() >= self._queue_limit:
                self._watchers.discard(queue)
                queue.put_nowait(None)
            else:
                queue.put_nowait(event)
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()
        return event

    def since(self, seq: int) -> list[Event]:
        """Return the stored changes after `seq`, oldest first."""
        return [event for event in self._recent if event["seq"] > seq]

    def missed(self, seq: int) -> bool:
        """Return whether changes after `seq` are no longer stored, so that everything must be read again."""
        return seq + 1 < (self._recent[0]["seq"] if self._recent else self.seq + 1)

    def watch(self) -> asyncio.Queue[Event | None]:
        """Return a queue of changes from now on. `None` in it means that the watcher was cut off."""
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._watchers.add(queue)
        return queue

    def unwatch(self, queue: asyncio.Queue[Event | None]) -> None:
        """Stop feeding `queue`."""
        self._watchers.discard(queue)

    def close(self) -> None:
        """End every watcher, so that open connections finish when the server stops."""
        for queue in self._watchers:
            queue.put_nowait(None)
        self._watchers.clear()

    async def wait(self, seq: int, timeout: float) -> bool:  # noqa: ASYNC109 - the caller of a long poll sets the time
        """Wait up to `timeout` seconds for a change after `seq`. Return False if there was none."""
        if self.seq > seq:
            return True
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            async with asyncio.timeout(timeout):
                await waiter
        except TimeoutError:
            return False
        finally:
            self._waiters.discard(waiter)
        return True
