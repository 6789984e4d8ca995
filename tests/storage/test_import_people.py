"""Whom an import names: people of the workspace, people who come later, coaches who are set up or were removed."""

from pathlib import Path

import pytest

from coaching.actions.people import remember
from coaching.clock import ManualClock
from coaching.sessions import Person
from storage import SqlStore
from tests.support.imports import Importer, everything, session
from tests.support.world import ANNA, COACH, WORKSPACE, World


@pytest.fixture
def importer(database_url: str, tmp_path: Path, clock: ManualClock) -> Importer:
    return Importer(database_url, tmp_path, clock)


@pytest.fixture
def world(store: SqlStore, clock: ManualClock) -> World:
    return World(store, clock)


async def test_an_email_of_somebody_in_slack_is_that_member(importer: Importer, world: World) -> None:
    await world.people()
    assert await importer.rows({"session_id": "S1", "client": "U0Anna@Example.com", "coach": "new@example.com"}) == 0
    found = await session(world.store, "S1")
    assert (found.client.id, found.coach.id) == (ANNA, "mail:new@example.com")
    assert "1 person is not in Slack yet" in importer.said
    assert "1 coach came in who is not set up yet" in importer.said
    # One person under two names is still one person.
    assert await importer.rows({"session_id": "S2", "client": "u0anna@example.com", "coach": ANNA}) == 1
    assert "Line 2: coach: is U0ANNA, and so is the client" in importer.said


async def test_people_known_by_email_are_linked_when_they_appear(
    importer: Importer, store: SqlStore, clock: ManualClock
) -> None:
    row = {"client": "anna@example.com", "coach": "carla@example.com", "package": "Ten"}
    assert await importer.rows({"session_id": "S1", **row}) == 0
    for user_id, name in (("U0NEW", "anna"), ("U0CARLA", "carla")):
        assert (
            await remember(
                store, clock, WORKSPACE, Person(user_id, name, f"{name}@example.com"), clock.now(), link=True
            )
            == 1
        )
    found = await session(store, "S1")
    assert (found.client.id, found.coach.id) == ("U0NEW", "U0CARLA")
    # The next file still writes e-mails, and its sessions join the same package.
    assert await importer.rows({"session_id": "S2", **row}, {"session_id": "S1", **row}) == 0
    second = await session(store, "S2")
    assert second.package is not None
    assert found.package is not None
    assert (second.client.id, second.package.grant_id, second.package.position) == ("U0NEW", found.package.grant_id, 2)
    rows = await everything(store)
    assert {row[1] for row in rows["coaches"]} == {"U0CARLA"}
    assert {row[3] for row in rows["notices"]} == {"U0NEW"}


async def test_a_coach_who_was_set_up_keeps_the_channel_and_one_removed_stays_removed(
    importer: Importer, world: World
) -> None:
    await world.people()
    async with world.store.write(WORKSPACE) as uow:
        await uow.coaches.remove("U0OTHER")
        await uow.commit()
    assert await importer.rows({"session_id": "S1"}, {"session_id": "S2", "coach": "U0OTHER"}) == 0
    async with world.store.read(WORKSPACE) as queries:
        found = [(coach.person.id, coach.alert_channel) for coach in await queries.coaches.all()]
    assert found == [(COACH, "C0COACH")]
    assert "came in who" not in importer.said
