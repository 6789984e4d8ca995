"""Undo, from the receipt and from the result on the screen."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from coaching.actions import slots, undo
from coaching.availability import Availability, parse_hours
from coaching.news.cancellations import Receipt
from coaching.news.own_receipts import OwnReceipt
from coaching.sessions import Actor, Hat, Session, Status
from handlers.ids import Action
from handlers.views.news import render
from playground.person import Person
from tests.handlers.conftest import EAST, Stage
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE

H = timedelta(hours=1)


async def receipt(stage: Stage, session: Session) -> str:
    """Cancel and post the receipt as the relay does; return the action's id."""
    done = await stage.world.cancel(session)
    async with stage.store.read(WORKSPACE) as queries:
        viewer = await queries.people.viewer(ANNA)
        settings = await queries.workspace.settings()
    told = Receipt(
        viewer=viewer,
        settings=settings,
        sessions=done.sessions,
        now=stage.clock.now(),
        action_id=done.draft.action_id or "",
    )
    await stage.client.chat_postMessage(channel=ANNA, **render(told))
    return done.draft.action_id or ""


@pytest.fixture
async def booked(stage: Stage) -> Session:
    await stage.world.grant(ANNA)
    return await stage.world.book(48 * H)


async def said(anna: Person) -> str:
    await anna.refresh()
    return "\n".join(message.text for message in anna.messages if message.ephemeral)


async def test_undo_in_the_receipt_books_everything_again_and_a_second_press_says_the_same(
    stage: Stage, booked: Session
) -> None:
    await receipt(stage, booked)
    anna = stage.person()
    await anna.refresh()
    await anna.click("Undo")
    await stage.settled()
    assert (await stage.session(booked.id)).status is Status.SCHEDULED
    assert await stage.world.balance() == 900
    await anna.click("Undo")
    await stage.settled()
    assert (await said(anna)).count("Undone: 1 session is booked as before.") == 2
    assert await stage.world.balance() == 900


async def test_after_the_window_undo_says_why_and_how_to_go_on(stage: Stage, booked: Session) -> None:
    await receipt(stage, booked)
    anna = stage.person()
    await anna.refresh()
    stage.clock.advance(timedelta(seconds=61))
    await anna.click("Undo")
    await stage.settled()
    assert "The time to undo this is over. The sessions stay canceled; `/sessions book`" in await said(anna)
    assert (await stage.session(booked.id)).status is Status.CANCELED
    assert stage.counted == [("undo", "refused")]


async def test_spent_credits_close_undo(stage: Stage) -> None:
    await stage.world.grant(ANNA, 100)
    session = await stage.world.book(48 * H)
    await receipt(stage, session)
    await stage.world.book(72 * H)
    anna = stage.person()
    await anna.refresh()
    await anna.click("Undo")
    await stage.settled()
    assert "have been used for something else" in await said(anna)


async def test_the_result_offers_undo_with_its_end_and_shows_what_is_booked_again(
    stage: Stage, booked: Session
) -> None:
    anna = stage.person()
    await anna.command("/sessions cancel")
    await anna.tick("Coaching · Wed, Nov 18, 10:00 – 10:50 AM")
    await anna.submit()
    await anna.submit()
    assert anna.modal is not None
    assert "You can undo this until Mon, Nov 16, 10:01 AM; nobody else is told before then." in anna.modal.text
    await anna.click("Undo")
    assert anna.modal.title == "Undone"
    assert "1 session is booked as before" in anna.modal.text
    assert (await stage.session(booked.id)).status is Status.SCHEDULED


async def test_the_result_shows_why_it_is_too_late(stage: Stage, booked: Session) -> None:
    anna = stage.person()
    await anna.command("/sessions cancel")
    await anna.tick("Coaching · Wed, Nov 18, 10:00 – 10:50 AM")
    await anna.submit()
    await anna.submit()
    stage.clock.advance(timedelta(minutes=2))
    await anna.click("Undo")
    assert anna.modal is not None
    assert anna.modal.title == "Not undone"


async def test_a_stranger_cannot_undo(stage: Stage, booked: Session) -> None:
    await receipt(stage, booked)
    anna = stage.person()
    await anna.refresh()
    await anna.click("Undo")
    await stage.settled()
    done = await stage.world.cancel(await stage.session(booked.id))
    payload = stage.last_payload()
    payload["user"]["id"] = BORIS
    payload["actions"][0]["value"] = done.draft.action_id
    await stage.deliver(payload)
    await stage.settled()
    assert (await stage.session(booked.id)).status is Status.CANCELED


async def test_a_coach_undoes_from_the_result_what_they_canceled(stage: Stage, booked: Session) -> None:
    carla = stage.person(COACH)
    await carla.command("/sessions")
    await carla.choose("Cancel…", near="Anna Lee")
    assert carla.modal is not None
    assert "told at once" not in carla.modal.text
    await carla.submit()
    assert "You can undo this until Mon, Nov 16, 10:01 AM; nobody else is told before then." in carla.modal.text
    await carla.click("Undo")
    assert carla.modal.title == "Undone"
    assert "Anna Lee" in carla.modal.text
    assert (await stage.session(booked.id)).status is Status.SCHEDULED
    assert await stage.world.balance() == 900


