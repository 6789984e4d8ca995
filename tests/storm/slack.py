"""What Slack got: every post as it arrived, and how many calls were under way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.typedefs import Handler

from playground.server import Playground

SLOW_MS = 250
"""How long Slack takes for a message, so that a kill meets some on their way."""


@dataclass(frozen=True, slots=True)
class Post:
    """A message of the app as it was posted, before any edit. `at` is Unix seconds."""

    channel: str
    ts: str
    at: float
    lines: tuple[str, ...]
    by_relay: bool


@dataclass
class Record:
    """Every post so far, in order; and how many calls that post are under way now."""

    posts: list[Post] = field(default_factory=list)
    under_way: int = 0


class WatchedPlayground(Playground):
    """A playground that knows how many messages are on their way to it."""

    def __init__(self, *args: object, record: Record, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        self._record = record

    def app(self) -> web.Application:
        """Count what posts."""
        application = super().app()

        @web.middleware
        async def counted(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path != "/api/chat.postMessage":
                return await handler(request)
            self._record.under_way += 1
            try:
                return await handler(request)
            finally:
                self._record.under_way -= 1

        application.middlewares.append(counted)
        return application


@asynccontextmanager
async def recording(slack: Playground, record: Record) -> AsyncIterator[None]:
    """Note every post while the block runs."""
    queue = slack.feed.watch()

    async def note() -> None:
        while (event := await queue.get()) is not None:
            if event["type"] != "message":
                continue
            message = slack.workspace.channels[event["channel"]].messages.get(event["ts"])
            if message is not None and message.by_app:
                lines = tuple(message.text.splitlines())
                # The relay's messages have blocks; words about an error have none.
                record.posts.append(Post(message.channel, message.ts, float(message.ts), lines, bool(message.blocks)))

    task = asyncio.create_task(note())
    try:
        yield
    finally:
        slack.feed.unwatch(queue)
        task.cancel()
