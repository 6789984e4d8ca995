"""Decisions on late cancellations, in alerts and in the record; reminders' buttons."""

from datetime import timedelta
from typing import Any

import pytest

from coaching.news.announcement import Announcement
from coaching.news.cancellations import CoachAlert
from coaching.news.reminders import Countdown, Reminder, ReminderItem
from coaching.policy import Policy
from coaching.sessions import Decision, Hat, Session, Status
from handlers.views.news import render
from playground.person import Person
from tests.handlers.conftest import Stage
from tests.support.world import ADMIN, ANNA, COACH, WORKSPACE
from tests.words.pseudo import pseudo

H = timedelta(hours=1)


async def post(stage: Stage, where: str, told: Announcement) -> dict[str, Any]:
    """Bring a message to Slack as the relay does."""
    response = await stage.client.chat_postMessage(channel=where, **render(told))
    return {"channel": response["channel"], "ts": response["ts"]}


async def alert(stage: Stage, sessions: list[Session], where: str = "C0COACH") -> None:
    async with stage.store.read(WORKSPACE) as queries:
        viewer = await queries.people.viewer(COACH)
        settings = await queries.workspace.settings()
    now = stage.clock.now()
    await post(stage, where, CoachAlert(viewer=viewer, settings=settings, sessions=sessions, now=now, in_channel=True))


@pytest.fixture
async def late(stage: Stage) -> list[Session]:
    """Two late cancellations of Anna's, announced in the coach's channel."""
    await stage.world.grant(ANNA)
    booked = [await stage.world.book(26 * H), await stage.world.book(28 * H)]
    stage.clock.advance(24 * H)
    done = await stage.world.cancel(*booked)
    stage.clock.advance(timedelta(minutes=2))  # nobody reads of what may still be undone
    await alert(stage, list(done.sessions))
    return list(done.sessions)


async def said_to(person: Person) -> str:
    await person.refresh()
    return "\n".join(message.text for message in person.messages if message.ephemeral)


async def test_refund_anyway_returns_the_credits_once_and_says_so(stage: Stage, late: list[Session]) -> None:
    before = await stage.world.balance()
    carla = stage.person(COACH)
    await carla.refresh()
    await carla.click("Refund anyway", index=0, on="carla-alerts", confirm=True)
    await stage.settled()
    assert "Refunded anyway: Coaching with Anna Lee, 1 credit back. We tell Anna Lee." in await said_to(carla)
    assert await stage.world.balance() == before + 100
    await carla.click("Keep", index=0, on="carla-alerts", confirm=True)
    await stage.settled()
    assert "Coaching with Anna Lee: refunded, as Carla Coach had decided already." in await said_to(carla)
    assert await stage.world.balance() == before + 100
    assert stage.counted == [("decide", "done"), ("decide", "refused")]


async def test_all_are_decided_in_one_press(stage: Stage, late: list[Session]) -> None:
    before = await stage.world.balance()
    carla = stage.person(COACH)
    await carla.refresh()
    await carla.click("Refund all", on="carla-alerts", confirm=True)
    await stage.settled()
    assert "Refunded anyway: 2 sessions, 2 credits back to Anna Lee" in await said_to(carla)
    assert await stage.world.balance() == before + 200


async def test_an_admin_may_decide_and_a_client_may_not(stage: Stage, late: list[Session]) -> None:
    await stage.client.chat_postMessage(channel=ANNA, text=pseudo("hello"))
    await alert(stage, late, where=ANNA)
    anna = stage.person(ANNA)
    await anna.refresh()
    await anna.click("Refund anyway", index=0, on="dm", confirm=True)
    assert "That is not one of your sessions" in await said_to(anna)
    ended = (await stage.session(late[0].id)).cancellation
    assert ended is not None
    assert ended.decision is Decision.OPEN
    ada = stage.person(ADMIN)
    await ada.refresh()
    await ada.click("Keep", index=0, on="carla-alerts", confirm=True)
    await stage.settled()
    assert "Kept: Coaching with Anna Lee. We tell Anna Lee." in await said_to(ada)


async def test_the_record_opens_from_the_alert_and_decides_in_place(stage: Stage, late: list[Session]) -> None:
    carla = stage.person(COACH)
    await carla.refresh()
    await carla.click("Details", index=0, on="carla-alerts")
    assert carla.modal is not None
    assert "This session is canceled" in carla.modal.text
    assert "Client: Anna Lee" in carla.modal.text
    assert "Ill" in carla.modal.text
    await carla.click("Refund anyway", confirm=True)
    assert len(carla.modals) == 1
    assert "refunded anyway by Carla Coach" in carla.modal.text
    assert "Refund anyway" not in carla.modal.buttons


