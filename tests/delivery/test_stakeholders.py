"""Copies for stakeholders on their way: what they say, where they go, and what becomes of them (K7)."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from coaching.actions import decide, exceptions, reschedule
from coaching.actions.stakeholders import save_told
from coaching.errors import UndoClosed
from coaching.ids import new_id
from coaching.sessions import Actor, Hat, Status
from coaching.stakeholders import NewsOf
from coaching.workspace import Settings
from tests.delivery.conftest import Stage
from tests.delivery.test_life import booked, take_back
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE

pytestmark = pytest.mark.usefixtures("in_pseudo")


DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
EMPTY = "C0EMPTY"


@pytest.fixture
async def stage(stage: Stage) -> Stage:
    """A channel for operations that the bot is in."""
    await stage.slack.person(ADMIN).invite("app", EMPTY)
    return stage


async def told(stage: Stage, *targets: str, of: NewsOf = NewsOf.COACH, of_id: str = COACH) -> None:
    await save_told(
        stage.store,
        stage.clock,
        Actor(WORKSPACE, ADMIN),
        new_id(stage.clock.now()),
        of,
        of_id,
        people=[target for target in targets if target.startswith("U")],
        channels=[target for target in targets if target.startswith("C")],
    )


def sent_to(stage: Stage, channel: str) -> list[dict[str, Any]]:
    return [entry["request"] for entry in stage.calls("chat.postMessage") if entry["request"].get("channel") == channel]


async def test_everybody_named_gets_the_alerts_facts_and_nothing_to_press(stage: Stage) -> None:
    await told(stage, BORIS, EMPTY)
    session = await stage.world.book(DAY * 3)
    stage.clock.set(session.starts_at - 2 * HOUR)
    await stage.world.cancel(session)
    await stage.relay().drain()
    for who, why in ((BORIS, "You are told what Carla Coach is told"), (EMPTY, "This channel is told what Carla")):
        [copy] = stage.posts(who)
        for words in (
            "Anna Lee canceled 1 session with Carla Coach",
            "Late",
            "Reason: Ill",
            "1 session canceled late: Carla Coach decides",
            "Eastern Time",
            why,
        ):
            assert words in copy.text, words
        [request] = sent_to(stage, who)
        assert "late_refund" not in str(request)
        assert "record" not in str(request)
    [own] = stage.posts("C0COACH")
    assert "canceled 1 session with you" in own.text
    assert "is told" not in own.text


async def test_copies_are_edited_with_the_alert_whoever_is_named_by_then(stage: Stage) -> None:
    await told(stage, BORIS, EMPTY)
    session = await stage.world.book(DAY * 3)
    stage.clock.set(session.starts_at - 2 * HOUR)
    await stage.world.cancel(session)
    await stage.relay().drain()
    await told(stage)
    command = decide.DecideLate(actor=Actor(WORKSPACE, COACH), session_ids=[session.id], refund=True)
    await decide.decide_late(stage.store, stage.clock, command)
    await stage.relay().drain()
    for who in (BORIS, EMPTY, "C0COACH"):
        [post] = stage.posts(who)
        assert post.edited
        assert "refunded anyway by Carla Coach" in post.text
    assert await stage.states(kind="coach_alert") == {"sent": 3}


async def test_copies_wait_for_undo_as_the_alert_does(stage: Stage) -> None:
    await stage.world.settings(Settings(undo_window=timedelta(seconds=60), start_reminder=None))
    await told(stage, BORIS, EMPTY)
    undone = await stage.world.book(DAY * 3)
    done = await stage.world.cancel(undone)
    await stage.relay().drain()
    await take_back(stage, undone, done.draft.action_id or "")
    stage.clock.advance(timedelta(seconds=61))
    await stage.relay().drain()
    assert stage.posts(BORIS) == stage.posts(EMPTY) == stage.posts("C0COACH") == []


async def test_whoever_is_no_longer_named_gets_nothing_that_was_still_waiting(stage: Stage) -> None:
    await told(stage, BORIS, EMPTY)
    await stage.world.cancel(await stage.world.book(DAY * 3))
    await told(stage, EMPTY)
    await stage.relay().drain()
    assert stage.posts(BORIS) == []
    assert len(stage.posts(EMPTY)) == 1
    [row] = await stage.rows(kind="coach_alert", recipient=BORIS)
    assert (row.state, row.why) == ("dropped", "not_named")


async def test_a_channel_that_has_become_the_coachs_own_hears_once(stage: Stage) -> None:
    await told(stage, EMPTY)
    await stage.world.cancel(await stage.world.book(DAY * 3))
    async with stage.store.write(WORKSPACE) as uow:
        await uow.coaches.save(COACH, EMPTY)
        await uow.commit()
    await stage.relay().drain()
    [alert] = stage.posts(EMPTY)
    assert "with you" in alert.text
    assert await stage.states(kind="coach_alert") == {"sent": 1, "dropped": 1}


async def test_a_channel_that_refuses_fails_alone_and_the_coach_still_hears_once(stage: Stage) -> None:
    await told(stage, BORIS, EMPTY)
    await told(stage, EMPTY, of_id=OTHER_COACH)
    await stage.slack.person(COACH).archive(EMPTY)
    await stage.world.cancel(await stage.world.book(DAY * 3))
    await stage.world.cancel(await stage.world.book(DAY * 3, coach=OTHER_COACH))
    await stage.relay().drain()
    assert stage.posts(COACH) == []
    assert len(stage.posts("C0COACH")) == len(stage.posts(BORIS)) == 1
    rows = await stage.rows(kind="coach_alert", recipient=EMPTY)
    assert [row.state for row in rows] == ["failed", "failed"]
    assert "is_archived" in rows[0].why_code
    told_admin = [post.text for post in stage.posts(ADMIN)]
    assert len(told_admin) == 1, "once for the channel, however many coaches it is told about"
    assert "Copies of what coaches are told cannot be posted in <#C0EMPTY>" in told_admin[0]
    assert "It is archived." in told_admin[0]


async def test_reasons_are_kept_from_stakeholders_where_channels_may_not_show_them(stage: Stage) -> None:
    await stage.world.settings(Settings(undo_window=timedelta(0), start_reminder=None, reason_in_channel=False))
    await told(stage, BORIS, EMPTY)
    await stage.world.cancel(await stage.world.book(DAY * 3, coach=OTHER_COACH))
    await told(stage, BORIS, EMPTY, of_id=OTHER_COACH)
    await stage.world.cancel(await stage.world.book(DAY * 3, coach=OTHER_COACH))
    await stage.relay().drain()
    assert all("Reason: Ill" in post.text for post in stage.posts(OTHER_COACH)), "the coach's own direct messages"
    for who in (BORIS, EMPTY):
        [copy] = stage.posts(who)
        assert "Ill" not in copy.text
        assert "A reason was given; the coach can read it." in copy.text
    assert all("Ill" not in str(request) for who in (BORIS, EMPTY) for request in sent_to(stage, who))


async def test_a_types_stakeholders_read_of_that_type_only_in_edits_too(stage: Stage) -> None:
    one = await stage.world.book(DAY * 3)
    other = await stage.world.book(DAY * 3 + HOUR, session_type="Mentoring")
    async with stage.store.read(WORKSPACE) as queries:
        types = {kind.name: kind.id for kind in await queries.catalogue.session_types()}
    await told(stage, BORIS, of=NewsOf.TYPE, of_id=types["Mentoring"])
    stage.clock.set(one.starts_at - 2 * HOUR)
    await stage.world.cancel(one, other)
    await stage.relay().drain()
    await told(stage, of=NewsOf.TYPE, of_id=types["Mentoring"])
    command = decide.DecideLate(actor=Actor(WORKSPACE, COACH), session_ids=[one.id, other.id], refund=False)
    await decide.decide_late(stage.store, stage.clock, command)
    await stage.relay().drain()
    [copy] = stage.posts(BORIS)
    assert copy.edited
    assert "canceled 1 session with Carla Coach" in copy.text
    assert "Mentoring with Anna Lee" in copy.text
    assert "Coaching with" not in copy.text
    assert (
        "You are told what Carla Coach is told about these sessions: Mentoring. An admin can change that" in copy.text
    )


async def test_whoever_is_named_for_the_coach_too_reads_that_they_are_told_everything(stage: Stage) -> None:
    session = await stage.world.book(DAY * 3, session_type="Mentoring")
    await told(stage, BORIS, of=NewsOf.TYPE, of_id=session.type_id)
    await told(stage, BORIS)
    await stage.world.cancel(session)
    await stage.relay().drain()
    [copy] = stage.posts(BORIS)
    assert "You are told what Carla Coach is told. An admin" in copy.text


async def test_bookings_and_moves_are_told_by_who_they_are_with(stage: Stage) -> None:
    await told(stage, BORIS, EMPTY)
    session = await booked(stage)
    await stage.relay().drain()
    for who in (BORIS, EMPTY):
        [copy] = stage.posts(who)
        assert "Anna Lee booked a session with Carla Coach" in copy.text
        assert "Details" not in str(sent_to(stage, who))
    time = reschedule.NewTime(session.id, session.starts_at, session.starts_at + DAY)
    for hat, who, key in ((Hat.CLIENT, ANNA, "1"), (Hat.COACH, COACH, "2")):
        await reschedule.move_sessions(
            stage.store,
            stage.clock,
            reschedule.MoveSessions(
                actor=Actor(WORKSPACE, who), request_key=key, hat=hat, subject_id=who, times=[time]
            ),
        )
        await stage.relay().drain()
        time = reschedule.NewTime(session.id, time.to_start, time.to_start + DAY)
    for who in (BORIS, EMPTY):
        texts = [post.text for post in stage.posts(who)]
        assert "Anna Lee moved 1 session with Carla Coach" in texts[1]
        assert "Carla Coach moved 1 session with Anna Lee" in texts[2]


async def test_a_coach_who_is_told_about_a_colleague_reads_it_directly_and_not_in_their_own_channel(
    stage: Stage,
) -> None:
    await told(stage, COACH, of_id=OTHER_COACH)
    await stage.world.cancel(await stage.world.book(DAY * 3, coach=OTHER_COACH))
    await stage.relay().drain()
    assert stage.posts("C0COACH") == []
    [copy] = stage.posts(COACH)
    assert "Anna Lee canceled 1 session with Otto Other" in copy.text
    [own] = stage.posts(OTHER_COACH)
    assert "with you" in own.text


async def test_an_exception_is_told_to_them_with_nothing_to_press(stage: Stage) -> None:
    await told(stage, BORIS, EMPTY)
    session = await stage.world.book(DAY * 3)
    stage.clock.set(session.starts_at - 2 * HOUR)
    done = await stage.world.cancel(session)
    relay = stage.relay()
    await relay.drain()
    command = exceptions.Ask(actor=Actor(WORKSPACE, ANNA), action_id=done.draft.action_id or "", note="A flat tire")
    await exceptions.ask(stage.store, stage.clock, command)
    await relay.drain()
    for who in (BORIS, EMPTY):
        alert, asked = stage.posts(who)
        assert alert.edited
        assert "Anna Lee asks for an exception\n1 session with Carla Coach was canceled late" in asked.text
        assert "Note: A flat tire" in asked.text
        assert "Carla Coach can decide until" in asked.text
        assert "late_refund" not in str(sent_to(stage, who))
    decision = decide.DecideLate(actor=Actor(WORKSPACE, COACH), session_ids=[session.id], refund=True)
    await decide.decide_late(stage.store, stage.clock, decision)
    await relay.drain()
    for who in (BORIS, EMPTY):
        assert "This is decided" in stage.posts(who)[1].text


async def test_undo_against_the_relay_leaves_everybody_told_or_nobody(stage: Stage) -> None:
    window = timedelta(seconds=60)
    await stage.world.settings(Settings(undo_window=window, start_reminder=None))
    await told(stage, BORIS, EMPTY)
    for number in range(6):
        session = await stage.world.book(DAY * 3 + number * HOUR)
        done = await stage.world.cancel(session)
        relay = stage.relay()
        await relay.drain()
        before = {who: len(stage.posts(who)) for who in ("C0COACH", BORIS, EMPTY)}
        stage.clock.advance(window)
        taken = take_back(stage, session, done.draft.action_id or "")
        results = await asyncio.gather(relay.drain(), taken, return_exceptions=True)
        await relay.drain()
        async with stage.store.read(WORKSPACE) as queries:
            [after] = await queries.sessions.by_ids([session.id])
        heard = {len(stage.posts(who)) - many for who, many in before.items()}
        if after.status is Status.SCHEDULED:
            assert (results[1], heard) == (None, {0})
        else:
            assert isinstance(results[1], UndoClosed)
            assert heard == {1}
