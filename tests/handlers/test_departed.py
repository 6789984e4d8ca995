"""A client asks for an exception whose coach has left: the admins read it and one of them decides."""

from datetime import timedelta

import pytest

from coaching.actions import retire, setup, upkeep
from coaching.sessions import Actor, Decision, Session
from coaching.workspace import Settings
from playground.person import Person
from tests.handlers.conftest import Stage
from tests.handlers.test_exceptions import CHANNEL, ask, canceled, decision, deliver, last, shown
from tests.support.channel_times import in_channel
from tests.support.world import ADMIN, ANNA, BORIS, COACH, WORKSPACE

H = timedelta(hours=1)


@pytest.fixture
async def late(stage: Stage) -> Session:
    """A session of Anna's with Carla whose free cancellation is over; Boris is an admin too."""
    await stage.world.settings(Settings())
    await stage.world.grant(ANNA)
    async with stage.store.write(WORKSPACE) as uow:
        await uow.people.save_admins([BORIS])
        await uow.commit()
    booked = await stage.world.book(26 * H)
    stage.clock.advance(24 * H)
    return booked


async def request(admin: Person) -> str:
    """The message that asks an admin to decide."""
    await admin.refresh()
    return next(message.text for message in await admin.dms() if "asks for an exception" in message.text)


async def removed(stage: Stage) -> None:
    """Ada takes Carla off the list."""
    command = retire.Retire(actor=Actor(WORKSPACE, ADMIN), request_key="off", coach_id=COACH, cancel=False)
    await retire.retire(stage.store, stage.clock, command)


async def left_slack(stage: Stage) -> None:
    """Slack says that Carla's account is gone."""
    assert await retire.left(stage.store, stage.clock, WORKSPACE, COACH)


@pytest.mark.parametrize("leaves", [removed, left_slack])
async def test_the_admins_are_asked_where_the_coach_has_left_and_the_dialog_says_so(
    stage: Stage, late: Session, leaves: object
) -> None:
    await canceled(stage, [late])
    await leaves(stage)  # type: ignore[operator]
    anna, ada, boris, carla = stage.person(), stage.person(ADMIN), stage.person(BORIS), stage.person(COACH)
    await anna.refresh()
    await anna.click("Ask for an exception", on="dm")
    assert "Carla Coach no longer coaches here; an admin decides, until Fri, Nov 20" in shown(anna)
    await anna.fill("What should the admin know?", "I was ill")
    await anna.submit()
    assert "An admin, in Carla Coach's place, can decide until Fri, Nov 20" in shown(anna)
    await anna.close()
    await deliver(stage)
    for admin in (ada, boris):
        told = await request(admin)
        assert "Anna Lee asks for an exception\n1 session with Carla Coach was canceled late" in told
        assert "I was ill" in told
        assert "Please decide by Fri, Nov 20" in told
        assert "Carla Coach no longer coaches here: each admin gets this, and whoever is first decides." in told
    assert not any("asks for an exception" in message.text for message in await carla.channel(CHANNEL))

    await boris.refresh()
    await boris.click("Refund anyway", near="asks for an exception", on="dm", confirm=True)
    await stage.settled()
    assert await decision(stage, late) is Decision.REFUNDED
    await deliver(stage)
    for admin in (ada, boris):
        told = await request(admin)
        assert "refunded anyway by" in told
        assert "Decide…" not in told
    assert "Good news" in await last(anna)
    receipt = next(m.text for m in await anna.dms() if "You canceled 1 session" in m.text)
    assert "You asked for an exception on" in receipt
    await anna.command("/sessions past")
    await anna.choose("Details", near="Session Canceled")
    assert "you asked for an exception" in shown(anna)


@pytest.mark.parametrize("leaves", [removed, left_slack])
async def test_what_waits_for_a_coach_who_leaves_is_handed_to_the_admins(
    stage: Stage, late: Session, leaves: object
) -> None:
    await ask(stage, await canceled(stage, [late]))
    anna, ada, carla = stage.person(), stage.person(ADMIN), stage.person(COACH)
    assert "Please decide by" in await last(carla, CHANNEL)
    await leaves(stage)  # type: ignore[operator]
    for _, job in upkeep.JOBS:
        await upkeep.run(stage.store, stage.clock, job)
    await deliver(stage)
    told = [message for message in await carla.channel(CHANNEL) if "asks for an exception" in message.text]
    assert f"An admin, in your place, can decide until {in_channel('Fri, Nov 20, 10:01 AM')}" in told[0].text
    assert "Decide…" not in told[0].text
    receipt = next(m.text for m in await anna.dms() if "You canceled 1 session" in m.text)
    assert "An admin, in Carla Coach's place, can decide until Fri, Nov 20" in receipt
    assert "asks for an exception\n1 session with Carla Coach" in await request(ada)
    await ada.refresh()
    await ada.click("Keep", near="asks for an exception", on="dm", confirm=True)
    await stage.settled()
    assert await decision(stage, late) is Decision.KEPT


async def back_on_the_list(stage: Stage) -> None:
    """Ada adds Carla again."""
    await setup.save_coach(stage.store, stage.clock, Actor(WORKSPACE, ADMIN), "on", COACH, "C0COACH")


async def back_in_slack(stage: Stage) -> None:
    """Slack says that Carla's account works again."""
    await retire.returned(stage.store, stage.clock, WORKSPACE, COACH)


@pytest.mark.parametrize(("leaves", "returns"), [(removed, back_on_the_list), (left_slack, back_in_slack)])
async def test_an_alert_that_is_out_says_who_decides_now(
    stage: Stage, late: Session, leaves: object, returns: object
) -> None:
    await canceled(stage, [late])
    anna, carla = stage.person(), stage.person(COACH)

    async def alert() -> tuple[str, bool]:
        await deliver(stage)
        [message] = [message for message in await carla.channel(CHANNEL) if "canceled 1 session" in message.text]
        return message.text, "late_refund" in str(message.blocks)

    text, can_press = await alert()
    assert "1 session canceled late: you decide whether what was kept goes back." in text
    assert can_press
    assert "The coach or an admin can still return" in await last(anna)
    await leaves(stage)  # type: ignore[operator]
    text, can_press = await alert()
    assert "1 session canceled late: an admin decides whether what was kept goes back." in text
    assert not can_press
    receipt = next(m.text for m in await anna.dms() if "You canceled 1 session" in m.text)
    assert "An admin can still return" in receipt
    await returns(stage)  # type: ignore[operator]
    text, can_press = await alert()
    assert "you decide whether" in text
    assert can_press


async def test_a_client_who_is_an_admin_does_not_decide_about_themselves(stage: Stage, late: Session) -> None:
    await removed(stage)
    async with stage.store.write(WORKSPACE) as uow:
        await uow.people.save_admins([ANNA])
        await uow.commit()
    await ask(stage, await canceled(stage, [late]))
    assert "asks for an exception" in await request(stage.person(ADMIN))
    anna = stage.person()
    await anna.refresh()
    assert not any("asks for an exception" in message.text for message in await anna.dms())


async def test_whom_a_client_asks_about_a_session_whose_coach_has_left(stage: Stage, late: Session) -> None:
    anna = stage.person()
    await removed(stage)
    await anna.command("/sessions")
    await anna.choose("Details", near="Coaching")
    assert "Ask a workspace admin" in shown(anna) or "ask a workspace admin" in shown(anna)
    assert "ask Carla Coach" not in shown(anna)
