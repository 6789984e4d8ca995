"""Everybody's sessions, for admins: found, paged, and changed in their coaches' place."""

import json
from datetime import timedelta

import pytest

from coaching.actions import slots
from coaching.availability import Availability, parse_hours
from coaching.errors import NotYours
from coaching.sessions import EVERYBODY, Actor, Hat, Session, Status
from playground.person import Person
from tests.handlers.canceling import shown, title
from tests.handlers.conftest import EAST, Stage
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE
from tests.words import pseudo

H = timedelta(hours=1)
DAY = 24 * H


async def hours(stage: Stage, coach: str) -> None:
    given = Availability(time_zone=EAST, hours=parse_hours("Mon-Sun 9:00-17:00"), notice=H)
    await slots.save_hours(stage.store, Actor(WORKSPACE, coach), f"hours:{coach}", coach, given)


@pytest.fixture
async def booked(stage: Stage) -> list[Session]:
    """Two sessions with Carla, of Anna and Boris, and one of Anna's with Otto, at ten on three days."""
    await hours(stage, COACH)
    await hours(stage, OTHER_COACH)
    await stage.world.grant(ANNA)
    await stage.world.grant(BORIS)
    pairs = ((2, ANNA, COACH), (3, BORIS, COACH), (4, ANNA, OTHER_COACH))
    return [await stage.world.book(n * DAY, client=client, coach=coach) for n, client, coach in pairs]


async def opened(stage: Stage) -> Person:
    """The admin, with the list open."""
    ada = stage.person(ADMIN)
    await ada.command("/sessions all")
    return ada


async def test_an_admin_sees_everybodys_sessions_with_both_people(stage: Stage, booked: list[Session]) -> None:
    ada = await opened(stage)
    assert title(ada) == "Every session"
    assert "You act as an admin" in shown(ada)
    assert shown(ada).count("Coaching with Carla Coach") == 2
    assert "Coaching with Otto Other" in shown(ada)
    assert "Client: Boris Novak" in shown(ada)
    assert booked


@pytest.mark.parametrize("button", ["home", "setup"])
async def test_home_and_set_up_lead_to_every_session(stage: Stage, booked: list[Session], button: str) -> None:
    ada = stage.person(ADMIN)
    if button == "home":
        await ada.home()
    else:
        await ada.command("/sessions setup")
    await ada.click("Every session…")
    assert "Client: Boris Novak" in shown(ada)
    assert booked


@pytest.mark.parametrize("who", [ANNA, COACH])
async def test_nobody_else_sees_it(stage: Stage, booked: list[Session], who: str) -> None:
    person = stage.person(who)
    await person.command("/sessions all")
    assert person.modal is None
    assert stage.logged("refused")["kind"] == "AdminsOnly"
    assert booked


async def test_it_is_found_by_coach_client_day_and_state(stage: Stage, booked: list[Session]) -> None:
    await stage.world.cancel(booked[1], who=BORIS)
    ada = await opened(stage)
    await ada.click("Find…")
    await ada.fill("Coach", OTHER_COACH)
    await ada.submit()
    assert shown(ada).count("Coaching with") == 1
    assert "Coach: Otto Other" in shown(ada)
    await ada.click("Show all")
    assert shown(ada).count("Coaching with") == 3
    await ada.click("Find…")
    await ada.choose("Canceled", near="State")
    await ada.submit()
    assert "State: Canceled" in shown(ada)
    assert shown(ada).count("Coaching with") == 1
    assert "Client: Boris Novak" in shown(ada)


async def test_pages_continue_from_where_the_last_one_ended_in_both_directions(stage: Stage) -> None:
    await stage.world.grant(ANNA, 5000)
    for n in range(23):
        await stage.world.book((n + 1) * DAY)
    stage.clock.advance(3 * DAY + H)
    ada = await opened(stage)
    assert "Thu, Nov 19" in shown(ada) or "Today" in shown(ada)
    await ada.click("Later ›")
    await ada.click("Later ›")
    assert "Later ›" not in buttons(ada)
    last = shown(ada)
    await ada.click("‹ Earlier")
    assert shown(ada) != last
    await ada.click("‹ Earlier")
    await ada.click("‹ Earlier")
    assert "Tue, Nov 17" in shown(ada)
    assert "‹ Earlier" not in buttons(ada)
    assert len(ada.modals) == 1


