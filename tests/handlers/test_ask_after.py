"""A client asks after a Keep, as client and coach click it: from the decision, the list and the details; kept or returned."""

import pytest

from coaching.actions import requests, retire, upkeep
from coaching.sessions import Actor, Session
from coaching.workspace import Settings
from tests.handlers.conftest import Stage
from tests.handlers.test_exceptions import CHANNEL, DAY, H, canceled, deliver, last, shown, whispers
from tests.support.channel_times import in_channel
from tests.support.world import ADMIN, ANNA, COACH, WORKSPACE


@pytest.fixture
async def kept(stage: Stage) -> Session:
    """A late cancellation of Anna's whose credits Carla kept, and everybody knows."""
    await stage.world.settings(Settings(support_contact="help@example.com"))
    await stage.world.grant(ANNA)
    session = await stage.world.book(26 * H)
    stage.clock.advance(24 * H)
    await canceled(stage, [session])
    carla = stage.person(COACH)
    await carla.refresh()
    await carla.click("Keep", on=CHANNEL, confirm=True)
    await deliver(stage)
    stage.clock.advance(H)
    return session


async def ask_from_decision(stage: Stage) -> None:
    anna = stage.person()
    await anna.refresh()
    await anna.click("Ask for an exception", near="the credits are kept", on="dm")
    assert "Carla Coach can decide until Fri, Nov 20, 11:01 AM." in shown(anna)
    assert "If nobody decides by then, it stays as it was decided." in shown(anna)
    await anna.fill("What should the coach know?", "I was ill")
    await anna.submit()
    assert "You asked for an exception on" in shown(anna)
    await deliver(stage)


async def test_the_coach_reads_the_request_and_keeps(stage: Stage, kept: Session) -> None:
    await ask_from_decision(stage)
    carla, anna = stage.person(COACH), stage.person()
    text = await last(carla, CHANNEL)
    assert "Anna Lee asks for an exception\n1 session was canceled late" in text
    assert "kept by Carla Coach" in text
    assert "I was ill" in text
    until = in_channel("Fri, Nov 20, 11:01 AM")
    assert f"Please decide by {until}. If nobody decides by then, it stays as it was decided." in text
    await carla.click("Keep", near="asks for an exception", on=CHANNEL, confirm=True)
    await stage.settled()
    assert "Kept as it was decided: Coaching with Anna Lee. We tell Anna Lee." in await whispers(carla)
    await deliver(stage)
    assert "This is decided. The client is told." in await last(carla, CHANNEL)
    told = await last(anna)
    assert "You asked for an exception about your late cancellation: what was decided stays" in told
    assert "help@example.com" in told
    assert "Ask for an exception" not in "\n".join(m.text for m in await anna.dms())
    await anna.command("/sessions past")
    await anna.choose("Details", near="Session Canceled")
    assert "request answered by Carla Coach (coach): it stays as it was decided" in shown(anna)
    assert anna.modal is not None
    assert "Ask for an exception" not in anna.modal.buttons
    assert await stage.world.balance() == 900


async def test_the_request_leads_to_the_return(stage: Stage, kept: Session) -> None:
    await ask_from_decision(stage)
    carla, anna = stage.person(COACH), stage.person()
    await carla.refresh()
    await carla.click("Return credits…", near="asks for an exception", on=CHANNEL)
    assert "I was ill" in shown(carla)
    assert "Keep the credits" not in shown(carla)
    await carla.submit()
    assert "Refunded anyway" in shown(carla)
    await deliver(stage)
    assert "Good news: what had been kept came back" in await last(anna)
    assert "This is decided. The client is told." in await last(carla, CHANNEL)
    assert await stage.world.balance() == 1000
    await carla.close()
    ada = stage.person(ADMIN)
    await ada.command("/sessions for @anna")
    await ada.click("Past")
    await ada.choose("Details", near="Session Canceled")
    assert "Return credits…" not in (ada.modal.buttons if ada.modal else [])


async def test_the_past_list_and_the_details_offer_it_and_the_record_answers(stage: Stage, kept: Session) -> None:
    anna, ada = stage.person(), stage.person(ADMIN)
    await anna.command("/sessions past")
    await anna.choose("Ask for an exception", near="Session Canceled")
    assert "it stays as it was decided" in shown(anna)
    await anna.close()
    await anna.choose("Details", near="Session Canceled")
    await anna.click("Ask for an exception")
    await anna.submit()
    await stage.settled()
    await anna.close()
    assert "Carla Coach can decide until" in shown(anna)
    assert "Ask for an exception" not in (anna.modal.buttons if anna.modal else [])
    await anna.command("/sessions past")
    assert "exception asked, decided by" in shown(anna)
    await deliver(stage)
    await ada.refresh()
    await ada.click("Details", near="asks for an exception", on=CHANNEL)
    await ada.click("Keep", confirm=True)
    assert "request answered by you: it stays as it was decided" in shown(ada)
    assert "Return credits…" in (ada.modal.buttons if ada.modal else [])


async def test_the_deadline_says_that_it_stays(stage: Stage, kept: Session) -> None:
    await ask_from_decision(stage)
    stage.clock.advance(4 * DAY)
    assert await upkeep.run(stage.store, stage.clock, requests.decide_overdue) == 1
    await deliver(stage)
    carla, anna = stage.person(COACH), stage.person()
    assert "what was decided stays" in await last(anna)
    await carla.refresh()
    await carla.click("Details", near="asks for an exception", on=CHANNEL)
    assert "nobody answered the request in time: it stays as it was decided" in shown(carla)
    assert await stage.world.balance() == 900


async def test_an_answer_pressed_twice_is_one(stage: Stage, kept: Session) -> None:
    await ask_from_decision(stage)
    carla = stage.person(COACH)
    await carla.refresh()
    await carla.click("Keep", near="asks for an exception", on=CHANNEL, confirm=True)
    await stage.settled()
    await stage.deliver(stage.last_payload())
    await stage.settled()
    assert "kept, as Carla Coach had decided already." in await whispers(carla)
    payload = stage.last_payload()
    payload["user"]["id"] = ANNA
    await stage.deliver(payload)
    assert ("decide", "refused") in stage.counted
    assert await stage.world.balance() == 900


async def test_where_the_coach_has_left_an_admin_answers(stage: Stage, kept: Session) -> None:
    command = retire.Retire(actor=Actor(WORKSPACE, ADMIN), request_key="off", coach_id=COACH, cancel=False)
    await retire.retire(stage.store, stage.clock, command)
    anna, ada = stage.person(), stage.person(ADMIN)
    await anna.refresh()
    await anna.click("Ask for an exception", near="the credits are kept", on="dm")
    assert "Carla Coach no longer coaches here; an admin decides, until" in shown(anna)
    assert "If nobody decides by then, it stays as it was decided." in shown(anna)
    await anna.submit()
    await deliver(stage)
    await ada.refresh()
    await ada.click("Return credits…", near="asks for an exception", on="dm")
    await ada.submit()
    assert "Refunded anyway" in shown(ada)
    await deliver(stage)
    assert "Good news: what had been kept came back" in await last(anna)
    assert await stage.world.balance() == 1000
