"""Another day in the booking dialog: HTTP in, `views.update` out; and what it takes to find four weeks of free slots."""

import random
import statistics
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

from benchmarks import load
from benchmarks.calendars import TYPE_ID, write_calendar
from benchmarks.processes import CEILING, Child, bare, ceiling, counts, ours, stand_in
from benchmarks.recorded import booking_statements, booking_view_for
from benchmarks.report import Promise, Result, paired
from benchmarks.world import COACHES, Databases, client_id, databases
from coaching.availability import Availability, parse_hours
from coaching.slots import Slot, free_slots
from handlers.ids import Block
from storage import create_engines

BOOKINGS = 100
"""In the calendar of the coach whose days are looked at."""
CROWDED = 500
"""Bookings of the coach whose free slots are computed."""
MOST_MS = 10.0
"""The most that computing them may take."""


async def measure(*, quick: bool = False) -> list[Result]:
    """Compare with bare Bolt on SQLite, and time the slots alone."""
    with databases() as made:
        results = await _against_bare(made, rounds=2 if quick else 9, requests=10 if quick else 100)
    return [*results, _slots_alone(rounds=3 if quick else 100)]


async def _against_bare(made: Databases, *, rounds: int, requests: int) -> list[Result]:
    url = await made.fresh("sqlite")
    await write_calendar(url, BOOKINGS)
    presses = await _presses(url)
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(stand_in())
        sides = [
            await stack.enter_async_context(ours(slack, url)),
            await stack.enter_async_context(bare("book", slack, url)),
            await stack.enter_async_context(ceiling("book", slack, url)),
        ]
        results = []
        for concurrency in (1, 8):
            mine, theirs, raw = await _in_turns(slack, sides, presses, concurrency, rounds, requests)
            cpu = [sum(timing.cpu for timing in one) / len(one) for one in (mine, theirs, raw)]
            results.append(
                paired(
                    f"booking dialog, another day, {concurrency} at a time: bare Bolt",
                    [timing.rate for timing in mine],
                    [timing.rate for timing in theirs],
                    "req/s",
                    Promise.AT_LEAST,
                    0.6,
                    f"the same queries; processor time per request: {cpu[0]:.2f} ms, bare {cpu[1]:.2f} ms, "
                    f"bare aiohttp {cpu[2]:.2f} ms",
                )
            )
            rates = [[timing.rate for timing in one] for one in (mine, raw)]
            results.append(paired(f"booking dialog, {concurrency} at a time: {CEILING}", *rates, "req/s"))
        return results


async def _presses(url: str) -> list[bytes]:
    """Return the choice of every day but the one shown, by the client, in the dialog as it stands open."""
    engines = create_engines(url)
    try:
        _, booking = await booking_statements(engines, client_id(0), COACHES[0], TYPE_ID)
    finally:
        await engines.dispose()
    view = booking_view_for(booking, client_id(0))
    days = next(block for block in view["blocks"] if block.get("block_id", "").startswith(f"{Block.DAY}:"))
    menu = days["accessory"]
    groups = menu.get("option_groups") or [menu]
    return [
        load.choice(client_id(0), view, days["block_id"], option)
        for group in groups
        for option in group["options"]
        if option != menu["initial_option"]
    ]


async def _in_turns(
    slack: Child, sides: Sequence[Child], presses: Sequence[bytes], concurrency: int, rounds: int, requests: int
) -> list[list[load.Timing]]:
    """Let the sides take turns, each round in another order; every press must have updated one view."""
    timings: list[list[load.Timing]] = [[] for _ in sides]
    chosen = random.Random(7)
    for number in range(-1, rounds):
        bodies = chosen.choices(presses, k=requests)
        order = list(zip(sides, timings, strict=True))
        for side, kept in order[:: 1 if number % 2 else -1]:
            before = (await counts(slack)).get("views.update", 0)
            timing = await load.run(side, bodies, concurrency=concurrency)
            updated = (await counts(slack)).get("views.update", 0) - before
            if updated != requests:
                raise RuntimeError(f"{requests} presses updated {updated} views")
            if number >= 0:  # the first turn warms up
                kept.append(timing)
    return timings


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