async def test_an_admin_cancels_late_in_the_coachs_place_and_it_is_theirs_everywhere(
    stage: Stage, booked: list[Session]
) -> None:
    stage.clock.advance(40 * H)  # eight hours before the first one
    before = await stage.world.balance()
    ada = await opened(stage)
    await ada.choose("Cancel…", near="Client: Anna Lee", index=0)
    assert title(ada) == "Confirm cancellation?"
    assert "Return everything" in shown(ada)
    assert "The client gets back all they paid, late or not" in shown(ada)
    await ada.submit()
    assert "1 session canceled" in shown(ada)
    assert "We tell Anna Lee and Carla Coach." in shown(ada)
    after = await stage.session(booked[0].id)
    assert after.cancellation is not None
    assert (after.cancellation.by.id, after.cancellation.role) == (ADMIN, Hat.ADMIN)
    assert await stage.world.balance() == before + 100
    await ada.click("Undo")
    assert (await stage.session(booked[0].id)).status is Status.SCHEDULED


async def test_what_an_admin_keeps_in_the_coachs_place_is_decided_and_can_be_undone(
    stage: Stage, booked: list[Session]
) -> None:
    stage.clock.advance(40 * H)
    before = await stage.world.balance()
    ada = await opened(stage)
    await ada.choose("Cancel…", near="Client: Anna Lee", index=0)
    await ada.choose("Keep what the policy keeps")
    await ada.submit()
    after = await stage.session(booked[0].id)
    assert after.cancellation is not None
    assert str(after.cancellation.decision) == "kept"
    assert not after.cancellation.decided_since
    assert await stage.world.balance() == before
    await ada.click("Undo")
    assert (await stage.session(booked[0].id)).status is Status.SCHEDULED


async def test_an_admin_moves_in_the_coachs_place_without_spending_the_clients_moves(
    stage: Stage, booked: list[Session]
) -> None:
    ada = await opened(stage)
    await ada.choose("Reschedule…", near="Client: Anna Lee", index=0)
    await ada.choose("Sat, Nov 21")
    await ada.choose("9:00 – 9:50 AM")
    await ada.submit()
    assert "no move is counted as theirs" in shown(ada)
    await ada.submit()
    assert "We tell Anna Lee and Carla Coach" in shown(ada)
    after = await stage.session(booked[0].id)
    assert after.starts_at != booked[0].starts_at
    assert after.reschedules == 0
    anna = stage.person()
    await anna.command("/sessions")
    await anna.choose("Details", near="Next session")
    assert after.version == booked[0].version + 1


async def test_many_of_several_clients_and_coaches_are_canceled_at_once(stage: Stage, booked: list[Session]) -> None:
    ada = await opened(stage)
    await ada.click("Update several…")
    assert "Boris Novak · Carla Coach" in offered(ada)
    await ada.click("Pick all") if "Pick all" in buttons(ada) else await ada.tick(
        *(f"Coaching · {day}, 10:00 – 10:50 AM" for day in ("Wed, Nov 18", "Thu, Nov 19", "Fri, Nov 20"))
    )
    await ada.submit()
    assert "The clients will see it." in str(ada.modal.blocks if ada.modal else "")
    await ada.submit()
    assert "3 sessions canceled" in shown(ada)
    assert {(await stage.session(one.id)).status for one in booked} == {Status.CANCELED}


async def test_only_what_is_sought_is_offered_to_update(stage: Stage, booked: list[Session]) -> None:
    ada = await opened(stage)
    await ada.click("Find…")
    await ada.fill("Client", BORIS)
    await ada.submit()
    await ada.click("Update several…")
    assert "Boris Novak" in offered(ada)
    assert "Anna Lee" not in offered(ada)
    assert booked


async def test_an_admin_hands_over_and_sets_a_link_from_the_list(stage: Stage, booked: list[Session]) -> None:
    ada = await opened(stage)
    await ada.choose("Hand over…", near="Client: Boris Novak")
    await ada.choose("Otto Other")
    await ada.submit()
    await ada.submit()
    assert (await stage.session(booked[1].id)).coach.id == OTHER_COACH
    await ada.command("/sessions all")
    await ada.choose("Meeting link…", near="Client: Boris Novak")
    await ada.fill("Link", "https://meet.example.com/room")
    await ada.submit()
    assert (await stage.session(booked[1].id)).meeting_link == "https://meet.example.com/room"


