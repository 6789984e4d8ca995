"""Meeting links, typed by coaches and admins; everybody else has *Join* from then on (C2)."""

from datetime import timedelta

import pytest

from coaching.meetings import LinkOf
from coaching.sessions import Session
from handlers.meta import LinkMeta
from playground.person import Person
from tests.handlers.conftest import Stage
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE

OWN, OF_TYPE, OF_COACH = (f"https://meet.example.com/{of}" for of in ("session", "type", "coach"))


@pytest.fixture
async def booked(stage: Stage) -> Session:
    """Anna's session with Carla."""
    return await stage.world.book(timedelta(hours=48), price=0)


def text(person: Person) -> str:
    assert person.modal is not None
    return person.modal.text


async def typed(person: Person, link: str) -> None:
    """Type a link into the open form, and save it."""
    await person.fill("Link", link)
    await person.submit()


async def in_the_record(stage: Stage, who: str, link: str) -> Person:
    """A coach or an admin opens the record of Anna's session, and types a link."""
    person = stage.person(who)
    await person.command("/sessions" if who == COACH else "/sessions for @anna")
    await person.choose("Details", near="Coaching")
    await person.click("Meeting link…")
    await typed(person, link)
    return person


async def joins(stage: Stage) -> str | None:
    """Where *Join* takes Anna, in her list and in the details alike."""
    anna = stage.person(ANNA)
    await anna.command("/sessions")
    listed = str(anna.modal and anna.modal.data)
    await anna.choose("Details", near="Coaching")
    shown = str(anna.modal and anna.modal.data)
    for link in (OWN, OF_TYPE, OF_COACH):
        if f"'{link}'" in shown:
            assert f"'{link}'" in listed
            return link
    assert "'Join'" not in shown + listed
    return None


async def test_a_coach_types_the_link_of_one_session_and_its_client_joins(stage: Stage, booked: Session) -> None:
    assert await joins(stage) is None
    carla = await in_the_record(stage, COACH, OWN)
    assert "'Join'" in str(carla.modal and carla.modal.data)  # the record, redrawn
    assert await joins(stage) == OWN


async def test_an_admin_types_it_in_the_record_too(stage: Stage, booked: Session) -> None:
    await in_the_record(stage, ADMIN, OWN)
    assert await joins(stage) == OWN


async def test_a_coachs_own_link_holds_for_booked_sessions_at_once_and_stands_in_their_hours(
    stage: Stage, booked: Session
) -> None:
    carla = stage.person(COACH)
    await carla.command("/sessions hours")
    assert "No meeting link." in text(carla)
    await carla.click("Meeting link…")
    assert "The link of all sessions you give." in text(carla)
    await typed(carla, OF_COACH)
    assert f"Meeting link: {OF_COACH}" in text(carla)
    assert await joins(stage) == OF_COACH


async def test_the_link_of_a_type_goes_before_the_coachs_and_a_sessions_own_before_both(
    stage: Stage, booked: Session
) -> None:
    ada = stage.person(ADMIN)
    await ada.command("/sessions setup")
    await ada.choose("Meeting link…", near="Carla Coach")
    assert "The link of all sessions that Carla Coach gives." in text(ada)
    await typed(ada, OF_COACH)
    assert text(ada).count("with a meeting link") == 1
    assert await joins(stage) == OF_COACH
    await ada.choose("Meeting link…", near="free")
    assert "The link of all Coaching sessions, whoever gives them." in text(ada)
    await typed(ada, OF_TYPE)
    assert text(ada).count("with a meeting link") == 2
    assert await joins(stage) == OF_TYPE
    await in_the_record(stage, COACH, OWN)
    assert await joins(stage) == OWN
    carla = await in_the_record(stage, COACH, "")
    assert await joins(stage) == OF_TYPE
    await carla.click("Meeting link…")
    assert f"Without it, people join here: {OF_TYPE}" in text(carla)


async def test_what_is_wrong_with_a_link_is_said_at_its_input_and_nothing_is_saved(
    stage: Stage, booked: Session
) -> None:
    for link, words in (
        ("zoom.us/j/1", "A link begins with https://, like https://"),
        ("http://zoom.us/j/1", "Links that begin with http:// are not safe to open"),
        ("https://zoom.us/j/1 2", "A link has no spaces"),
        ("https://carla:secret@zoom.us/", "a name or a password before “@”"),
        ("https://localhost/x", "“localhost” is no address that others can open"),
    ):
        carla = await in_the_record(stage, COACH, link)
        assert words in text(carla)
    assert await joins(stage) is None


async def test_only_the_coach_of_a_session_and_admins_may_set_its_link(stage: Stage, booked: Session) -> None:
    carla = stage.person(COACH)
    await carla.command("/sessions")
    await carla.choose("Details", near="Coaching")
    await carla.click("Meeting link…")
    await carla.fill("Link", OWN)
    await carla.submit()
    payload = stage.last_payload()
    payload["view"]["state"]["values"]["meeting_link"]["input"]["value"] = OF_TYPE
    for who in (ANNA, BORIS, OTHER_COACH):
        payload["user"]["id"], payload["trigger_id"] = who, f"forged-{who}"
        assert "shows yours" in str((await stage.deliver(payload)).body)
    payload["user"]["id"], payload["trigger_id"] = COACH, "forged-type"
    async with stage.store.read(WORKSPACE) as queries:
        [kind] = await queries.catalogue.session_types()
    for of, owner in ((LinkOf.TYPE, kind.id), (LinkOf.COACH, OTHER_COACH)):
        payload["view"]["private_metadata"] = LinkMeta(of=of, id=owner).dump()
        answer = str((await stage.deliver(payload)).body)
        assert "Only admins" in answer or "shows yours" in answer
    assert await joins(stage) == OWN
    async with stage.store.read(WORKSPACE) as queries:
        assert [one.meeting_link for one in await queries.catalogue.session_types()] == [None]
        assert [one.meeting_link for one in await queries.coaches.all()] == [None, None]


async def test_a_session_that_is_over_has_no_link_to_set(stage: Stage, booked: Session) -> None:
    carla = stage.person(COACH)
    await carla.command("/sessions")
    await carla.choose("Details", near="Coaching")
    await carla.click("Meeting link…")
    stage.clock.set(booked.ends_at + timedelta(minutes=1))
    await typed(carla, OWN)
    assert "This session is over or canceled, so nobody joins it any more." in text(carla)
    carla = stage.person(COACH)
    await carla.command("/sessions past")
    await carla.choose("Details", near="Coaching")
    assert "Meeting link…" not in text(carla)
