"""Who takes messages for an edit locks them in the order of their keys, as the relay does when it writes down what it sent."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from coaching.actions import exceptions, undo, upkeep
from coaching.clock import ManualClock
from coaching.policy import Policy
from coaching.sessions import Actor, Session
from coaching.workspace import Settings
from tests.support.databases import Databases
from tests.support.invariants import check_invariants
from tests.support.races import replicas, waits
from tests.support.world import ANNA, WORKSPACE, World

SENT = text(
    "UPDATE notices SET state = 'sent', sent_revision = revision, channel = 'D1', message_ts = '1.1', detail = NULL "
    "WHERE kind IN ('coach_alert', 'exception', 'receipt') OR (kind = 'reminder' AND :reminders)"
)
LOCK = text("SELECT 1 FROM notices WHERE kind = :kind AND (action_id = :id OR session_id = :id) FOR UPDATE")


@pytest.fixture
async def world(databases: Databases, clock: ManualClock) -> AsyncIterator[World]:
    url = await databases.fresh("postgresql")
    async with replicas(url, clock, 1) as [world]:
        await world.people()
        await world.grant()
        yield world
    await check_invariants(url)


async def sent(world: World, *, reminders: bool = False) -> None:
    async with world.store.engines.writer.begin() as connection:
        await connection.execute(SENT, {"reminders": reminders})


async def test_undo_takes_the_receipt_before_the_reminders(world: World) -> None:
    session = await world.book(timedelta(days=4))
    await sent(world, reminders=True)
    done = await world.cancel(session)
    action_id = done.draft.action_id or ""
    async with world.store.engines.writer.begin() as connection:
        await connection.execute(text("UPDATE notices SET state = 'sent', sent_revision = 1 WHERE kind = 'receipt'"))
    command = undo.Undo(actor=Actor(WORKSPACE, ANNA), action_id=action_id)
    async with world.store.engines.writer.begin() as relay:
        await relay.execute(LOCK, {"kind": "receipt", "id": action_id})
        undoing = asyncio.create_task(undo.undo(world.store, world.clock, command))
        await waits(world.store)
        await relay.execute(LOCK, {"kind": "reminder", "id": session.id})
    [restored] = await undoing
    assert restored.cancellation is None


async def test_the_deadline_takes_every_alert_before_any_receipt(world: World) -> None:
    await world.settings(Settings(policy=Policy(undecided_percent=50), undo_window=timedelta(0)))
    booked: list[Session] = [await world.book(timedelta(hours=hours)) for hours in (5, 7)]
    world.clock.advance(timedelta(hours=1))
    actions = []
    for session in booked:
        actions.append((await world.cancel(session)).draft.action_id or "")
        asked = exceptions.Ask(actor=Actor(WORKSPACE, ANNA), action_id=actions[-1])
        await exceptions.ask(world.store, world.clock, asked)
        world.clock.advance(timedelta(seconds=1))
    await sent(world)
    world.clock.advance(timedelta(days=4))
    async with world.store.engines.writer.begin() as relay:
        await relay.execute(LOCK, {"kind": "coach_alert", "id": actions[1]})
        job = asyncio.create_task(upkeep.run(world.store, world.clock, exceptions.decide_overdue))
        await waits(world.store)
        await relay.execute(LOCK, {"kind": "receipt", "id": actions[0]})
    assert await job == 2
    assert await world.balance() == 1000 - 100
