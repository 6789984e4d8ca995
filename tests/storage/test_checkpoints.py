"""A balance is a sum: of a checkpoint, which repeats the first movements of a grant, and of what came after it."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from coaching.actions import credits, packages
from coaching.clock import ManualClock
from coaching.errors import StorageBusy
from coaching.packages import Holder
from coaching.sessions import Actor
from storage import SqlStore, create_engines
from storage.repositories import checkpoints
from storage.unit_of_work import busy_as_typed_error
from tests.support import patience
from tests.support.invariants import violations
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE, World

HOUR = timedelta(hours=1)
_COLUMNS = "(workspace_id, key, kind, source, target, amount, at, grant_id, number)"


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(checkpoints, "EVERY", 3)
    world = World(store, clock)
    await world.people()
    return world


async def rows(world: World, question: str) -> list[tuple[object, ...]]:
    async with world.store.engines.reader.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(question))]


async def test_a_long_history_is_added_up_once(world: World) -> None:
    await world.grant(credits=1000)
    assert await rows(world, "SELECT number FROM checkpoints") == []
    for number in range(1, 8):
        await world.book(number * 24 * HOUR)
        assert await world.balance() == 1000 - number * 100
        # What is left to add up is never more than a few movements, whatever came before: one issue, then bookings.
        [left] = await rows(
            world,
            "SELECT COUNT(*) FROM transfers WHERE number > COALESCE((SELECT c.number FROM checkpoints c), 0)",
        )
        assert left <= (checkpoints.EVERY,)
    assert await rows(world, "SELECT number, balance FROM checkpoints") == [(6, 500)]
    async with world.store.engines.reader.connect() as connection:
        assert await violations(connection) == []


async def test_without_its_checkpoint_a_balance_is_the_same(world: World) -> None:
    await world.grant(credits=1000)
    for number in range(1, 6):
        await world.cancel(await world.book(number * 48 * HOUR))
    before = await world.balance()
    assert await rows(world, "SELECT 1 FROM checkpoints")
    async with world.store.engines.writer.begin() as connection:
        await connection.execute(text("DELETE FROM checkpoints"))
    assert await world.balance() == before == 1000


async def test_many_who_spend_from_one_pool_at_once_get_numbers_without_a_gap(world: World) -> None:
    admin, store, clock = Actor(WORKSPACE, ADMIN), world.store, world.clock
    pool = await packages.save_pool(
        store, clock, admin, "pool", pool_id=None, name="Acme", contact_id=BORIS, member_ids=[ANNA, BORIS]
    )
    give = credits.Give(actor=admin, request_key="give", holder=Holder(pool_id=pool), amount=5000)
    await credits.give(store, clock, give)
    booked = await asyncio.gather(
        *(
            world.book((24 + n * 2) * HOUR, client=ANNA if n % 2 else BORIS, coach=COACH if n % 2 else OTHER_COACH)
            for n in range(12)
        )
    )
    await asyncio.gather(world.cancel(*booked[1:6:2]), world.cancel(*booked[0:6:2], who=BORIS))
    numbers = await rows(world, "SELECT number FROM transfers WHERE number IS NOT NULL ORDER BY number")
    assert [number for (number,) in numbers] == list(range(1, 1 + 1 + 12 + 6))
    assert await rows(world, "SELECT 1 FROM checkpoints WHERE number > 3")
    async with store.engines.reader.connect() as connection:
        assert await violations(connection) == []


@pytest.mark.parametrize(
    ("source", "number"), [("issued", "NULL"), ("forfeited", "NULL"), ("grant:other", "2")], ids=lambda one: str(one)
)
async def test_what_moves_in_a_grant_cannot_be_without_a_number(world: World, source: str, number: str) -> None:
    target = "expired" if source == "grant:other" else "grant:g"
    values = f"('{WORKSPACE}', 'k', 'issue', '{source}', '{target}', 5, 1, 'g', {number})"
    with pytest.raises(DBAPIError, match="numbered"):
        async with world.store.engines.writer.begin() as connection:
            await connection.execute(text(f"INSERT INTO transfers {_COLUMNS} VALUES {values}"))


async def test_an_earlier_release_that_still_runs_is_told_that_the_database_is_busy(postgres_url: str) -> None:
    """It knows no numbers. What it cannot do is done by the release that comes after it."""
    engines = create_engines(postgres_url, wait_seconds=patience.FOR_DATABASE)
    values = f"('{WORKSPACE}', 'k', 'issue', 'issued', 'grant:g', 5, 1, 'g', NULL)"
    with pytest.raises(StorageBusy), busy_as_typed_error():
        async with engines.writer.begin() as connection:
            await connection.execute(text(f"INSERT INTO transfers {_COLUMNS} VALUES {values}"))
    await engines.dispose()
