"""What a decision kept may be returned later: once, all or a part, and never more than was paid."""

import asyncio
from datetime import timedelta

import pytest

from coaching.actions.decide import Decided, DecideLate, decide_late, may_return
from coaching.clock import ManualClock
from coaching.errors import BadPart, NotYours
from coaching.sessions import Actor, Decision, Hat, Session
from coaching.workspace import Settings
from storage import SqlStore
from tests.support.invariants import check_invariants
from tests.support.world import ADMIN, ANNA, COACH, WORKSPACE, World

H = timedelta(hours=1)


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    world = World(store, clock)
    await world.people()
    await world.grant()
    await world.settings(Settings(undo_window=timedelta(0)))
    return world


async def late(world: World, *, hat: Hat = Hat.CLIENT) -> Session:
    session = await world.book(26 * H)
    world.clock.advance(24 * H)
    quoted = await world.quote(session, who=COACH if hat is Hat.COACH else ANNA, hat=hat, refund_late=False)
    await world.confirm(quoted)
    return session


async def decided(world: World, session: Session, who: str = COACH, *, refund: bool = True, **more: object) -> Decided:
    command = DecideLate(actor=Actor(WORKSPACE, who), session_ids=[session.id], refund=refund, **more)  # type: ignore[arg-type]
    return await decide_late(world.store, world.clock, command)


async def test_a_keep_becomes_a_return_once_and_balances(world: World, database_url: str) -> None:
    session = await late(world)
    await decided(world, session, refund=False)
    assert await world.balance() == 900
    again = await decided(world, session)
    assert (again.decided, len(again.before)) == ([], 1), "an old button changes nothing"
    [after] = (await decided(world, session, ADMIN, later=True, note="After all")).decided
    assert after.cancellation is not None
    assert (after.cancellation.decision, after.cancellation.returned) == (Decision.REFUNDED, 100)
    assert after.cancellation.note == "After all"
    assert after.cancellation.decided_by is not None
    assert after.cancellation.decided_by.id == ADMIN
    assert not may_return(after)
    assert (await decided(world, session, later=True)).decided == []
    assert await world.balance() == 1000
    await check_invariants(database_url)


async def test_of_a_part_the_rest_can_be_returned_in_part(world: World, database_url: str) -> None:
    session = await late(world)
    await decided(world, session, part=40)
    with pytest.raises(BadPart):
        await decided(world, session, later=True, part=60)
    [after] = (await decided(world, session, later=True, part=25)).decided
    assert after.cancellation is not None
    assert (after.cancellation.decision, after.cancellation.returned) == (Decision.PARTLY, 65)
    assert await world.balance() == 965
    await check_invariants(database_url)


async def test_what_a_coach_kept_while_canceling_can_be_returned(world: World, database_url: str) -> None:
    session = await late(world, hat=Hat.COACH)
    assert await world.balance() == 900
    await decided(world, session, later=True)
    assert await world.balance() == 1000
    await check_invariants(database_url)


async def test_two_returns_at_once_are_one(world: World, database_url: str) -> None:
    session = await late(world)
    await decided(world, session, refund=False)
    both = await asyncio.gather(*(decided(world, session, who, later=True) for who in (COACH, ADMIN)))
    assert sorted(len(one.decided) for one in both) == [0, 1]
    assert await world.balance() == 1000
    await check_invariants(database_url)


async def test_no_client_returns_anything_and_nothing_undecided_is_returned_so(world: World) -> None:
    session = await late(world)
    assert (await decided(world, session, later=True)).decided == []
    await decided(world, session, refund=False)
    with pytest.raises(NotYours):
        await decided(world, session, ANNA, later=True)
    assert (await decided(world, session, refund=False, later=True)).decided == [], "nobody asked"
