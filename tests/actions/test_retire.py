"""Who may take a coach off the list."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from coaching.actions import retire
from coaching.clock import ManualClock
from coaching.errors import AdminsOnly, StorageBusy
from coaching.sessions import Actor, Status
from storage import SqlStore
from storage.unit_of_work import SqlUnitOfWork
from tests.support.world import ADMIN, ANNA, COACH, WORKSPACE, World


@pytest.mark.parametrize("who", [ANNA, COACH])
async def test_only_admins_take_a_coach_off_the_list(store: SqlStore, clock: ManualClock, who: str) -> None:
    world = World(store, clock)
    await world.people()
    await world.grant()
    session = await world.book(timedelta(days=3))

    async def off(who: str) -> int:
        command = retire.Retire(actor=Actor(WORKSPACE, who), request_key=f"off {who}", coach_id=COACH, cancel=True)
        return await retire.retire(store, clock, command)

    with pytest.raises(AdminsOnly):
        await off(who)
    async with store.read(WORKSPACE) as queries:
        assert COACH in [coach.person.id for coach in await queries.coaches.all()]
    assert await off(ADMIN) == 1
    async with store.read(WORKSPACE) as queries:
        assert COACH not in [coach.person.id for coach in await queries.coaches.all()]
        after = await queries.sessions.find(session.id)
    assert after is not None
    assert after.status is Status.CANCELED


class BusyAfterOne(SqlStore):
    """A database with time for a single transaction that writes."""

    begun = 0

    @asynccontextmanager
    async def write(self, workspace_id: str) -> AsyncIterator[SqlUnitOfWork]:
        """Open the first transaction. Raises StorageBusy after it."""
        self.begun += 1
        if self.begun > 1:
            raise StorageBusy
        async with super().write(workspace_id) as uow:
            yield uow


async def test_a_coach_whose_sessions_stay_is_removed_as_a_whole_or_not_at_all(
    store: SqlStore, clock: ManualClock
) -> None:
    """A database that is busy half-way would be answered with "nothing was changed"."""
    world = World(store, clock)
    await world.people()
    await world.grant()
    session = await world.book(timedelta(days=3))
    command = retire.Retire(actor=Actor(WORKSPACE, ADMIN), request_key="off", coach_id=COACH, cancel=False)
    assert await retire.retire(BusyAfterOne(store.engines), clock, command) == 0
    async with store.read(WORKSPACE) as queries:
        assert COACH not in [coach.person.id for coach in await queries.coaches.all()]
        after = await queries.sessions.find(session.id)
    assert after is not None
    assert after.status is Status.SCHEDULED
