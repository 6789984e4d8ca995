"""Undo against the relay, news of bookings and moves, and the notice before the start: what people read, and when."""

import asyncio
from dataclasses import replace
from datetime import time, timedelta

import pytest

from bot.delivery.channels.channel import Delivered, Sent
from bot.delivery.channels.slack import SlackChannel
from bot.delivery.parcels import Parcel
from coaching.actions import book, reschedule, slots, undo
from coaching.availability import Availability, parse_hours
from coaching.errors import UndoClosed
from coaching.policy import Policy, Tier
from coaching.quiet import QuietHours
from coaching.sessions import Actor, Hat, Person, Session, Status
from coaching.workspace import Settings
from handlers.views.news import render
from tests.delivery.conftest import Stage
from tests.support.world import ADMIN, ANNA, COACH, OTHER_COACH, WORKSPACE

pytestmark = pytest.mark.usefixtures("in_pseudo")


HOUR, DAY, SECOND = timedelta(hours=1), timedelta(hours=24), timedelta(seconds=1)
WINDOW = timedelta(seconds=60)
ME = Actor(WORKSPACE, ANNA)


class Placeless(SlackChannel):
    """Slack takes every message, and says of none where it is."""

    async def deliver(self, parcel: Parcel, seconds: float) -> Delivered:
        """Forget where the message is."""
        delivered = await super().deliver(parcel, seconds)
        return replace(delivered, reply=Sent(None, None))


async def booked(
    stage: Stage,
    starts_in: timedelta = DAY * 4,
    *,
    coach: str = COACH,
    rebooks: str | None = None,
    by: Hat = Hat.CLIENT,
) -> Session:
    """Book within the coach's hours, which confirms."""
    hours = Availability(time_zone="America/New_York", hours=parse_hours("Mon-Sun 0:00-24:00"), notice=HOUR)
    await slots.save_hours(stage.store, Actor(WORKSPACE, coach), f"hours:{starts_in}:{coach}:{rebooks}", coach, hours)
    return await book.book(
        stage.store,
        stage.clock,
        book.Book(
            actor=Actor(WORKSPACE, ADMIN if by is Hat.ADMIN else ANNA),
            role=by,
            client_id=ANNA,
            coach_id=coach,
            session_type="Coaching",
            starts_at=stage.clock.now() + starts_in,
            length=timedelta(minutes=50),
            time_zone="America/New_York",
            within_hours=True,
            meeting_link="https://meet.example.com/x",
            rebooks=rebooks,
        ),
    )


async def with_undo(stage: Stage) -> None:
    await stage.world.settings(Settings(undo_window=WINDOW, start_reminder=HOUR))


async def take_back(stage: Stage, session: Session, action_id: str) -> None:
    await undo.undo(stage.store, stage.clock, undo.Undo(actor=ME, action_id=action_id))


async def test_the_coach_hears_of_a_cancellation_only_when_it_cannot_be_undone_any_more(stage: Stage) -> None:
    await with_undo(stage)
    await stage.world.cancel(await stage.world.book(DAY * 3))
    relay = stage.relay()
    await relay.drain()
    assert "You can undo this until" in stage.posts(ANNA)[-1].text
    assert stage.posts("C0COACH") == []
    stage.clock.advance(WINDOW + SECOND)
    await relay.drain()
    assert len(stage.posts("C0COACH")) == 1


async def test_a_receipt_loses_its_undo_when_the_window_ends(stage: Stage) -> None:
    await with_undo(stage)
    await stage.world.cancel(await stage.world.book(DAY * 3))
    relay = stage.relay()
    await relay.drain()
    stage.clock.advance(WINDOW)
    await relay.drain()
    assert "undo" in stage.posts(ANNA)[-1].text
    stage.clock.advance(SECOND)
    await relay.drain()
    [receipt] = stage.posts(ANNA)
    assert receipt.edited
    assert "undo" not in receipt.text
    [row] = await stage.rows(kind="receipt")
    assert (row.state, row.refresh_at, row.revision) == ("sent", None, 2)


async def test_an_undone_cancellation_leaves_one_edited_receipt_and_no_alert(stage: Stage) -> None:
    await with_undo(stage)
    session = await stage.world.book(DAY * 3)
    done = await stage.world.cancel(session)
    relay = stage.relay()
    await relay.drain()
    await take_back(stage, session, done.draft.action_id or "")
    await relay.drain()
    [receipt] = stage.posts(ANNA)
    assert "Undone: 1 session is booked as before" in receipt.text
    stage.clock.advance(WINDOW * 2)
    await relay.drain()
    assert stage.posts("C0COACH") == []
    assert [row.why for row in await stage.rows(kind="coach_alert")] == ["taken_back"]


