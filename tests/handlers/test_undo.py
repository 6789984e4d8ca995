"""Undo, from the receipt and from the result on the screen."""

from datetime import timedelta

import pytest

from coaching.news.cancellations import Receipt
from coaching.sessions import Session, Status
from handlers.views.news import render
from playground.person import Person
from tests.handlers.conftest import Stage
from tests.support.world import ANNA, BORIS, WORKSPACE

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
