"""Time off: what begins together is off as long as the longer of the two."""

from datetime import date, time

import pytest

from coaching.actions import slots
from coaching.availability import TimeOff
from coaching.clock import ManualClock
from coaching.sessions import Actor
from coaching.time_off import days_off, hours_off
from storage import SqlStore
from tests.support.world import COACH, WORKSPACE, World

NEW_YORK = "America/New_York"
WEEK = days_off(date(2026, 12, 7), date(2026, 12, 18), NEW_YORK)
MORNING = hours_off(date(2026, 12, 7), None, date(2026, 12, 7), time(12), NEW_YORK)


@pytest.mark.parametrize("order", [(WEEK, MORNING), (MORNING, WEEK)], ids=["days first", "hours first"])
async def test_hours_off_never_shorten_days_off_that_begin_with_them(
    store: SqlStore, clock: ManualClock, order: tuple[TimeOff, ...]
) -> None:
    world = World(store, clock)
    await world.people()
    await world.open()
    for number, off in enumerate(order):
        await slots.change_time_off(store, Actor(WORKSPACE, COACH), f"off{number}", COACH, off)
    async with store.read(WORKSPACE) as queries:
        hours = await queries.schedule.availability(COACH)
    assert hours is not None
    [kept] = hours.time_off
    assert (kept.starts_at, kept.ends_at, kept.days) == (WEEK.starts_at, WEEK.ends_at, WEEK.days)
