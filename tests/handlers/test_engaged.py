"""Who is in another session then is not offered that time, and reads which of their own sessions is in the way."""

from datetime import timedelta

import pytest

from coaching.actions import reschedule
from coaching.actions.reschedule import MoveSessions, NewTime
from coaching.sessions import Actor, Hat, Session
from playground.person import Person
from tests.handlers.booking import COACHING, booked, offers, opens, shown
from tests.handlers.conftest import Stage
from tests.handlers.test_reschedule import hours, offered
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE

H = timedelta(hours=1)


@pytest.fixture
async def anna(stage: Stage) -> Person:
    """Anna, with credits and a coach who gives hours."""
    await stage.world.grant(ANNA, 1000)
    await offers(stage, COACHING)
    await opens(stage)
    return stage.person()


def times(person: Person) -> list[str]:
    """The times in the booking dialog's menu."""
    assert person.modal is not None
    menus = [block.get("element", {}) for block in person.modal.blocks]
    [menu] = [menu for menu in menus if menu.get("action_id") == "book_time"]
    groups = menu.get("option_groups") or [menu]
    return [option["text"]["text"] for group in groups for option in group["options"]]


async def elsewhere(stage: Stage, *, client: str = ANNA, coach: str = OTHER_COACH) -> Session:
    """A session at ten on Wednesday."""
    return await stage.world.book(48 * H, client=client, coach=coach, price=0)


async def test_the_dialog_offers_no_time_at_which_one_is_with_another_coach(stage: Stage, anna: Person) -> None:
    await elsewhere(stage)
    await anna.command("/sessions book")
    await anna.choose("Wed, Nov 18")
    assert not {"9:15 – 10:05 AM", "10:00 – 10:50 AM", "10:45 – 11:35 AM"} & set(times(anna))
    assert "9:00 – 9:50 AM" in times(anna)
    assert "11:00 – 11:50 AM" in times(anna)


async def test_what_was_booked_meanwhile_is_named_and_nothing_is_booked_twice(stage: Stage, anna: Person) -> None:
    await anna.command("/sessions book")
    await anna.choose("Wed, Nov 18")
    await anna.choose("10:00 – 10:50 AM")
    await elsewhere(stage)
    await anna.submit()
    assert "You have another session at that time:" in shown(anna)
    assert "Coaching with Otto Other · Wed, Nov 18, 10:00 – 10:50 AM" in shown(anna)
    assert "Nothing is booked yet" in shown(anna)
    assert "Nearest free times" in shown(anna)
    assert len(await booked(stage)) == 1


async def test_a_session_that_one_gives_stands_in_the_way_too(stage: Stage, anna: Person) -> None:
    carla = stage.person(COACH)
    await stage.world.grant(COACH, 500)
    await opens(stage, coach=OTHER_COACH)
    await carla.command("/sessions book")
    await carla.choose("Wed, Nov 18")
    await carla.choose("10:00 – 10:50 AM")
    await elsewhere(stage, client=BORIS, coach=COACH)
    await carla.submit()
    assert "You have another session at that time:" in shown(carla)
    assert "Coaching with Boris Novak" in shown(carla)


async def test_who_books_with_a_coach_does_not_read_what_the_coach_has_then(stage: Stage, anna: Person) -> None:
    await anna.command("/sessions book")
    await anna.choose("Wed, Nov 18")
    await anna.choose("10:00 – 10:50 AM")
    await elsewhere(stage, client=COACH)
    await anna.submit()
    assert "That time was just taken by somebody else." in shown(anna)
    assert "Otto" not in shown(anna)


async def test_an_admin_who_books_reads_which_session_of_the_client_it_is(stage: Stage, anna: Person) -> None:
    ada = stage.person(ADMIN)
    await ada.command("/sessions for @anna")
    await ada.click("Schedule")
    await ada.choose("Wed, Nov 18")
    await ada.choose("10:00 – 10:50 AM")
    await elsewhere(stage)
    await ada.submit()
    assert "The client has another session at that time:" in shown(ada)
    assert "Otto Other · Wed, Nov 18, 10:00 – 10:50 AM" in shown(ada)
    assert len(await booked(stage)) == 1


async def test_a_coach_who_moves_is_not_told_what_the_client_has_with_somebody_else(stage: Stage, anna: Person) -> None:
    await hours(stage)
    session = await stage.world.book(72 * H)
    carla = stage.person(COACH)
    await carla.command("/sessions")
    await carla.choose("Reschedule…", near="Next session")
    await carla.choose("Wed, Nov 18", action_id="move_day")
    assert "10:00 – 10:50 AM" in offered(carla)
    await carla.choose("10:00 – 10:50 AM", action_id="move_time")
    await carla.submit()
    await elsewhere(stage)
    await carla.submit()
    assert "The client has something else at that time." in shown(carla)
    assert "Nothing was moved" in shown(carla)
    assert "Otto" not in shown(carla)
    assert "10:00 – 10:50 AM" not in offered(carla)
    assert (await stage.session(session.id)).starts_at == session.starts_at


async def test_booking_over_what_one_canceled_takes_the_undo_away(stage: Stage, anna: Person) -> None:
    session = await stage.world.book(48 * H)
    done = await stage.world.cancel(session)
    await anna.command("/sessions book")
    await anna.choose("Wed, Nov 18")
    await anna.choose("10:00 – 10:50 AM")
    await anna.submit()
    assert "Booked" in shown(anna)
    canceled = await stage.session(session.id)
    assert canceled.cancellation is not None
    assert canceled.cancellation.action_id == done.draft.action_id
    assert canceled.cancellation.undo_until is None


async def test_two_sessions_with_two_coaches_change_places(stage: Stage, anna: Person) -> None:
    await hours(stage)
    one, two = await stage.world.book(48 * H), await stage.world.book(72 * H, coach=OTHER_COACH)
    await opens(stage, "Mon-Sun 9:00-17:00", coach=OTHER_COACH)
    command = MoveSessions(
        actor=Actor(WORKSPACE, ANNA),
        request_key="swap",
        hat=Hat.CLIENT,
        subject_id=ANNA,
        times=[NewTime(one.id, one.starts_at, two.starts_at), NewTime(two.id, two.starts_at, one.starts_at)],
    )
    await reschedule.move_sessions(stage.store, stage.clock, command)
    assert (await stage.session(one.id)).starts_at == two.starts_at