async def test_undo_and_the_relay_at_the_windows_end_have_one_outcome(stage: Stage) -> None:
    await with_undo(stage)
    for number in range(6):
        session = await stage.world.book(DAY * 3 + number * HOUR)
        done = await stage.world.cancel(session)
        relay = stage.relay()
        await relay.drain()
        before = len(stage.posts("C0COACH"))
        stage.clock.advance(WINDOW)
        taken = take_back(stage, session, done.draft.action_id or "")
        results = await asyncio.gather(relay.drain(), taken, return_exceptions=True)
        await relay.drain()
        async with stage.store.read(WORKSPACE) as queries:
            [after] = await queries.sessions.by_ids([session.id])
        told = len(stage.posts("C0COACH")) - before
        if after.status is Status.SCHEDULED:
            assert (results[1], told) == (None, 0)
        else:
            assert isinstance(results[1], UndoClosed)
            assert told == 1


async def test_a_booking_is_confirmed_to_the_client_and_told_to_the_coach(stage: Stage) -> None:
    await booked(stage)
    relay = stage.relay()
    relay.home_link = "slack://app?team=T0TEST&id=A1&tab=home"
    await relay.drain()
    [confirmation] = stage.posts(ANNA)
    for words in ("Your session is booked", "Carla Coach", "Paid with 1 credit", "Refundable until"):
        assert words in confirmation.text
    [news] = stage.posts("C0COACH")
    assert "Anna Lee booked a session with you" in news.text
    sent = next(entry for entry in stage.calls("chat.postMessage") if "is booked" in str(entry["request"]))
    for words in ("move_open", "reminder_cancel", "https://meet.example.com/x", "slack://app?team=T0TEST"):
        assert words in str(sent["request"])


async def test_a_booking_canceled_before_it_was_confirmed_is_not_confirmed(stage: Stage) -> None:
    await stage.world.cancel(await booked(stage))
    await stage.relay().drain()
    assert {row.why for row in await stage.rows(state="dropped", kind="booked")} == {"session_canceled"}
    assert all("is booked" not in post.text for post in stage.posts(ANNA))


async def test_a_booking_whose_cancellation_was_undone_is_confirmed_after_all(stage: Stage) -> None:
    await with_undo(stage)
    session = await booked(stage)
    done = await stage.world.cancel(session)
    await stage.relay().drain()
    assert await stage.states(kind="booked") == {"pending": 1}
    await take_back(stage, session, done.draft.action_id or "")
    relay = await stage.running()
    await stage.until(lambda: any("Your session is booked" in post.text for post in stage.posts(ANNA)))
    assert relay.alive()


async def test_booking_instead_of_a_canceled_session_shows_in_its_alert(stage: Stage) -> None:
    canceled = await booked(stage)
    await stage.world.cancel(canceled)
    relay = stage.relay()
    await relay.drain()
    [before] = [post for post in stage.posts("C0COACH") if "canceled" in post.text]
    await booked(stage, DAY * 6, rebooks=canceled.id)
    await relay.drain()
    [after] = [post for post in stage.posts("C0COACH") if post.ts == before.ts]
    assert after.edited
    assert "Rebooked: Sun, Nov 22" in after.text


@pytest.mark.parametrize("coach", [COACH, OTHER_COACH])
async def test_a_move_is_told_to_both_with_old_and_new_time(stage: Stage, coach: str) -> None:
    session = await booked(stage, coach=coach)
    relay = stage.relay()
    await relay.drain()
    await move(stage, session, DAY)
    await relay.drain()
    told = stage.posts(ANNA)[-1].text
    assert "You moved 1 session" in told
    assert "Fri, Nov 20" in told
    assert "Sat, Nov 21" in told
    assert "Refundable until Fri, Nov 20" in told
    where = "C0COACH" if coach == COACH else OTHER_COACH
    assert "Anna Lee moved 1 session with you" in stage.posts(where)[-1].text


async def test_only_the_last_of_two_moves_is_told(stage: Stage) -> None:
    session = await booked(stage)
    await stage.relay().drain()
    await move(stage, session, DAY)
    async with stage.store.read(WORKSPACE) as queries:
        [between] = await queries.sessions.by_ids([session.id])
    await move(stage, between, DAY)
    await stage.relay().drain()
    assert sum("You moved" in post.text for post in stage.posts(ANNA)) == 1
    assert await stage.states(kind="moved") == {"sent": 1, "dropped": 1}


