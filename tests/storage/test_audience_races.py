"""Bookings of one client at once, where only so many of a kind may be booked at a time: the limit holds."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from coaching.actions import undo
from coaching.causes import Obstacle
from coaching.clock import ManualClock
from coaching.errors import CoachingError, NotBookable, UndoClosed
from coaching.records import Scope
from coaching.sessions import Actor, Hat, Session
from coaching.workspace import SessionType
from tests.support.invariants import check_invariants
from tests.support.races import only, race, replicas
from tests.support.world import ANNA, OTHER_COACH, WORKSPACE, World

DAY = timedelta(hours=24)


@pytest.fixture
async def worlds(database_url: str, clock: ManualClock) -> AsyncIterator[list[World]]:
    """Four replicas over one database, and two kinds of which a client may have so many at a time."""
    async with replicas(database_url, clock, 4) as made:
        await made[0].people()
        await made[0].grant()
        async with made[0].store.write(WORKSPACE) as uow:
            for name, most in (("Intro", 1), ("Deep dive", 2)):
                kind = SessionType("", name, timedelta(minutes=50), 100, at_most=most)
                await uow.catalogue.save_session_type(kind)
            await uow.commit()
        await asyncio.gather(*(world.balance() for world in made))
        yield made
    await check_invariants(database_url)


async def ahead(world: World) -> list[Session]:
    return await world.listed(Hat.CLIENT, ANNA, Scope.UPCOMING)


@pytest.mark.parametrize(("name", "most"), [("Intro", 1), ("Deep dive", 2)])
@pytest.mark.parametrize("price", [0, 100])
async def test_four_bookings_at_once_are_as_many_as_there_may_be(
    worlds: list[World], name: str, most: int, price: int
) -> None:
    # With two coaches, so that nothing but the client is the same.
    coaches = ({}, {"coach": OTHER_COACH}, {}, {"coach": OTHER_COACH})
    results = await race(
        *(
            world.book(DAY * (n + 2), session_type=name, price=price, **coach)
            for n, (world, coach) in enumerate(zip(worlds, coaches, strict=True))
        )
    )
    assert len(only(results, Session)) == most
    assert [one.why for one in only(results, NotBookable)] == [Obstacle.AT_MOST] * (4 - most)
    assert len(await ahead(worlds[0])) == most
    assert await worlds[0].balance() == 1000 - most * price


async def test_what_is_taken_back_does_not_come_beside_what_was_booked_instead(worlds: list[World]) -> None:
    for n in range(2, 8):
        session = await worlds[0].book(DAY * n, session_type="Intro")
        done = await worlds[0].cancel(session)
        command = undo.Undo(actor=Actor(WORKSPACE, ANNA), action_id=done.draft.action_id or "")
        results = await race(
            undo.undo(worlds[1].store, worlds[1].clock, command),
            worlds[2].book(DAY * n + timedelta(hours=3), session_type="Intro"),
        )
        [refused] = only(results, CoachingError)
        assert isinstance(refused, UndoClosed | NotBookable)
        [left] = await ahead(worlds[0])
        await worlds[0].cancel(left)
        worlds[0].clock.advance(timedelta(minutes=2))
