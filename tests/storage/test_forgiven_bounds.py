"""What was forgiven a client is found among their latest sessions, however long they have been one."""

from datetime import timedelta

import pytest

from coaching.clock import ManualClock
from storage import SqlStore
from tests.statements.recorder import recording
from tests.support.world import ANNA, WORKSPACE, World


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    world = World(store, clock)
    await world.people()
    return world


async def test_no_session_before_the_months_that_count_is_read(world: World) -> None:
    with recording() as found:
        async with world.store.write(WORKSPACE) as uow:
            await uow.ledger.forgiven([ANNA], world.clock.now() - timedelta(days=90))
    kind = world.store.engines.dialect
    [asked] = [one for one in found[kind].values() if "forgiven" in one.sql]
    explain = "EXPLAIN QUERY PLAN " if kind == "sqlite" else "EXPLAIN "
    async with world.store.engines.reader.connect() as connection:
        rows = (await connection.exec_driver_sql(explain + asked.sql, asked.parameters)).all()
    steps = [str(row[-1]) for row in rows]
    assert steps
    assert not [one for one in steps if "ix_sessions_client" in one and "starts_at" not in one and kind == "sqlite"], (
        steps
    )
