"""KEEP_PERSONAL_DAYS: whose last session was longer ago is erased, and nobody else."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

import bot.retention
from bot.retention import MOST, Retention
from coaching.actions.erase import forget
from coaching.actions.outcomes import complete_due
from coaching.clock import ManualClock
from coaching.errors import StorageBusy
from coaching.sessions import ERASED
from storage import SqlStore
from storage.tables import grants, pool_members, pools, stakeholders
from tests.support.imports import everything
from tests.support.invariants import violations
from tests.support.world import ANNA, BORIS, COACH, WORKSPACE, World

DAY = timedelta(days=1)


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    world = World(store, clock)
    await world.people()
    await world.open()
    return world


async def had(world: World, client: str, *, left: int = 0) -> None:
    """Let somebody have a session tomorrow, and let it be over."""
    await world.grant(client, 100 + left)
    await world.book(DAY, client=client)
    world.clock.advance(3 * DAY)
    await complete_due(world.store, world.clock, 100)


async def known(world: World) -> set[str]:
    return {row[1] for row in (await everything(world.store))["members"]}


async def test_whose_last_session_was_long_ago_is_erased_and_nobody_else(world: World) -> None:
    await had(world, ANNA)
    world.clock.advance(90 * DAY)
    await had(world, BORIS)
    before = await known(world)
    await Retention(world.store, world.clock, 60).look()
    assert before - await known(world) == {ANNA}
    assert ERASED in repr(await everything(world.store))
    async with world.store.engines.reader.connect() as connection:
        found = await violations(connection)
    assert [one for one in found if "shown before it was made" not in one] == []


async def test_credits_that_can_still_be_used_keep_a_person_and_so_does_giving_sessions(world: World) -> None:
    await had(world, ANNA, left=100)
    world.clock.advance(900 * DAY)
    await Retention(world.store, world.clock, 60).look()
    assert {ANNA, COACH} <= await known(world)


async def test_everybody_is_looked_at_in_rounds_and_then_it_rests(world: World) -> None:
    people = [f"U0CLIENT{number:02}" for number in range(MOST + 2)]
    for who in people:
        await world.grant(who, 100)
        await world.book(DAY, client=who)
        world.clock.advance(timedelta(hours=1))
    world.clock.advance(100 * DAY)
    await complete_due(world.store, world.clock, 100)
    retention = Retention(world.store, world.clock, 60)
    await retention.look()
    assert len(await known(world) & set(people)) == 2
    await retention.look()
    assert not await known(world) & set(people)
    await had(world, ANNA)
    world.clock.advance(90 * DAY)
    await retention.look()
    assert ANNA not in await known(world)


@pytest.mark.parametrize("why", ["pool", "copies"])
async def test_who_can_spend_a_companys_credits_or_gets_copies_is_kept(world: World, why: str) -> None:
    await had(world, ANNA)
    given = await world.grant(BORIS, 500)
    world.clock.advance(90 * DAY)
    async with world.store.engines.writer.connect() as connection:
        if why == "pool":
            await connection.execute(insert(pools), {"workspace_id": WORKSPACE, "id": "p1", "name": "Acme"})
            member = {"workspace_id": WORKSPACE, "pool_id": "p1", "member_id": ANNA}
            await connection.execute(insert(pool_members), member)
            await connection.execute(grants.update().where(grants.c.id == given).values(client_id=None, pool_id="p1"))
        else:
            copies = {"workspace_id": WORKSPACE, "scope": "coach", "scope_id": COACH, "target": ANNA}
            await connection.execute(insert(stakeholders), copies)
        await connection.commit()
    await Retention(world.store, world.clock, 60).look()
    assert ANNA in await known(world)


async def test_one_who_cannot_be_erased_now_does_not_keep_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await had(world, ANNA)
    await had(world, BORIS)
    world.clock.advance(90 * DAY)

    async def slow(store: Any, clock: Any, workspace: str, who: str, before: Any) -> bool:
        if who == ANNA:
            raise StorageBusy("canceling statement due to statement timeout")
        return await forget(store, clock, workspace, who, before)

    monkeypatch.setattr(bot.retention, "forget", slow)
    retention = Retention(world.store, world.clock, 60)
    await retention.look()
    await retention.look()
    assert await known(world) & {ANNA, BORIS} == {ANNA}
