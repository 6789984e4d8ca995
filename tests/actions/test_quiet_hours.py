"""Quiet hours hold for what time causes, and for nothing that somebody did."""

from collections.abc import Awaitable, Callable
from datetime import time, timedelta

import pytest
from sqlalchemy import text

from coaching.actions import book as booking
from coaching.actions import credits, exceptions, expiry, reschedule, slots
from coaching.actions.decide import DecideLate, decide_late
from coaching.availability import Availability, parse_hours
from coaching.clock import ManualClock
from coaching.packages import Holder
from coaching.quiet import QuietHours
from coaching.sessions import Actor, Hat, Session
from coaching.workspace import Settings
from coaching.zones import first_known
from storage import SqlStore
from storage.types import from_micros
from tests.support.world import ADMIN, ANNA, COACH, WORKSPACE, World

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NIGHT = QuietHours(time(22), time(8))
Told = set[tuple[str, str]]


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    """Three in the morning in New York, where everybody lives; Carla takes bookings at any time."""
    world = World(store, clock)
    await world.people()
    await world.settings(Settings(quiet_hours=NIGHT, undo_window=timedelta(0)))
    await world.grant()
    hours = Availability(time_zone="UTC", hours=parse_hours("daily 0-24"), horizon=60 * DAY)
    await slots.save_hours(store, Actor(WORKSPACE, COACH), "hours", COACH, hours)
    world.clock.set((clock.now() + DAY).replace(hour=8, minute=0))
    return world


async def book(world: World) -> Told:
    command = booking.Book(
        actor=Actor(WORKSPACE, ANNA),
        role=Hat.CLIENT,
        client_id=ANNA,
        coach_id=COACH,
        session_type="Coaching",
        starts_at=world.clock.now() + 5 * DAY,
        length=timedelta(minutes=50),
        time_zone="America/New_York",
        within_hours=True,
    )
    await booking.book(world.store, world.clock, command)
    return {("booked", ANNA), ("coach_booked", COACH)}


async def move(world: World) -> Told:
    session = await before(world, 5 * DAY)
    times = [reschedule.NewTime(session.id, session.starts_at, session.starts_at + HOUR)]
    command = reschedule.MoveSessions(
        actor=Actor(WORKSPACE, ANNA), request_key="move", hat=Hat.CLIENT, subject_id=ANNA, times=times
    )
    await reschedule.move_sessions(world.store, world.clock, command)
    return {("moved", ANNA), ("coach_moved", COACH)}


async def cancel(world: World) -> Told:
    await world.cancel(await before(world, 5 * DAY))
    return {("receipt", ANNA), ("coach_alert", COACH)}


async def ask(world: World) -> Told:
    session = await before(world, 8 * HOUR)
    action_id = (await world.cancel(session)).draft.action_id or ""
    await exceptions.ask(world.store, world.clock, exceptions.Ask(actor=Actor(WORKSPACE, ANNA), action_id=action_id))
    return {("receipt", ANNA), ("coach_alert", COACH), ("exception", COACH)}


async def decide(world: World) -> Told:
    session = await before(world, 8 * HOUR)
    await world.cancel(session)
    command = DecideLate(actor=Actor(WORKSPACE, COACH), session_ids=[session.id], refund=True)
    await decide_late(world.store, world.clock, command)
    return {("receipt", ANNA), ("coach_alert", COACH), ("late_decision", ANNA)}


async def give(world: World) -> Told:
    command = credits.Give(actor=Actor(WORKSPACE, ADMIN), request_key="give", holder=Holder(ANNA), amount=100)
    await credits.give(world.store, world.clock, command)
    return {("granted", ANNA)}


async def before(world: World, starts_in: timedelta) -> Session:
    """A session that was booked the day before."""
    now = world.clock.now()
    world.clock.set(now - DAY)
    session = await world.book(DAY + starts_in)
    world.clock.set(now)
    return session


async def due(world: World) -> dict[tuple[str, str], timedelta]:
    """What is to be told, to whom, and how long from now."""
    async with world.store.engines.reader.connect() as connection:
        rows = await connection.execute(text("SELECT kind, recipient, due_at FROM notices WHERE state <> 'dropped'"))
        return {(row.kind, row.recipient): from_micros(row.due_at) - world.clock.now() for row in rows}


@pytest.mark.parametrize("deed", [book, move, cancel, ask, decide, give])
async def test_what_somebody_does_at_night_is_told_at_once(
    world: World, deed: Callable[[World], Awaitable[Told]]
) -> None:
    told = await deed(world)
    by_deed = {
        whom: later for whom, later in (await due(world)).items() if whom[0] not in ("reminder", "starting", "nudge")
    }
    assert by_deed == dict.fromkeys(told, timedelta(0))


async def test_what_time_causes_waits_for_the_morning_or_comes_the_evening_before(world: World) -> None:
    await world.settings(Settings(quiet_hours=NIGHT, start_reminder=HOUR))
    # It starts at four in the morning; its free cancellation ends at four the day before.
    await world.book(5 * DAY + HOUR)
    await world.grant(expires_at=world.clock.now() + 3 * DAY)
    await expiry.warn_expiring(world.store, world.clock, 10)
    found = await due(world)
    assert set(found) == {("reminder", ANNA), ("starting", ANNA), ("expiring", ANNA)}
    zone = first_known("America/New_York")
    for later in found.values():
        assert later > timedelta(0)
        night = NIGHT.night(world.clock.now() + later, zone)
        assert night is None or night[0] == world.clock.now() + later
