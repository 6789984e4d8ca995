"""The handlers behind real signed HTTP, on a real database, in front of a real playground."""

import asyncio
import io
import json
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import structlog
from prometheus_client import CollectorRegistry
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

import handlers
from bot.bringing import Bringing
from bot.inbound import Dispatcher, bolt_endpoint
from bot.logs import configure_logging
from bot.mail_addresses import can_be_mailed
from bot.metrics import Metrics
from bot.web import create_web_app, serving
from coaching.clock import ManualClock
from coaching.sessions import Session
from handlers.deps import Deps
from handlers.known_blocks import KnownBlocks
from playground.dispatch import Ack
from playground.person import Person
from playground.server import Playground
from storage import SqlStore, create_engines
from tests.support import logs, patience
from tests.support.databases import Databases
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE, World
from tests.words import pseudo
from web.links import Links
from web.site import pages

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TOKEN = "xoxb-handlers-bot"
PUBLIC_URL = "https://sessions.example.com"
NEWCOMER = "U0NEW"
MANIFEST = Path(__file__).parents[2] / "manifest.yml"
EAST = "America/New_York"
SEED: dict[str, Any] = {
    "team": {"id": WORKSPACE, "name": "Test", "domain": "test"},
    "app": {"id": "A1", "bot_id": "B1", "bot_user_id": "U0BOT"},
    "users": [
        {"id": ANNA, "name": "anna", "real_name": "Anna Lee", "tz": EAST, "locale": "en-US"},
        {"id": BORIS, "name": "boris", "real_name": "Boris Novak", "tz": EAST},
        {"id": COACH, "name": "carla", "real_name": "Carla Coach", "tz": EAST},
        {"id": OTHER_COACH, "name": "otto", "real_name": "Otto Other", "tz": EAST},
        {"id": ADMIN, "name": "ada", "real_name": "Ada Admin", "is_admin": True, "tz": EAST},
        {
            "id": NEWCOMER,
            "name": "nora",
            "real_name": "Nora New",
            "email": "nora@example.com",
            "tz": "Europe/Berlin",
            "locale": "en-GB",
        },
    ],
    "channels": [{"id": "C0COACH", "name": "carla-alerts", "members": [COACH, ADMIN, "app"]}],
}


