"""One side of the relay's figure, in its own process: `python -m benchmarks.relay_side ours|bare`.

Reads a wave's number from each line of standard input, delivers that wave, and prints how long it took and what it weighs.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import psutil
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import func, select

from benchmarks.standin import WORKSPACE
from benchmarks.world import client_id
from bot.delivery.relay import Relay
from bot.delivery.slack import SlackChannel, open_session, write_client
from coaching.actions import browse
from coaching.announcements import Countdown, Reminder, ReminderItem
from coaching.clock import ManualClock
from coaching.policy import Policy
from coaching.sessions import Actor
from handlers.views.notices import render
from storage import SqlStore, create_engines
from storage.tables import notices

WAVE = timedelta(seconds=1)
"""Waves fall due one after the other; a clock that stands still says which."""
Deliver = Callable[[int], Awaitable[None]]


async def first_due(store: SqlStore) -> datetime:
    """Return the instant at which the first wave is due."""
    async with store.engines.reader.connect() as connection:
        found: datetime = (await connection.execute(select(func.min(notices.c.due_at)))).scalar_one()
    return found


async def _ours(store: SqlStore, client: AsyncWebClient) -> Deliver:
    async def client_for(_workspace_id: str) -> AsyncWebClient:
        return client

    start = await first_due(store)
    clock = ManualClock(start)
    relay = Relay(store.engines, clock, SlackChannel(client_for, render))

    async def deliver(wave: int) -> None:
        clock.set(start + wave * WAVE)
        await relay.drain()

    return deliver


async def _bare(store: SqlStore, client: AsyncWebClient, each: int) -> Deliver:
    start = await first_due(store)
    actor = Actor(WORKSPACE, client_id(0))
    page = await browse.list_sessions(store, ManualClock(start), actor)
    async with store.read() as queries:
        settings = await queries.settings(WORKSPACE)
    session = page.rows[0].session
    item = ReminderItem(session=session, policy=Policy(), cutoff=session.refund_cutoff_at, state=Countdown.OPEN)
    message: dict[str, Any] = render(Reminder(viewer=page.viewer, settings=settings, items=[item], now=start))

    async def deliver(wave: int) -> None:
        for number in range(each):
            await client.chat_postMessage(
                channel=client_id(wave * each + number),
                text=message["text"],
                blocks=message["blocks"],
                unfurl_links=False,
                unfurl_media=False,
            )

    return deliver


async def _main(side: str, each: int) -> None:
    store = SqlStore(create_engines(os.environ["DATABASE_URL"]))
    async with open_session() as session:
        client = write_client(os.environ["SLACK_BOT_TOKEN"], os.environ["SLACK_API_URL"], session)
        deliver = await (_ours(store, client) if side == "ours" else _bare(store, client, each))
        me, loop = psutil.Process(), asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            began, used = time.perf_counter(), time.process_time()
            await deliver(int(line))
            took, used = time.perf_counter() - began, time.process_time() - used
            print(json.dumps({"took": took, "cpu": used, "resident": me.memory_info().rss / 1e6}), flush=True)
    await store.engines.dispose()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], int(sys.argv[2])))
