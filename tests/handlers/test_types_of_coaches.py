"""Session types that only some coaches give: in the set-up, the booking dialog, moves and hand-overs."""

from dataclasses import replace

import pytest

from coaching.actions.reschedule import MoveSessions, NewTime, move_sessions
from coaching.actions.retire import Retire, retire
from coaching.causes import Blocked
from coaching.errors import CannotMove
from coaching.sessions import Actor, Hat, Session
from playground.person import Person
from tests.handlers.booking import CHECK_IN, COACHING, H, booked, offers, opens, shown
from tests.handlers.conftest import Stage
from tests.handlers.setting_up import types
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE

HOURS = "Mon–Sun 8:00–18:00"


@pytest.fixture
async def anna(stage: Stage) -> Person:
    """Anna, with credits; Carla and Otto give hours, and there are two kinds of sessions."""
    await stage.world.grant(ANNA, 1000)
    await opens(stage, HOURS)
    await opens(stage, HOURS, coach=OTHER_COACH)
    await offers(stage, COACHING, CHECK_IN)
    return stage.person()


async def gives(stage: Stage, *coaches: str, name: str = "Check-in") -> None:
    """Let only these coaches give a kind of session."""
    [kind] = [one for one in await types(stage) if one.name == name]
    await offers(stage, replace(kind, coaches=frozenset(coaches)))


def on_offer(person: Person) -> str:
    """Return the whole open dialog, with what is in its menus."""
    assert person.modal is not None
    return str(person.modal.data)


async def move(stage: Stage, session: Session, who: str, hat: Hat) -> None:
    """Move a session by an hour."""
    times = [NewTime(session.id, session.starts_at, session.starts_at + H)]
    command = MoveSessions(actor=Actor(WORKSPACE, who), request_key=f"move:{who}", hat=hat, subject_id=who, times=times)
    await move_sessions(stage.store, stage.clock, command)


async def in_form(stage: Stage, name: str = "Check-in") -> Person:
    """Return Ada, with the form of a session type open."""
    ada = stage.person(ADMIN)
    await ada.command("/sessions setup")
    await ada.choose("Edit", near=name)
    return ada


async def test_an_admin_says_who_gives_a_kind_of_session(stage: Stage, anna: Person) -> None:
    ada = await in_form(stage)
    await ada.fill("Coaches who give it", [OTHER_COACH])
    await ada.submit()
    assert "30 minutes · free · workspace terms · given by Otto Other" in shown(ada)
    assert {one.name: set(one.coaches) for one in await types(stage)} == {"Check-in": {OTHER_COACH}, "Coaching": set()}
    await ada.choose("Edit", near="Check-in")
    await ada.fill("Coaches who give it", [])
    await ada.submit()
    assert "given by" not in shown(ada)
    assert all(not one.coaches for one in await types(stage))
    assert anna


async def test_only_coaches_give_sessions(stage: Stage, anna: Person) -> None:
    ada = await in_form(stage)
    await ada.fill("Coaches who give it", [BORIS])
    assert (await ada.submit())["outcome"] == "errors"
    assert "Choose people who are coaches here; add others as coaches first." in shown(ada)
    assert all(not one.coaches for one in await types(stage))
    assert anna


async def test_the_choice_of_coaches_follows_the_kind_of_session(stage: Stage, anna: Person) -> None:
    await gives(stage, OTHER_COACH)
    await anna.command("/sessions book")
    await anna.choose("Check-in · 30 minutes · free")
    # Otto is the only one who gives it.
    assert "[Otto Other ▾]" in shown(anna)
    with pytest.raises(Exception, match="Carla"):
        await anna.choose("Carla Coach")
    await anna.choose("Coaching · 50 minutes · 1 credit")
    await anna.choose("Carla Coach")
    await anna.choose("2:00 – 2:50 PM")
    await anna.submit()
    [session] = await booked(stage)
    assert (session.coach.id, session.session_type) == (COACH, "Coaching")