async def test_a_coach_undoes_from_their_receipt_once_and_too_late_reads_why(stage: Stage, booked: Session) -> None:
    done = await stage.world.cancel(booked, who=COACH, hat=Hat.COACH)
    async with stage.store.read(WORKSPACE) as queries:
        viewer, settings = await queries.people.viewer(COACH), await queries.workspace.settings()
    told = OwnReceipt(
        viewer=viewer,
        settings=settings,
        sessions=done.sessions,
        now=stage.clock.now(),
        action_id=done.draft.action_id or "",
    )
    await stage.client.chat_postMessage(channel=COACH, **render(told))
    carla = stage.person(COACH)
    await carla.refresh()
    for _ in range(2):
        await carla.click("Undo")
        await stage.settled()
    assert (await said(carla)).count("Undone: 1 session is booked as before.") == 2
    assert (await stage.session(booked.id)).status is Status.SCHEDULED
    await stage.world.cancel(await stage.session(booked.id))
    await carla.click("Undo")
    await stage.settled()
    assert (await stage.session(booked.id)).status is Status.CANCELED


async def test_an_undone_receipt_offers_no_details_of_a_session_that_was_handed_over_since(
    stage: Stage, booked: Session
) -> None:
    kept = await stage.world.book(72 * H)
    done = await stage.world.cancel(booked, kept, who=COACH, hat=Hat.COACH)
    action_id = done.draft.action_id or ""
    await undo.undo(stage.store, stage.clock, undo.Undo(actor=Actor(WORKSPACE, COACH), action_id=action_id))
    given = Availability(time_zone=EAST, hours=parse_hours("Mon-Sun 9:00-17:00"), notice=H)
    await slots.save_hours(stage.store, Actor(WORKSPACE, OTHER_COACH), "hours", OTHER_COACH, given)
    await stage.world.hand_over(await stage.session(booked.id))
    sessions = [await stage.session(one.id) for one in (booked, kept)]
    assert [one.coach.id for one in sessions] == [OTHER_COACH, COACH]
    assert await opened_from(stage, COACH, sessions, action_id) == [kept.id]
    assert await opened_from(stage, ADMIN, sessions, action_id) == [booked.id, kept.id]


async def opened_from(stage: Stage, who: str, sessions: Sequence[Session], action_id: str) -> list[str]:
    """Return whose details the receipt of a canceler offers."""
    async with stage.store.read(WORKSPACE) as queries:
        viewer, settings = await queries.people.viewer(who), await queries.workspace.settings()
    now = stage.clock.now()
    told = OwnReceipt(viewer=viewer, settings=settings, sessions=sessions, now=now, action_id=action_id)
    buttons = [block["accessory"] for block in render(told)["blocks"] if "accessory" in block]
    return [one["value"] for one in buttons if one["action_id"] == Action.RECORD]


async def test_a_coach_reads_before_that_what_starts_within_the_hour_cannot_be_undone(
    stage: Stage, booked: Session
) -> None:
    stage.clock.set(booked.starts_at - H)
    carla = stage.person(COACH)
    await carla.command("/sessions")
    await carla.choose("Cancel…", near="Anna Lee")
    assert carla.modal is not None
    assert "It starts within the hour, so your client is told at once, and this cannot be undone." in carla.modal.text
    await carla.submit()
    assert carla.modal.title == "Sessions canceled"
    assert "Undo" not in carla.modal.text


async def test_a_dialog_that_promised_undo_comes_back_once_there_is_none_any_more(
    stage: Stage, booked: Session
) -> None:
    stage.clock.set(booked.starts_at - H - timedelta(minutes=1))
    carla = stage.person(COACH)
    await carla.command("/sessions")
    await carla.choose("Cancel…", near="Anna Lee")
    assert carla.modal is not None
    assert "told at once" not in carla.modal.text
    stage.clock.advance(timedelta(minutes=2))
    await carla.submit()
    assert "Something changed while this was open. Nothing has been canceled." in carla.modal.text
    assert "It starts within the hour, so your client is told at once, and this cannot be undone." in carla.modal.text
    assert (await stage.session(booked.id)).status is Status.SCHEDULED
    await carla.submit()
    assert carla.modal.title == "Sessions canceled"
    assert (await stage.session(booked.id)).status is Status.CANCELED


async def test_a_client_who_presses_cancel_meanwhile_reads_that_it_is_canceled(stage: Stage, booked: Session) -> None:
    anna = stage.person()
    await anna.command("/sessions")
    await stage.world.cancel(booked, who=COACH, hat=Hat.COACH)
    await anna.choose("Cancel…", near="Carla Coach")
    assert anna.modal is not None
    assert "It is canceled already." in anna.modal.text
    assert "Carla Coach" in anna.modal.text
