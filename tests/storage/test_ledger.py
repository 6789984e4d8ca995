"""Credits that come back to an expired grant, whatever comes back beside them."""

from datetime import timedelta

from coaching.clock import ManualClock
from coaching.policy import Policy
from coaching.workspace import Settings
from storage import SqlStore
from tests.support.invariants import balances, violations
from tests.support.world import WORKSPACE, World

DAY = timedelta(hours=24)


async def test_several_returns_at_one_instant_to_a_grant_without_a_return_period(
    store: SqlStore, clock: ManualClock
) -> None:
    world = World(store, clock)
    await world.people()
    await world.settings(Settings(policy=Policy(return_period=timedelta(0))))
    grant = await world.grant(credits=400, expires_at=clock.now() + DAY)
    sessions = [await world.book(DAY * n) for n in (4, 5, 6)]
    clock.advance(DAY * 2)
    for session in sessions:
        await world.cancel(session)
    async with store.engines.reader.connect() as connection:
        assert await violations(connection) == []
        held = await balances(connection, WORKSPACE)
    # Each return is usable for no time at all, so the next one sweeps it away; the unspent credit went first.
    assert held == {"issued": -400, "expired": 300, f"grant:{grant}": 100}
