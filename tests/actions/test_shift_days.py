"""New zone rules: days off and last days stay the days that they are."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from coaching import zones
from coaching.actions import credits, slots
from coaching.availability import TimeOff
from coaching.clock import ManualClock
from coaching.localtime import LocalDay
from coaching.packages import Holder
from coaching.sessions import Actor
from coaching.time_off import days_off, hours_off
from storage import SqlStore
from tests.actions.shifting import EARLIER, HOUR, NEW_YORK, broken, follow, newer
from tests.support.world import ADMIN, ANNA, COACH, WORKSPACE, World


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    world = World(store, clock)
    await world.people()
    await world.grant()
    await world.open()
    return world


async def test_days_off_and_last_days_stay_the_days_they_are(world: World, tmp_path: Path) -> None:
    off = days_off(date(2026, 12, 24), date(2026, 12, 25), NEW_YORK)
    await slots.change_time_off(world.store, Actor(WORKSPACE, COACH), "off", COACH, off)
    give = credits.Give(
        actor=Actor(WORKSPACE, ADMIN),
        request_key="give",
        holder=Holder(ANNA),
        amount=100,
        expires_on=date(2026, 12, 24),
    )
    held = await credits.give(world.store, world.clock, give)
    assert held.grant.last_day == LocalDay(date(2026, 12, 24), NEW_YORK, zones.version())
    with newer(tmp_path, EARLIER):
        assert set(await broken(world)) == {"days_follow_the_zone_rules"}
        assert await follow(world) == 2
        assert await broken(world) == {}
        async with world.store.read(WORKSPACE) as queries:
            hours = await queries.schedule.availability(COACH)
            [given] = await queries.grants.by_ids([held.grant.id])
    assert hours is not None
    [shifted] = hours.time_off
    assert (shifted.starts_at, shifted.ends_at) == (
        datetime(2026, 12, 24, 4, tzinfo=UTC),
        datetime(2026, 12, 26, 4, tzinfo=UTC),
    )
    assert shifted.days is not None
    assert (shifted.days.first, shifted.days.last) == (date(2026, 12, 24), date(2026, 12, 25))
    assert given.grant.expires_at == datetime(2026, 12, 25, 3, 59, 59, tzinfo=UTC)
    assert given.grant.last_day == LocalDay(date(2026, 12, 24), NEW_YORK, "2099a")


async def test_hours_off_stay_the_times_that_clocks_show(world: World, tmp_path: Path) -> None:
    off = hours_off(date(2026, 12, 24), time(15, 30), date(2026, 12, 25), time(9), NEW_YORK)
    await slots.change_time_off(world.store, Actor(WORKSPACE, COACH), "off", COACH, off)
    with newer(tmp_path, EARLIER):
        assert set(await broken(world)) == {"days_follow_the_zone_rules"}
        assert await follow(world) == 1
        assert await broken(world) == {}
        async with world.store.read(WORKSPACE) as queries:
            hours = await queries.schedule.availability(COACH)
    assert hours is not None
    [shifted] = hours.time_off
    assert (shifted.starts_at, shifted.ends_at) == (
        datetime(2026, 12, 24, 19, 30, tzinfo=UTC),
        datetime(2026, 12, 25, 13, tzinfo=UTC),
    )
    assert shifted.days is not None
    assert (shifted.days.opens, shifted.days.closes) == (time(15, 30), time(9))


@pytest.mark.parametrize("longer", [date(2026, 12, 24), date(2026, 12, 28)])
async def test_days_off_that_come_to_begin_together_are_off_as_long_as_the_longer(
    world: World, tmp_path: Path, longer: date
) -> None:
    coach, begins = Actor(WORKSPACE, COACH), datetime(2026, 12, 24, 4, tzinfo=UTC)
    here, there = days_off(date(2026, 12, 24), date(2026, 12, 25), NEW_YORK), TimeOff(begins, begins + HOUR)
    if longer.day > 24:
        there = days_off(date(2026, 12, 24), longer, "America/Puerto_Rico")
    after_them = days_off(date(2026, 12, 30), date(2026, 12, 30), NEW_YORK)
    for number, off in enumerate((here, there, after_them)):
        await slots.change_time_off(world.store, coach, f"off{number}", COACH, off)
    with newer(tmp_path, EARLIER):
        await follow(world)
        assert await broken(world) == {}
        assert await follow(world) == 0
        async with world.store.read(WORKSPACE) as queries:
            hours = await queries.schedule.availability(COACH)
    assert hours is not None
    last = max(longer, date(2026, 12, 25))
    assert [(off.starts_at, off.ends_at) for off in hours.time_off] == [
        (begins, datetime(2026, 12, last.day + 1, 4, tzinfo=UTC)),
        (datetime(2026, 12, 30, 4, tzinfo=UTC), datetime(2026, 12, 31, 4, tzinfo=UTC)),
    ]


@pytest.mark.parametrize(("left", "followed"), [(timedelta(microseconds=1), 1), (timedelta(0), 0)])
async def test_days_off_follow_the_rules_until_they_are_over(
    world: World, tmp_path: Path, left: timedelta, followed: int
) -> None:
    off = days_off(date(2026, 12, 24), date(2026, 12, 25), NEW_YORK)
    await slots.change_time_off(world.store, Actor(WORKSPACE, COACH), "off", COACH, off)
    world.clock.set(off.ends_at - left)
    with newer(tmp_path, EARLIER):
        assert await follow(world) == followed
