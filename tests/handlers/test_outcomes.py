"""Closing sessions in Slack: from the record and the list, asked first, corrected, refused in words; what clients see."""

from datetime import timedelta

import pytest

from coaching.actions.outcomes import complete_due
from coaching.outcomes import COMPLETE_AFTER, CORRECT_WITHIN
from coaching.sessions import Session, Status
from playground.person import Person
from tests.handlers.conftest import Stage
from tests.support.world import ADMIN, ANNA, COACH

MICRO = timedelta(microseconds=1)


@pytest.fixture
async def session(stage: Stage) -> Session:
    """A session of Anna's that ends right now."""
    await stage.world.grant()
    booked = await stage.world.book(timedelta(days=1))
    stage.clock.set(booked.ends_at)
    return booked


async def past(stage: Stage, who: str = COACH) -> Person:
    person = stage.person(who)
    await person.command("/sessions past")
    return person


def shown(person: Person) -> str:
    assert person.modal is not None
    return person.modal.text


async def test_a_coach_completes_a_session_from_the_list_and_sees_it_there(stage: Stage, session: Session) -> None:
    carla = await past(stage)
    assert "Over" in shown(carla)
    await carla.choose("Completed", near="Coaching")
    assert len(carla.modals) == 1
    assert "Completed" in shown(carla)
    assert "Over" not in shown(carla)
    assert (await stage.session(session.id)).status is Status.COMPLETED
    assert stage.counted == [("close", "done")]


async def test_a_no_show_asks_first_and_says_what_it_costs(stage: Stage, session: Session) -> None:
    carla = await past(stage)
    await carla.choose("No-show…", near="Coaching")
    assert "Was Anna Lee a no-show?" in shown(carla)
    assert "The 1 credit paid for it is not returned, and we tell Anna Lee." in shown(carla)
    assert (await stage.session(session.id)).status is Status.SCHEDULED
    await carla.submit()
    assert (await stage.session(session.id)).status is Status.NO_SHOW
    assert "No-show" in shown(carla)
    assert "no-show, as noted by you" in shown(carla)
    await carla.close()
    assert carla.modals == []


async def test_the_record_closes_and_corrects_in_place(stage: Stage, session: Session) -> None:
    carla = await past(stage)
    await carla.choose("Details", near="Coaching")
    assert "it counts as completed by itself" in shown(carla)
    await carla.click("No-show…", confirm=True)
    assert carla.modal is not None
    assert "No-show\n1 credit not returned." in shown(carla)
    assert "No-show…" not in carla.modal.buttons
    await carla.click("Completed")
    assert len(carla.modals) == 2
    assert "completed, as noted by you" in shown(carla)
    assert (await stage.session(session.id)).status is Status.COMPLETED


async def test_what_somebody_else_noted_meanwhile_stays_and_is_said_in_the_record(
    stage: Stage, session: Session
) -> None:
    carla, ada = await past(stage), stage.person(ADMIN)
    await carla.choose("Details", near="Coaching")
    await ada.command("/sessions for @anna")
    await ada.click("Past")
    await ada.choose("No-show…", near="Coaching")
    await ada.submit()
    await carla.click("Completed")
    assert "Somebody else noted it as a no-show meanwhile. Nothing was changed." in shown(carla)
    assert (await stage.session(session.id)).status is Status.NO_SHOW
    await carla.click("Completed")
    assert "meanwhile" not in shown(carla)
    assert (await stage.session(session.id)).status is Status.COMPLETED


async def test_what_somebody_else_noted_meanwhile_stays_and_is_said_over_the_list(
    stage: Stage, session: Session
) -> None:
    carla, ada = await past(stage), stage.person(ADMIN)
    await ada.command("/sessions for @anna")
    await ada.click("Past")
    await ada.choose("No-show…", near="Coaching")
    await ada.submit()
    await carla.choose("Completed", near="Coaching")
    assert "Somebody else noted it as a no-show meanwhile. Nothing was changed." in shown(carla)
    assert (await stage.session(session.id)).status is Status.NO_SHOW
    await carla.close()
    await carla.choose("Completed", near="Coaching")
    assert (await stage.session(session.id)).status is Status.COMPLETED


