"""Whatever people do in whatever order, money adds up and everybody is told once: on SQLite and on PostgreSQL."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import text

from coaching.clock import ManualClock
from storage import SqlStore, create_engines
from storage.tables import metadata
from tests.conftest import KINDS, START
from tests.properties.times import life_on
from tests.support.databases import Databases
from tests.support.world import World

BESIDE = "T0BESIDE"


async def _neighbours(store: SqlStore) -> None:
    """Fill a second workspace with the same people: nothing that happens next door may touch it."""
    world = World(store, ManualClock(START), BESIDE)
    await world.people()
    # Nothing of theirs is due as long as a practice lives: the upkeep works for all workspaces.
    await world.grant(credits=300, expires_at=START + timedelta(days=4000))
    canceled, late, _booked = [await world.book(timedelta(hours=n)) for n in (72, 20, 50)]
    await world.cancel(canceled)
    world.clock.advance(timedelta(hours=1))
    await world.cancel(late)


async def _rows(store: SqlStore) -> dict[str, set[tuple[object, ...]]]:
    async with store.engines.reader.connect() as connection:
        return {
            table.name: {
                tuple(row)
                for row in await connection.execute(
                    text(f"SELECT * FROM {table.name} WHERE workspace_id = :ws"), {"ws": BESIDE}
                )
            }
            for table in metadata.sorted_tables
        }


@contextmanager
def _practice(databases: Databases, kind: str) -> Iterator[tuple[asyncio.Runner, SqlStore]]:
    with asyncio.Runner() as runner:
        engines = create_engines(runner.run(databases.fresh(kind)), wait_seconds=30)
        try:
            yield runner, SqlStore(engines)
        finally:
            runner.run(engines.dispose())


def _live(databases: Databases, kind: str, how: settings) -> None:
    with _practice(databases, kind) as (runner, store):
        runner.run(_neighbours(store))
        before = runner.run(_rows(store))
        assert all(before[name] for name in ("sessions", "transfers", "refunds", "notices", "timeline", "drafts"))
        run_state_machine_as_test(life_on(runner, store), settings=how)  # type: ignore[no-untyped-call]
        assert runner.run(_rows(store)) == before


@pytest.mark.parametrize("kind", KINDS)
def test_money_and_promises_hold_whatever_people_do(databases: Databases, kind: str) -> None:
    _live(databases, kind, settings(settings.get_profile("quick"), max_examples=40, stateful_step_count=30))


@pytest.mark.deep
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", KINDS)
def test_money_and_promises_hold_in_a_long_life(databases: Databases, kind: str) -> None:
    _live(databases, kind, settings(settings.get_profile("deep"), max_examples=80, stateful_step_count=50))
