"""What is committed reaches people: once, in time, from the state it finds, and edited in place afterwards."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.delivery.channels.channel import Delivered
from bot.delivery.channels.slack import SlackChannel
from bot.delivery.parcels import Parcel
from coaching.actions import decide, remind
from coaching.news.kinds import NoticeKind
from coaching.sessions import Actor
from coaching.workspace import Settings
from handlers.views.news import render
from storage.notices import NoticeQueue
from tests.delivery.conftest import FAST, Stage
from tests.support.world import ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE, World

HOUR, DAY = timedelta(hours=1), timedelta(hours=24)


async def test_a_cancellation_tells_the_client_directly_and_the_coach_in_the_channel(stage: Stage) -> None:
    session = await stage.world.book(DAY * 3)
    await stage.world.cancel(session)
    await stage.relay().drain()
    [receipt] = stage.posts(ANNA)
    [alert] = stage.posts("C0COACH")
    assert "You canceled 1 session" in receipt.text
    assert "Anna Lee" in alert.text
    assert await stage.states() == {"sent": 2, "dropped": 2}  # the two reminders were dropped by the cancellation
    [row] = await stage.rows(kind="receipt")
    assert (row.channel, row.message_ts, row.sent_revision, row.why) == (receipt.channel, receipt.ts, 1, None)


async def test_a_commit_wakes_the_relay_at_once(stage: Stage) -> None:
    await stage.running()
    await stage.say(1)
    await stage.until(lambda: stage.posts(ANNA))


class Held(SlackChannel):
    """Slack keeps the relay waiting for an answer about the coach's channel."""

    go_on: asyncio.Event

    async def deliver(self, parcel: Parcel, seconds: float) -> Delivered:
        """Deliver, to the coach's channel only when told so."""
        if parcel.target == "C0COACH":
            await self.go_on.wait()
        return await super().deliver(parcel, seconds)


async def test_a_commit_during_a_claim_that_finds_nothing_is_looked_for_at_once(stage: Stage) -> None:
    channel = Held(stage.client_for, render)
    channel.go_on = asyncio.Event()
    relay = stage.relay(replace(FAST, flush=600.0), channel=channel)
    queue, committed = relay._queue, asyncio.Event()
    claim = queue.claim

    async def then_commit(*given: Any, **named: Any) -> Any:
        rows = await claim(*given, **named)
        if not rows and relay._tray.busy and not committed.is_set():
            committed.set()
            await stage.say(1)
        return rows

    queue.claim = then_commit  # type: ignore[method-assign]
    async with relay.running(stop_seconds=5):
        stage.store.on_commit = relay.wake
        await stage.world.cancel(await stage.world.book(DAY * 3, client=BORIS, price=0), who=BORIS)
        await stage.until(lambda: committed.is_set() or relay.wake())
        await stage.until(lambda: stage.posts(ANNA))
        channel.go_on.set()


