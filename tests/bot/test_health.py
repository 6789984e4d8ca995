"""A database that answers and ails: named where operators look, not called busy, and nothing is told as done."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from bot.health import Health
from coaching.clock import ManualClock
from coaching.errors import StorageAils, StorageBusy
from storage import SqlStore, create_engines
from tests.support import patience
from tests.support.damage import damage
from tests.support.databases import Databases
from tests.support.world import World

DAY = timedelta(days=1)


@pytest.fixture
async def world(database_url: str, clock: ManualClock) -> AsyncIterator[World]:
    engines = create_engines(database_url, wait_seconds=patience.FOR_DATABASE)
    world = World(SqlStore(engines), clock)
    await world.people()
    await world.grant(credits=100_000)
    yield world
    await engines.dispose()


@pytest.fixture
async def lite(databases: Databases, clock: ManualClock) -> AsyncIterator[World]:
    engines = create_engines(await databases.fresh("sqlite"), wait_seconds=patience.FOR_DATABASE)
    world = World(SqlStore(engines), clock)
    await world.people()
    await world.grant(credits=100_000)
    yield world
    await engines.dispose()


async def test_a_sound_database_is_ready(world: World) -> None:
    assert await Health(world.store.engines).look() == {"database": True, "migrations": True}


async def test_a_full_disk_is_named_though_small_writes_go_through(lite: World) -> None:
    async with lite.store.engines.writer.begin() as connection:
        pages = (await connection.execute(text("PRAGMA page_count"))).scalar_one()
        await connection.execute(text(f"PRAGMA max_page_count = {pages}"))
    before = 0

    async def book_on() -> None:
        nonlocal before
        for days in range(2, 300):
            before = await lite.balance()
            await lite.book(days * DAY)

    with pytest.raises(StorageAils, match="disk is full"):
        await book_on()
    assert await lite.balance() == before, "nothing is half-done"
    assert "disk is full" in str((await Health(lite.store.engines).look())["database"])


async def test_a_damaged_page_is_named(lite: World) -> None:
    await damage(lite.store.engines, "grants")
    with pytest.raises(StorageAils, match="damaged"):
        await lite.balance()
    assert "damaged" in str((await Health(lite.store.engines).look())["database"])


async def test_a_file_that_was_deleted_is_noticed_before_anything_is_told_as_done(lite: World) -> None:
    health = Health(lite.store.engines)
    await health.look()
    Path(lite.store.engines.writer.url.database or "").unlink()  # noqa: ASYNC240 - it is quick
    with pytest.raises(StorageAils, match="deleted"):
        await lite.book(3 * DAY)
    assert "deleted" in str((await health.look())["database"])


async def test_a_process_on_a_newer_schema_than_its_own_stops_writing(world: World) -> None:
    health = Health(world.store.engines, every_seconds=0.01)
    async with world.store.engines.writer.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    async with health.running():
        while not world.store.engines.condition.newer:  # noqa: ASYNC110 - until it has looked
            await asyncio.sleep(0.01)
    before = await world.balance()
    with pytest.raises(StorageAils, match="newer release"):
        await world.grant()
    assert await world.balance() == before
    parts = await health.look()
    assert "newer release" in str(parts["database"])
    assert "9999" in str(parts["migrations"])


async def test_a_database_that_is_gone_does_not_answer(databases: Databases, clock: ManualClock) -> None:
    url = make_url(await databases.fresh("postgresql"))
    engines = create_engines(url.set(port=1).render_as_string(hide_password=False))
    parts = await Health(engines).look()
    assert str(parts["database"]).startswith("does not answer (")
    with pytest.raises(StorageBusy):
        await World(SqlStore(engines), clock).balance()
    await engines.dispose()
