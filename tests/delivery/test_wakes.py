"""Commits wake the relays of other processes over PostgreSQL; without that they look by themselves."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy import text

from bot.delivery import relay as relays
from storage import SqlStore, create_engines, wakes
from storage.wakes import Wakes
from tests.delivery.conftest import FAST, Stage
from tests.support import patience
from tests.support.proxy import Proxy

NEVER = 3600.0
DEAF = replace(FAST, tick=NEVER)
"""The pace of a relay that does not look by itself while this is tested."""


@pytest.fixture
async def store(postgres_url: str) -> AsyncIterator[SqlStore]:
    """A store on PostgreSQL only."""
    engines = create_engines(postgres_url, wait_seconds=patience.FOR_DATABASE)
    yield SqlStore(engines)
    await engines.dispose()


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wakes, "AGAIN_SECONDS", (0.02, 0.1))


async def _listening(stage: Stage, one: Wakes) -> Wakes:
    await stage.stack.enter_async_context(one.running())
    await stage.until(lambda: one.listening)
    return one


async def _woken(stage: Stage, url: str, postgres_url: str, *, try_seconds: float = 60.0) -> Wakes:
    """Run a relay that looks only when it is woken, and have it told of what is committed elsewhere."""
    relay = await stage.running(DEAF)
    told = await _listening(stage, Wakes(url, relay.wake, try_seconds=try_seconds))
    teller = await _listening(stage, Wakes(postgres_url, lambda: None))
    stage.store.on_commit = teller.tell
    await stage.say(1)
    await stage.until(stage.settled)
    return told


async def test_a_commit_of_one_process_wakes_the_relay_of_another(stage: Stage, postgres_url: str) -> None:
    await _woken(stage, postgres_url, postgres_url)
    assert len(stage.posts()) >= 1
    # Nobody tells it of the next one, and it does not look by itself: the test above can fail.
    stage.store.on_commit = lambda: None
    await stage.say(1)
    await asyncio.sleep(5 * FAST.tick)
    assert not await stage.settled()


async def test_who_was_cut_off_listens_again_and_makes_up_for_what_it_missed(
    stage: Stage, proxied_url: str, postgres_url: str, proxy: Proxy
) -> None:
    told = await _woken(stage, proxied_url, postgres_url)
    await proxy.refuse()  # as while the database restarts
    await stage.until(lambda: not told.listening)
    await stage.say(1)
    assert not await stage.settled()
    await proxy.listen()
    await stage.until(lambda: told.listening)
    await stage.until(stage.settled)


async def test_a_connection_that_fell_silent_is_replaced(
    stage: Stage, proxied_url: str, postgres_url: str, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wakes, "ANSWER_SECONDS", 1.0)
    told = await _woken(stage, proxied_url, postgres_url, try_seconds=0.1)
    proxy.silence()
    await stage.until(lambda: not told.listening)
    await stage.until(lambda: told.listening)
    await stage.say(1)
    await stage.until(stage.settled)


async def test_many_commits_are_told_together(stage: Stage, postgres_url: str) -> None:
    heard = 0

    def hear() -> None:
        nonlocal heard
        heard += 1

    await _listening(stage, Wakes(postgres_url, hear))
    teller = await _listening(stage, Wakes(postgres_url, lambda: None))
    await stage.until(lambda: heard >= 2)  # it connected, and the other one did
    for _ in range(500):
        teller.tell()
        await asyncio.sleep(0)
    await stage.until(lambda: heard > 2)
    before = heard
    teller.tell()
    await stage.until(lambda: heard > before)
    assert heard < 50


async def test_nobody_is_woken_by_itself(stage: Stage, postgres_url: str) -> None:
    heard: list[int] = []
    other: list[int] = []
    mine = await _listening(stage, Wakes(postgres_url, lambda: heard.append(1)))
    await _listening(stage, Wakes(postgres_url, lambda: other.append(1)))
    await stage.until(lambda: len(heard) >= 2 and len(other) >= 1)  # each connected, and the first heard of the other
    count = len(heard)
    mine.tell()
    await stage.until(lambda: len(other) == 2)
    assert len(heard) == count


async def test_no_connection_stays_behind(stage: Stage, postgres_url: str) -> None:
    query = text(
        "SELECT COUNT(*) FROM pg_stat_activity"
        " WHERE application_name = 'sessions wakes' AND datname = current_database()"
    )

    async def count() -> int:
        async with stage.store.engines.reader.connect() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def only(wanted: int) -> bool:
        return await count() == wanted

    before = await count()
    async with Wakes(postgres_url, lambda: None).running() as one:
        await stage.until(lambda: one.listening)
        assert await count() == before + 1
    await stage.until(lambda: only(before))


async def test_who_is_told_of_commits_rests_while_nothing_can_be_due(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relays, "_RESTS", NEVER)
    relay = stage.relay()
    relay.is_woken = lambda: True
    await stage.stack.enter_async_context(relay.running(stop_seconds=5))
    await stage.until(lambda: relay.rests)
    await stage.say(1)  # nobody tells it
    relay.tick()
    await asyncio.sleep(5 * FAST.tick)
    assert not await stage.settled()
    relay.wake()
    await stage.until(stage.settled)
