"""Which hat is on: a coach who is also a client, a coach, and an admin always read as whom they act (K4, A0)."""

from datetime import timedelta

import pytest

from coaching.records import Scope
from coaching.sessions import Hat, Status
from playground.person import Person
from tests.handlers.conftest import Stage
from tests.support.world import ADMIN, ANNA, COACH, OTHER_COACH, WORKSPACE

H = timedelta(hours=1)
FOR_ANNA = "You act for Anna Lee. The timeline will say so."
AS_COACH = "You act as the coach: these are sessions you give."
AS_CLIENT = "You act as a client: these are sessions you take."


def shown(person: Person) -> str:
    assert person.modal is not None
    return person.modal.text


def title(person: Person) -> str:
    assert person.modal is not None
    return person.modal.title


@pytest.fixture
async def carla(stage: Stage) -> Person:
    """Carla, who gives Anna a session and takes one from Otto."""
    for coach in (COACH, OTHER_COACH):
        await stage.world.open(coach)
    await stage.world.grant(ANNA)
    await stage.world.grant(COACH)
    await stage.world.book(50 * H)
    await stage.world.book(52 * H, client=COACH, coach=OTHER_COACH)
    return stage.person(COACH)


async def test_an_admin_reads_for_whom_they_act_up_to_the_result(stage: Stage, carla: Person) -> None:
    ada = stage.person(ADMIN)
    await ada.command("/sessions for @anna")
    assert title(ada) == "Acting for Anna Lee"
    await ada.choose("Cancel…", near="Coaching")
    for step in ("Confirm cancellation?", "Sessions canceled"):
        assert (title(ada), FOR_ANNA in shown(ada)) == (step, True)
        if step != "Sessions canceled":
            await ada.submit()
    assert "We tell Carla Coach. Anna Lee gets the receipt." in shown(ada)


async def test_a_coach_who_is_a_client_too_reads_which_hat_is_on_everywhere(stage: Stage, carla: Person) -> None:
    await carla.command("/sessions")
    assert title(carla) == "Your sessions"
    assert "You see the sessions you take." in shown(carla)
    await carla.choose("Details", near="Otto Other")
    assert "You see this session as its client." in shown(carla)
    await carla.close()
    await carla.choose("Cancel…", near="Otto Other")
    assert AS_CLIENT in shown(carla)
    await carla.close(everything=True)
    await carla.command("/sessions")
    await carla.click("As coach")
    assert title(carla) == "Sessions you give"
    assert "You see the sessions you give." in shown(carla)
    assert "Anna Lee" in shown(carla)
    await carla.choose("Details", near="Anna Lee")
    assert "You see this session as its coach." in shown(carla)
    await carla.close()
    await carla.choose("Reschedule…", near="Anna Lee")
    assert AS_COACH in shown(carla)
    await carla.close()
    await carla.choose("Cancel…", near="Anna Lee")
    for step in ("Confirm cancellation?", "Sessions canceled"):
        assert (title(carla), AS_COACH in shown(carla)) == (step, True)
        if step != "Sessions canceled":
            await carla.submit()
    assert "We tell Anna Lee. The receipt says why, what came back, and offers another session." in shown(carla)


async def test_somebody_with_one_hat_is_told_of_none(stage: Stage, carla: Person) -> None:
    anna = stage.person(ANNA)
    await anna.command("/sessions cancel")
    await anna.tick("Coaching · Wed, Nov 18, 12:00 – 12:50 PM")
    for _ in range(2):
        assert "You act" not in shown(anna)
        await anna.submit()
    assert title(anna) == "Sessions canceled"
    assert "You act" not in shown(anna)


async def test_the_dialogs_title_says_what_was_chosen_to_do(stage: Stage, carla: Person) -> None:
    anna = stage.person(ANNA)
    await anna.command("/sessions cancel")
    for choice, expected in (
        ("Reschedule sessions", "Reschedule sessions"),
        ("Keep them as they are", "Keep sessions"),
        ("Cancel sessions", "Cancel sessions"),
    ):
        await anna.choose(choice)
        assert title(anna) == expected


async def test_somebody_who_is_no_coach_any_more_is_promised_no_bookings(stage: Stage) -> None:
    otto = stage.person(OTHER_COACH)
    await otto.command("/sessions")
    assert "As soon as somebody is booked with you, it shows here." in shown(otto)
    async with stage.store.write(WORKSPACE) as uow:
        await uow.coaches.remove(OTHER_COACH)
        await uow.commit()
    await otto.click("Past")
    await otto.click("Upcoming")
    assert "as you are no longer set up as a coach, nobody can book one" in shown(otto)
    assert "As soon as" not in shown(otto)


async def test_a_coachs_past_list_shows_what_is_theirs_to_decide_and_leads_there(stage: Stage, carla: Person) -> None:
    [session] = await stage.world.listed(Hat.CLIENT, ANNA, Scope.UPCOMING)
    stage.clock.set(session.starts_at - 2 * H)
    await stage.world.cancel(session)
    await carla.command("/sessions")
    await carla.click("As coach")
    await carla.click("Past")
    assert "Coaching with Anna Lee" in shown(carla)
    assert "late: 1 credit not returned, yours to decide" in shown(carla)
    await carla.choose("Details", near="Anna Lee")
    assert "Ill" in shown(carla)
    await carla.click("Keep", confirm=True)
    assert "(kept by Carla Coach)" in shown(carla)


async def test_a_coach_reads_before_canceling_late_what_the_client_gets_either_way(stage: Stage, carla: Person) -> None:
    stage.clock.advance(48 * H)
    await carla.command("/sessions")
    await carla.click("As coach")
    await carla.choose("Cancel…", near="Anna Lee")
    assert "Your client gets back all they paid, late or not" in shown(carla)
    assert "Late · 1 credit comes back to your client's credits" in shown(carla)
    await carla.fill("Reason", "My flight was canceled")
    before = await stage.world.balance()
    await carla.submit()
    assert await stage.world.balance() == before + 100
    found = await stage.world.listed(Hat.COACH, COACH, Scope.PAST)
    assert [s.status for s in found] == [Status.CANCELED]
