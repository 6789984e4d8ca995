"""A real process whose PostgreSQL falls silent: people read words meanwhile, are served afterwards, and it stops when asked."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import make_url

from bot.demo.sample import ANNA, playground_seed
from playground.server import Playground
from tests.e2e.test_serve import APP_TOKEN, BOT_TOKEN, ROOT, SECRET, served
from tests.support.databases import Databases
from tests.support.patience import OF_SLACK, SECONDS
from tests.support.proxy import Proxy, proxying


@asynccontextmanager
async def behind_a_proxy(
    databases: Databases, *, socket: bool
) -> AsyncIterator[tuple[Playground, Proxy, asyncio.subprocess.Process]]:
    url = make_url(await databases.fresh("postgresql"))
    assert url.port is not None
    slack = Playground(
        ROOT / "manifest.yml", playground_seed(), request_url=None, signing_secret=SECRET, bot_token=BOT_TOKEN,
        app_token=APP_TOKEN if socket else None, rate_limits=False, **OF_SLACK,
    )  # fmt: skip
    async with slack.serve() as pg, proxying(url.port) as proxy, asyncio.timeout(SECONDS):
        settings = {
            "DATABASE_URL": url.set(port=proxy.port).render_as_string(hide_password=False),
            "SLACK_API_URL": pg.api_url,
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            **({"SLACK_APP_TOKEN": APP_TOKEN} if socket else {"SLACK_SIGNING_SECRET": SECRET}),
        }
        async with served(**settings) as (process, address):
            if not socket:
                pg.set_request_url(f"{address}/slack/events")
            yield pg, proxy, process


def said(pg: Playground) -> str:
    """What the app has shown so far, in whatever way."""
    return json.dumps([entry for entry in pg.traffic.since(0) if entry["direction"] == "to_app"][-1])


@pytest.mark.parametrize("socket", [False, True], ids=["http", "socket mode"])
async def test_people_read_words_while_it_is_silent_and_are_served_afterwards(
    databases: Databases, socket: bool
) -> None:
    async with behind_a_proxy(databases, socket=socket) as (pg, proxy, process):
        anna = pg.person(ANNA)
        await anna.command("/sessions")
        assert anna.modal is not None
        await anna.close(everything=True)
        proxy.silence(new=True)
        await anna.command("/sessions")
        assert anna.modal is None
        assert "Try again in a moment" in said(pg)
        proxy.speak()
        while anna.modal is None:
            await anna.command("/sessions")
        await anna.close(everything=True)
        proxy.silence()  # only what is open: new connections work
        while anna.modal is None:
            await anna.command("/sessions")
        proxy.silence(new=True)
        process.send_signal(signal.SIGTERM)
        assert await process.wait() in {0, 1}, "in order, or cut off when that took too long"
