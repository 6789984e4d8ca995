"""How a planned reminder stands: it can be planned again until something of it went out, or may have."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from coaching.clock import ManualClock
from coaching.plans import Stand
from storage import SqlStore
from storage.tables import notices
from tests.support.world import WORKSPACE, World


@pytest.mark.parametrize(
    ("row", "stand"),
    [
        ({"state": "pending"}, Stand.WAITING),
        ({"state": "dropped"}, Stand.DROPPED),
        (
            {"state": "leased", "owner": "o", "lease_until": datetime(2026, 1, 1, tzinfo=UTC), "conversation": "c"},
            Stand.TOLD,
        ),
        ({"state": "failed"}, Stand.TOLD),
        ({"state": "sent", "sent_revision": 1}, Stand.TOLD),
        # It is edited, or was taken back by the coach after it had gone out.
        ({"state": "pending", "sent_revision": 1}, Stand.TOLD),
        ({"state": "dropped", "sent_revision": 1}, Stand.TOLD),
        # Nobody knows whether it arrived.
        ({"state": "pending", "ambiguous": 1}, Stand.TOLD),
    ],
)
async def test_what_went_out_or_may_have_is_not_planned_again(
    store: SqlStore, clock: ManualClock, row: dict[str, object], stand: Stand
) -> None:
    world = World(store, clock)
    await world.people()
    await world.grant()
    session = await world.book(timedelta(days=9))
    async with store.engines.writer.begin() as connection:
        mine = (notices.c.session_id == session.id, notices.c.kind == "reminder")
        await connection.execute(update(notices).where(*mine).values(**row))
    async with store.write(WORKSPACE) as uow:
        found = (await uow.plans.lock([session.id]))[session.id]
    assert {one.stand for one in found if not one.starting} == {stand}
