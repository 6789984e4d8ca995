"""One storm on one database: people click, troubles come, and afterwards everything is counted."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from sqlalchemy import make_url

from bot.manifest import MANIFEST
from playground.server import Playground
from storage import create_engines, migrate
from tests.storm import books
from tests.storm.deliveries import Deliveries, weigh
from tests.storm.journal import Journal
from tests.storm.people import Client, CoachAtWork, Somebody, everybody_looks
from tests.storm.practice import CLIENTS, COACHES, open_practice, slack_seed
from tests.storm.pulse import Pulse
from tests.storm.replicas import Balancer, Replica
from tests.storm.slack import SLOW_MS, Record, WatchedPlayground, recording
from tests.storm.troubles import Trouble, Weather
from tests.storm.words import outdated
from tests.support import postgres
from tests.support.proxy import Proxy, proxying

SKIES = [("sqlite", 1), ("sqlite", 2), ("postgresql", 1), ("postgresql", 2)]
"""Databases, and how many replicas share each."""
_SECRET, _TOKEN = "0123456789abcdef0123456789abcdef", "xoxb-storm"


@dataclass
class Storm:
    """What came of one.

    `untrue` is what an answer or a list said that is not so, `doubled` what happened twice for one press, `outdated` the
    messages that say something else than the database, `rules` those of doctor's that are broken.
    """

    kind: str
    replicas: int
    troubles: list[Trouble]
    journal: Journal
    deliveries: Deliveries
    untrue: list[str]
    doubled: list[str]
    outdated: list[str]
    rules: list[str]
    settled: bool
    tracebacks: int


@dataclass
class _Database:
    """Where the database is: `url` itself, `behind` as the bot sees it."""

    url: str
    behind: str
    server: postgres.Server | None = None
    proxy: Proxy | None = None


@asynccontextmanager
async def _database(kind: str, directory: Path) -> AsyncIterator[_Database]:
    """Make an empty, migrated database: a file, or one of a server of our own that listens behind a proxy."""
    if kind == "sqlite":
        url = f"sqlite+aiosqlite:///{directory / 'storm.db'}"
        await migrate.upgrade(url)
        yield _Database(url, url)
        return
    with postgres.running() as server:
        connection = await asyncpg.connect(host="127.0.0.1", port=server.port, user="postgres", database="postgres")
        await connection.execute("CREATE DATABASE storm")
        await connection.close()
        url = server.url("storm")
        await migrate.upgrade(url)
        async with proxying(server.port) as proxy:
            yield _Database(url, make_url(url).set(port=proxy.port).render_as_string(), server, proxy)


async def storm(kind: str, replicas: int, *, seconds: float, seed: int, directory: Path) -> Storm:
    """Let it rage for `seconds`, and until each kind of trouble has come; `directory` keeps file and logs."""
    dice, journal, record, stop = random.Random(f"{seed}:{kind}:{replicas}"), Journal(), Record(), asyncio.Event()
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(_database(kind, directory))
        await open_practice(database.url)
        opened = datetime.now(UTC)
        slack = WatchedPlayground(
            MANIFEST, slack_seed(), record=record, request_url=None, signing_secret=_SECRET, bot_token=_TOKEN
        )
        await stack.enter_async_context(slack.serve())
        await stack.enter_async_context(recording(slack, record))
        slack.faults.add({"kind": "slow", "method": "chat.postMessage", "ms": SLOW_MS})
        settings = {
            "DATABASE_URL": database.behind,
            "HOST": "127.0.0.1",
            "SLACK_API_URL": slack.api_url,
            "SLACK_BOT_TOKEN": _TOKEN,
            "SLACK_SIGNING_SECRET": _SECRET,
        }
        serving = [Replica(number, settings, directory) for number in range(replicas)]
        for replica in serving:
            stack.push_async_callback(replica.kill)
            await replica.start()
        balancer = await stack.enter_async_context(Balancer(serving).serving())
        slack.set_request_url(f"http://127.0.0.1:{balancer.port}/slack/events")
        pulse = await stack.enter_async_context(Pulse().beating())
        people = _people(slack, journal, seed)
        working = [asyncio.create_task(somebody.work(stop)) for somebody in people]
        weather = Weather(serving, dice, database.url, database.server, database.proxy, lambda: record.under_way)
        try:
            await weather.rage(seconds)
        finally:
            stop.set()
            await asyncio.gather(*working)
        engines = create_engines(database.url, wait_seconds=30)
        stack.push_async_callback(engines.dispose)
        settled = await books.settled(engines)
        lists = await everybody_looks([somebody.person for somebody in people])
        rows = await books.told(engines, datetime.now(UTC))
        return Storm(
            kind,
            replicas,
            weather.been,
            journal,
            weigh(rows, record.posts, weather.been, pulse, replicas=replicas),
            await books.untrue(engines, journal.wishes, lists),
            await books.doubled(engines, journal.wishes, opened),
            await outdated(engines, rows, slack.workspace),
            await books.broken_rules(engines),
            settled,
            sum(replica.log.read_text().count("Traceback (most recent call last)") for replica in serving),
        )


def _people(slack: Playground, journal: Journal, seed: int) -> list[Somebody]:
    clients: list[Somebody] = [Client(slack.person(who), journal, seed) for who in CLIENTS]
    return clients + [CoachAtWork(slack.person(who), journal, seed) for who in COACHES]
