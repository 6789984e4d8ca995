"""Another day in the booking dialog: HTTP in, `views.update` out; and what it takes to find four weeks of free slots."""

import statistics
import time
from datetime import UTC, datetime, timedelta

from benchmarks import load
from benchmarks.calendars import TYPE_ID, write_calendar
from benchmarks.contest import Interaction, contest
from benchmarks.report import Promise, Result
from benchmarks.standin import WORKSPACE
from benchmarks.world import COACHES, Databases, client_id, databases
from coaching.actions import slots
from coaching.availability import Availability, parse_hours
from coaching.clock import SystemClock
from coaching.sessions import Actor
from coaching.slots import Slot, free_slots
from handlers.ids import Block
from handlers.meta import BookingMeta
from handlers.views.book import Picks, booking_view
from storage import SqlStore, create_engines

BOOKINGS = 100
"""In the calendar of the coach whose days are looked at."""
CROWDED = 500
"""Bookings of the coach whose free slots are computed."""
MOST_MS = 10.0
"""The most that computing them may take."""


async def measure(*, quick: bool = False) -> list[Result]:
    """Compare with bare Bolt on SQLite, and time the slots alone."""
    with databases() as made:
        results = await _against_bare(made, rounds=1 if quick else 7, requests=4 if quick else 24)
    return [*results, _slots_alone(rounds=3 if quick else 100)]


async def _against_bare(made: Databases, *, rounds: int, requests: int) -> list[Result]:
    url = await made.fresh("sqlite")
    await write_calendar(url, BOOKINGS)
    days = Interaction("Booking dialog, another day", await _presses(url), "views.update")
    async with contest([url] * 3, days.bodies) as running:
        return await running.results(days, "sqlite", rounds=rounds, requests=requests)


async def _presses(url: str) -> list[bytes]:
    """Return the choice of every day but the one shown, by the client, in the dialog as it stands open."""
    engines = create_engines(url)
    try:
        who, store = Actor(WORKSPACE, client_id(0)), SqlStore(engines)
        booking = await slots.open_booking(
            store, SystemClock(), who, subject_id=who.user_id, coach_id=COACHES[0], type_id=TYPE_ID
        )
    finally:
        await engines.dispose()
    assert booking.free is not None
    shown = list(booking.free.days)
    # The day in the middle: its menus are as long as any.
    view = booking_view(booking, BookingMeta(subject=who.user_id, session="0" * 26), Picks(day=shown[len(shown) // 2]))
    days = next(block for block in view["blocks"] if block.get("block_id", "").startswith(f"{Block.DAY}:"))
    menu = days["accessory"]
    groups = menu.get("option_groups") or [menu]
    return [
        load.choice(client_id(0), view, days["block_id"], option)
        for group in groups
        for option in group["options"]
        if option != menu["initial_option"]
    ]


def _slots_alone(*, rounds: int) -> Result:
    """Time four weeks of free slots of a coach with CROWDED bookings, a quarter of an hour each."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    four_weeks = timedelta(weeks=4)
    calendar = Availability(time_zone="America/New_York", hours=parse_hours("daily 7:00–22:00"))
    every = four_weeks / CROWDED
    busy = [Slot(now + n * every, now + n * every + timedelta(minutes=15)) for n in range(CROWDED)]
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        found = free_slots(calendar, busy, timedelta(minutes=30), now, since=now, until=now + four_weeks)
        took.append((time.perf_counter() - began) * 1000)
    if not found:
        raise RuntimeError("nothing is free")
    median = statistics.median(took)
    what = f"four weeks of free slots between {CROWDED} bookings: most"
    return Result(what, median, MOST_MS, "ms", median / MOST_MS, Promise.AT_MOST, 1.0, f"{len(found)} slots are free")
