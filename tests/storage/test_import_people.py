"""Whom an import names: people of the workspace, people who come later, coaches who are set up or were removed."""

from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from coaching.actions.people import remember
from coaching.clock import ManualClock
from coaching.plans import countdown
from coaching.quiet import QuietHours
from coaching.sessions import Person
from coaching.workspace import Settings
from storage import SqlStore
from storage.tables import notices
from tests.support.imports import Importer, everything, session
from tests.support.world import ANNA, BORIS, COACH, WORKSPACE, World


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


async def test_reminders_wait_for_the_end_of_the_night_where_their_client_lives(
    importer: Importer, world: World, clock: ManualClock
) -> None:
    settings = Settings(
        reminder_offsets=(timedelta(hours=2), timedelta(hours=9)), quiet_hours=QuietHours(time(21), time(8))
    )
    await world.settings(settings)
    zones = {ANNA: "America/New_York", BORIS: "Asia/Tokyo"}
    async with world.store.write(WORKSPACE) as uow:
        for who, zone in zones.items():
            await uow.people.save(Person(who, time_zone=zone), clock.now())
        await uow.commit()
    rows = [
        {"session_id": who, "client": who, "starts_at": f"2026-11-{day}T10:00Z"}
        for day, who in enumerate(zones, start=20)
    ]
    assert await importer.rows(*rows) == 0, importer.said
    planned = {}
    for who, zone in zones.items():
        found = await session(world.store, who)
        steps = countdown(replace(found, client=replace(found.client, time_zone=zone)), settings, clock.now())
        planned |= {one.dedupe_key: one.due_at for one in steps}
    async with world.store.engines.reader.connect() as connection:
        reminders = await connection.execute(select(notices.c.dedupe_key, notices.c.due_at))
    assert {row.dedupe_key: row.due_at for row in reminders} == planned
    assert len(planned) > len(zones)
