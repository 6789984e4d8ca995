"""Whose a message is: clocks that leap, processes that stand still or die, and whoever goes on with what they held."""

import asyncio
import signal
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.delivery.retry import Pace
from coaching.errors import StorageBusy
from storage import presence
from storage.claims import Claimed
from storage.clock import database_now
from storage.notices import NoticeQueue
from storage.tables import notices
from storage.types import EPOCH
from tests.delivery.conftest import FAST, Stage
from tests.delivery.test_faults import another_process, killed
from tests.support import patience

LEAP = timedelta(minutes=5)
HANG = int(4000 * patience.SECONDS)
"""How many milliseconds Slack takes, unless it is let go: longer than any wait here."""
LONG = timedelta(minutes=5)
MANY = 30


async def leap(stage: Stage) -> None:
    """Let the database's clock go five minutes ahead, as far as leases can tell."""
    async with stage.store.engines.writer.begin() as connection:
        leased = list(await connection.execute(select(notices).where(notices.c.state == "leased")))
        for row in leased:
            same = notices.c.dedupe_key == row.dedupe_key
            await connection.execute(update(notices).where(same).values(lease_until=row.lease_until - LEAP))


async def overdue(stage: Stage) -> bool:
    """Whether any lease is over by the database's clock."""
    now = database_now(sqlite=stage.store.engines.dialect == "sqlite")
    query = select(notices.c.dedupe_key).where(notices.c.state == "leased", notices.c.lease_until < now)
    async with stage.store.engines.reader.connect() as connection:
        return (await connection.execute(query)).first() is not None


async def renewed(stage: Stage) -> bool:
    """Whether every lease runs again."""
    return not await overdue(stage)


async def full(stage: Stage) -> bool:
    """Whether a process has as many calls under way as it may, and more in line."""
    leased = await stage.rows(state="leased")
    return len([row for row in leased if row.begun_at is not None]) == FAST.concurrency < len(leased)


def copies(stage: Stage) -> Counter[tuple[str, str]]:
    """How often each message was posted."""
    return Counter((post.channel, post.text) for post in stage.posts())


async def test_when_the_clock_leaps_five_minutes_a_process_takes_back_nothing_that_it_holds(stage: Stage) -> None:
    await stage.say(MANY, people=MANY)
    hang = stage.slack.faults.add({"kind": "slow", "method": "chat.postMessage", "ms": HANG})
    await stage.running(replace(FAST, lease=6.0, send_timeout=4 * patience.SECONDS))
    await stage.until(lambda: full(stage))
    owners = {row.dedupe_key: row.owner for row in await stage.rows(state="leased")}
    await leap(stage)
    assert await overdue(stage)
    await stage.until(lambda: renewed(stage))
    assert {row.dedupe_key: row.owner for row in await stage.rows(state="leased")} == owners
    stage.slack.faults.remove(hang.id)
    await stage.until(stage.settled)
    assert {(row.ambiguous, row.crashes) for row in await stage.rows()} == {(0, 0)}
    assert set(copies(stage).values()) == {1}


async def test_who_stood_still_past_their_lease_sends_nothing_that_somebody_else_has_by_now(
    stage: Stage, database_url: str
) -> None:
    await stage.say(MANY, people=MANY)
    hang = stage.slack.faults.add({"kind": "slow", "method": "chat.postMessage", "ms": HANG})
    process = await another_process(stage, database_url)
    try:
        await stage.until(lambda: full(stage))
        process.send_signal(signal.SIGSTOP)
        rows = await stage.rows(state="leased")
        waiting = {row.dedupe_key for row in rows if row.begun_at is None}
        async with stage.store.engines.writer.begin() as connection:
            await connection.execute(
                update(notices).where(notices.c.state == "leased").values(lease_until=EPOCH + timedelta(hours=1))
            )
        stage.slack.faults.remove(hang.id)
        async with stage.relay().running(stop_seconds=60):
            await stage.until(stage.settled)
        process.send_signal(signal.SIGCONT)
        # Whatever it still held is over with once it has sent something new.
        [news] = await stage.say(1)
        await stage.until(lambda: stage.rows(dedupe_key=news, state="sent"))
        await stage.until(stage.settled)
        said = {(post.channel, post.ts): post.text for post in stage.posts()}
        rows = [row for row in await stage.rows() if row.dedupe_key in waiting]
        assert {copies(stage)[row.channel, said[row.channel, row.message_ts]] for row in rows} == {1}
        assert {row.crashes for row in rows} == {0}
    finally:
        await killed(process)


