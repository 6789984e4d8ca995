"""What people read when a coach or an admin cancels for a client, and when they take it back in time (K9)."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from coaching.actions import undo
from coaching.errors import UndoClosed
from coaching.news.kinds import NoticeKind
from coaching.sessions import Actor, Hat, Session, Status
from coaching.workspace import Settings
from tests.delivery.conftest import Stage
from tests.delivery.test_life import booked
from tests.support.world import ADMIN, ANNA, COACH, OTHER_COACH, WORKSPACE
from tests.words import pseudo

pytestmark = pytest.mark.usefixtures("in_pseudo")

HOUR, DAY, SECOND = timedelta(hours=1), timedelta(hours=24), timedelta(seconds=1)
WINDOW = timedelta(seconds=60)
CHANNEL = "C0COACH"


@pytest.fixture(autouse=True)
async def window(stage: Stage) -> None:
    await stage.world.settings(Settings(undo_window=WINDOW, start_reminder=None))


async def canceled(stage: Stage, *sessions: Session, who: str = COACH, **how: Any) -> str:
    """Cancel as the coach, or as an admin for the client; return the action's id."""
    if who == ADMIN:
        how |= {"hat": Hat.ADMIN, "subject": ANNA}
    quoted = await stage.world.quote(*sessions, **{"who": who, "hat": Hat.COACH, **how})
    done = await stage.world.confirm(quoted)
    return done.draft.action_id or ""


async def take_back(stage: Stage, action_id: str, who: str = COACH) -> None:
    await undo.undo(stage.store, stage.clock, undo.Undo(actor=Actor(WORKSPACE, who), action_id=action_id))


def read(stage: Stage, who: str) -> list[str]:
    return [post.text for post in stage.posts(who)]


async def test_a_client_and_the_channel_hear_nothing_before_the_window_ends_and_then_once(stage: Stage) -> None:
    session = await booked(stage)
    relay = stage.relay()
    await relay.drain()
    [confirmed], [news] = read(stage, ANNA), read(stage, CHANNEL)
    await canceled(stage, session, reason="Flu")
    await relay.drain()
    assert (read(stage, ANNA), read(stage, CHANNEL)) == ([confirmed], [news])
    [own] = read(stage, COACH)
    assert "You canceled 1 session with Anna Lee" in own
    assert "You can undo this until" in own
    assert "Nobody else hears of it before then." in own
    stage.clock.advance(WINDOW + SECOND)
    await relay.drain()
    [first, receipt] = read(stage, ANNA)
    assert "Session Canceled" in first
    assert "Carla Coach canceled 1 session with you" in receipt
    assert "Flu" in receipt
    assert len(read(stage, CHANNEL)) == 2
    [own] = read(stage, COACH)
    assert "undo" not in own
    assert "Flu" in own
    stage.clock.advance(DAY)
    await relay.drain()
    assert len(read(stage, ANNA)) == 2


@pytest.mark.parametrize("who", [COACH, ADMIN])
async def test_of_what_was_taken_back_in_time_only_whoever_canceled_reads(stage: Stage, who: str) -> None:
    session = await booked(stage)
    relay = stage.relay()
    await relay.drain()
    before = read(stage, ANNA), read(stage, CHANNEL)
    action_id = await canceled(stage, session, who=who)
    await relay.drain()
    await take_back(stage, action_id, who)
    await relay.drain()
    stage.clock.advance(WINDOW + SECOND)
    await relay.drain()
    assert (read(stage, ANNA), read(stage, CHANNEL)) == before
    [own] = read(stage, who)
    assert "Undone: 1 session is booked as before." in own
    assert "Nobody else was told of it." in own


async def test_an_admin_reads_for_whom_they_canceled(stage: Stage) -> None:
    await canceled(stage, await stage.world.book(DAY * 3), who=ADMIN)
    await stage.relay().drain()
    [own] = read(stage, ADMIN)
    assert "You canceled 1 session with Carla Coach for Anna Lee" in own
    assert read(stage, ANNA) == []