@dataclass
class Stage:
    """Everything a test acts on."""

    pg: Playground
    world: World
    client: AsyncWebClient
    counted: list[tuple[str, str]]
    lines: io.StringIO
    page_url: str = ""
    """Where the pages for people really are, in place of PUBLIC_URL."""
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    @property
    def store(self) -> SqlStore:
        """The database."""
        return self.world.store

    @property
    def clock(self) -> ManualClock:
        """The business clock."""
        return self.world.clock

    @property
    def deps(self) -> Deps:
        """What every feature depends on."""
        return Deps(store=self.store, clock=self.clock, spawn=self.spawn, blocks=KnownBlocks(self.store, self.spawn))

    def person(self, user_id: str = ANNA, *, tab: str = "main") -> Person:
        """Somebody at the keyboard."""
        return self.pg.person(user_id, tab=tab)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run what nobody waits for."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settled(self) -> None:
        """Wait until nothing is under way; what failed fails the test."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    def logged(self, event: str) -> dict[str, Any]:
        """The last line of the log about this."""
        found = [line for line in map(json.loads, self.lines.getvalue().splitlines()) if line["event"] == event]
        last: dict[str, Any] = found[-1]
        return last

    async def session(self, session_id: str) -> Session:
        """A session as the database has it."""
        async with self.store.read(WORKSPACE) as queries:
            found = await queries.sessions.find(session_id)
        assert found is not None
        return found

    def calls(self, method: str) -> int:
        """How often the app called a Web API method."""
        return sum(1 for e in self.pg.traffic.since(0) if (e["direction"], e["name"]) == ("from_app", method))

    def last_payload(self, kind: str = "interactive") -> dict[str, Any]:
        """The last payload that Slack sent, to send it once more or bent."""
        entry = [e for e in self.pg.traffic.since(0) if (e["direction"], e["kind"]) == ("to_app", kind)][-1]
        copied: dict[str, Any] = json.loads(json.dumps(entry["request"]))
        return copied

    async def deliver(self, payload: dict[str, Any], kind: Any = "interactive") -> Ack:
        """Send a payload, properly signed. The answer has what people see of its texts."""
        ack = await self.pg._dispatcher.deliver(kind, "again", payload)
        return replace(ack, body=json.dumps(pseudo.unmarked(ack.payload())).encode()) if ack.body.strip() else ack


@pytest.fixture(autouse=True)
def _told_in_pseudo(request: pytest.FixtureRequest) -> None:
    """Tell every story in the pseudo-language, but those that are `plain`.

    Those have languages of their own, or look at texts that are cut when they are longer.
    """
    if request.node.get_closest_marker("plain") is None:
        request.getfixturevalue("in_pseudo")


@pytest.fixture
async def stage(databases: Databases, clock: ManualClock) -> AsyncIterator[Stage]:
    """The handlers, served."""
    async with served(databases, clock) as stage:
        yield stage


@asynccontextmanager
async def served(
    databases: Databases,
    clock: ManualClock,
    kind: str = "sqlite",
    *,
    session: Any = None,
    request_seconds: float = patience.SECONDS,
    url: str | None = None,
    wait_seconds: float = patience.FOR_DATABASE,
) -> AsyncIterator[Stage]:
    """The handlers on a database of that kind; their calls to Slack go through `session` where one is given."""
    lines = io.StringIO()
    configure_logging(log_format="json", stream=lines)
    url = url or await databases.fresh(kind)
    engines = create_engines(url, wait_seconds=wait_seconds)
    world = World(SqlStore(engines), clock)
    await world.people()
    playground = Playground(
        MANIFEST, SEED, request_url=None, signing_secret=SECRET, bot_token=TOKEN, rate_limits=False, **patience.OF_SLACK
    )
    metrics = Metrics(CollectorRegistry())
    async with playground.serve() as pg:
        client = AsyncWebClient(token=TOKEN, base_url=pg.api_url, session=session, retry_handlers=[])
        app = AsyncApp(
            client=client,
            process_before_response=True,
            request_verification_enabled=False,
            ssl_check_enabled=False,
        )
        ready = Stage(pg, world, client, [], lines)
        handlers.register(
            app,
            store=world.store,
            clock=clock,
            spawn=ready.spawn,
            metrics=lambda action, outcome: ready.counted.append((action, outcome)),
            public_url=PUBLIC_URL,
            export_link=Links(SECRET, PUBLIC_URL).export,
            bring=Bringing(url, world.store, clock),
            mail=True,
            mailable=can_be_mailed,
            answer_seconds=request_seconds,
        )

        async def readiness() -> dict[str, bool | str]:
            return {}

        web_app = create_web_app(
            slack=bolt_endpoint(Dispatcher(app, metrics)),
            signing_secret=SECRET,
            readiness=readiness,
            metrics=metrics,
            request_seconds=request_seconds,
            pages=pages(
                Links(SECRET, PUBLIC_URL),
                store=world.store,
                clock=clock,
                spawn=ready.spawn,
                refused=metrics.refused,
                slack_url="https://test.slack.com/",
            ),
        )
        async with serving(web_app, "127.0.0.1", 0, drain_seconds=0.1) as port:
            ready.page_url = f"http://127.0.0.1:{port}"
            pg.set_request_url(f"http://127.0.0.1:{port}/slack/events")
            yield ready
            await ready.settled()
    await engines.dispose()
    logs.plain()
    root = logging.getLogger()
    for handler in [h for h in root.handlers if isinstance(h.formatter, structlog.stdlib.ProcessorFormatter)]:
        root.removeHandler(handler)
    logging.captureWarnings(capture=False)