async def test_a_relay_that_cannot_tell_how_long_to_rest_goes_on(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0
    next_in = NoticeQueue.next_in

    async def failing(queue: NoticeQueue, now: datetime) -> float | None:
        nonlocal asked
        asked += 1
        if asked == 1:
            raise LookupError("not a fault that is expected")
        return await next_in(queue, now)

    monkeypatch.setattr(NoticeQueue, "next_in", failing)
    relay = stage.relay()
    relay.is_woken = lambda: True
    await stage.stack.enter_async_context(relay.running(stop_seconds=5))
    await stage.until(lambda: asked > 0)
    await stage.say(1)
    relay.wake()
    await stage.until(lambda: stage.posts(ANNA) and asked > 1)


async def test_others_are_told_only_of_what_a_claim_left_behind(stage: Stage) -> None:
    told: list[str] = []
    roomy, small = stage.relay(), stage.relay(replace(FAST, batch=2, concurrency=2))
    roomy.on_more = lambda: told.append("roomy")
    small.on_more = lambda: told.append("small")
    await stage.say(3)
    await roomy.drain()
    assert len(stage.posts(ANNA)) == 3
    await stage.say(3)
    await small.drain()
    assert len(stage.posts(ANNA)) == 6
    assert set(told) == {"small"}


async def test_a_relay_takes_all_until_it_is_told_to_stop(stage: Stage) -> None:
    relay = await stage.running()
    assert relay.takes_all
    await relay.stop()
    assert not relay.takes_all


async def test_a_coach_without_a_channel_is_told_directly(stage: Stage) -> None:
    session = await stage.world.book(DAY * 3, coach=OTHER_COACH)
    await stage.world.cancel(session)
    await stage.relay().drain()
    [alert] = stage.posts(OTHER_COACH)
    assert "Anna Lee" in alert.text
    assert "/invite" not in alert.text


async def test_a_channel_the_bot_is_not_in_leads_to_a_direct_message_with_a_hint(stage: Stage) -> None:
    async with stage.store.write(WORKSPACE) as uow:
        await uow.coaches.save(COACH, "C0EMPTY")
        await uow.commit()
    session = await stage.world.book(DAY * 3)
    stage.clock.set(session.starts_at - 2 * HOUR)
    await stage.world.cancel(session)
    await stage.relay().drain()
    [alert] = stage.posts(COACH)
    assert "invite" in alert.text
    [row] = await stage.rows(kind="coach_alert")
    assert row.state == "sent"
    assert (row.why, row.diverted_why) == (None, "not_in_channel")
    refund = decide.DecideLate(actor=Actor(WORKSPACE, COACH), session_ids=[session.id], refund=True)
    await decide.decide_late(stage.store, stage.clock, refund)
    await stage.relay().drain()
    [edited] = stage.posts(COACH)
    assert (edited.ts, edited.edited) == (alert.ts, True)
    assert "invite" in edited.text


async def test_a_late_decision_edits_the_alert_in_place_and_tells_the_client(stage: Stage) -> None:
    session = await stage.world.book(DAY * 3)
    stage.clock.set(session.starts_at - 2 * HOUR)
    await stage.world.cancel(session)
    await stage.relay().drain()
    [before] = stage.posts("C0COACH")
    refund = decide.DecideLate(actor=Actor(WORKSPACE, COACH), session_ids=[session.id], refund=True)
    await decide.decide_late(stage.store, stage.clock, refund)
    await stage.relay().drain()
    [after] = stage.posts("C0COACH")
    assert after.ts == before.ts
    assert after.text != before.text
    assert "refunded" in after.text.lower()
    assert "refunded anyway" in stage.posts(ANNA)[-1].text


async def test_a_change_while_the_message_is_on_its_way_is_shown_right_after(stage: Stage) -> None:
    session = await stage.world.book(DAY * 3)
    stage.clock.set(session.starts_at - 2 * HOUR)
    await stage.world.cancel(session)
    stage.slack.faults.add(
        {"kind": "slow", "method": "chat.postMessage", "channel": "C0COACH", "ms": 60_000, "calls": 1}
    )
    await stage.running()
    await stage.until(lambda: not stage.slack.faults.active())  # the post has arrived and hangs
    refund = decide.DecideLate(actor=Actor(WORKSPACE, COACH), session_ids=[session.id], refund=True)
    await decide.decide_late(stage.store, stage.clock, refund)
    [row] = await stage.rows(kind="coach_alert")
    assert (row.state, row.sent_revision) == ("leased", None), "the decision came while the post was on its way"
    stage.slack.faults.remove()
    await stage.until(stage.settled)
    [alert] = stage.posts("C0COACH")
    assert alert.edited
    assert "refunded" in alert.text.lower()


async def test_reminders_come_before_the_cutoff_and_keep_ends_the_countdown(stage: Stage) -> None:
    session = await stage.world.book(DAY * 10)
    relay = stage.relay()
    await relay.drain()
    assert not stage.posts()
    stage.clock.set(session.refund_cutoff_at - DAY)
    await relay.drain()
    [first] = stage.posts(ANNA)
    await remind.keep(stage.store, stage.clock, remind.Keep(actor=Actor(WORKSPACE, ANNA), session_id=session.id))
    stage.clock.set(session.refund_cutoff_at - 2 * HOUR)
    await relay.drain()
    [only] = stage.posts(ANNA)
    assert (only.ts, only.edited) == (first.ts, True)
    assert [row.why for row in await stage.rows(kind="reminder", state="dropped")] == ["kept"]


async def test_a_canceled_session_gets_no_reminder_and_the_one_it_had_is_edited(stage: Stage) -> None:
    session = await stage.world.book(DAY * 10)
    stage.clock.set(session.refund_cutoff_at - DAY)
    await stage.relay().drain()
    [before] = stage.posts(ANNA)
    await stage.world.cancel(session)
    stage.clock.set(session.refund_cutoff_at - HOUR)
    await stage.relay().drain()
    reminder_post, receipt = stage.posts(ANNA)
    assert (reminder_post.ts, reminder_post.edited) == (before.ts, True)
    assert "canceled" in reminder_post.text.lower()
    assert "You canceled" in receipt.text
    assert stage.posts("C0COACH")


async def test_after_downtime_the_newest_step_goes_out_and_the_older_one_is_recorded(stage: Stage) -> None:
    session = await stage.world.book(DAY * 10)
    stage.clock.set(session.refund_cutoff_at - HOUR)
    await stage.relay().drain()
    assert len(stage.posts(ANNA)) == 1
    old, new = await stage.rows(kind="reminder")
    assert (old.state, old.why) == ("dropped", "newer_reminder")
    assert new.state == "sent"


async def test_what_comes_too_late_is_dropped_and_says_so(stage: Stage) -> None:
    session = await stage.world.book(DAY * 10)
    await stage.world.cancel(await stage.world.book(DAY * 11), who=ANNA)
    stage.clock.set(session.refund_cutoff_at + timedelta(microseconds=1))
    await stage.relay().drain()
    assert not stage.posts(ANNA)
    details = {row.why for row in await stage.rows(state="dropped", session_id=session.id)}
    assert details == {"too_late"}
    [receipt] = await stage.rows(kind="receipt")
    assert (receipt.state, receipt.why) == ("dropped", "too_late")


async def test_reminders_due_within_half_an_hour_share_one_message_that_follows_each_session(stage: Stage) -> None:
    first = await stage.world.book(DAY * 10, length=timedelta(minutes=30))
    second = await stage.world.book(DAY * 10 + timedelta(minutes=60), length=timedelta(minutes=30))
    near = await stage.world.book(DAY * 10 + timedelta(minutes=30), coach=OTHER_COACH, length=timedelta(minutes=30))
    other = await stage.world.book(DAY * 10, client=BORIS, coach=OTHER_COACH, price=0, length=timedelta(minutes=20))
    stage.clock.set(first.refund_cutoff_at - DAY)
    relay = stage.relay()
    await relay.drain()
    [shared] = stage.posts(ANNA)
    assert len(stage.posts(BORIS)) == 1
    rows = {row.session_id: row for row in await stage.rows(kind="reminder", state="sent")}
    assert set(rows) == {first.id, near.id, other.id}, "the one an hour later waits"
    assert (rows[first.id].leader_key, rows[near.id].leader_key) == (None, rows[first.id].dedupe_key)
    assert rows[near.id].message_ts == rows[first.id].message_ts == shared.ts
    await stage.world.cancel(near)
    await relay.drain()
    follow = next(post for post in stage.posts(ANNA) if post.ts == shared.ts)
    assert follow.edited
    assert "canceled" in follow.text.lower()
    stage.clock.advance(timedelta(minutes=60))
    await relay.drain()
    assert {r.session_id for r in await stage.rows(kind="reminder", state="sent")} == {
        first.id, near.id, other.id, second.id,
    }  # fmt: skip


async def test_when_the_leader_is_canceled_on_the_way_the_others_still_follow_their_sessions(stage: Stage) -> None:
    first = await stage.world.book(DAY * 10, length=timedelta(minutes=20))
    second = await stage.world.book(DAY * 10 + timedelta(minutes=20), coach=OTHER_COACH)
    stage.clock.set(first.refund_cutoff_at - DAY)
    stage.slack.faults.add({"kind": "slow", "method": "chat.postMessage", "ms": 60_000, "calls": 1})
    await stage.running()
    await stage.until(lambda: not stage.slack.faults.active())  # the post has arrived and hangs
    await stage.world.cancel(first)
    await stage.world.cancel(second)
    stage.slack.faults.remove()
    await stage.until(stage.settled)
    reminder_post = stage.posts(ANNA)[0]
    assert reminder_post.edited
    assert reminder_post.text.lower().count("canceled") >= 2


async def test_a_jump_of_the_business_clock_delivers_what_became_due_in_order(stage: Stage) -> None:
    sessions = [await stage.world.book(DAY * (10 + n), price=0) for n in range(3)]
    await stage.running()
    stage.clock.set(sessions[2].refund_cutoff_at - DAY)
    await stage.until(lambda: stage.states(state="sent"))

    async def over() -> bool:
        rows = await stage.rows(kind="reminder", session_id=sessions[0].id)
        return {row.state for row in rows} == {"dropped"}

    await stage.until(over)
    assert len(stage.posts(ANNA)) == 1
    rows = await stage.rows(kind="reminder")
    assert [row.state for row in rows if row.session_id == sessions[0].id] == ["dropped", "dropped"]
    assert [row.state for row in rows if row.session_id == sessions[2].id] == ["sent", "pending"]


async def test_the_metrics_tell_outcomes_and_lag(stage: Stage) -> None:
    await stage.say(2)
    stage.clock.advance(timedelta(seconds=90))
    relay = stage.relay()
    await relay.measure()
    assert stage.registry.get_sample_value("sessions_relay_lag_seconds") == 90
    await relay.drain()
    await relay.measure()
    assert stage.registry.get_sample_value("sessions_relay_lag_seconds") == 0
    sent = {"kind": str(NoticeKind.RECEIPT), "state": "sent"}
    assert stage.registry.get_sample_value("sessions_notices_total", sent) == 2


async def test_what_waits_for_another_workspaces_token_is_said_once_and_makes_nothing_here_late(stage: Stage) -> None:
    other = World(stage.store, stage.clock, "T0ELSE")
    await other.people()
    await other.grant()
    await other.settings(Settings(undo_window=timedelta(0)))
    await other.cancel(await other.book(DAY * 3))
    relay = stage.relay(replace(FAST, dead_token=0.0))
    with capture_logs() as lines:
        for _ in range(3):
            await relay.drain()
    told = [line for line in lines if line.get("workspace_id") == "T0ELSE"]
    assert [line["log_level"] for line in told] == ["warning"]
    stage.clock.advance(HOUR)
    await relay.measure()
    assert stage.registry.get_sample_value("sessions_relay_lag_seconds") == 0
    [waiting] = await stage.rows(workspace_id="T0ELSE", kind="receipt")
    assert (waiting.state, waiting.attempts, waiting.ambiguous) == ("pending", 0, 0)


async def test_steps_of_one_session_that_lie_close_together_each_come_at_their_time(stage: Stage) -> None:
    offsets = tuple(timedelta(minutes=m) for m in (120, 60, 30))
    await stage.world.settings(Settings(reminder_offsets=offsets))
    session = await stage.world.book(timedelta(days=3), price=0)
    for number, offset in enumerate(offsets, 1):
        stage.clock.set(session.refund_cutoff_at - offset)
        await stage.relay().drain()
        assert len(stage.posts(ANNA)) == number
    assert await stage.states(kind="reminder") == {"sent": 3}