async def test_the_choice_of_kinds_follows_the_coach_and_leads_to_other_coaches(stage: Stage, anna: Person) -> None:
    await gives(stage, OTHER_COACH)
    await anna.command("/sessions book")
    await anna.choose("Carla Coach")
    # What Carla gives is the only kind there is with her.
    assert "[Coaching · 50 minutes · 1 credit ▾]" in shown(anna)
    menu = on_offer(anna)
    assert menu.index("With Carla Coach") < menu.index("With others")
    await anna.choose("Check-in · 30 minutes · free")
    assert "Carla Coach does not give this kind of session." in shown(anna)
    assert "Otto Other, the only coach who does, is chosen for now." in shown(anna)
    await anna.choose("2:00 – 2:30 PM")
    await anna.submit()
    [session] = await booked(stage)
    assert (session.coach.id, session.session_type) == (OTHER_COACH, "Check-in")


async def test_nothing_is_booked_that_the_coach_stopped_giving_meanwhile(stage: Stage, anna: Person) -> None:
    await anna.command("/sessions book")
    await anna.choose("Carla Coach")
    await anna.choose("Check-in · 30 minutes · free")
    await anna.choose("2:00 – 2:30 PM")
    await gives(stage, OTHER_COACH)
    await anna.submit()
    assert "Carla Coach does not give this kind of session." in shown(anna)
    assert not await booked(stage)


async def test_what_nobody_with_hours_gives_is_not_offered(stage: Stage, anna: Person) -> None:
    await gives(stage, OTHER_COACH)
    command = Retire(
        actor=Actor(WORKSPACE, ADMIN), request_key="retire", coach_id=OTHER_COACH, cancel=False, reason=None
    )
    await retire(stage.store, stage.clock, command)
    await anna.command("/sessions book")
    assert "Check-in" not in on_offer(anna)
    ada = await in_form(stage)
    await ada.close()
    assert "Nobody who gives it is a coach here any more, so it cannot be booked" in shown(ada)


async def test_a_coach_books_for_a_client_what_they_give(stage: Stage, anna: Person) -> None:
    await stage.world.book(72 * H)
    await gives(stage, OTHER_COACH)
    carla = stage.person(COACH)
    await carla.command("/sessions for @anna")
    await carla.click("Book for Them…")
    assert "Check-in" not in on_offer(carla)
    assert "Coaching · 50 minutes · 1 credit" in on_offer(carla)
    await gives(stage, OTHER_COACH, name="Coaching")
    await carla.command("/sessions for @anna")
    await carla.click("Book for Them…")
    assert "You give none of the kinds of sessions that are set up." in shown(carla)
    assert anna


async def test_booked_sessions_stay_and_their_client_asks_for_another_time(stage: Stage, anna: Person) -> None:
    session = await stage.world.book(96 * H)
    await gives(stage, OTHER_COACH, name="Coaching")
    await anna.command("/sessions")
    await anna.choose("Details", near="Coaching")
    assert "It stays as it is booked, but cannot be rescheduled: Carla Coach gives no such sessions any more." in shown(
        anna
    )
    await anna.close()
    assert "[⋯ Details · Ask to move… · Cancel…]" in shown(anna)
    with pytest.raises(CannotMove) as refused:
        await move(stage, session, ANNA, Hat.CLIENT)
    assert refused.value.why == {session.id: Blocked.NOT_GIVEN}
    # Its coach decides about what is booked.
    await move(stage, session, COACH, Hat.COACH)
    assert (await stage.session(session.id)).starts_at == session.starts_at + H


async def test_a_session_is_handed_over_to_coaches_who_give_it(stage: Stage, anna: Person) -> None:
    session = await stage.world.book(48 * H)
    await gives(stage, COACH, name="Coaching")
    carla = stage.person(COACH)
    await carla.command("/sessions")
    await carla.choose("Hand over…", near="Coaching")
    assert "No other coach is free at that time." in shown(carla)
    assert "Only coaches who give Coaching are offered." in shown(carla)
    await carla.close(everything=True)
    await gives(stage, COACH, OTHER_COACH, name="Coaching")
    await carla.command("/sessions")
    await carla.choose("Hand over…", near="Coaching")
    await carla.choose("Otto Other")
    await carla.submit()
    await gives(stage, COACH, name="Coaching")
    await carla.submit()
    assert "That coach does not give this kind of session." in shown(carla)
    assert (await stage.session(session.id)).coach.id == COACH
    assert anna


async def test_the_set_up_says_where_nobody_gives_hours(stage: Stage) -> None:
    await offers(stage, replace(CHECK_IN, coaches=frozenset({OTHER_COACH})))
    ada = stage.person(ADMIN)
    await ada.command("/sessions setup")
    assert "given by Otto Other · no hours to book yet" in shown(ada)