async def lease(stage: Stage, owner: str) -> None:
    """Let a process hold everything that waits, for long."""
    until = datetime.now(UTC) + LONG
    async with stage.store.engines.writer.begin() as connection:
        waiting = update(notices).where(notices.c.state == "pending")
        await connection.execute(waiting.values(state="leased", owner=owner, lease_until=until))


async def test_a_killed_process_that_was_seen_for_a_moment_too_long_is_taken_over_all_the_same(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "KNOWN_SECONDS", 0.0)
    await stage.say(2, people=2)
    await lease(stage, "another")
    other = presence.Presence(stage.store.engines)
    await other.enter()
    await other.settle()
    await stage.running(replace(FAST, lease=300.0))
    [news] = await stage.say(1)
    await stage.until(lambda: stage.rows(dedupe_key=news, state="sent"))
    assert {row.owner for row in await stage.rows(state="leased")} == {"another"}, "it is still seen"
    await other.leave()
    await stage.until(stage.settled)


async def test_what_a_claim_took_whose_answer_was_lost_goes_out_without_waiting_for_the_lease(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim, lost = NoticeQueue.claim, []

    async def answer_lost(queue: NoticeQueue, *arguments: Any, **options: Any) -> list[Claimed]:
        rows = await claim(queue, *arguments, **options)
        if rows and not lost:
            lost.extend(rows)
            raise StorageBusy
        return rows

    monkeypatch.setattr(NoticeQueue, "claim", answer_lost)
    await stage.say(2, people=2)
    await stage.running(replace(FAST, lease=300.0))
    await stage.until(stage.settled)
    assert lost
    assert {(row.attempts, row.crashes) for row in await stage.rows()} == {(0, 0)}


async def test_a_presence_that_gets_no_answer_holds_up_no_message(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(_: presence.Presence) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(presence.Presence, "keep", silent)
    await stage.running()
    for _ in range(3):
        [news] = await stage.say(1)
        await stage.until(lambda news=news: stage.rows(dedupe_key=news, state="sent"))


@pytest.mark.deep
@pytest.mark.parametrize(("others", "leases"), [(1, 2), (0, 1)], ids=["a replica", "a restart"])
async def test_what_a_killed_process_held_goes_on_in_time(
    stage: Stage, database_url: str, others: int, leases: int
) -> None:
    # `make storm` counts the seconds; here a busy machine has room, and whoever starts alone still waits for no lease.
    await stage.say(MANY, people=MANY)
    hang = stage.slack.faults.add({"kind": "slow", "method": "chat.postMessage", "ms": HANG})
    pace = Pace(channel_rest=0.0)
    process = await another_process(stage, database_url, lease=pace.lease)
    try:
        await stage.until(lambda: full(stage))
        for _ in range(others):
            await stage.running(pace)
    finally:
        await killed(process)
    held = {row.dedupe_key for row in await stage.rows(state="leased", kind="receipt")}
    stage.slack.faults.remove(hang.id)

    async def sent() -> bool:
        return held <= {row.dedupe_key for row in await stage.rows(state="sent")}

    began = time.monotonic()
    if not others:
        await stage.running(pace)
    await stage.until(sent)
    assert time.monotonic() - began <= leases * pace.lease
