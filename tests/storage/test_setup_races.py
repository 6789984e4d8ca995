"""Two admins change the set-up at once: neither undoes what the other saved, and neither hears of the database."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from coaching.actions import packages, setup
from coaching.actions.stakeholders import save_told
from coaching.clock import ManualClock
from coaching.errors import BadSetting
from coaching.packages import CatalogPackage
from coaching.policy import Policy, TermsScope
from coaching.sessions import Actor
from coaching.stakeholders import NewsOf
from coaching.workspace import SessionType
from tests.support.databases import Databases
from tests.support.races import race, replicas, waits
from tests.support.world import ADMIN, ANNA, BORIS, COACH, WORKSPACE, World

ADA = Actor(WORKSPACE, ADMIN)


@pytest.fixture
async def world(databases: Databases, clock: ManualClock) -> AsyncIterator[World]:
    async with replicas(await databases.fresh("postgresql"), clock, 1) as [world]:
        await world.people()
        yield world


async def test_preferences_keep_the_terms_that_another_admin_saves_meanwhile(world: World) -> None:
    terms = Policy(late_cancel=False)
    async with world.store.write(WORKSPACE) as other:
        await other.terms.save(TermsScope(), terms)
        saving = asyncio.create_task(
            setup.save_preferences(
                world.store,
                ADA,
                "mine",
                reminder_offsets=[],
                reason_in_channel=True,
                support_contact="Help desk",
                undo_window=timedelta(0),
                quiet_hours=None,
                start_reminder=None,
                expiry_notice=None,
            )
        )
        await waits(world.store)
        await other.commit()
    await saving
    async with world.store.read(WORKSPACE) as queries:
        settings = await queries.workspace.settings()
    assert (settings.policy, settings.support_contact) == (terms, "Help desk")


async def test_the_same_stakeholder_named_by_two_admins_at_once_is_told_once_and_the_last_word_counts(
    world: World,
) -> None:
    async with world.store.write(WORKSPACE) as other:
        await other.workspace.lock()
        await other.stakeholders.save(NewsOf.COACH, COACH, [ANNA, BORIS])
        saving = asyncio.create_task(
            save_told(world.store, world.clock, ADA, "mine", NewsOf.COACH, COACH, people=[BORIS], channels=[])
        )
        await waits(world.store)
        await other.commit()
    await saving
    async with world.store.read(WORKSPACE) as queries:
        assert [one.target for one in await queries.stakeholders.all()] == [BORIS]


async def test_admins_named_twice_at_once_are_those_of_the_last_word(world: World) -> None:
    async with world.store.write(WORKSPACE) as other:
        await other.workspace.lock()
        await other.people.save_admins([ANNA, BORIS])
        saving = asyncio.create_task(setup.save_admins(world.store, world.clock, ADA, "mine", [BORIS]))
        await waits(world.store)
        await other.commit()
    await saving
    async with world.store.read(WORKSPACE) as queries:
        assert [one.id for one in await queries.people.admins()] == [BORIS]


async def test_of_two_packages_of_one_name_added_at_once_the_first_one_stays_as_it_is(world: World) -> None:
    async with world.store.write(WORKSPACE) as other:
        await other.catalogue.save_session_type(SessionType("", "Coaching", timedelta(minutes=50), 100))
        [kind] = await other.catalogue.session_types()
        await other.commit()

    def ten(sessions: int) -> CatalogPackage:
        return CatalogPackage(id="", name="Ten", type_id=kind.id, session_type="", unit=0, sessions=sessions)

    results = await race(
        *(packages.save_package(world.store, ADA, f"add {n}", ten(n)) for n in range(10, 16)),
    )
    assert len([one for one in results if isinstance(one, BadSetting)]) == 5
    saved = next(n for n, one in enumerate(results, 10) if one is None)
    [found] = (await packages.open_catalogue(world.store, ADA)).packages
    assert found.sessions == saved