async def test_what_somebody_else_noted_stays_while_a_dialog_asks_whether_it_was_missed(
    stage: Stage, session: Session
) -> None:
    carla, ada = await past(stage), stage.person(ADMIN)
    await carla.choose("No-show…", near="Coaching")
    await ada.command("/sessions for @anna")
    await ada.click("Past")
    await ada.choose("Completed", near="Coaching")
    await carla.submit()
    assert "Somebody else noted it as completed meanwhile. Nothing was changed." in shown(carla)
    assert (await stage.session(session.id)).status is Status.COMPLETED


async def test_an_admin_who_acts_for_a_client_closes_their_sessions_too(stage: Stage, session: Session) -> None:
    ada = stage.person(ADMIN)
    await ada.command("/sessions for @anna")
    await ada.click("Past")
    await ada.choose("No-show…", near="Coaching")
    await ada.submit()
    assert "no-show, as noted by you" in shown(ada)
    assert (await stage.session(session.id)).status is Status.NO_SHOW
    carla = await past(stage)
    await carla.choose("Details", near="Coaching")
    assert "no-show, as noted by Ada Admin (admin)" in shown(carla)


async def test_nothing_of_it_is_offered_to_the_client_nor_done_for_them(stage: Stage, session: Session) -> None:
    carla = await past(stage)
    await carla.choose("Completed", near="Coaching")
    pressed = stage.last_payload()
    anna = await past(stage, ANNA)
    assert "Completed" in shown(anna)
    await anna.choose("Details", near="Coaching")
    assert anna.modal is not None
    assert not {"Completed", "No-show…"} & set(anna.modal.buttons)
    assert "If that is not right, ask Carla Coach." in shown(anna)
    pressed["user"]["id"] = ANNA
    pressed["actions"][0]["selected_option"]["value"] = f"missed:coach:{session.id}"
    await stage.deliver(pressed)
    assert (await stage.session(session.id)).status is Status.COMPLETED
    assert stage.counted == [("close", "done")]
    pressed["actions"][0]["selected_option"]["value"] = f"completed:coach:{session.id}"
    await stage.deliver(pressed)
    assert stage.counted[-1] == ("close", "refused")


async def test_a_client_reads_that_it_was_missed_and_schedules_another(stage: Stage, session: Session) -> None:
    carla = await past(stage)
    await carla.choose("No-show…", near="Coaching")
    await carla.submit()
    anna = await past(stage, ANNA)
    assert "No-show" in shown(anna)
    await anna.choose("Details", near="Coaching")
    assert "No-show\n1 credit not returned." in shown(anna)
    await anna.click("Schedule Session")
    assert anna.modal is not None
    assert anna.modal.title == "Schedule a session"


async def test_after_two_weeks_it_stays_as_it_is_and_the_words_say_so(stage: Stage, session: Session) -> None:
    stage.clock.set(session.ends_at + COMPLETE_AFTER)
    await complete_due(stage.store, stage.clock, 9)
    stage.clock.set(session.ends_at + CORRECT_WITHIN)
    carla = await past(stage)
    await carla.choose("Details", near="Coaching")
    stage.clock.advance(MICRO)
    await carla.click("No-show…", confirm=True)
    assert "That session ended more than 14 days ago, so how it ended stays as it is." in shown(carla)
    assert (await stage.session(session.id)).status is Status.COMPLETED
    carla = await past(stage)
    await carla.choose("Details", near="Coaching")
    assert carla.modal is not None
    assert not {"Completed", "No-show…"} & set(carla.modal.buttons)


async def test_while_a_session_is_on_only_a_no_show_is_offered(stage: Stage, session: Session) -> None:
    stage.clock.set(session.starts_at + timedelta(minutes=5))
    carla = stage.person(COACH)
    await carla.command("/sessions")
    await carla.choose("Details", near="Coaching")
    assert carla.modal is not None
    assert "No-show…" in carla.modal.buttons
    assert "Completed" not in carla.modal.buttons