async def test_a_record_from_the_list_stays_under_the_coachs_rules_after_its_link_was_set(
    stage: Stage, booked: list[Session]
) -> None:
    stage.clock.advance(40 * H)
    before = await stage.world.balance()
    ada = await opened(stage)
    await ada.choose("Details", near="Client: Anna Lee", index=0)
    await ada.click("Meeting link…")
    await ada.fill("Link", "https://meet.example.com/room")
    await ada.submit()
    assert title(ada) == "Session details"
    await ada.choose("Cancel…")
    assert "Return everything" in shown(ada)
    await ada.submit()
    assert (await stage.session(booked[0].id)).cancellation is not None
    assert await stage.world.balance() == before + 100


async def test_a_record_from_the_list_stays_one_of_everybodys_after_a_decision(
    stage: Stage, booked: list[Session]
) -> None:
    stage.clock.advance(40 * H)
    await stage.world.cancel(booked[0], who=ANNA)
    stage.clock.advance(H)
    ada = await opened(stage)
    await ada.choose("Details", near="Client: Anna Lee", index=0)
    await ada.click("Decide…")
    await ada.submit()
    await stage.settled()
    await ada.close()
    assert title(ada) == "Session details"
    assert of_everybody(ada)


async def test_a_record_from_the_list_stays_one_of_everybodys_after_a_no_show(
    stage: Stage, booked: list[Session]
) -> None:
    stage.clock.advance(2 * DAY + 2 * H)
    ada = await opened(stage)
    await ada.choose("No-show…", near="Client: Anna Lee", index=0)
    await ada.submit()
    assert (await stage.session(booked[0].id)).status is Status.NO_SHOW
    assert title(ada) == "Session details"
    assert of_everybody(ada)


async def test_an_admin_only_looks_at_what_they_take_themselves(stage: Stage, booked: list[Session]) -> None:
    await stage.world.grant(ADMIN)
    own = await stage.world.book(5 * DAY, client=ADMIN)
    ada = await opened(stage)
    assert "Client: Ada Admin" in shown(ada)
    assert offered(ada).count(f":{own.id}'") == 1  # its details
    await ada.click("Update several…")
    assert own.id not in offered(ada)
    with pytest.raises(NotYours):
        await stage.world.quote(own, who=ADMIN, hat=Hat.ADMIN, subject=EVERYBODY)
    assert booked


async def test_nothing_is_booked_for_everybody(stage: Stage, booked: list[Session]) -> None:
    with pytest.raises(NotYours):
        await slots.open_booking(stage.store, stage.clock, Actor(WORKSPACE, ADMIN), hat=Hat.ADMIN, subject_id=EVERYBODY)
    assert booked


async def test_for_a_coach_knows_both_hats(stage: Stage, booked: list[Session]) -> None:
    ada = stage.person(ADMIN)
    await ada.command("/sessions for @carla")
    assert title(ada) == "Every session"
    assert "Coach: Carla Coach" in shown(ada)
    assert shown(ada).count("Coaching with Carla Coach") == 2
    assert "Otto" not in shown(ada)
    await ada.click("Sessions they take")
    assert title(ada).startswith("Acting for Carla")
    await stage.world.grant(COACH)
    await stage.world.book(6 * DAY, client=COACH, coach=OTHER_COACH)
    await ada.command("/sessions for @carla")
    assert title(ada).startswith("Acting for Carla")
    await ada.click("Sessions they give")
    assert shown(ada).count("Coaching with Carla Coach") == 2
    assert booked


async def test_an_admin_books_for_the_client_they_found_with_any_coach(stage: Stage, booked: list[Session]) -> None:
    ada = await opened(stage)
    await ada.click("Find…")
    await ada.fill("Client", BORIS)
    await ada.submit()
    await ada.click("Book for them…")
    assert "Boris Novak" in shown(ada)
    assert "Otto Other" in offered(ada)
    assert booked


def offered(person: Person) -> str:
    """All that a view holds, descriptions of options included."""
    assert person.modal is not None
    return str(pseudo.unmarked(person.modal.blocks))


def buttons(person: Person) -> list[str]:
    assert person.modal is not None
    return person.modal.buttons


def of_everybody(person: Person) -> bool:
    """Whether what is done in the open view is done among everybody's sessions."""
    assert person.modal is not None
    return json.loads(person.modal.data["private_metadata"])["subject"] == EVERYBODY
