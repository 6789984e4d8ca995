"""A practice, a playground that plays Slack, and relays between them; nothing is patched."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from prometheus_client import CollectorRegistry
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import select

from bot.delivery.channels.slack import SlackChannel, open_session, write_client
from bot.delivery.relay import Relay
from bot.delivery.retry import Pace
from bot.manifest import MANIFEST
from bot.metrics import Metrics
from coaching.clock import ManualClock
from coaching.workspace import Settings
from handlers.known_blocks import KnownBlocks
from handlers.views.news import render
from playground.server import Playground
from storage import SqlStore
from storage.tables import notices
from tests.support import patience
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE, World
from tests.words import pseudo

TOKEN = "xoxb-delivery"
FAST = Pace(
    backoff=0.02,
    backoff_limit=0.1,
    unknown_again=0.05,
    unknown_limit=0.1,
    reclaim=0.05,
    tick=0.05,
    flush=0.02,
    channel_rest=0.0,
    limited=0.02,
    dead_token=0.1,
)
PEOPLE = {ANNA: "Anna Lee", BORIS: "Boris Novak", COACH: "Carla Coach", OTHER_COACH: "Otto Other", ADMIN: "Ada Admin"}


def seed(extra: int = 0) -> dict[str, Any]:
    """Everybody of the world in Slack, and the coach's channel; `extra` more people U0EXTRA0…"""
    users = [
        {"id": i, "name": i.lower(), "real_name": n, "email": f"{i.lower()}@example.com"} for i, n in PEOPLE.items()
    ]
    users += [{"id": f"U0EXTRA{i}", "name": f"extra{i}", "real_name": f"Extra {i}"} for i in range(extra)]
    return {
        "team": {"id": WORKSPACE, "name": "Test", "domain": "test"},
        "app": {"id": "A1", "bot_id": "B1", "bot_user_id": "UBOT"},
        "users": users,
        "channels": [
            {"id": "C0COACH", "name": "carla-alerts", "members": [COACH, "app"]},
            {"id": "C0EMPTY", "name": "not-invited", "members": [COACH]},
        ],
    }


@dataclass
class Post:
    """One message that Slack has, as its reader gets it without blocks."""

    channel: str
    ts: str
    text: str
    edited: bool


@dataclass
class Stage:
    """The practice, Slack, and what is needed to put a relay between them."""

    world: World
    slack: Playground
    session: aiohttp.ClientSession
    stack: AsyncExitStack
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        self.metrics = Metrics(self.registry)
        self.token: str | None = TOKEN
        self._later: set[asyncio.Task[None]] = set()
        self.blocks = KnownBlocks(self.store, self._spawn)
        self._said = 0

    @property
    def store(self) -> SqlStore:
        return self.world.store

    @property
    def clock(self) -> ManualClock:
        return self.world.clock

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._later.add(asyncio.ensure_future(work))

    async def kept(self) -> None:
        """Wait until what nobody waits for is stored."""
        while self._later:
            await self._later.pop()

    async def client_for(self, workspace_id: str) -> AsyncWebClient | None:
        if self.token is None or workspace_id != WORKSPACE:
            return None
        return write_client(self.token, self.slack.api_url, self.session)

    def relay(self, pace: Pace = FAST, *, channel: SlackChannel | None = None) -> Relay:
        """A relay that is not running yet: `await relay.drain()` delivers what is due."""
        channel = channel or SlackChannel(self.client_for, render, self.blocks)
        return Relay(self.store.engines, self.clock, channel, metrics=self.metrics, pace=pace)

    async def running(self, pace: Pace = FAST) -> Relay:
        """A relay in the background until the test ends."""
        relay = await self.stack.enter_async_context(self.relay(pace).running(stop_seconds=5))
        self.store.on_commit = relay.wake
        return relay

    async def say(self, count: int, *, people: int = 1) -> list[str]:
        """Enqueue receipts of real cancellations of as many sessions; return the notices' keys."""
        keys = []
        for number in range(self._said, self._said + count):
            client = f"U0EXTRA{number % people}" if people > 1 else ANNA
            session = await self.world.book(timedelta(days=10, hours=number), client=client, price=0)
            done = await self.world.cancel(session, who=client)
            assert done.sessions[0].cancellation is not None
            keys.append(f"receipt:{done.sessions[0].cancellation.action_id}:{client}")
        self._said += count  # every session has an hour of its own, so that no two messages read the same
        return keys

    async def rows(self, **like: Any) -> list[Any]:
        """Notices as stored, by due time."""
        query = select(notices).order_by(notices.c.due_at, notices.c.dedupe_key)
        for name, value in like.items():
            query = query.where(notices.c[name] == value)
        async with self.store.engines.reader.connect() as connection:
            return list(await connection.execute(query))

    async def states(self, **like: Any) -> Counter[str]:
        return Counter(row.state for row in await self.rows(**like))

    def posts(self, who: str | None = None) -> list[Post]:
        """What Slack has: everything from the app, or one person's direct messages or one channel's."""
        return [
            Post(channel.id, message.ts, message.text, message.edited is not None)
            for channel in self.slack.workspace.channels.values()
            for message in channel.messages.values()
            if message.by_app
            and (who is None or who == channel.id or (channel.kind == "im" and who in channel.members))
        ]

    def calls(self, method: str) -> list[dict[str, Any]]:
        """Web API calls so far, with what people see of their texts."""
        return [pseudo.unmarked(entry) for entry in self.slack.traffic.since(0) if entry["name"] == method]

    async def until(self, ready: Callable[[], Awaitable[object] | object], seconds: float = patience.SECONDS) -> None:
        """Wait until something is so."""
        end = time.monotonic() + seconds
        while True:
            found = ready()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return
            assert time.monotonic() < end, f"not so after {seconds} s"
            await asyncio.sleep(0.01)

    async def settled(self) -> bool:
        """Whether nothing is pending or in flight."""
        states = await self.states()
        return not (states["pending"] or states["leased"])


@asynccontextmanager
async def staged(store: SqlStore, clock: ManualClock) -> AsyncIterator[Stage]:
    """Slack without rate limits, and a practice that is still empty."""
    async with AsyncExitStack() as stack:
        playground = Playground(
            MANIFEST,
            seed(40),
            request_url=None,
            signing_secret="s" * 16,
            bot_token=TOKEN,
            rate_limits=False,
            **patience.OF_SLACK,
        )
        await stack.enter_async_context(playground.serve())
        session = await stack.enter_async_context(open_session())
        stage = Stage(World(store, clock), playground, session, stack)
        yield stage
        await stage.kept()


@pytest.fixture
async def stage(store: SqlStore, clock: ManualClock) -> AsyncIterator[Stage]:
    """The practice with everybody in it, and Slack."""
    async with staged(store, clock) as stage:
        await stage.world.people()
        await stage.world.grant()
        # What is told, is told at once here; tests of what waits for the undo window set one.
        await stage.world.settings(Settings(undo_window=timedelta(0), start_reminder=None))
        yield stage
