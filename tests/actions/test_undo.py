"""Undo: one compensating transaction that restores the old terms, closed by time, start, spending and whoever was quicker."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from coaching.actions import cancel, decide, undo
from coaching.causes import NoUndo
from coaching.clock import ManualClock
from coaching.errors import NotYours, UndoClosed
from coaching.sessions import Actor, Status
from storage import SqlStore
from storage.constraints import OPEN_LEDGER
from tests.support.world import ADMIN, ANNA, BORIS, COACH, WORKSPACE, World

DAY = timedelta(days=1)


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    world = World(store, clock)
    await world.people()
    await world.grant()
    return world


async def take_back(world: World, done: cancel.Canceled, who: str = ANNA) -> undo.Undone:
    command = undo.Undo(actor=Actor(WORKSPACE, who), action_id=done.draft.action_id or "")
    return await undo.undo(world.store, world.clock, command)


async def states(world: World, kind: str) -> list[tuple[str, str | None]]:
    async with world.store.engines.reader.connect() as connection:
        rows = await connection.execute(
            text("SELECT state, why FROM notices WHERE kind = :kind ORDER BY due_at"), {"kind": kind}
        )
        return [(row.state, row.why) for row in rows]


async def test_undo_restores_the_session_its_terms_its_credits_and_its_countdown(world: World) -> None:
    session = await world.book(DAY * 5)
    before = await states(world, "reminder")
    done = await world.cancel(session)
    assert await world.balance() == 1000
    world.clock.advance(timedelta(seconds=60))
    [restored] = (await take_back(world, done)).sessions
    assert restored.status is Status.SCHEDULED
    assert (restored.refund_cutoff_at, restored.policy_id) == (session.refund_cutoff_at, session.policy_id)
    assert restored.cancellation is None
    assert await world.balance() == 900
    assert await states(world, "reminder") == before
    assert await states(world, "coach_alert") == [("dropped", "taken_back")]


async def test_cancel_undo_cancel_returns_the_price_once(world: World) -> None:
    session = await world.book(DAY * 5)
    await take_back(world, await world.cancel(session))
    async with world.store.read(WORKSPACE) as queries:
        again = await queries.sessions.find(session.id)
    assert again is not None
    await world.cancel(again)
    assert await world.balance() == 1000
    async with world.store.read(WORKSPACE) as queries:
        assert sum((await queries.ledger.balances()).values()) == 0


async def test_undo_of_a_late_cancellation_brings_back_what_was_forfeited_to_the_session(world: World) -> None:
    session = await world.book(DAY * 5)
    world.clock.set(session.starts_at - timedelta(hours=2))
    done = await world.cancel(session)
    await take_back(world, done)
    async with world.store.read(WORKSPACE) as queries:
        balances = await queries.ledger.balances()
    assert balances[f"session:{session.id}"] == 100
    assert balances["forfeited"] == 0


@pytest.mark.parametrize(("wait", "why"), [(timedelta(seconds=61), "time")])
async def test_undo_ends_with_its_window(world: World, wait: timedelta, why: str) -> None:
    done = await world.cancel(await world.book(DAY * 5))
    world.clock.advance(wait)
    with pytest.raises(UndoClosed) as closed:
        await take_back(world, done)
    assert closed.value.why == why
    assert await world.balance() == 1000


async def test_spending_the_credits_closes_undo(world: World) -> None:
    await world.grant(BORIS, 100)
    session = await world.book(DAY * 5, client=BORIS)
    done = await world.cancel(session, who=BORIS)
    await world.book(DAY * 6, client=BORIS)
    with pytest.raises(UndoClosed, match="spent"):
        await take_back(world, done, BORIS)


async def test_the_slot_is_held_while_undo_is_open_and_free_afterwards(world: World) -> None:
    from coaching.errors import SlotTaken

    await world.grant(BORIS, 500)
    session = await world.book(DAY * 5)
    await world.cancel(session)
    with pytest.raises(SlotTaken):
        await world.book(DAY * 5, client=BORIS)
    world.clock.advance(timedelta(seconds=61))
    await world.book(DAY * 5 - timedelta(seconds=61), client=BORIS)


async def test_a_decision_or_an_alert_on_its_way_closes_undo(world: World) -> None:
    session = await world.book(DAY * 5)
    world.clock.set(session.starts_at - timedelta(hours=2))
    done = await world.cancel(session)
    async with world.store.engines.writer.begin() as connection:
        await connection.execute(
            text("UPDATE notices SET state = 'sent', sent_revision = 1 WHERE kind = 'coach_alert'")
        )
    with pytest.raises(UndoClosed, match="told"):
        await take_back(world, done)
    await decide.decide_late(
        world.store,
        world.clock,
        decide.DecideLate(actor=Actor(WORKSPACE, COACH), session_ids=[session.id], refund=True),
    )
    with pytest.raises(UndoClosed, match="decided"):
        await take_back(world, done)


async def test_only_whoever_canceled_may_take_it_back(world: World) -> None:
    done = await world.cancel(await world.book(DAY * 5))
    for stranger in (BORIS, COACH, ADMIN):
        with pytest.raises(NotYours):
            await take_back(world, done, stranger)


async def test_the_second_press_finds_it_undone(world: World) -> None:
    done = await world.cancel(await world.book(DAY * 5))
    await take_back(world, done)
    await take_back(world, done)
    assert await world.balance() == 900


async def test_what_no_transfer_says_it_moved_cannot_be_moved_back(world: World) -> None:
    session = await world.book(DAY * 5)
    done = await world.cancel(session)
    engines = world.store.engines
    async with engines.writer.begin() as connection:
        for opened in OPEN_LEDGER[engines.dialect]:
            await connection.execute(text(opened))
        await connection.execute(text("UPDATE transfers SET cancellation_no = NULL"))
    with pytest.raises(UndoClosed) as refused:
        await take_back(world, done)
    assert refused.value.why is NoUndo.CHANGED
    assert await world.balance() == 1000
