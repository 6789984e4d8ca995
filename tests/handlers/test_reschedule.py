"""Moving sessions: choosing times, confirming, and what can stand in the way."""

from datetime import timedelta

import pytest

from coaching.actions import reschedule, slots
from coaching.availability import Availability, parse_hours
from coaching.sessions import Actor, Hat, Session
from playground.person import Person
from tests.handlers.conftest import EAST, Stage
from tests.support.world import ANNA, BORIS, COACH, WORKSPACE

H = timedelta(hours=1)
WED, THU = "Wed, Nov 18, 10:00 – 10:50 AM", "Thu, Nov 19"


async def hours(stage: Stage, text: str = "Mon-Sun 9:00-17:00") -> None:
    given = Availability(time_zone=EAST, hours=parse_hours(text), notice=H)
    await slots.save_hours(stage.store, Actor(WORKSPACE, COACH), f"hours:{text}", COACH, given)


@pytest.fixture
async def booked(stage: Stage) -> list[Session]:
    """Three sessions of Anna's, at ten on three days; Carla gives hours."""
    await hours(stage)
    await stage.world.grant(ANNA)
    await stage.world.grant(BORIS)
    return [await stage.world.book(24 * n * H) for n in (2, 3, 4)]


async def open_one(anna: Person) -> None:
    await anna.command("/sessions")
    await anna.choose("Reschedule…", near="Next session")


async def choose(anna: Person, day: str, time: str) -> None:
    await anna.choose(day, action_id="move_day")
    await anna.choose(time, action_id="move_time")
    await anna.submit()


def offered(anna: Person) -> list[str]:
    """The times in the menu."""
    assert anna.modal is not None
    menus = [block.get("element", {}) for block in anna.modal.blocks]
    [menu] = [menu for menu in menus if menu.get("action_id") == "move_time"]
    groups = menu.get("option_groups") or [menu]
    return [option["text"]["text"] for group in groups for option in group["options"]]


def seen(anna: Person) -> str:
    assert anna.modal is not None
    return f"{anna.modal.title}\n{anna.modal.text}"


async def test_one_session_is_moved_from_its_menu_with_the_terms_shown_before(
    stage: Stage, booked: list[Session]
) -> None:
    anna = stage.person()
    await open_one(anna)
    await choose(anna, THU, "2:00 – 2:50 PM")
    assert "Confirm new times?" in seen(anna)
    assert "Wed, Nov 18, 10:00 – 10:50 AM" in seen(anna)
    assert "Thu, Nov 19, 2:00 – 2:50 PM" in seen(anna)
    assert "Refundable until Wed, Nov 18, 2:00 PM · 2 moves left" in seen(anna)
    assert (await stage.session(booked[0].id)).starts_at == booked[0].starts_at
    await anna.submit()
    assert "1 session is moved" in seen(anna)
    assert (await stage.session(booked[0].id)).starts_at == booked[0].starts_at + 28 * H
    assert stage.counted == [("move", "done")]


async def test_several_are_chosen_in_turn_without_meeting_each_other_and_moved_together(
    stage: Stage, booked: list[Session]
) -> None:
    anna = stage.person()
    await anna.command("/sessions cancel")
    await anna.choose("Reschedule sessions")
    await anna.tick("Coaching · Wed, Nov 18, 10:00 – 10:50 AM", "Coaching · Thu, Nov 19, 10:00 – 10:50 AM")
    await anna.submit()
    assert "1 of 2" in seen(anna)
    # The place that the other one leaves can be taken.
    await choose(anna, THU, "10:00 – 10:50 AM")
    assert "2 of 2" in seen(anna)
    await anna.choose(THU, action_id="move_day")
    assert "9:00 – 9:50 AM" in offered(anna)
    assert not {"9:30 – 10:20 AM", "10:00 – 10:50 AM", "10:30 – 11:20 AM"} & set(offered(anna))
    await choose(anna, "Sat, Nov 21", "9:00 – 9:50 AM")
    await anna.submit()
    assert "2 sessions are moved" in seen(anna)
    first, second = await stage.session(booked[0].id), await stage.session(booked[1].id)
    assert first.starts_at == booked[1].starts_at
    assert second.starts_at == booked[1].starts_at + 47 * H


async def test_what_cannot_be_moved_any_more_is_named_and_the_rest_goes_on(stage: Stage, booked: list[Session]) -> None:
    anna = stage.person()
    await anna.command("/sessions cancel")
    await anna.choose("Reschedule sessions")
    await anna.tick("Coaching · Wed, Nov 18, 10:00 – 10:50 AM", "Coaching · Thu, Nov 19, 10:00 – 10:50 AM")
    await stage.world.cancel(booked[0], who=COACH, hat=Hat.COACH)
    await anna.submit()
    assert "1 session cannot be moved. Nothing was moved; choose again." in seen(anna)
    assert "Wed, Nov 18, 10:00 – 10:50 AM: canceled by Carla Coach" in seen(anna)


