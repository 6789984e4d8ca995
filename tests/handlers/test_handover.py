"""Handing sessions over to another coach: from a session's details, its menu, and the choice of several."""

from datetime import timedelta

import pytest

from coaching.actions import slots
from coaching.availability import Availability, parse_hours
from coaching.sessions import Actor, Hat, Session
from playground.person import Person
from tests.handlers.conftest import EAST, Stage
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE

H = timedelta(hours=1)


async def hours(stage: Stage, coach: str, text: str = "Mon-Sun 9:00-17:00") -> None:
    # Much notice: it is asked of clients, not of who stands in for a colleague.
    given = Availability(time_zone=EAST, hours=parse_hours(text), notice=59 * 24 * H)
    await slots.save_hours(stage.store, Actor(WORKSPACE, coach), f"hours:{coach}:{text}", coach, given)


@pytest.fixture
async def booked(stage: Stage) -> list[Session]:
    """Two sessions of Anna's and one of Boris's with Carla, at ten on three days; both coaches give hours."""
    await hours(stage, COACH)
    await hours(stage, OTHER_COACH)
    await stage.world.grant(ANNA)
    await stage.world.grant(BORIS)
    return [await stage.world.book(24 * n * H, client=client) for n, client in ((2, ANNA), (3, ANNA), (4, BORIS))]


def seen(person: Person) -> str:
    assert person.modal is not None
    return f"{person.modal.title}\n{person.modal.text}"


async def offered_to(carla: Person) -> None:
    await carla.command("/sessions")
    await carla.choose("Hand over…", near="Next session")


async def test_a_coach_hands_a_session_over_to_one_who_is_free_then(stage: Stage, booked: list[Session]) -> None:
    carla = stage.person(COACH)
    await offered_to(carla)
    assert "Wed, Nov 18, 10:00 – 10:50 AM" in seen(carla)
    await carla.choose("Otto Other")
    await carla.submit()
    assert "Hand over?" in seen(carla)
    assert "1 session goes to Otto Other:" in seen(carla)
    assert "full refund for at least 24 hours" in seen(carla)
    assert (await stage.session(booked[0].id)).coach.id == COACH
    await carla.submit()
    assert "1 session is handed over to Otto Other" in seen(carla)
    after = await stage.session(booked[0].id)
    assert (after.coach.id, after.starts_at, after.price) == (OTHER_COACH, booked[0].starts_at, booked[0].price)
    assert stage.counted == [("hand_over", "done")]
    # It is gone from Carla's list, and Otto has it.
    await carla.command("/sessions")
    assert "Wed, Nov 18, 10:00 – 10:50 AM" not in seen(carla)
    otto = stage.person(OTHER_COACH)
    await otto.command("/sessions")
    assert "Wed, Nov 18" in seen(otto)


async def test_an_admin_hands_over_any_session_and_the_timeline_says_who_did_it(
    stage: Stage, booked: list[Session]
) -> None:
    ada = stage.person(ADMIN)
    await ada.command("/sessions for @anna")
    await ada.choose("Details", near="Next session")
    await ada.click("Hand over…")
    assert "You act as an admin" in seen(ada)
    assert "Carla Coach" in seen(ada)
    await ada.choose("Otto Other")
    await ada.submit()
    await ada.submit()
    assert "is handed over to Otto Other" in seen(ada)
    await ada.command("/sessions for @anna")
    await ada.choose("Details", near="Next session")
    assert "handed over by you from Carla Coach to Otto Other" in seen(ada)
    anna = stage.person()
    await anna.command("/sessions")
    await anna.choose("Details", near="Next session")
    assert "handed over by Ada Admin (admin) from Carla Coach to Otto Other" in seen(anna)
    assert booked[0].id


async def test_many_are_handed_over_at_once_with_clients_kept_apart(stage: Stage, booked: list[Session]) -> None:
    carla = stage.person(COACH)
    await carla.command("/sessions cancel")
    await carla.choose("Hand sessions over to another coach")
    await carla.tick("Coaching · Wed, Nov 18, 10:00 – 10:50 AM", "Coaching · Fri, Nov 20, 10:00 – 10:50 AM")
    await carla.submit()
    await carla.choose("Otto Other")
    await carla.submit()
    await carla.submit()
    assert "2 sessions are handed over to Otto Other" in seen(carla)
    assert [(await stage.session(one.id)).coach.id for one in booked] == [OTHER_COACH, COACH, OTHER_COACH]


