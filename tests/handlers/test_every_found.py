"""Everybody's sessions: the ways between their pages, the dialog that finds them, and Home behind them."""

from datetime import timedelta

import pytest

from coaching.every import Sought
from coaching.sessions import Session
from handlers.sought import placed
from playground.person import Person
from tests.handlers.canceling import shown
from tests.handlers.conftest import Stage
from tests.support.world import ADMIN, ANNA, COACH, OTHER_COACH, WORKSPACE

DAY = timedelta(days=1)
PAT = "mail:pat@example.com"


@pytest.fixture
async def booked(stage: Stage) -> Session:
    """Anna's session with Carla in two days; Carla and Otto give hours."""
    await stage.world.open(COACH)
    await stage.world.open(OTHER_COACH)
    await stage.world.grant(ANNA)
    return await stage.world.book(2 * DAY)


async def opened(stage: Stage) -> Person:
    ada = stage.person(ADMIN)
    await ada.command("/sessions all")
    return ada


def buttons(person: Person) -> list[str]:
    assert person.modal is not None
    return person.modal.buttons


async def test_from_an_earlier_page_with_nothing_on_it_one_comes_back(stage: Stage, booked: Session) -> None:
    ada = await opened(stage)
    await ada.click("‹ Earlier")
    assert "No session was found here." in shown(ada)
    assert "‹ Earlier" not in buttons(ada)
    await ada.click("Later ›")
    assert "Client: Anna Lee" in shown(ada)
    assert booked


async def test_from_a_later_page_with_nothing_left_on_it_one_comes_back(stage: Stage, booked: Session) -> None:
    await stage.world.grant(ANNA, 5000)
    last = [await stage.world.book((n + 3) * DAY) for n in range(10)][-1]
    ada = await opened(stage)
    await ada.click("Find…")
    await ada.choose("Scheduled", near="State")
    await ada.submit()
    await stage.world.cancel(last)
    await ada.click("Later ›")
    assert "No session was found here." in shown(ada)
    assert "Later ›" not in buttons(ada)
    await ada.click("‹ Earlier")
    assert shown(ada).count("Client: Anna Lee") == 10
    assert booked


async def test_where_nothing_is_ahead_the_list_says_where_the_earlier_ones_are(stage: Stage, booked: Session) -> None:
    stage.clock.advance(9 * DAY)
    ada = await opened(stage)
    assert "No session was found from today on; Earlier shows the ones before." in shown(ada)
    await ada.click("‹ Earlier")
    assert "Client: Anna Lee" in shown(ada)
    assert booked


async def test_where_the_last_day_is_past_and_nothing_is_found_no_way_leads_nowhere(
    stage: Stage, booked: Session
) -> None:
    ada = await opened(stage)
    await ada.click("Find…")
    await ada.fill("Until", "2026-11-01")
    await ada.submit()
    assert "No session was found here." in shown(ada)
    assert not {"‹ Earlier", "Later ›"} & set(buttons(ada))
    assert booked


async def test_somebody_who_is_not_in_slack_stays_sought_until_another_person_is_chosen(
    stage: Stage, booked: Session
) -> None:
    await stage.world.book(4 * DAY, coach=PAT)
    async with stage.store.write(WORKSPACE) as uow:
        await uow.coaches.save(PAT, None)
        await uow.commit()
    ada = await opened(stage)
    await ada.click("‹ Earlier")
    payload = stage.last_payload()
    payload["actions"][0]["value"] = placed(Sought(coach_id=PAT))
    payload["view"].pop("hash", None)
    await stage.deliver(payload)
    await ada.refresh()
    assert "Coach: pat@example.com" in shown(ada)
    await ada.click("Find…")
    assert "Somebody who is not in Slack stays chosen until you choose another person." in shown(ada)
    await ada.choose("Scheduled", near="State")
    await ada.submit()
    assert "Coach: pat@example.com" in shown(ada)
    assert shown(ada).count("Client: Anna Lee") == 1
    await ada.click("Find…")
    await ada.fill("Coach", COACH)
    await ada.submit()
    assert "Coach: Carla Coach" in shown(ada)
    assert booked


@pytest.mark.parametrize("way", ["book", "cancel"])
async def test_home_shows_what_was_changed_in_every_session_opened_from_it(
    stage: Stage, booked: Session, way: str
) -> None:
    ada = stage.person(ADMIN)
    await ada.home()
    await ada.click("Every session…")
    if way == "book":
        await ada.click("Find…")
        await ada.fill("Client", ANNA)
        await ada.submit()
        await ada.click("Book for them…")
        await ada.choose("Carla Coach")
        await ada.choose("1:00 – 1:50 PM")
    else:
        await stage.world.grant(COACH)
        await stage.world.book(5 * DAY, client=COACH, coach=OTHER_COACH)
        await ada.click("Find…")
        await ada.fill("Coach", COACH)
        await ada.submit()
        await ada.click("Sessions they take")
        await ada.choose("Cancel…", near="Otto Other", index=0)
    await stage.settled()
    published = stage.calls("views.publish")
    await ada.submit()
    await stage.settled()
    assert stage.calls("views.publish") == published + 1
    assert booked
