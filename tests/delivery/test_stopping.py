"""Who stops, or is cut short while stopping, leaves nothing behind; a busy database costs no notice a try."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from bot.delivery import loading
from bot.delivery import relay as relays
from bot.delivery.attendance import Attendance
from bot.delivery.channels.slack import SlackChannel
from bot.delivery.loading import Loader
from coaching.errors import StorageBusy
from handlers.views.news import render
from storage import create_engines
from storage.claims import Claimed
from storage.notices import NoticeQueue
from storage.presence import Presence
from storage.wakes import Wakes
from tests.delivery.conftest import FAST, Stage
from tests.support import patience

NEVER = 3600.0


def _claims() -> set[asyncio.Task[Any]]:
    return {task for task in asyncio.all_tasks() if task.get_name() == "relay claim"}


async def test_a_claim_under_way_does_not_outlive_its_relay(
    stage: Stage, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relays, "_RESTS", NEVER)
    monkeypatch.setattr(relays, "_LAST_WORDS", 0.1)
    relay = stage.relay(replace(FAST, reclaim=NEVER, lease=300.0))
    relay.is_woken = lambda: True
    other = create_engines(database_url, wait_seconds=patience.FOR_DATABASE)
    async with other.writer.connect() as holder:
        async with relay.running():
            await stage.until(lambda: relay.rests)
            await stage.say(1)
            lock = "LOCK TABLE notices" if other.dialect == "postgresql" else "DELETE FROM notices WHERE false"
            await holder.execute(text(lock))
            relay.wake()
            await stage.until(_claims)
        left = _claims()
        await holder.rollback()
    await other.dispose()
    if left:
        await asyncio.wait(left)
    assert (await stage.states())["leased"] == 0
    await stage.relay().drain()
    assert await stage.settled()


async def test_a_database_that_gets_busy_costs_no_notice_a_try(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await stage.say(2, people=2)
    compose, asked = loading.compose, 0

    async def in_trouble(reads: Any, rows: list[Claimed], *rest: Any, **options: Any) -> Any:
        nonlocal asked
        asked += 1
        if len(rows) > 1:
            raise ValueError("one of them cannot be put into words")
        if asked > 2:
            raise StorageBusy
        return await compose(reads, rows, *rest, **options)

    monkeypatch.setattr(loading, "compose", in_trouble)
    engines, now = stage.store.engines, stage.clock.now()
    rows = await NoticeQueue(engines).claim("me", now, lease=timedelta(minutes=5), limit=10)
    channel = SlackChannel(stage.client_for, render)
    found = await Loader(engines, stage.clock, FAST, channel.reaches, mail=False).load(rows)
    assert [row for parcel in found.parcels for row in parcel.rows] == rows[:1]
    assert [outcome.notice for outcome in found.settled] == rows[1:]
    assert {(outcome.attempts, outcome.retry_after) for outcome in found.settled} == {(0, None)}
    assert asked == 3, "the others would only wait as well"


async def test_who_is_canceled_while_a_presence_ends_is_canceled(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, ending, let_go, left = asyncio.Event(), asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow(_: Presence) -> None:
        try:
            begun.set()
            await let_go.wait()
        finally:
            ending.set()
            await let_go.wait()

    leave = Presence.leave

    async def noted(presence: Presence) -> None:
        await leave(presence)
        left.set()

    monkeypatch.setattr(Presence, "keep", slow)
    monkeypatch.setattr(Presence, "leave", noted)

    async def nothing() -> None:
        pass

    async def be_here() -> None:
        async with Attendance(Presence(stage.store.engines), FAST, nothing).present():
            await begun.wait()

    here = asyncio.create_task(be_here())
    await ending.wait()
    here.cancel()
    await asyncio.wait({here})
    let_go.set()
    assert here.cancelled()
    assert left.is_set()


async def test_who_is_canceled_while_wakes_end_closes_their_connections(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ending, let_go, disposed = asyncio.Event(), asyncio.Event(), []

    async def slow(_: Wakes) -> None:
        try:
            await let_go.wait()
        finally:
            ending.set()
            await let_go.wait()

    monkeypatch.setattr(Wakes, "_run", slow)
    wakes = Wakes(postgres_url, lambda: None)
    event.listen(wakes._engine.sync_engine, "engine_disposed", lambda _: disposed.append(1))

    async def listen() -> None:
        async with wakes.running():
            await asyncio.sleep(0)  # its task has begun

    listening = asyncio.create_task(listen())
    await ending.wait()
    listening.cancel()
    await asyncio.wait({listening})
    let_go.set()
    assert listening.cancelled()
    assert disposed
