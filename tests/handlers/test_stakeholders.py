"""The form that says who else is told, as an admin fills it in (K7)."""

from datetime import timedelta

import pytest

from coaching.addresses import Consent
from coaching.stakeholders import MAX_STAKEHOLDERS, NewsOf
from playground.errors import PersonError
from playground.person import Person
from tests.handlers.conftest import NEWCOMER, Stage
from tests.handlers.test_exceptions import deliver
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE


@pytest.fixture
async def ada(stage: Stage) -> Person:
    """Ada, with the set-up open."""
    await stage.world.book(timedelta(hours=48), session_type="Mentoring", price=0)
    ada = stage.person(ADMIN)
    await ada.command("/sessions setup")
    return ada


async def named(stage: Stage) -> set[tuple[NewsOf, str]]:
    async with stage.store.read(WORKSPACE) as queries:
        return {(one.of, one.target) for one in await queries.stakeholders.all()}


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
    assert "also told: 2 people and #carla-alerts" in shown(ada)
    assert await named(stage) == {(NewsOf.COACH, BORIS), (NewsOf.COACH, NEWCOMER), (NewsOf.COACH, "C0COACH")}


async def test_the_form_opens_with_the_people_and_an_emptied_picker_of_people_ends_it(
    stage: Stage, ada: Person
) -> None:
    await ada.choose("Who else is told…", near="Carla Coach")
    await ada.fill("People", [BORIS, NEWCOMER])
    await ada.submit()
    for people in ([BORIS], []):
        await ada.choose("Who else is told…", near="Carla Coach")
        assert BORIS in str(ada.modal and ada.modal.data)
        await ada.fill("People", people)
        await ada.submit()
        assert await named(stage) == {(NewsOf.COACH, who) for who in people}


async def test_channels_that_an_admin_cannot_see_are_told_until_they_are_ticked(stage: Stage, ada: Person) -> None:
    secret = [f"C0SECRET{number}" for number in range(11)]
    async with stage.store.write(WORKSPACE) as uow:
        await uow.stakeholders.save(NewsOf.COACH, COACH, secret)
        await uow.commit()
    await ada.choose("Who else is told…", near="Carla Coach")
    await ada.fill("More channels", [])
    await ada.submit()
    assert await named(stage) == {(NewsOf.COACH, channel) for channel in secret}
    await ada.choose("Who else is told…", near="Carla Coach")
    await ada.fill("More channels", ["C0COACH"])
    await ada.tick("#C0SECRET0", "#C0SECRET9")
    await ada.submit()
    left = {"C0COACH", *secret} - {"C0SECRET0", "C0SECRET9"}
    assert await named(stage) == {(NewsOf.COACH, channel) for channel in left}


async def test_a_channel_cannot_be_added_and_ended_at_once(stage: Stage, ada: Person) -> None:
    await ada.choose("Who else is told…", near="Carla Coach")
    await ada.fill("Channels", ["C0COACH"])
    await ada.submit()
    await ada.choose("Who else is told…", near="Carla Coach")
    await ada.tick("#carla-alerts")
    await ada.fill("More channels", ["C0COACH"])
    assert (await ada.submit())["outcome"] == "errors"
    assert "A channel can be added or not told any more, not both." in shown(ada)
    assert await named(stage) == {(NewsOf.COACH, "C0COACH")}


async def test_channels_that_are_told_already_count_towards_the_limit(stage: Stage, ada: Person) -> None:
    async with stage.store.write(WORKSPACE) as uow:
        await uow.stakeholders.save(NewsOf.COACH, COACH, [f"C0SECRET{n}" for n in range(MAX_STAKEHOLDERS)])
        await uow.commit()
    await ada.choose("Who else is told…", near="Carla Coach")
    await ada.fill("More channels", ["C0COACH"])
    assert (await ada.submit())["outcome"] == "errors"
    assert "Choose at most 20." in shown(ada)
    assert len(await named(stage)) == MAX_STAKEHOLDERS


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
    async with stage.store.write(WORKSPACE) as uow:
        await uow.coaches.remove(COACH)
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
    stage.clock.advance(timedelta(seconds=61))
    await deliver(stage)
    for who, reads in ((OTHER_COACH, True), (ANNA, False)):
        person = stage.person(who)
        await person.command("/sessions past")
        await person.choose("Details", near="Coaching")
        assert "alert sent to Otto Other" in shown(person) or "alert sent to you" in shown(person)
        assert ("alert sent to #carla-alerts" in shown(person)) is reads


