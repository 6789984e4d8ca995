"""Free slots on real instants, one rule at a time."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coaching import zones
from coaching.availability import TimeOff
from coaching.causes import Obstacle
from coaching.errors import BadSetting
from coaching.slots import (
    AmbiguousTime,
    SkippedTime,
    Slot,
    day_bounds,
    days_with_slots,
    free_slots,
    nearest,
    obstacle,
    resolve_local,
)
from coaching.time_off import days_off
from tests.unit.calendars import (
    CLOCK_CHANGES,
    DAY,
    HOUR,
    MINUTE,
    NEW_YORK,
    TICK,
    Session,
    at,
    available,
    local_starts,
    slots_of_day,
)


def test_slots_fill_the_hours_and_the_last_one_ends_with_them() -> None:
    slots = slots_of_day(available("Mon 9-12", step=30 * MINUTE), date(2026, 11, 16))
    assert slots == [Slot(at(16, 9) + n * 30 * MINUTE, at(16, 10) + n * 30 * MINUTE) for n in range(5)]


def test_a_range_that_begins_off_the_grid_starts_at_the_next_step() -> None:
    slots = slots_of_day(available("Mon 9:10-11:30", step=30 * MINUTE), date(2026, 11, 16))
    assert local_starts(slots, "UTC") == ["09:30+0000", "10:00+0000", "10:30+0000"]


def test_hours_across_midnight_take_a_session_over_midnight() -> None:
    night = available("Mon 22:00–2:00", step=HOUR)
    slots = free_slots(night, [], 2 * HOUR, at(10, 0), since=at(16, 0), until=at(18, 0))
    assert slots == [Slot(at(16, 22) + n * HOUR, at(17, 0) + n * HOUR) for n in range(3)]


def test_nine_oclock_stays_nine_oclock_when_the_clocks_change() -> None:
    for zone, day in CLOCK_CHANGES[:4]:
        for offset in (-1, 0, 1):
            slots = slots_of_day(available("daily 9-10", zone), day + offset * DAY)
            assert [start[:5] for start in local_starts(slots, zone)] == ["09:00"]


def test_skipped_local_times_are_not_offered_and_shorten_the_morning() -> None:
    slots = slots_of_day(available("Sun 1-4", NEW_YORK), date(2026, 3, 8), length=HOUR)
    assert local_starts(slots, NEW_YORK) == ["01:00-0500", "01:30-0500", "03:00-0400"]
    assert slots_of_day(available("Sun 2-3", NEW_YORK), date(2026, 3, 8), length=30 * MINUTE) == []


def test_an_hour_that_comes_twice_is_offered_twice_at_its_two_instants() -> None:
    slots = slots_of_day(available("Sun 1-2", NEW_YORK), date(2026, 11, 1), length=30 * MINUTE)
    assert local_starts(slots, NEW_YORK) == ["01:00-0400", "01:30-0400", "01:00-0500", "01:30-0500"]
    assert [slot.starts_at for slot in slots] == [at(1, 5), at(1, 5, 30), at(1, 6), at(1, 6, 30)]


def test_a_session_never_runs_through_wall_time_outside_the_hours_when_the_clocks_go_back() -> None:
    # Open 1:00–1:30: after the first pass through it, the clock shows 1:30–2:00 before it shows 1:00 again.
    slots = slots_of_day(available("Sun 1:00-1:30", NEW_YORK, step=15 * MINUTE), date(2026, 11, 1), length=30 * MINUTE)
    assert local_starts(slots, NEW_YORK) == ["01:00-0400", "01:00-0500"]


def test_lord_howe_moves_by_half_an_hour_and_the_grid_stays_on_the_wall_clock() -> None:
    slots = slots_of_day(available("Sun 0-4", "Australia/Lord_Howe", step=HOUR), date(2026, 4, 5))
    assert local_starts(slots, "Australia/Lord_Howe") == ["00:00+1100", "01:00+1100", "02:00+1030", "03:00+1030"]
    assert slots[2].starts_at - slots[1].starts_at == 90 * MINUTE


def test_a_day_that_a_country_left_out_has_no_slots() -> None:
    since, until = day_bounds(date(2011, 12, 30), "Pacific/Apia")
    assert since == until
    always = available("daily 0-24", "Pacific/Apia", step=HOUR)
    around = free_slots(always, [], HOUR, since - 3 * DAY, since=since - DAY, until=since + DAY)
    assert list(days_with_slots(around, "Pacific/Apia")) == [date(2011, 12, 29), date(2011, 12, 31)]
    assert len(around) == 48


def test_a_viewer_elsewhere_sees_the_slots_under_their_own_days() -> None:
    coach = available("Mon 18-22", NEW_YORK, step=HOUR)
    slots = free_slots(coach, [], HOUR, at(10, 0), since=at(16, 0), until=at(18, 0))
    days = days_with_slots(slots, "Asia/Kathmandu")
    assert {day: len(of_day) for day, of_day in days.items()} == {date(2026, 11, 17): 4}
    assert {day: len(of_day) for day, of_day in days_with_slots(slots, "Pacific/Honolulu").items()} == {
        date(2026, 11, 16): 4
    }
    assert [slot for of_day in days.values() for slot in of_day] == slots


@pytest.mark.parametrize("viewer", ["Pacific/Honolulu", "Europe/London", "Asia/Tokyo"])
def test_slots_around_the_clock_change_days_at_the_viewers_midnight(viewer: str) -> None:
    slots = free_slots(
        available("daily 0-24", NEW_YORK, step=HOUR), [], HOUR, at(10, 0), since=at(10, 0), until=at(14, 0)
    )
    days = days_with_slots(slots, viewer)
    assert len(days) > 3
    for day, of_day in days.items():
        assert {slot.starts_at.astimezone(zones.zone(viewer)).date() for slot in of_day} == {day}


def test_sessions_keep_both_buffers_apart_whichever_was_booked_first() -> None:
    coach = available("Mon 8-18", step=5 * MINUTE, buffer_before=5 * MINUTE, buffer_after=10 * MINUTE)
    taken = [Session(at(16, 12), at(16, 13))]
    starts = [slot.starts_at for slot in free_slots(coach, taken, HOUR, at(10, 0), since=at(16, 0), until=at(17, 0))]
    assert max(start for start in starts if start < at(16, 12)) == at(16, 10, 45)
    assert min(start for start in starts if start > at(16, 12)) == at(16, 13, 15)


def test_a_session_fits_exactly_between_two_others_and_before_time_off() -> None:
    taken = [Session(at(16, 9), at(16, 10)), Session(at(16, 11), at(16, 12))]
    coach = available("Mon 9-14", time_off=(TimeOff(at(16, 13), at(16, 18)),))
    slots = free_slots(coach, reversed(taken), HOUR, at(10, 0), since=at(16, 0), until=at(17, 0))
    assert [slot.starts_at for slot in slots] == [at(16, 10), at(16, 12)]


def test_notice_and_horizon_are_inclusive_and_nothing_starts_now_or_before() -> None:
    coach = available("daily 0-24", notice=2 * HOUR, horizon=DAY, step=HOUR)
    slots = free_slots(coach, [], HOUR, at(16, 9), since=at(1, 0), until=at(30, 0))
    assert (slots[0].starts_at, slots[-1].starts_at) == (at(16, 11), at(17, 9))
    later = free_slots(coach, [], HOUR, at(16, 9) + TICK, since=at(1, 0), until=at(30, 0))
    assert (later[0].starts_at, later[-1].starts_at) == (at(16, 12), at(17, 9))
    at_once = free_slots(available("daily 0-24", step=HOUR), [], HOUR, at(16, 9), since=at(1, 0), until=at(16, 12))
    assert [slot.starts_at for slot in at_once] == [at(16, 10), at(16, 11)]


def test_a_window_takes_in_its_beginning_and_leaves_out_its_end() -> None:
    coach = available("daily 0-24", step=HOUR)
    slots = free_slots(coach, [], HOUR, at(10, 0), since=at(16, 9), until=at(16, 11))
    assert [slot.starts_at for slot in slots] == [at(16, 9), at(16, 10)]
    assert free_slots(coach, [], HOUR, at(10, 0), since=at(16, 9), until=at(16, 9)) == []


@pytest.mark.parametrize(
    ("start", "why"),
    [
        (at(16, 8), Obstacle.PAST),
        (at(16, 8) - DAY, Obstacle.PAST),
        (at(16, 9), Obstacle.NOTICE),
        (at(16, 8) + 30 * DAY + TICK, Obstacle.HORIZON),
        (datetime.max.replace(tzinfo=UTC), Obstacle.HORIZON),
        (at(16, 17), Obstacle.HOURS),
        (at(17, 9, 30), Obstacle.TIME_OFF),
        (at(18, 8, 30), Obstacle.BUSY),
        (at(18, 10, 7), None),
    ],
)
def test_an_obstacle_names_what_is_in_the_way(start: datetime, why: Obstacle | None) -> None:
    coach = available("daily 8-17", notice=2 * HOUR, horizon=30 * DAY, time_off=(TimeOff(at(17, 10), at(17, 11)),))
    taken = [Session(at(18, 9), at(18, 10))]
    assert obstacle(coach, taken, start, HOUR, at(16, 8)) is why


def test_whoever_loses_a_race_is_offered_the_nearest_slots_in_order() -> None:
    slots = [Slot(at(16, hour), at(16, hour + 1)) for hour in (8, 9, 11, 15, 20)]
    assert [slot.starts_at.hour for slot in nearest(slots, at(16, 10), 1)] == [9]
    assert [slot.starts_at.hour for slot in nearest(slots, at(16, 10), 3)] == [8, 9, 11]
    assert [slot.starts_at.hour for slot in nearest(slots, at(16, 15), 2)] == [11, 15]
    assert nearest(slots, at(20, 0), 9) == slots
    assert nearest(slots, at(1, 0), 2) == slots[:2]
    assert nearest([], at(1, 0), 2) == nearest(slots, at(1, 0), 0) == []


@given(st.lists(st.integers(0, 10_000), unique=True), st.integers(-100, 10_100), st.integers(0, 12))
def test_nearest_leaves_out_only_what_is_farther(minutes: list[int], wanted: int, n: int) -> None:
    slots = [Slot(at(1, 0) + minute * MINUTE, at(1, 1) + minute * MINUTE) for minute in sorted(minutes)]
    instant = at(1, 0) + wanted * MINUTE
    by_distance = sorted(slots, key=lambda slot: (abs(slot.starts_at - instant), slot.starts_at))
    assert nearest(slots, instant, n) == sorted(by_distance[:n])


def test_a_local_time_that_exists_once_is_one_instant() -> None:
    assert resolve_local(date(2026, 11, 16), time(9, 30), NEW_YORK) == at(16, 14, 30)
    assert resolve_local(date(2026, 11, 16), time(9, 30), "Asia/Kathmandu") == at(16, 3, 45)
    assert resolve_local(date(2026, 3, 8), time(3, 0), NEW_YORK) == at(8, 7, month=3)
    assert resolve_local(date(2026, 11, 1), time(2, 0), NEW_YORK) == at(1, 7)


def test_a_skipped_local_time_is_refused_and_says_when_clocks_go_on() -> None:
    with pytest.raises(SkippedTime, match="2026-03-08T02:30 does not exist in America/New_York") as caught:
        resolve_local(date(2026, 3, 8), time(2, 30), NEW_YORK)
    assert caught.value.resumes_at == at(8, 7, month=3)
    with pytest.raises(SkippedTime) as caught:
        resolve_local(date(2011, 12, 30), time(12, 0), "Pacific/Apia")
    assert caught.value.resumes_at == datetime(2011, 12, 30, 10, tzinfo=UTC)


def test_an_ambiguous_local_time_offers_both_instants() -> None:
    with pytest.raises(AmbiguousTime, match="happens twice") as caught:
        resolve_local(date(2026, 11, 1), time(1, 30, fold=1), NEW_YORK)
    assert (caught.value.earlier, caught.value.later) == (at(1, 5, 30), at(1, 6, 30))


@given(
    st.sampled_from(CLOCK_CHANGES),
    st.integers(-2, 2),
    st.times(),
)
def test_resolving_a_local_time_agrees_with_zoneinfo(change: tuple[str, date], shift: int, local: time) -> None:
    name, day = change[0], change[1] + shift * DAY
    zone, wall = zones.zone(name), datetime.combine(day, local.replace(fold=0))
    readings = sorted({wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)})
    real = [instant for instant in readings if instant.astimezone(zone).replace(tzinfo=None, fold=0) == wall]
    try:
        resolved = [resolve_local(day, local, name)]
    except SkippedTime as skipped:
        resolved = []
        before, after = ((skipped.resumes_at - step).astimezone(zone).replace(tzinfo=None) for step in (TICK, 0 * TICK))
        assert before < wall < after
    except AmbiguousTime as twice:
        resolved = [twice.earlier, twice.later]
    assert resolved == real


@given(st.sampled_from(CLOCK_CHANGES), st.integers(-3, 3))
def test_the_days_of_a_zone_follow_one_another_without_gap(change: tuple[str, date], shift: int) -> None:
    name, day = change[0], change[1] + shift * DAY
    begins, ends = day_bounds(day, name)
    assert ends == day_bounds(day + DAY, name)[0]
    if begins < ends:
        inside = (begins, begins + (ends - begins) / 2, ends - TICK)
        assert {instant.astimezone(zones.zone(name)).date() for instant in inside} == {day}
        assert (begins - TICK).astimezone(zones.zone(name)).date() < day


def test_whole_days_off_close_whole_local_days() -> None:
    off = days_off(date(2026, 10, 31), date(2026, 11, 1), NEW_YORK, "half-term")
    assert (off.starts_at, off.ends_at, off.note) == (at(31, 4, month=10), at(2, 5), "half-term")
    with pytest.raises(BadSetting, match="not before the first"):
        days_off(date(2026, 11, 2), date(2026, 11, 1), NEW_YORK)


@pytest.mark.parametrize("day", [date.min, date.max, date(1970, 12, 31), date(2200, 1, 1)])
def test_days_that_nobody_books_are_refused(day: date) -> None:
    with pytest.raises(BadSetting, match="out of range"):
        day_bounds(day, NEW_YORK)
    with pytest.raises(BadSetting, match="out of range"):
        resolve_local(day, time(9), NEW_YORK)


def test_naive_instants_and_zoned_wall_times_are_refused() -> None:
    coach, naive = available("daily 0-24"), at(16, 9).replace(tzinfo=None)
    good = {"now": at(10, 0), "since": at(16, 0), "until": at(17, 0)}
    for name in good:
        with pytest.raises(ValueError, match="naive"):
            free_slots(coach, [], HOUR, **(good | {name: naive}))
    for taken in (Session(naive, at(16, 10)), Session(at(16, 8), naive)):
        with pytest.raises(ValueError, match="naive"):
            free_slots(coach, [taken], HOUR, **good)
        with pytest.raises(ValueError, match="naive"):
            obstacle(coach, [taken], at(16, 8), HOUR, at(10, 0))
    for start, now in ((naive, at(10, 0)), (at(16, 9), naive)):
        with pytest.raises(ValueError, match="naive"):
            obstacle(coach, [], start, HOUR, now)
    with pytest.raises(ValueError, match="naive"):
        nearest([], naive, 1)
    with pytest.raises(ValueError, match="local"):
        resolve_local(date(2026, 11, 16), time(9, tzinfo=UTC), NEW_YORK)


@pytest.mark.parametrize("length", [timedelta(0), -HOUR, DAY + TICK])
def test_a_length_that_is_no_sessions_is_refused(length: timedelta) -> None:
    with pytest.raises(BadSetting, match="lasts"):
        slots_of_day(available("daily 0-24"), date(2026, 11, 16), length=length)
    with pytest.raises(BadSetting, match="lasts"):
        obstacle(available("daily 0-24"), [], at(16, 9), length, at(10, 0))