async def reminder(stage: Stage) -> Session:
    await stage.world.grant(ANNA)
    session = await stage.world.book(26 * H)
    async with stage.store.read(WORKSPACE) as queries:
        viewer = await queries.people.viewer(ANNA)
        settings = await queries.workspace.settings()
    item = ReminderItem(session=session, policy=Policy(), cutoff=session.refund_cutoff_at, state=Countdown.OPEN)
    await post(stage, ANNA, Reminder(viewer=viewer, settings=settings, items=[item], now=stage.clock.now()))
    return session


async def test_keep_ends_the_countdown(stage: Stage) -> None:
    session = await reminder(stage)
    anna = stage.person()
    await anna.refresh()
    assert "Free cancellation ends in about 2 hours, at Mon, Nov 16, 12:00 PM." in (await anna.dms())[-1].text
    await anna.click("Keep")
    await stage.settled()
    assert (await stage.session(session.id)).reminders_kept
    assert "Coaching stays booked" in await said_to(anna)


async def test_cancel_on_a_reminder_asks_at_once_about_that_session(stage: Stage) -> None:
    session = await reminder(stage)
    await stage.world.book(50 * H)
    anna = stage.person()
    await anna.refresh()
    await anna.click("Cancel…")
    assert anna.modal is not None
    assert anna.modal.data["submit"]["text"] == "Cancel 1 session"
    await anna.submit()
    assert (await stage.session(session.id)).status is Status.CANCELED


async def test_buttons_of_an_old_reminder_tell_what_became_of_the_session(stage: Stage) -> None:
    session = await reminder(stage)
    await stage.world.cancel(session)
    anna = stage.person()
    await anna.refresh()
    await anna.click("Keep")
    await stage.settled()
    assert "Coaching is canceled already" in await said_to(anna)
    await anna.click("Cancel…")
    assert anna.modal is not None
    assert "This session is canceled" in anna.modal.text


@pytest.mark.parametrize(
    ("later", "said"),
    [
        (2 * H, "Coaching stays booked, and there will be no more reminders"),
        (2 * H + timedelta(microseconds=1), "The countdown for Coaching is over, and it is still booked"),
        (26 * H, "The countdown for Coaching is over, and it is still booked"),
        (27 * H, "Coaching is over, so there is nothing to keep."),
    ],
)
async def test_keep_pressed_later_promises_only_what_is_still_so(stage: Stage, later: timedelta, said: str) -> None:
    session = await reminder(stage)
    stage.clock.advance(later)
    anna = stage.person()
    await anna.refresh()
    await anna.click("Keep")
    await stage.settled()
    assert said in await said_to(anna)
    assert (await stage.session(session.id)).reminders_kept == ("no more reminders" in said)


async def test_a_strangers_press_on_a_reminder_is_refused(stage: Stage) -> None:
    session = await reminder(stage)
    anna = stage.person()
    await anna.refresh()
    await anna.click("Keep")
    payload = stage.last_payload()
    payload["user"]["id"] = COACH
    assert (await stage.deliver(payload)).status == 200
    await stage.settled()
    async with stage.store.read(WORKSPACE) as queries:
        timeline = (await queries.timeline.of(session.id, 99))[0]
    assert [entry.actor_id for entry, _ in timeline if entry.role is Hat.COACH] == []


async def pressed_without_address(stage: Stage, *gone: str) -> None:
    """Send the last press again as a stand-in does that gives no response_url."""
    payload = stage.last_payload()
    for name in ("response_url", *gone):
        payload.pop(name, None)
    payload["trigger_id"] = None if gone else "1.2.other"
    assert (await stage.deliver(payload)).status == 200
    await stage.settled()


async def test_without_a_response_url_a_decision_is_answered_in_the_channel(stage: Stage, late: list[Session]) -> None:
    carla = stage.person(COACH)
    await carla.refresh()
    await carla.click("Keep", index=0, on="carla-alerts", confirm=True)
    await stage.settled()
    await pressed_without_address(stage)
    assert "kept, as Carla Coach had decided already" in await said_to(carla)
    assert stage.calls("chat.postEphemeral") == 1


async def test_without_a_response_url_a_reminder_and_a_refusal_are_answered(stage: Stage) -> None:
    await reminder(stage)
    anna = stage.person()
    await anna.refresh()
    await anna.click("Keep")
    await stage.settled()
    await pressed_without_address(stage)
    assert (await said_to(anna)).count("Coaching stays booked") == 2
    value = stage.last_payload()
    value["actions"][0]["value"] = "somebody-elses"
    value.pop("response_url", None)
    assert (await stage.deliver(value)).status == 200
    assert "That is not one of your sessions" in await said_to(anna)


async def test_without_any_address_nothing_breaks(stage: Stage) -> None:
    session = await reminder(stage)
    anna = stage.person()
    await anna.refresh()
    await anna.click("Keep")
    await stage.settled()
    await pressed_without_address(stage, "channel", "container")
    assert stage.logged("could not follow up")["what"] == "answer a reminder"
    assert (await stage.session(session.id)).reminders_kept