async def test_a_slot_taken_meanwhile_moves_nothing_and_offers_the_nearest(stage: Stage, booked: list[Session]) -> None:
    anna = stage.person()
    await open_one(anna)
    await choose(anna, THU, "2:00 – 2:50 PM")
    await stage.world.book(76 * H, client=BORIS)
    await anna.submit()
    assert "Nothing was moved" in seen(anna)
    assert "Nearest free times: " in seen(anna)
    assert (await stage.session(booked[0].id)).starts_at == booked[0].starts_at
    await choose(anna, THU, "4:00 – 4:50 PM")
    await anna.submit()
    assert (await stage.session(booked[0].id)).starts_at == booked[0].starts_at + 30 * H


async def test_hours_changed_meanwhile_bring_the_dialog_back(stage: Stage, booked: list[Session]) -> None:
    anna = stage.person()
    await open_one(anna)
    await choose(anna, THU, "2:00 – 2:50 PM")
    await hours(stage, "Mon-Sun 9:00-12:00")
    await anna.submit()
    assert "The coach's hours changed" in seen(anna)
    assert (await stage.session(booked[0].id)).starts_at == booked[0].starts_at


async def test_a_session_that_the_coach_moved_meanwhile_is_chosen_anew(stage: Stage, booked: list[Session]) -> None:
    anna = stage.person()
    await open_one(anna)
    await choose(anna, THU, "2:00 – 2:50 PM")
    session = booked[0]
    time = reschedule.NewTime(session.id, session.starts_at, session.starts_at + 2 * H)
    command = reschedule.MoveSessions(
        actor=Actor(WORKSPACE, COACH), request_key="coach", hat=Hat.COACH, subject_id=COACH, times=[time]
    )
    await reschedule.move_sessions(stage.store, stage.clock, command)
    await anna.submit()
    assert "Nothing was moved" in seen(anna) or "Nothing was done twice" in seen(anna)
    assert (await stage.session(session.id)).starts_at == session.starts_at + 2 * H


async def test_the_second_half_of_a_double_click_shows_the_same_result(stage: Stage, booked: list[Session]) -> None:
    anna = stage.person()
    await open_one(anna)
    await choose(anna, THU, "2:00 – 2:50 PM")
    await anna.submit()
    payload = stage.last_payload()
    answer = await stage.deliver(payload)
    assert "is moved" in str(answer.body)
    assert (await stage.session(booked[0].id)).reschedules == 1


async def test_inside_the_window_the_details_say_whom_to_ask_and_the_coach_can_allow_it(
    stage: Stage, booked: list[Session]
) -> None:
    stage.clock.advance(30 * H)
    anna = stage.person()
    await anna.command("/sessions")
    await anna.choose("Details", near="Next session")
    assert "can no longer be rescheduled: that was possible until Tue, Nov 17, 10:00 AM." in seen(anna)
    assert anna.modal is not None
    assert "Reschedule…" not in anna.modal.buttons
    carla = stage.person(COACH)
    await carla.command("/sessions")
    await carla.choose("Details", near="Next session")
    await carla.click("Let them move it", confirm=True)
    assert "You let your client move this session once" in seen(carla)
    await anna.close(everything=True)
    await open_one(anna)
    await choose(anna, THU, "2:00 – 2:50 PM")
    assert "full refund has ended, so a move keeps the old terms" in seen(anna)
    await anna.submit()
    after = await stage.session(booked[0].id)
    assert after.refund_cutoff_at == booked[0].refund_cutoff_at


async def test_a_coach_moves_a_session_and_is_told_what_that_means(stage: Stage, booked: list[Session]) -> None:
    stage.clock.advance(30 * H)
    carla = stage.person(COACH)
    await carla.command("/sessions")
    await carla.choose("Reschedule…", near="Next session")
    await choose(carla, THU, "2:00 – 2:50 PM")
    assert "The new time has fresh terms, never worse for your client" in seen(carla)
    await carla.submit()
    after = await stage.session(booked[0].id)
    assert after.reschedules == 0
    assert after.refund_cutoff_at > booked[0].refund_cutoff_at


async def test_without_hours_nothing_is_offered_and_the_details_say_so(stage: Stage) -> None:
    await stage.world.grant(ANNA)
    await stage.world.book(48 * H)
    anna = stage.person()
    await anna.command("/sessions")
    await anna.choose("Details", near="Next session")
    assert "agree on a new time with Carla Coach, who gives no hours here" in seen(anna)


async def test_a_stranger_moves_nothing(stage: Stage, booked: list[Session]) -> None:
    anna = stage.person()
    await open_one(anna)
    payload = stage.last_payload()
    payload["user"]["id"] = BORIS
    await stage.deliver(payload)
    await choose(anna, THU, "2:00 – 2:50 PM")
    payload = stage.last_payload()
    payload["user"]["id"] = BORIS
    answer = await stage.deliver(payload)
    assert "out of date" in str(answer.body)
