"""Shortcuts, a welcome once, and an answer to what is written to the app, which nobody reads."""

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from coaching.news.kinds import NoticeKind
from handlers.ids import Shortcut
from storage.tables import metadata, notices
from tests.handlers.conftest import NEWCOMER, Stage
from tests.support import patience
from tests.support.world import ADMIN, ANNA, COACH
from tests.words.pseudo import pseudo

SECRET = "my doctor says it is gout"


async def told(stage: Stage, kind: NoticeKind) -> list[str]:
    """To whom news of a kind was written."""
    async with stage.store.engines.reader.connect() as connection:
        return [row.recipient for row in await connection.execute(select(notices).where(notices.c.kind == kind))]


async def heard(stage: Stage, count: int, subscription: str = "message.im") -> None:
    """Wait until the app has answered so many events of a kind."""

    end = time.monotonic() + patience.SECONDS
    while len([one for one in stage.pg.traffic.since(0) if one["name"] == subscription and one["ok"]]) < count:
        assert time.monotonic() < end, "the app was not told"
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("My Sessions", "Your sessions"),
        ("Cancel a Session", "Cancel sessions"),
        ("Book a Session", "Schedule a session"),
    ],
)
async def test_a_shortcut_opens_its_dialog_at_once(stage: Stage, name: str, title: str) -> None:
    await stage.world.open()
    await stage.world.book(timedelta(hours=48), price=0)
    anna = stage.person(ANNA)
    done = await anna.shortcut(name)
    assert done["error"] is None
    assert anna.modal is not None
    assert anna.modal.title == title


async def test_a_shortcut_is_for_everybody_also_for_whom_nothing_is_known_of(stage: Stage) -> None:
    nora = stage.person(NEWCOMER)
    await nora.shortcut("My Sessions")
    assert nora.modal is not None
    assert "You have no upcoming sessions" in nora.modal.text


async def test_a_shortcut_that_cannot_be_carried_out_says_so(stage: Stage) -> None:
    anna = stage.person(ANNA)
    async with stage.store.engines.writer.begin() as connection:
        for name in ("sessions", "members"):
            await connection.exec_driver_sql(f"ALTER TABLE {name} RENAME TO lost_{name}")
    await anna.shortcut(Shortcut.MY_SESSIONS)
    assert anna.modal is not None
    assert "Reference" in anna.modal.text


async def test_whoever_opens_the_app_is_welcomed_once_whatever_slack_repeats(stage: Stage) -> None:
    anna, carla = stage.person(ANNA), stage.person(COACH)
    await anna.home()
    await anna.home()
    await carla._do("open_home", home_tab="messages")
    await carla._do("open_home", home_tab="messages")
    await heard(stage, 4, "app_home_opened")
    assert sorted(await told(stage, NoticeKind.WELCOME)) == [ANNA, COACH]


async def test_what_is_written_to_the_app_is_answered_and_not_stored_nor_logged(stage: Stage) -> None:
    anna = stage.person(ANNA)
    await anna.say("app", SECRET)
    await heard(stage, 1)
    assert await told(stage, NoticeKind.ANSWER) == [ANNA]
    async with stage.store.engines.reader.connect() as connection:
        for table in metadata.sorted_tables:
            assert SECRET not in str((await connection.execute(select(table))).all())
    assert SECRET not in stage.lines.getvalue()


async def test_an_event_that_slack_repeats_is_answered_once(stage: Stage) -> None:
    anna = stage.person(ANNA)
    await anna.say("app", "Hello")
    await heard(stage, 1)
    event = next(one["request"] for one in stage.pg.traffic.since(0) if one["name"] == "message.im")
    await stage.pg._dispatcher.deliver("event", "message.im", event, retry=(1, "http_timeout"))
    await stage.pg._dispatcher.deliver("event", "message.im", event | {"event_id": "EvAGAIN"})
    assert await told(stage, NoticeKind.ANSWER) == [ANNA]
    await anna.say("app", "Hello")
    await heard(stage, 4)
    assert await told(stage, NoticeKind.ANSWER) == [ANNA, ANNA]


@pytest.mark.parametrize(
    "odd",
    [
        {"bot_id": "B1"},
        {"app_id": "A1", "bot_profile": {"id": "B1"}},
        {"subtype": "bot_message"},
        {"subtype": "message_changed", "message": {"user": ANNA, "text": "Hello"}},
        {"subtype": "message_deleted"},
        {"subtype": "thread_broadcast"},
        {"subtype": ["message_changed"]},
        {"user": "USLACKBOT"},
        {"channel_type": "mpim"},
        {"channel_type": "channel"},
        {"hidden": True},
    ],
    ids=str,
)
async def test_apps_edits_and_what_is_written_elsewhere_get_no_answer(stage: Stage, odd: dict[str, Any]) -> None:
    anna = stage.person(ANNA)
    await anna.say("app", "Hello")
    await heard(stage, 1)
    event = next(one["request"] for one in stage.pg.traffic.since(0) if one["name"] == "message.im")
    changed = {**event, "event_id": "EvODD", "event": {**event["event"], "ts": "9.9", **odd}}
    ack = await stage.pg._dispatcher.deliver("event", "message.im", changed)
    assert ack.status == 200
    assert await told(stage, NoticeKind.ANSWER) == [ANNA]


@pytest.mark.parametrize("subtype", ["file_share", "me_message"])
async def test_a_file_and_what_people_say_of_themselves_are_answered_too(stage: Stage, subtype: str) -> None:
    anna = stage.person(ANNA)
    await anna.say("app", "Hello")
    await heard(stage, 1)
    event = next(one["request"] for one in stage.pg.traffic.since(0) if one["name"] == "message.im")
    written = {**event, "event_id": "EvFILE", "event": {**event["event"], "ts": "9.9", "subtype": subtype}}
    ack = await stage.pg._dispatcher.deliver("event", "message.im", written)
    assert ack.status == 200
    assert await told(stage, NoticeKind.ANSWER) == [ANNA, ANNA]
    by_app = {**written, "event_id": "EvAPP", "event": {**written["event"], "ts": "9.10", "bot_id": "B2"}}
    await stage.pg._dispatcher.deliver("event", "message.im", by_app)
    assert await told(stage, NoticeKind.ANSWER) == [ANNA, ANNA]


async def test_what_the_app_says_itself_gets_no_answer(stage: Stage) -> None:
    await stage.client.chat_postMessage(channel=ADMIN, text=pseudo("Something"))
    await heard(stage, 1)
    assert await told(stage, NoticeKind.ANSWER) == []
