"""A coach takes a cancellation back while its client does something about it: one of them is first, and the other sees it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from coaching.actions import cancel, exceptions, undo
from coaching.clock import ManualClock
from coaching.errors import CannotAsk, ClientBusy, CoachingError, SlotTaken, UndoClosed
from coaching.sessions import Actor, Hat, Session, Status
from tests.support.invariants import check_invariants
from tests.support.races import only, race, replicas
from tests.support.world import ANNA, COACH, WORKSPACE, World

DAY, HOUR = timedelta(hours=24), timedelta(hours=1)


@pytest.fixture
async def worlds(database_url: str, clock: ManualClock) -> AsyncIterator[list[World]]:
    """Four replicas over one database."""
    async with replicas(database_url, clock, 4) as made:
        await made[0].people()
        await made[0].grant()
        await asyncio.gather(*(world.balance() for world in made))
        yield made
    await check_invariants(database_url)


async def canceled(world: World, session: Session, *, refund_late: bool = True) -> str:
    quoted = await world.quote(session, who=COACH, hat=Hat.COACH, refund_late=refund_late)
    done = await world.confirm(quoted)
    assert isinstance(done, cancel.Canceled)
    return done.draft.action_id or ""


async def take_back(world: World, action_id: str) -> undo.Undone:
    return await undo.undo(world.store, world.clock, undo.Undo(actor=Actor(WORKSPACE, COACH), action_id=action_id))


async def after(world: World, session: Session) -> Session:
    async with world.store.read(WORKSPACE) as queries:
        [found] = await queries.sessions.by_ids([session.id])
    return found


async def test_four_presses_restore_once(worlds: list[World]) -> None:
    session = await worlds[0].book(DAY * 3)
    action_id = await canceled(worlds[0], session)
    results = await race(*(take_back(world, action_id) for world in worlds))
    assert only(results, CoachingError) == []
    assert (await after(worlds[0], session)).status is Status.SCHEDULED
    assert await worlds[0].balance() == 900


@pytest.mark.parametrize("turn", range(4))
async def test_undo_against_a_booking_of_the_client_for_that_time(worlds: list[World], turn: int) -> None:
    session = await worlds[0].book(DAY * 3)
    action_id = await canceled(worlds[0], session)
    racers = [take_back(worlds[0], action_id), worlds[1].book(DAY * 3)]
    results = await race(*(racers[::-1] if turn % 2 else racers))
    undone, booked = results[::-1] if turn % 2 else results
    if isinstance(undone, UndoClosed):
        assert isinstance(booked, Session)
        assert (await after(worlds[0], session)).status is Status.CANCELED
    else:
        assert isinstance(booked, ClientBusy | SlotTaken)
        assert (await after(worlds[0], session)).status is Status.SCHEDULED
    assert await worlds[0].balance() == 900


@pytest.mark.parametrize("turn", range(4))
async def test_undo_against_a_request_about_what_was_kept(worlds: list[World], turn: int) -> None:
    session = await worlds[0].book(DAY * 3)
    worlds[0].clock.set(session.starts_at - 3 * HOUR)
    action_id = await canceled(worlds[0], session, refund_late=False)
    ask = exceptions.Ask(actor=Actor(WORKSPACE, ANNA), action_id=action_id)
    racers = [take_back(worlds[0], action_id), exceptions.ask(worlds[1].store, worlds[1].clock, ask)]
    results = await race(*(racers[::-1] if turn % 2 else racers))
    undone, asked = results[::-1] if turn % 2 else results
    assert isinstance(undone, undo.Undone)
    assert not isinstance(asked, CoachingError) or isinstance(asked, CannotAsk)
    ended = await after(worlds[0], session)
    assert (ended.status, ended.cancellation) == (Status.SCHEDULED, None)
    assert await worlds[0].balance() == 900