async def test_an_alert_let_go_early_comes_before_the_move_that_let_it_go_and_before_older_ones_that_are_held(
    stage: Stage,
) -> None:
    await with_undo(stage)
    held, gone, moved = [await booked(stage, DAY * days) for days in (4, 5, 6)]
    await stage.relay().drain()
    before = len(stage.posts("C0COACH"))
    actions = []
    for session in (held, gone):
        actions.append((await stage.world.cancel(session)).draft.action_id)
        stage.clock.advance(SECOND * 10)
    await move(stage, moved, gone.starts_at - moved.starts_at)
    # Neither of two replicas gets round to it before all of it is due.
    stage.clock.advance(WINDOW)
    await asyncio.gather(stage.relay().drain(), stage.relay().drain())
    places = {row.message_ts: row.action_id for row in await stage.rows() if row.channel == "C0COACH"}
    told = [places[post.ts] for post in stage.posts("C0COACH")[before:]]
    [of_move] = {row.action_id for row in await stage.rows(kind="coach_moved")}
    assert told == [actions[1], of_move, actions[0]]


async def move(stage: Stage, session: Session, by: timedelta) -> None:
    time = reschedule.NewTime(session.id, session.starts_at, session.starts_at + by)
    command = reschedule.MoveSessions(
        actor=ME, request_key=f"move:{session.starts_at}", hat=Hat.CLIENT, subject_id=ANNA, times=[time]
    )
    await reschedule.move_sessions(stage.store, stage.clock, command)


async def test_the_notice_before_the_start_comes_once_and_follows_a_move(stage: Stage) -> None:
    await with_undo(stage)
    session = await booked(stage)
    relay = stage.relay()
    await move(stage, session, HOUR)
    stage.clock.set(session.starts_at - HOUR + SECOND)
    await relay.drain()
    assert not any("starts in" in post.text for post in stage.posts(ANNA))
    stage.clock.set(session.starts_at + SECOND)
    await relay.drain()
    told = [post.text for post in stage.posts(ANNA) if "starts in" in post.text]
    assert len(told) == 1
    assert "Your session with Carla Coach starts in about 1 hour" in told[0]


async def test_no_notice_before_the_start_of_a_canceled_session(stage: Stage) -> None:
    await with_undo(stage)
    session = await booked(stage)
    await stage.world.cancel(session)
    stage.clock.set(session.starts_at - HOUR + SECOND)
    await stage.relay().drain()
    assert not any("starts in" in post.text for post in stage.posts(ANNA))


async def test_a_reminder_that_would_come_at_night_comes_the_evening_before(stage: Stage) -> None:
    quiet = QuietHours(time(21), time(8))
    await stage.world.settings(
        Settings(reminder_offsets=(2 * HOUR,), quiet_hours=quiet, start_reminder=None, undo_window=timedelta(0))
    )
    session = await stage.world.book(DAY * 3 - HOUR)  # nine in the morning, so that the step falls on seven
    night = session.refund_cutoff_at - 2 * HOUR
    stage.clock.set(night - 10 * HOUR - SECOND)
    relay = stage.relay()
    await relay.drain()
    assert stage.posts(ANNA) == []
    stage.clock.set(night - 10 * HOUR)
    await relay.drain()
    [reminder] = stage.posts(ANNA)
    assert "Free cancellation ends in about 12 hours, at Wed, Nov 18, 9:00 AM" in reminder.text
    stage.clock.set(night)
    await relay.drain()
    assert len(stage.posts(ANNA)) == 1


async def test_a_reminder_shared_by_two_loses_the_buttons_of_each_when_its_cutoff_passes(stage: Stage) -> None:
    await stage.world.settings(Settings(reminder_offsets=(2 * HOUR,), start_reminder=None))
    leading = await stage.world.book(DAY * 10, length=timedelta(minutes=20))
    following = await stage.world.book(DAY * 10 + timedelta(minutes=20), coach=OTHER_COACH)
    stage.clock.set(leading.refund_cutoff_at - 2 * HOUR)
    relay = stage.relay()
    await relay.drain()
    [sent] = stage.posts(ANNA)
    assert "for 2 sessions" in sent.text
    for session, title in ((leading, "Free cancellation ends soon\n"), (following, "Reminder of your 2 sessions\n")):
        stage.clock.set(session.refund_cutoff_at)
        await relay.drain()
        assert title not in stage.posts(ANNA)[0].text, "at the very instant it is still free"
        stage.clock.advance(timedelta(microseconds=1))
        await relay.drain()
        [edited] = stage.posts(ANNA)
        assert (edited.ts, edited.edited) == (sent.ts, True)
        assert title in edited.text
    assert edited.text.count("Free cancellation ended") == 2
    assert "reminder_keep" not in str(stage.calls("chat.update")[-1]["request"])
    shown = await stage.rows(kind="reminder", state="sent")
    assert [(row.refresh_at, row.revision, row.sent_revision) for row in shown] == [(None, 2, 2)] * 2


