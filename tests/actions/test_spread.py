"""What became of a package: left, booked and used, as sessions are booked, canceled, restored and over."""

from datetime import timedelta

import pytest

from coaching.actions import credits, undo
from coaching.actions.home import open_home
from coaching.actions.outcomes import complete_due
from coaching.clock import ManualClock
from coaching.packages import Holder, Spread, spread
from coaching.sessions import Actor
from storage import SqlStore
from tests.support.world import ANNA, WORKSPACE, World

H = timedelta(hours=1)
ME = Actor(WORKSPACE, ANNA)


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    world = World(store, clock)
    await world.people()
    await world.grant(ANNA, 1000)
    return world


async def became(world: World) -> Spread:
    """What became of Anna's only credits, which her Home and her credits show alike."""
    account = await credits.open_account(world.store, world.clock, ME, Holder(ANNA))
    home = await open_home(world.store, world.clock, ME)
    [held], [shown] = account.holdings, home.holdings
    assert (shown.grant, shown.holder, shown.closed_at) == (held.grant, held.holder, held.closed_at)
    found = spread(held, account.holdings)
    assert found is not None
    assert spread(shown, home.holdings) == found
    return found


async def test_credits_are_left_then_booked_then_used(world: World) -> None:
    assert await became(world) == Spread(1000, 0, 0)
    late, far = await world.book(5 * H, price=200), await world.book(90 * H, price=100)
    assert await became(world) == Spread(700, 300, 0)
    world.clock.advance(H)
    await world.cancel(far)
    assert await became(world) == Spread(800, 200, 0)
    await world.cancel(late)  # nothing of it comes back
    assert await became(world) == Spread(800, 0, 200)


async def test_an_undone_cancellation_is_booked_again(world: World) -> None:
    canceled = await world.cancel(await world.book(90 * H, price=100))
    assert await became(world) == Spread(1000, 0, 0)
    await undo.undo(world.store, world.clock, undo.Undo(actor=ME, action_id=canceled.draft.action_id or ""))
    assert await became(world) == Spread(900, 100, 0)


async def test_a_session_that_begins_is_used(world: World) -> None:
    await world.book(5 * H, price=100)
    world.clock.advance(5 * H)
    assert await became(world) == Spread(900, 0, 100)
    world.clock.advance(10 * H)
    world.clock.advance(10 * 24 * H)
    assert await complete_due(world.store, world.clock, 200) == 1
    assert await became(world) == Spread(900, 0, 100)
