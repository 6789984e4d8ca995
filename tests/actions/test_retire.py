"""Who may take a coach off the list."""

from datetime import timedelta

import pytest

from coaching.actions import retire
from coaching.clock import ManualClock
from coaching.errors import AdminsOnly
from coaching.sessions import Actor, Status
from storage import SqlStore
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
