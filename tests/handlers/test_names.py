"""Names as people spell them, as nobody sees them, and as several people have them."""

from datetime import UTC, datetime, timedelta

import pytest

from coaching.actions import slots
from coaching.availability import Availability, parse_hours
from coaching.sessions import Actor, Person
from coaching.workspace import SessionType
from playground.person import Person as Somebody
from tests.handlers.conftest import NEWCOMER, Stage
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE

H = timedelta(hours=1)
INVISIBLE = ("\u200b", "\u3164", "\u2800 \u2800")


def shown(person: Somebody) -> str:
    assert person.modal is not None
    return person.modal.text


def everything(person: Somebody) -> str:
    """The whole dialog, menus too."""
    assert person.modal is not None
    return str(person.modal.data)


async def called(stage: Stage, name: str, *ids: str) -> None:
    """Give people a name."""
    async with stage.store.write(WORKSPACE) as uow:
        for who in ids:
            person = Person(who, name, f"{who.lower()}@example.com", "America/New_York", "en-US")
            await uow.people.save(person, datetime.now(UTC))
        await uow.commit()


async def offer(stage: Stage, *types: SessionType) -> None:
    async with stage.store.write(WORKSPACE) as uow:
        for one in types:
            await uow.catalogue.save_session_type(one)
        await uow.commit()


async def opens(stage: Stage, *coaches: str) -> None:
    hours = Availability(time_zone="America/New_York", hours=parse_hours("Mon–Fri 9:00–12:00"))
    for coach in coaches:
        await slots.save_hours(stage.store, Actor(WORKSPACE, coach), f"hours:{coach}", coach, hours)


async def add_type(ada: Somebody, name: str) -> str:
    await ada.fill("Name", name)
    await ada.fill("Minutes", "30")
    await ada.submit()
    return shown(ada)


@pytest.fixture
async def ada(stage: Stage) -> Somebody:
    """Ada, about to add a session type beside one called Café."""
    await offer(stage, SessionType("", "Café", timedelta(minutes=30), 0))
    ada = stage.person(ADMIN)
    await ada.command("/sessions setup")
    await ada.click("Add session type")
    return ada


@pytest.mark.parametrize("spelled", ["Cafe\u0301", " CAFÉ ", "Ｃａｆé", "Café\u200b"])
async def test_another_spelling_of_a_session_types_name_is_that_name(stage: Stage, ada: Somebody, spelled: str) -> None:
    assert "There is a session type of that name already." in await add_type(ada, spelled)


@pytest.mark.parametrize("name", INVISIBLE)
async def test_a_session_type_needs_a_name_that_can_be_seen(stage: Stage, ada: Somebody, name: str) -> None:
    assert "A name has 1 to 80 characters that can be seen." in await add_type(ada, name)


@pytest.mark.parametrize("field", ["Add package", "Add pool"])
async def test_packages_and_pools_need_a_name_that_can_be_seen(stage: Stage, ada: Somebody, field: str) -> None:
    await ada.close(everything=True)
    await ada.command("/sessions setup")
    await ada.click("Packages and credits")
    await ada.click(field)
    await ada.fill("Name" if field == "Add package" else "Company", "\u3164")
    if field == "Add package":
        await ada.fill("Number of sessions", "5")
    await ada.submit()
    assert "characters that can be seen." in shown(ada)


@pytest.mark.parametrize("name", INVISIBLE)
async def test_an_invisible_name_from_slack_gives_way_to_the_next_one(stage: Stage, name: str) -> None:
    stage.pg.workspace.users[NEWCOMER].real_name = name
    await stage.person(NEWCOMER).command("/sessions")
    await stage.settled()
    async with stage.store.read(WORKSPACE) as queries:
        assert (await queries.people.viewer(NEWCOMER)).person.name == "nora"


async def test_a_name_that_was_kept_invisible_is_shown_as_none(stage: Stage) -> None:
    await called(stage, "\u3164", COACH)
    await stage.world.book(48 * H, price=0)
    anna = stage.person()
    await anna.command("/sessions cancel")
    assert COACH in everything(anna)
    assert "\u3164" not in everything(anna)


async def test_two_coaches_of_one_name_are_told_apart_when_booking(stage: Stage) -> None:
    await stage.world.grant(ANNA, 1000)
    await offer(stage, SessionType("coaching", "Coaching", timedelta(minutes=50), 100))
    await opens(stage, COACH, OTHER_COACH)
    await called(stage, "Alex Kim", COACH)
    await called(stage, "ALEX  Kim", OTHER_COACH)
    anna = stage.person()
    await anna.command("/sessions book")
    await anna.choose(f"ALEX Kim ({OTHER_COACH})")
    await anna.choose(f"Alex Kim ({COACH})")
    assert "@example.com" not in shown(anna)


@pytest.mark.plain  # An option 40 % longer is cut before the address that tells them apart.
async def test_two_clients_of_one_name_are_told_apart_when_a_coach_chooses(stage: Stage) -> None:
    await called(stage, "Sam Park", ANNA, BORIS)
    for number, client in enumerate((ANNA, BORIS)):
        await stage.world.book((48 + number) * H, client=client, price=0)
    carla = stage.person(COACH)
    await carla.command("/sessions cancel")
    for client in (ANNA, BORIS):
        assert f"Sam Park ({client.lower()}@example.com)" in everything(carla)


async def test_a_name_that_nobody_shares_stays_as_it_is(stage: Stage) -> None:
    await called(stage, "Anna Lee", COACH)
    await stage.world.book(48 * H, price=0)
    anna = stage.person()
    await anna.command("/sessions cancel")
    assert f"({COACH})" not in everything(anna)


async def test_session_types_of_one_name_are_told_apart(stage: Stage) -> None:
    await stage.world.grant(ANNA, 1000)
    half_hour = timedelta(minutes=30)
    # As they may have come in with files before spellings were one.
    await offer(
        stage, SessionType("t1", "Café", half_hour, 0), SessionType("t2", "Cafe\u0301", half_hour, 0),
        SessionType("t3", "Long", half_hour, 0),
    )  # fmt: skip
    await opens(stage, COACH)
    anna = stage.person()
    await anna.command("/sessions book")
    options = everything(anna)
    assert "30 minutes · free (1)" in options
    assert "30 minutes · free (2)" in options
    assert "Long · 30 minutes · free'" in options