async def test_a_coach_without_a_channel_reads_one_message(stage: Stage) -> None:
    action_id = await canceled(stage, await stage.world.book(DAY * 3, coach=OTHER_COACH), who=OTHER_COACH)
    relay = stage.relay()
    await relay.drain()
    stage.clock.advance(WINDOW + SECOND)
    await relay.drain()
    [own] = read(stage, OTHER_COACH)
    assert "You canceled 1 session with Anna Lee" in own
    [alert] = await stage.rows(kind="coach_alert", action_id=action_id)
    assert (alert.state, alert.why) == ("dropped", "own_receipt")
    assert len(read(stage, ANNA)) == 1


async def test_another_edit_does_not_tell_the_client_before_the_window_ends(stage: Stage) -> None:
    session = await booked(stage)
    relay = stage.relay()
    await relay.drain()
    before = read(stage, ANNA)
    await canceled(stage, session)
    async with stage.store.write(WORKSPACE) as uow:
        await uow.notices.refresh({NoticeKind.BOOKED}, [session.id], stage.clock.now())
        await uow.commit()
    await relay.drain()
    assert read(stage, ANNA) == before
    stage.clock.advance(WINDOW + SECOND)
    await stage.until(lambda: _drained(stage, relay))
    assert "Session Canceled" in read(stage, ANNA)[0]


async def test_an_edit_that_was_on_its_way_does_not_tell_the_client_before_the_window_ends(stage: Stage) -> None:
    session = await stage.world.book(DAY * 3)
    done = await stage.world.cancel(session)
    relay = stage.relay()
    await relay.drain()
    await take_back(stage, done.draft.action_id or "", ANNA)
    async with stage.store.read(WORKSPACE) as queries:
        [restored] = await queries.sessions.by_ids([session.id])
    action_id = await canceled(stage, restored)
    await relay.drain()
    assert "since" not in read(stage, ANNA)[0]
    await take_back(stage, action_id)
    await stage.until(lambda: _drained(stage, relay))
    [receipt] = read(stage, ANNA)
    assert "Undone: 1 session is booked as before" in receipt


async def _drained(stage: Stage, relay: Any) -> bool:
    await relay.drain()
    return not [row for row in await stage.rows(state="pending") if row.due_at <= stage.clock.now()]


async def test_what_was_kept_can_be_returned_from_the_receipt_once_it_stands(stage: Stage) -> None:
    session = await stage.world.book(DAY * 3)
    stage.clock.set(session.starts_at - 3 * HOUR)
    await canceled(stage, session, refund_late=False)
    relay = stage.relay()
    await relay.drain()
    labels = [_labels(stage, COACH)]
    stage.clock.advance(WINDOW + SECOND)
    await relay.drain()
    labels.append(_labels(stage, COACH))
    assert ["Undo" in " ".join(found) for found in labels] == [True, False]
    assert ["Return credits" in " ".join(found) for found in labels] == [False, True]


def _labels(stage: Stage, who: str) -> list[str]:
    """The texts of all buttons in a person's direct messages."""
    found: list[str] = []

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if node.get("type") == "button":
                found.append(node["text"]["text"])
            node = list(node.values())
        if isinstance(node, list):
            for one in node:
                walk(one)

    for channel in stage.slack.workspace.channels.values():
        if channel.kind == "im" and who in channel.members:
            for message in channel.messages.values():
                walk(message.blocks)
    return [pseudo.unmarked(text) for text in found]


async def test_undo_and_the_relay_at_the_windows_end_have_one_outcome_for_the_client(stage: Stage) -> None:
    for number in range(6):
        session = await stage.world.book(DAY * 3 + number * HOUR)
        action_id = await canceled(stage, session)
        relay = stage.relay()
        await relay.drain()
        before = len(read(stage, ANNA)), len(read(stage, CHANNEL))
        stage.clock.advance(WINDOW)
        results = await asyncio.gather(relay.drain(), take_back(stage, action_id), return_exceptions=True)
        await relay.drain()
        async with stage.store.read(WORKSPACE) as queries:
            [after] = await queries.sessions.by_ids([session.id])
        told = len(read(stage, ANNA)) - before[0], len(read(stage, CHANNEL)) - before[1]
        if after.status is Status.SCHEDULED:
            assert (results[1], told) == (None, (0, 0))
        else:
            assert isinstance(results[1], UndoClosed)
            assert told == (1, 1)
