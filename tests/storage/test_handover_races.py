"""A hand-over and something else at once: one of them wins, nobody is booked twice, and every rule holds."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from coaching.actions import cancel, handover
from coaching.clock import ManualClock
from coaching.errors import CannotMove, ChangedMeanwhile, CoachingError, SlotTaken
from coaching.sessions import Session, Status
from tests.support.invariants import check_invariants
from tests.support.races import only, race, replicas
from tests.support.world import ADMIN, BORIS, COACH, OTHER_COACH, WORKSPACE, World

DAY = timedelta(hours=24)


@pytest.fixture
async def worlds(database_url: str, clock: ManualClock) -> AsyncIterator[list[World]]:
    """Four replicas over one database, and two coaches who give every hour."""
    async with replicas(database_url, clock, 4) as made:
        await made[0].people()
        await made[0].grant()
        await made[0].grant(BORIS)
        for coach in (COACH, OTHER_COACH):
            await made[0].open(coach)
        await asyncio.gather(*(world.balance() for world in made))
        yield made
    await check_invariants(database_url)


async def after(world: World, session: Session) -> Session:
    async with world.store.read(WORKSPACE) as queries:
        [found] = await queries.sessions.by_ids([session.id])
    return found


async def test_a_hand_over_against_the_clients_cancellation(worlds: list[World]) -> None:
    for n in range(3, 9):
        session = await worlds[0].book(DAY * n)
        quoted = await worlds[1].quote(session)
        results = await race(worlds[0].hand_over(session), worlds[1].confirm(quoted))
        now = await after(worlds[0], session)
        won = only(results, handover.HandedOver)
        ended = only(results, cancel.Canceled)
        if won:
            assert now.coach.id == OTHER_COACH
            # The cancellation came after it, under its terms, which returned everything before as well.
            assert now.status is (Status.CANCELED if ended else Status.SCHEDULED)
        else:
            assert now.status is Status.CANCELED
            assert now.coach.id == COACH
            assert all(isinstance(one, CannotMove | ChangedMeanwhile) for one in only(results, CoachingError))


async def test_a_hand_over_against_a_booking_of_the_other_coach_at_that_time(worlds: list[World]) -> None:
    for n in range(3, 9):
        session = await worlds[0].book(DAY * n)
        results = await race(
            worlds[0].hand_over(session), worlds[1].book(DAY * n, client=BORIS, coach=OTHER_COACH, price=0)
        )
        assert len(only(results, SlotTaken)) == 1
        now = await after(worlds[0], session)
        assert now.coach.id == (OTHER_COACH if only(results, handover.HandedOver) else COACH)


async def test_coach_and_admin_hand_over_the_same_session_once(worlds: list[World]) -> None:
    for n in range(3, 7):
        session = await worlds[0].book(DAY * n)
        results = await race(
            *(
                world.hand_over(session, who=who)
                for world, who in zip(worlds, (COACH, ADMIN, COACH, ADMIN), strict=True)
            )
        )
        assert len(only(results, handover.HandedOver)) == 1
        assert len(only(results, CoachingError)) == 3
        assert (await after(worlds[0], session)).version == session.version + 1


async def test_two_sessions_at_one_time_cannot_both_go_to_one_coach(worlds: list[World]) -> None:
    for n in range(3, 7):
        mine = await worlds[0].book(DAY * n)
        theirs = await worlds[0].book(DAY * n, client=BORIS, coach=ADMIN, price=0)
        results = await race(worlds[0].hand_over(mine), worlds[1].hand_over(theirs))
        assert len(only(results, handover.HandedOver)) == 1
        assert len(only(results, SlotTaken)) == 1
