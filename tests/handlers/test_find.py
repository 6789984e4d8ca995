"""The list by month and narrowed down: through signed HTTP and the playground."""

from datetime import timedelta

import pytest

from handlers.ids import Action
from playground.person import Person
from tests.handlers.canceling import shown, title
from tests.handlers.conftest import Stage
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH

DAY = timedelta(days=1)


@pytest.fixture
async def anna(stage: Stage) -> Person:
    """Anna, with twelve sessions four days apart from November 20 on, and her list open."""
    await stage.world.grant(ANNA, 5000)
    for n in range(10):
        await stage.world.book((n + 1) * 4 * DAY)
    for n in range(2):
        await stage.world.book((n + 1) * 4 * DAY + DAY, coach=OTHER_COACH, session_type="Writing")
    person = stage.person()
    await person.command("/sessions")
    return person


async def test_the_list_goes_from_month_to_month(anna: Person) -> None:
    assert "1–10 of 12" in shown(anna)
    await anna.click("By month")
    assert "November 2026" in shown(anna)
    assert "Dec" not in shown(anna).replace("December 2026", "")
    assert "‹ October 2026" not in _buttons(anna)
    await anna.click("December 2026 ›")
    assert "Nov" not in shown(anna).replace("November 2026", "")
    assert "Tue, Dec 22" in shown(anna)
    await anna.click("January 2027 ›")
    assert "January 2027" in shown(anna)
    await anna.click("‹ December 2026")
    await anna.click("Show all")
    assert "1–10 of 12" in shown(anna)
    assert len(anna.modals) == 1


async def test_past_sessions_go_back_from_month_to_month(stage: Stage, anna: Person) -> None:
    stage.clock.advance(60 * DAY)
    await anna.click("Past")
    await anna.click("By month")
    assert "December 2026" in shown(anna)
    await anna.click("‹ November 2026")
    assert "Fri, Nov 20" in shown(anna)
    await anna.click("Upcoming")
    assert "November 2026" not in shown(anna)


async def test_finding_narrows_the_list_beneath_down(anna: Person) -> None:
    await anna.click("Find…")
    assert [view.title for view in anna.modals] == ["Your sessions", "Find sessions"]
    await anna.choose("Otto Other", near="Coach")
    await anna.submit()
    assert [view.title for view in anna.modals] == ["Your sessions"]
    assert shown(anna).count("Writing with Otto Other") == 2
    assert "Carla" not in shown(anna)
    await anna.click("Find…")
    await anna.fill("Search", "CARLA coaching")
    await anna.submit()  # with Otto still chosen, nothing is both
    assert "Show all" in _buttons(anna)
    assert "with Carla" not in shown(anna)
    assert "Nothing was found. Press Show all, or Find… to look for something else." in shown(anna)
    await anna.click("Show all")
    assert "with Carla" in shown(anna)


async def test_a_coach_finds_by_client_and_an_admin_for_somebody(stage: Stage, anna: Person) -> None:
    await stage.world.grant(BORIS, 500)
    await stage.world.book(50 * DAY, client=BORIS)
    carla, ada = stage.person(COACH), stage.person(ADMIN)
    await carla.command("/sessions")
    await carla.click("Find…")
    await carla.choose("Boris Novak", near="Client")
    await carla.submit()
    assert "Boris Novak" in shown(carla)
    assert "Anna Lee" not in shown(carla)
    await ada.command("/sessions for @anna")
    await ada.click("Find…")
    await ada.fill("Search", "writing")
    await ada.submit()
    assert title(ada) == "Acting for Anna Lee"
    assert shown(ada).count("Writing with Otto Other") == 2


@pytest.mark.parametrize(("value", "who"), [("2026-13", ANNA), ("2026-12", BORIS)])
async def test_an_odd_month_or_somebody_elses_list_shows_nothing(
    stage: Stage, anna: Person, value: str, who: str
) -> None:
    await anna.click("By month")
    payload = stage.last_payload()
    payload["trigger_id"] = "1.2.odd"
    payload["actions"][0]["value"], payload["user"]["id"] = value, who
    await stage.deliver(payload)
    await stage.settled()
    await anna.refresh()
    assert title(anna) == "Sorry"
    assert "December" not in shown(anna)


async def test_a_small_list_has_nothing_to_find(stage: Stage) -> None:
    await stage.world.grant(BORIS)
    await stage.world.book(2 * DAY, client=BORIS)
    boris = stage.person(BORIS)
    await boris.command("/sessions")
    assert "Find…" not in _buttons(boris)
    assert "By month" not in _buttons(boris)


async def test_details_have_the_menu_of_their_row(stage: Stage) -> None:
    await stage.world.grant(ANNA)
    await stage.world.book(2 * DAY)
    anna = stage.person()
    await anna.command("/sessions")
    await anna.choose("Details")
    await anna.choose("Cancel…", action_id=Action.SESSION_MENU)
    assert title(anna) == "Confirm cancellation?"


async def test_an_outcome_from_the_menu_in_the_record_shows_the_record_again(stage: Stage) -> None:
    await stage.world.grant(ANNA)
    session = await stage.world.book(2 * DAY)
    stage.clock.set(session.ends_at + timedelta(minutes=1))
    carla = stage.person(COACH)
    await carla.command("/sessions")
    await carla.click("Past")
    await carla.choose("Details")
    await carla.choose("Completed", action_id=Action.SESSION_MENU)
    assert title(carla) == "Session details"
    assert "Completed" in shown(carla)
    found = await stage.session(session.id)
    assert str(found.status) == "completed"


def _buttons(person: Person) -> list[str]:
    assert person.modal is not None
    return person.modal.buttons
