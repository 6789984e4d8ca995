"""A channel gets another id: whatever names it names the new one, once."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from coaching.actions.channels import follow
from coaching.clock import ManualClock
from coaching.stakeholders import NewsOf
from storage import SqlStore
from storage.tables import coaches, notices, stakeholders
from tests.support.world import BORIS, COACH, OTHER_COACH, WORKSPACE, World

OLD, NEW, ELSEWHERE = "G0OLD", "C0NEW", "T0ELSEWHERE"


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    world = World(store, clock)
    await world.people()
    await world.grant()
    async with store.sweep() as sweep:
        here, elsewhere = sweep.within(WORKSPACE), sweep.within(ELSEWHERE)
        await here.coaches.save(COACH, OLD)
        await here.stakeholders.save(NewsOf.COACH, COACH, [BORIS, OLD, NEW])
        await here.stakeholders.save(NewsOf.COACH, OTHER_COACH, [OLD])
        await elsewhere.workspace.ensure()
        await elsewhere.coaches.save(COACH, OLD)
        await sweep.commit()
    return world


async def kept(world: World) -> list[list[Any]]:
    """Everything that may name a channel."""
    found: list[list[Any]] = []
    async with world.store.engines.reader.connect() as connection:
        for table in (coaches, stakeholders, notices):
            rows = await connection.execute(select(table).order_by(*table.primary_key.columns))
            found.append([dict(row) for row in rows.mappings()])
    return found


async def test_coaches_stakeholders_and_notices_follow_and_a_second_time_changes_nothing(world: World) -> None:
    await world.cancel(await world.book(timedelta(hours=30), coach=OTHER_COACH, price=0))
    await world.cancel(await world.book(timedelta(hours=40), price=0))
    async with world.store.engines.writer.begin() as connection:
        sent = f"UPDATE notices SET state = 'sent', sent_revision = 1, channel = '{OLD}', conversation = '{OLD}'"
        await connection.execute(text(f"{sent} WHERE kind = 'coach_alert' AND recipient = '{COACH}'"))
    assert f"'{OLD}'" in str((await kept(world))[2])
    await follow(world.store, WORKSPACE, OLD, NEW)
    lists, told, news = after = await kept(world)
    assert {(row["workspace_id"], row["alert_channel"]) for row in lists if row["member_id"] == COACH} == {
        (WORKSPACE, NEW),
        (ELSEWHERE, OLD),
    }
    assert [(row["scope_id"], row["target"]) for row in told] == sorted(
        [(COACH, BORIS), (COACH, NEW), (OTHER_COACH, NEW)]
    )
    assert OLD not in str(news)
    alerts = [row for row in news if row["kind"] == "coach_alert"]
    assert [row["channel"] for row in alerts if row["recipient"] == COACH] == [NEW]
    assert NEW in {row["recipient"] for row in alerts}
    assert {row["conversation"] for row in alerts if row["recipient"] == COACH} == {NEW}
    await follow(world.store, WORKSPACE, OLD, NEW)
    assert await kept(world) == after


async def test_what_is_named_nowhere_or_no_channel_changes_nothing(world: World) -> None:
    before = await kept(world)
    for old, new in (("G0NOWHERE", NEW), (OLD, OLD), (BORIS, NEW), (OLD, BORIS), (OLD, ""), (OLD, "C" * 200)):
        await follow(world.store, WORKSPACE, old, new)
    assert await kept(world) == before
