"""One side of the relay's figure, in its own process: `python -m benchmarks.relay_side SIDE`.

Of the others each has as many calls under way as ours. `loops` posts with the SDK's client and knows no database; `queue` also
claims its rows and writes down what became of them, a batch at a time; `ceiling` does that with bare aiohttp and the driver.

Reads a wave's number from each line of standard input, delivers that wave, and prints how long it took and what it weighs.
"""

import asyncio
import json
import os
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import psutil
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import func, make_url, select, text

from benchmarks.standin import WORKSPACE
from benchmarks.world import client_id
from bot.delivery.channels.slack import SlackChannel, open_session, write_client
from bot.delivery.relay import Relay
from bot.delivery.retry import Pace
from bot.garbage import keep
from coaching.actions import browse
from coaching.clock import ManualClock
from coaching.news.reminders import Countdown, Reminder, ReminderItem
from coaching.policy import Policy
from coaching.sessions import Actor
from handlers.views.news import render
from storage import SqlStore, create_engines
from storage.tables import notices
from storage.types import to_micros

WAVE = timedelta(seconds=1)
"""Waves fall due one after the other; a clock that stands still says which."""
Deliver = Callable[[int], Awaitable[None]]
Post = Callable[[str], Awaitable[tuple[str, str]]]


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


async def _message(store: SqlStore) -> dict[str, Any]:
    """Return what every one of the others posts: a reminder as ours puts it into words."""
    start = await first_due(store)
    actor = Actor(WORKSPACE, client_id(0))
    page = await browse.list_sessions(store, ManualClock(start), actor)
    async with store.read(WORKSPACE) as queries:
        settings = await queries.workspace.settings()
    session = page.rows[0].session
    item = ReminderItem(session=session, policy=Policy(), cutoff=session.refund_cutoff_at, state=Countdown.OPEN)
    message: dict[str, Any] = render(Reminder(viewer=page.viewer, settings=settings, items=[item], now=start))
    return message


_CLAIM = """
UPDATE notices SET state = 'leased', owner = 'queue', lease_until = 9000000000000000
WHERE (workspace_id, dedupe_key) IN (SELECT workspace_id, dedupe_key FROM notices
    WHERE state = 'pending' AND due_at <= :now ORDER BY due_at, dedupe_key LIMIT 100)
RETURNING workspace_id, dedupe_key, recipient"""
_FINISH = """
UPDATE notices SET state = 'sent', owner = NULL, lease_until = NULL, sent_revision = revision, channel = :channel,
    message_ts = :ts, finished_at = :now WHERE workspace_id = :ws AND dedupe_key = :key AND owner = 'queue'"""


async def _ten_at_a_time(recipients: Sequence[Any], post: Post) -> list[tuple[str, str]]:
    """Post to each of them with as many calls under way as ours; return channel and ts of each."""
    answers: list[tuple[str, str]] = [("", "")] * len(recipients)
    waiting = iter(enumerate(recipients))

    async def lane() -> None:
        for place, recipient in waiting:
            answers[place] = await post(recipient)

    async with asyncio.TaskGroup() as group:
        for _ in range(Pace().concurrency):
            group.create_task(lane())
    return answers


def _with_sdk(client: AsyncWebClient, message: dict[str, Any]) -> Post:
    async def post(recipient: str) -> tuple[str, str]:
        answer = await client.chat_postMessage(
            channel=recipient,
            text=message["text"],
            blocks=message["blocks"],
            unfurl_links=False,
            unfurl_media=False,
        )
        return answer["channel"], answer["ts"]

    return post


async def _loops(store: SqlStore, client: AsyncWebClient, each: int) -> Deliver:
    post = _with_sdk(client, await _message(store))

    async def deliver(wave: int) -> None:
        await _ten_at_a_time([client_id(wave * each + number) for number in range(each)], post)

    return deliver


def _finished(rows: Sequence[Any], answers: Sequence[tuple[str, str]], now: int) -> list[dict[str, Any]]:
    return [
        {"ws": row[0], "key": row[1], "channel": channel, "ts": ts, "now": now}
        for row, (channel, ts) in zip(rows, answers, strict=True)
    ]


async def _queue(store: SqlStore, client: AsyncWebClient) -> Deliver:
    start, post = await first_due(store), _with_sdk(client, await _message(store))
    writer = store.engines.writer

    async def deliver(wave: int) -> None:
        now = to_micros(start + wave * WAVE)
        while True:
            async with writer.begin() as connection:
                rows = (await connection.execute(text(_CLAIM), {"now": now})).all()
            if not rows:
                return
            answers = await _ten_at_a_time([row.recipient for row in rows], post)
            async with writer.begin() as connection:
                await connection.execute(text(_FINISH), _finished(rows, answers, now))

    return deliver


async def _ceiling(store: SqlStore, session: aiohttp.ClientSession) -> Deliver:
    start, message = await first_due(store), await _message(store)
    headers = {"Authorization": f"Bearer {os.environ['SLACK_BOT_TOKEN']}"}
    url, words = f"{os.environ['SLACK_API_URL']}chat.postMessage", message["text"]
    blocks = json.dumps(message["blocks"])
    connection = sqlite3.connect(str(make_url(os.environ["DATABASE_URL"]).database), isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")

    async def post(recipient: str) -> tuple[str, str]:
        fields = {"channel": recipient, "text": words, "blocks": blocks}
        async with session.post(url, data=fields, headers=headers) as response:
            answer = await response.json()
        return answer["channel"], answer["ts"]

    async def deliver(wave: int) -> None:
        now = to_micros(start + wave * WAVE)
        while rows := connection.execute(_CLAIM, {"now": now}).fetchall():
            answers = await _ten_at_a_time([row[2] for row in rows], post)
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(_FINISH, _finished(rows, answers, now))
            connection.execute("COMMIT")

    return deliver


async def _main(side: str, each: int) -> None:
    store = SqlStore(create_engines(os.environ["DATABASE_URL"]))
    async with open_session() as session:
        client = write_client(os.environ["SLACK_BOT_TOKEN"], os.environ["SLACK_API_URL"], session)
        ways: dict[str, Callable[[], Awaitable[Deliver]]] = {
            "ours": lambda: _ours(store, client),
            "loops": lambda: _loops(store, client, each),
            "queue": lambda: _queue(store, client),
            "ceiling": lambda: _ceiling(store, session),
        }
        deliver = await ways[side]()
        keep()  # as `serve` does
        me, loop = psutil.Process(), asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            began, used = time.perf_counter(), time.process_time()
            await deliver(int(line))
            took, used = time.perf_counter() - began, time.process_time() - used
            print(json.dumps({"took": took, "cpu": used, "resident": me.memory_info().rss / 1e6}), flush=True)
    await store.engines.dispose()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], int(sys.argv[2])))
