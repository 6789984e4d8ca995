"""Late cancellations that terms forgive: quoted, carried out as quoted, counted, given back by undo, never one too many."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from coaching.actions import cancel, undo
from coaching.clock import ManualClock
from coaching.policy import Policy
from coaching.sessions import Actor, Hat, Session
from coaching.workspace import Settings
from storage import SqlStore
from storage.reconciliation import findings
from tests.support.invariants import check_invariants
from tests.support.races import race, replicas
from tests.support.world import ADMIN, ANNA, COACH, WORKSPACE, World

H, DAY = timedelta(hours=1), timedelta(days=1)
KIND = Policy(booking_grace=timedelta(0), forgiven_times=2, forgiven_months=6)


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    world = World(store, clock)
    await world.people()
    await world.settings(Settings(policy=KIND))
    await world.grant()
    return world


async def late(world: World, *hours: int) -> list[Session]:
    """Book sessions that start in so many hours: their cutoff has passed."""
    booked = [await world.book(n * H) for n in hours]
    world.clock.advance(timedelta(minutes=1))
    return booked


def lines(terms: cancel.Quoted | cancel.Canceled) -> list[tuple[int, int]]:
    return [(line.returned, line.forgiven) for line in terms.quote.lines]


async def faults(world: World) -> list[str]:
    async with world.store.engines.reader.connect() as connection:
        return [one.rule.id for one in await findings(connection)]


async def test_the_first_two_come_back_by_themselves_and_the_third_does_not(world: World) -> None:
    for number, session in enumerate(await late(world, 3, 5, 7), start=1):
        done = await world.cancel(session)
        assert lines(done) == [(100, number) if number <= 2 else (0, 0)]
        [after] = done.sessions
        assert after.cancellation is not None
        assert after.cancellation.forgiven is (number <= 2)
    assert await world.balance() == 900
    assert await faults(world) == []


async def test_of_three_in_one_action_those_that_start_first_come_back(world: World) -> None:
    third, first, second = await late(world, 7, 3, 5)
    done = await world.cancel(third, first, second)
    assert {line.session_id: line.forgiven for line in done.quote.lines} == {first.id: 1, second.id: 2, third.id: 0}
    assert await world.balance() == 900


async def test_undo_gives_back_what_was_used_up(world: World) -> None:
    first, second, third = await late(world, 3, 5, 7)
    done = await world.cancel(first)
    await world.cancel(second)
    assert lines(await world.quote(third)) == [(0, 0)]
    await undo.undo(
        world.store, world.clock, undo.Undo(actor=Actor(WORKSPACE, ANNA), action_id=done.draft.action_id or "")
    )
    assert lines(await world.quote(third)) == [(100, 2)]
    assert await faults(world) == []


async def test_months_later_the_first_ones_count_no_more(world: World) -> None:
    for session in await late(world, 3, 5):
        await world.cancel(session)
    [third] = await late(world, 7)
    assert lines(await world.quote(third)) == [(0, 0)]
    world.clock.advance(190 * DAY)
    [fourth] = await late(world, 3)
    assert lines(await world.quote(fourth)) == [(100, 1)]


async def test_what_a_coach_or_a_decision_returned_uses_nothing_up(world: World) -> None:
    first, second = await late(world, 3, 5)
    await world.cancel(first, who=COACH, hat=Hat.COACH)
    assert lines(await world.quote(second)) == [(100, 1)]
    kept = await world.quote(second, who=COACH, hat=Hat.COACH, refund_late=False)
    assert lines(kept) == [(0, 0)]


async def test_an_admin_who_acts_for_a_client_is_quoted_the_same(world: World) -> None:
    [first] = await late(world, 3)
    assert lines(await world.quote(first, who=ADMIN, hat=Hat.ADMIN, subject=ANNA)) == [(100, 1)]


async def test_terms_without_kindness_count_nothing_and_their_sessions_use_nothing_up(world: World) -> None:
    await world.settings(Settings(policy=replace(KIND, forgiven_times=0)))
    [plain] = await late(world, 3)
    assert lines(await world.cancel(plain)) == [(0, 0)]
    await world.settings(Settings(policy=KIND))
    [kind] = await late(world, 5)
    assert lines(await world.quote(kind)) == [(100, 1)]


async def test_a_dialog_that_another_one_was_quicker_than_comes_back_with_new_terms(world: World) -> None:
    first, second, third = await late(world, 3, 5, 7)
    await world.cancel(first)
    open_dialog = await world.quote(third)
    assert lines(open_dialog) == [(100, 2)]
    await world.cancel(second)
    again = await world.confirm(open_dialog)
    assert isinstance(again, cancel.Quoted)
    assert (again.changed, lines(again)) == (True, [(0, 0)])
    assert isinstance(await world.confirm(again), cancel.Canceled)
    assert await faults(world) == []


@pytest.fixture
async def worlds(database_url: str, clock: ManualClock) -> AsyncIterator[list[World]]:
    """Four replicas over one database."""
    async with replicas(database_url, clock, 4) as made:
        await made[0].people()
        await made[0].settings(Settings(policy=replace(KIND, forgiven_times=1)))
        await made[0].grant()
        await asyncio.gather(*(world.balance() for world in made))
        yield made
    await check_invariants(database_url)


async def test_four_dialogs_at_once_forgive_one(worlds: list[World]) -> None:
    booked = await late(worlds[0], 3, 5, 7, 9)
    dialogs = [await worlds[0].quote(session) for session in booked]
    assert [lines(one) for one in dialogs] == [[(100, 1)]] * 4
    answers = await race(*(world.confirm(one) for world, one in zip(worlds, dialogs, strict=True)))
    assert sum(isinstance(one, cancel.Canceled) for one in answers) == 1
    assert all(lines(one) == [(0, 0)] for one in answers if isinstance(one, cancel.Quoted))
    assert await worlds[0].balance() == 700
