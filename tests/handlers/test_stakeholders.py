"""The form that says who else is told, as an admin fills it in (K7)."""

from datetime import timedelta

import pytest

from coaching.stakeholders import NewsOf
from playground.errors import PersonError
from playground.person import Person
from tests.handlers.conftest import NEWCOMER, Stage
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE


@pytest.fixture
async def ada(stage: Stage) -> Person:
    """Ada, with the set-up open."""
    await stage.world.book(timedelta(hours=48), session_type="Mentoring", price=0)
    ada = stage.person(ADMIN)
    await ada.command("/sessions setup")
    return ada


async def named(stage: Stage) -> set[tuple[NewsOf, str]]:
    async with stage.store.read() as queries:
        return {(one.of, one.target) for one in await queries.stakeholders(WORKSPACE)}


def shown(person: Person) -> str:
    assert person.modal is not None
    return person.modal.text


async def test_people_and_channels_are_named_for_a_coach_and_shown_in_the_set_up(stage: Stage, ada: Person) -> None:
    await ada.choose("Who else is told…", near="Carla Coach")
    assert "Whoever is named here gets what Carla Coach is told" in shown(ada)
    await ada.fill("People", [BORIS, NEWCOMER])
    await ada.fill("Channels", ["C0COACH"])
    await ada.submit()
    assert len(ada.modals) == 1
    assert "also told: 2 people, #carla-alerts" in shown(ada)
    assert await named(stage) == {(NewsOf.COACH, BORIS), (NewsOf.COACH, NEWCOMER), (NewsOf.COACH, "C0COACH")}


async def test_the_form_opens_with_whoever_is_named_and_saves_them_as_a_whole(stage: Stage, ada: Person) -> None:
    for people, channels in (([BORIS], ["C0COACH"]), (None, None)):
        await ada.choose("Who else is told…", near="Carla Coach")
        if people is None:
            assert ada.modal is not None
            assert (BORIS in str(ada.modal.data), "C0COACH" in str(ada.modal.data)) == (True, True)
            await ada.fill("Channels", [])
            await ada.submit()
        else:
            await ada.fill("People", people)
            await ada.fill("Channels", channels)
            await ada.submit()
    assert "also told: 1 person" in shown(ada)
    assert await named(stage) == {(NewsOf.COACH, BORIS)}


async def test_they_are_named_for_a_session_type_too(stage: Stage, ada: Person) -> None:
    await ada.choose("Who else is told…", near="Mentoring")
    assert "what coaches are told about Mentoring sessions" in shown(ada)
    await ada.fill("People", [BORIS])
    await ada.submit()
    assert "also told: 1 person" in shown(ada)
    assert await named(stage) == {(NewsOf.TYPE, BORIS)}


async def test_a_person_cannot_be_named_as_a_channel(ada: Person) -> None:
    await ada.choose("Who else is told…", near="Carla Coach")
    with pytest.raises(PersonError, match="there is no channel"):
        await ada.fill("Channels", [BORIS])


async def test_a_form_of_somebody_who_is_no_admin_any_more_changes_nothing(stage: Stage, ada: Person) -> None:
    await ada.choose("Who else is told…", near="Carla Coach")
    await ada.fill("People", [BORIS])
    await ada.submit()
    payload = stage.last_payload()
    payload["trigger_id"], payload["user"]["id"] = "another", COACH
    payload["view"]["state"]["values"]["told_people"]["input"]["selected_users"] = [NEWCOMER]
    answer = await stage.deliver(payload)
    assert "Only admins can do that" in str(answer)
    assert await named(stage) == {(NewsOf.COACH, BORIS)}


async def test_the_form_of_a_coach_who_was_removed_meanwhile_says_so(stage: Stage, ada: Person) -> None:
    await ada.choose("Who else is told…", near="Carla Coach")
    async with stage.store.write() as uow:
        await uow.remove_coach(WORKSPACE, COACH)
        await uow.commit()
    await ada.fill("People", [BORIS])
    await ada.submit()
    assert "That person is no coach any more; close this and open the set-up again." in shown(ada)
    assert await named(stage) == set()


async def test_the_coach_reads_in_the_record_who_else_is_told_and_the_client_does_not(
    stage: Stage, ada: Person
) -> None:
    await ada.choose("Who else is told…", near="Otto Other")
    await ada.fill("Channels", ["C0COACH"])
    await ada.submit()
    await stage.world.cancel(await stage.world.book(timedelta(hours=72), coach=OTHER_COACH, price=0))
    for who, reads in ((OTHER_COACH, True), (ANNA, False)):
        person = stage.person(who)
        await person.command("/sessions past")
        await person.choose("Details", near="Coaching")
        assert "alert to Otto Other" in shown(person) or "alert to you" in shown(person)
        assert ("alert to #carla-alerts waiting to be sent" in shown(person)) is reads