async def test_a_reminder_of_somebody_whose_zone_nobody_knows_goes_out(stage: Stage) -> None:
    async with stage.store.write(WORKSPACE) as uow:
        odd = Person(ANNA, "Anna Lee", "anna@example.com", "Mars/Olympus_Mons", "en-US")
        await uow.people.save(odd, stage.clock.now())
        await uow.commit()
    session = await stage.world.book(DAY * 10)
    stage.clock.set(session.refund_cutoff_at - 2 * HOUR)
    await stage.relay().drain()
    assert "Free cancellation ends in about 2 hours" in stage.posts(ANNA)[-1].text


async def test_messages_tell_every_step_of_the_terms(stage: Stage) -> None:
    tiers = (Tier(24 * HOUR, 100), Tier(12 * HOUR, 50), Tier(timedelta(0), 25))
    await stage.world.settings(
        Settings(
            policy=Policy(tiers=tiers), reminder_offsets=(2 * HOUR,), start_reminder=None, undo_window=timedelta(0)
        )
    )
    session = await booked(stage)
    relay = stage.relay()
    await relay.drain()
    steps = "50% until Thu, Nov 19, 10:00 PM, then 25% until the start"
    assert f"Refundable until Thu, Nov 19, 10:00 AM, then {steps}" in stage.posts(ANNA)[-1].text
    stage.clock.set(session.refund_cutoff_at - 2 * HOUR)
    await relay.drain()
    ends = "Free cancellation ends in about 2 hours, at Thu, Nov 19, 10:00 AM. After that 0.5 credits come back"
    assert f"{ends} until Thu, Nov 19, 10:00 PM, then 25% until the start." in stage.posts(ANNA)[-1].text
    stage.clock.set(session.refund_cutoff_at + timedelta(microseconds=1))
    await relay.drain()
    ended = "Free cancellation ended Thu, Nov 19, 10:00 AM. Now 0.5 credits come back until Thu, Nov 19, 10:00 PM"
    assert ended in stage.posts(ANNA)[-1].text
    await stage.world.cancel(session)
    await relay.drain()
    alert = stage.posts("C0COACH")[-1].text
    assert "In part (50%) · 0.5 of 1 credit returned, yours to decide" in alert
    assert "1 session canceled and not fully refunded: you decide whether what was kept goes back." in alert
    assert "0.5 of 1 credit returned" in stage.posts(ANNA)[-1].text
    assert "late" not in stage.posts(ANNA)[-1].text


async def test_a_reminder_of_a_free_session_does_not_say_that_free_cancellation_ends(stage: Stage) -> None:
    await stage.world.settings(Settings(reminder_offsets=(2 * HOUR,), start_reminder=None))
    session = await stage.world.book(DAY * 10, price=0)
    stage.clock.set(session.refund_cutoff_at - 2 * HOUR)
    await stage.relay().drain()
    [reminder] = stage.posts(ANNA)
    assert "Do you keep this session?" in reminder.text
    assert "Free · it can be canceled until the start." in reminder.text
    assert "ends" not in reminder.text


async def test_a_message_whose_place_slack_never_told_is_not_edited_and_the_record_says_why(stage: Stage) -> None:
    session = await booked(stage)
    placeless = stage.relay(channel=Placeless(stage.client_for, render))
    await placeless.drain()
    stage.clock.set(session.refund_cutoff_at - DAY)
    await placeless.drain()
    await stage.world.cancel(session)
    await stage.relay().drain()
    [news], [reminder] = await stage.rows(kind="booked"), await stage.rows(kind="reminder", state="sent")
    assert (news.state, news.why, reminder.why) == ("sent", "no_place", "no_place")


@pytest.mark.parametrize(("hat", "by"), [(Hat.ADMIN, ", by Ada Admin (admin)"), (Hat.CLIENT, "")])
async def test_a_client_reads_who_booked_for_them_whoever_cancels_it_then(stage: Stage, hat: Hat, by: str) -> None:
    session = await booked(stage, by=hat)
    relay = stage.relay()
    await relay.drain()
    assert f"Your session is booked{by}" in stage.posts(ANNA)[0].text
    await stage.world.cancel(session, who=COACH, hat=Hat.COACH)
    await relay.drain()
    assert f"Your session was booked{by}\n" in stage.posts(ANNA)[0].text