async def test_addresses_are_named_asked_and_confirmed_for_by_an_admin(stage: Stage, ada: Person) -> None:
    await ada.choose("Who else is told…", near="Carla Coach")
    assert "Each is asked by one mail, and gets nothing before it says yes." in shown(ada)
    await ada.fill("E-mail addresses", "Olga@Example.org\npat@example.org, olga@example.org")
    await ada.submit()
    assert await named(stage) == {(NewsOf.COACH, "mail:olga@example.org"), (NewsOf.COACH, "mail:pat@example.org")}
    assert "also told" not in shown(ada), "nothing is sent before a yes"
    await ada.choose("Who else is told…", near="Carla Coach")
    assert "Was asked by mail, and has not answered yet." in shown(ada)
    await ada.click("Confirm for them", near="olga@example.org", confirm=True)
    assert "Confirmed by Ada Admin." in shown(ada)
    await ada.submit()
    assert "also told: 1 e-mail address" in shown(ada)


@pytest.mark.parametrize(
    "spelled",
    [
        "OLGA@exam\u00adple.org",
        "olga@example\u3002org",
        "olga@exam\u200bple.org",
        "olga@example" + "\u00ad" * 400 + ".org",
    ],
)
async def test_another_spelling_of_an_address_is_the_same_address(stage: Stage, ada: Person, spelled: str) -> None:
    await ada.choose("Who else is told…", near="Carla Coach")
    await ada.fill("E-mail addresses", f"{spelled}\nolga@example.org")
    await ada.submit()
    assert await named(stage) == {(NewsOf.COACH, "mail:olga@example.org")}


async def test_a_domain_in_another_script_is_kept_as_mail_servers_know_it(stage: Stage, ada: Person) -> None:
    await ada.choose("Who else is told…", near="Carla Coach")
    await ada.fill("E-mail addresses", "olga@bücher.example, olga@xn--bcher-kva.example")
    await ada.submit()
    assert await named(stage) == {(NewsOf.COACH, "mail:olga@xn--bcher-kva.example")}


async def test_what_is_no_address_is_refused_by_its_field_and_nothing_is_saved(stage: Stage, ada: Person) -> None:
    await ada.choose("Who else is told…", near="Carla Coach")
    await ada.fill("People", [BORIS])
    for wrong in ("olga@example.org\nolga at example", "a@b@c", "olga@exa mple.org", "@example.org", "ö@example.org"):
        await ada.fill("E-mail addresses", wrong)
        assert (await ada.submit())["outcome"] == "errors"
        assert "This is no e-mail address: " in shown(ada)
    await ada.fill("E-mail addresses", "\n".join(f"o{n}@example.org" for n in range(MAX_STAKEHOLDERS + 1)))
    assert (await ada.submit())["outcome"] == "errors"
    assert "Choose at most 20." in shown(ada)
    assert await named(stage) == set()


async def test_an_address_that_said_no_keeps_its_place_until_an_admin_removes_it(stage: Stage, ada: Person) -> None:
    await ada.choose("Who else is told…", near="Carla Coach")
    await ada.fill("E-mail addresses", "olga@example.org")
    await ada.submit()
    async with stage.store.write(WORKSPACE) as uow:
        await uow.stakeholders.answer("mail:olga@example.org", Consent.DECLINED, None)
        await uow.commit()
    await ada.choose("Who else is told…", near="Carla Coach")
    assert "Said no, and gets nothing. Only its owner can change that, by the link in the mail." in shown(ada)
    await ada.submit()
    assert await named(stage) == {(NewsOf.COACH, "mail:olga@example.org")}, "else its owner could not change it"
    assert "also told" not in shown(ada)
    for typed, then in (("", set()), ("olga@example.org", {(NewsOf.COACH, "mail:olga@example.org")})):
        await ada.choose("Who else is told…", near="Carla Coach")
        await ada.fill("E-mail addresses", typed)
        await ada.submit()
        assert await named(stage) == then
    await ada.choose("Who else is told…", near="Carla Coach")
    assert "Said no, and gets nothing." in shown(ada), "naming it again is no yes"


async def test_addresses_that_were_named_stay_when_a_form_without_their_field_is_saved(
    stage: Stage, ada: Person
) -> None:
    await ada.choose("Who else is told…", near="Carla Coach")
    await ada.fill("E-mail addresses", "olga@example.org")
    await ada.submit()
    payload = stage.last_payload()
    payload["trigger_id"] = "another"
    del payload["view"]["state"]["values"]["told_addresses"]
    await stage.deliver(payload)
    assert await named(stage) == {(NewsOf.COACH, "mail:olga@example.org")}
