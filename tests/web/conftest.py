"""The pages for people behind a real web server, on a real database."""

from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from prometheus_client import CollectorRegistry

from bot.metrics import Metrics
from bot.web import create_web_app, serving
from coaching.actions import calendar_address
from coaching.clock import ManualClock
from coaching.ids import new_id
from coaching.sessions import Actor, Session
from storage import SqlStore, create_engines
from tests.support import patience
from tests.support.databases import Databases
from tests.support.world import ANNA, WORKSPACE, World
from web.links import Links, Way
from web.site import pages

PUBLIC_URL, SECRET = "https://sessions.example.com", "8f742231b10e8888abcd99yyyzzz85a5"
LINKS = Links(SECRET, PUBLIC_URL)


def path_to(session: Session, who: str = ANNA) -> str:
    """Return the path of the page of a session, for somebody."""
    return LINKS.way_in(Way(session.workspace_id, who, session.id)).removeprefix(PUBLIC_URL)


@dataclass
class Site:
    """The served pages, and a client without cookies or memory."""

    world: World
    session: aiohttp.ClientSession
    url: str = ""
    refused: list[str] = field(default_factory=list)

    async def get(self, path: str, **headers: str) -> tuple[int, str, Mapping[str, str]]:
        """Return status, text and headers of a page."""
        async with self.session.get(self.url + path, headers=headers) as answer:
            return answer.status, await answer.text(), answer.headers

    async def token(self, who: str = ANNA) -> str:
        """Make a calendar address for somebody."""
        store, clock = self.world.store, self.world.clock
        key = new_id(clock.now())
        made = await calendar_address.renew(store, clock, Actor(WORKSPACE, who), key)
        assert made.token is not None
        return made.token


def _nothing_waits(work: Coroutine[Any, Any, None]) -> None:
    work.close()


@pytest.fixture
async def site(databases: Databases, clock: ManualClock) -> AsyncIterator[Site]:
    async with served(databases, clock) as site:
        yield site


@asynccontextmanager
async def served(databases: Databases, clock: ManualClock, kind: str = "sqlite") -> AsyncIterator[Site]:
    """Serve the pages on a database of that kind."""
    engines = create_engines(await databases.fresh(kind), wait_seconds=patience.FOR_DATABASE)
    world = World(SqlStore(engines), clock)
    await world.people()

    async def readiness() -> dict[str, bool | str]:
        return {}

    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        site = Site(world, session)
        metrics = Metrics(CollectorRegistry())
        app = create_web_app(
            slack=None,
            signing_secret=None,
            readiness=readiness,
            metrics=metrics,
            pages=pages(
                LINKS,
                store=world.store,
                clock=clock,
                spawn=_nothing_waits,
                refused=site.refused.append,
                slack_url="https://test.slack.com/",
                home_link="slack://app?team=T0TEST&id=A1&tab=home",
            ),
        )
        async with serving(app, "127.0.0.1", 0, drain_seconds=0.1) as port:
            site.url = f"http://127.0.0.1:{port}"
            yield site
    await engines.dispose()