async def test_what_began_while_it_was_picked_is_named_and_leaves_the_picks(
    stage: Stage, booked: list[Session]
) -> None:
    carla = stage.person(COACH)
    await carla.command("/sessions cancel")
    await carla.choose("Hand sessions over to another coach")
    await carla.tick("Coaching · Wed, Nov 18, 10:00 – 10:50 AM", "Coaching · Fri, Nov 20, 10:00 – 10:50 AM")
    stage.clock.advance(booked[0].starts_at - stage.clock.now() + timedelta(minutes=1))
    await carla.submit()
    assert "Some of this cannot be handed over any more." in seen(carla)
    assert "moved" not in seen(carla)
    assert (await stage.session(booked[2].id)).coach.id == COACH


async def test_who_has_something_else_then_or_no_hours_is_not_offered(stage: Stage, booked: list[Session]) -> None:
    carla = stage.person(COACH)
    await stage.world.book(48 * H + 30 * timedelta(minutes=1), client=BORIS, coach=OTHER_COACH)
    await offered_to(carla)
    assert "No other coach is free at that time." in seen(carla)
    assert carla.modal is not None
    assert not carla.modal.submit
    await hours(stage, OTHER_COACH, "Mon-Sun 12:00-17:00")
    await carla.command("/sessions cancel")
    await carla.choose("Hand sessions over to another coach")
    await carla.tick("Coaching · Thu, Nov 19, 10:00 – 10:50 AM", "Coaching · Fri, Nov 20, 10:00 – 10:50 AM")
    await carla.submit()
    assert "No other coach is free for all of these sessions." in seen(carla)
    assert booked[0].id


async def test_a_coach_who_was_booked_meanwhile_gets_nothing_and_the_dialog_says_so(
    stage: Stage, booked: list[Session]
) -> None:
    carla = stage.person(COACH)
    await offered_to(carla)
    await carla.choose("Otto Other")
    await carla.submit()
    await stage.world.book(48 * H, client=BORIS, coach=OTHER_COACH)
    await carla.submit()
    assert "Nothing was handed over." in seen(carla)
    assert "No other coach is free at that time." in seen(carla)
    assert (await stage.session(booked[0].id)).coach.id == COACH
    assert stage.counted == [("hand_over", "conflict")]


async def test_a_session_that_changed_meanwhile_is_shown_again_before_it_goes(
    stage: Stage, booked: list[Session]
) -> None:
    carla = stage.person(COACH)
    await offered_to(carla)
    await carla.choose("Otto Other")
    await carla.submit()
    await stage.world.cancel(booked[0])
    await carla.submit()
    assert "Some of this cannot be handed over any more." in seen(carla)
    assert "canceled by Anna Lee" in seen(carla)
    assert (await stage.session(booked[0].id)).coach.id == COACH


async def test_a_client_is_not_asked_to_hand_anything_over(stage: Stage, booked: list[Session]) -> None:
    anna = stage.person()
    await anna.command("/sessions cancel")
    assert "Hand sessions over" not in seen(anna)
    await anna.command("/sessions")
    assert anna.modal is not None
    assert "Hand over" not in str(anna.modal.blocks)
    assert booked[0].id


async def test_back_keeps_the_coach_that_was_chosen(stage: Stage, booked: list[Session]) -> None:
    carla = stage.person(COACH)
    await offered_to(carla)
    await carla.choose("Otto Other")
    await carla.submit()
    await carla.click("‹ Back")
    assert "Another coach" in seen(carla)
    await carla.submit()
    await carla.submit()
    assert (await stage.session(booked[0].id)).coach.id == OTHER_COACH


async def test_the_client_can_cancel_what_was_late_with_everything_back(stage: Stage, booked: list[Session]) -> None:
    stage.clock.advance(40 * H)  # eight hours before the first one: too late by its policy
    carla = stage.person(COACH)
    await offered_to(carla)
    await carla.choose("Otto Other")
    await carla.submit()
    await carla.submit()
    before = await stage.world.balance()
    done = await stage.world.cancel(booked[0], hat=Hat.CLIENT)
    assert not done.quote.forfeited
    assert await stage.world.balance() == before + 100
