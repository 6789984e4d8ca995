"""Plans of reminders: what is told of a session and when, and what a change makes of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coaching.plans import Cause, Change, Planned, Stand, replan
from coaching.quiet import QuietHours, awake
from coaching.reminders import DEFAULT_OFFSETS
from coaching.sessions import Session, Status
from coaching.workspace import Settings
from coaching.zones import first_known
from tests.unit.test_quotes import booked

HOUR, MINUTE, TICK = timedelta(hours=1), timedelta(minutes=1), timedelta(microseconds=1)
CUTOFF = datetime(2026, 11, 19, 15, 0, tzinfo=UTC)
START = CUTOFF + 24 * HOUR
NIGHT = QuietHours(time(22), time(8))
offsets = st.lists(st.integers(1, 100).map(lambda h: h * HOUR), max_size=6)


def a_session(**changes: object) -> Session:
    whole = replace(booked(), id="s", refund_cutoff_at=CUTOFF, starts_at=START, ends_at=START + HOUR, time_zone="UTC")
    return replace(whole, **changes)  # type: ignore[arg-type]


def having(*hours: float, quiet: QuietHours | None = None, start: timedelta | None = None) -> Settings:
    return Settings(reminder_offsets=tuple(one * HOUR for one in hours), quiet_hours=quiet, start_reminder=start)


def dues(change: Change) -> list[datetime]:
    return [step.due_at for step in change.add]


def fresh(session: Session, settings: Settings, now: datetime) -> list[datetime]:
    return dues(replan(session, (), settings, now, Cause.BOOKED))


def rows(session: Session, change: Change, **stands: Stand) -> list[Planned]:
    return [
        Planned(
            "s",
            s.key(session.version),
            s.cutoff,
            s.due_at,
            s.starting,
            stands.get("all", Stand.WAITING),
            s.offset,
            session.version,
        )
        for s in change.add
    ]


def after(known: Sequence[Planned], change: Change) -> list[Planned]:
    """Carry a change out, as the database does."""
    at = dict(change.wait)
    done = [
        replace(row, stand=Stand.DROPPED)
        if row.key in change.drop
        else replace(row, stand=Stand.WAITING, due_at=at[row.key])
        if row.key in at
        else row
        for row in known
    ]
    return done + rows(a_session(), change)


def told(known: Sequence[Planned], now: datetime) -> list[Planned]:
    """Send what is due."""
    return [
        replace(row, stand=Stand.TOLD) if row.stand is Stand.WAITING and row.due_at <= now else row for row in known
    ]


def test_the_countdown_runs_to_the_cutoff_longest_first() -> None:
    settings = replace(having(), reminder_offsets=DEFAULT_OFFSETS)
    assert fresh(a_session(), settings, CUTOFF - 100 * HOUR) == [CUTOFF - 24 * HOUR, CUTOFF - 2 * HOUR]


@pytest.mark.parametrize(
    ("before", "left"), [(24 * HOUR + TICK, 2), (24 * HOUR, 1), (2 * HOUR + TICK, 1), (2 * HOUR, 0), (-HOUR, 0)]
)
def test_a_late_booking_gets_the_steps_that_still_lie_ahead(before: timedelta, left: int) -> None:
    assert len(fresh(a_session(), having(24, 2), CUTOFF - before)) == left


@given(offsets=offsets, before=st.integers(-10, 200))
def test_every_first_step_lies_ahead_and_has_its_own_key(offsets: list[timedelta], before: int) -> None:
    now = CUTOFF - before * HOUR
    change = replan(a_session(), (), replace(having(), reminder_offsets=tuple(offsets)), now, Cause.BOOKED)
    assert {step.offset for step in change.add} == {o for o in offsets if CUTOFF - o > now}
    assert len({step.key(1) for step in change.add}) == len(change.add)
    assert all(now < step.due_at < step.expires_at for step in change.add)


@pytest.mark.parametrize(
    ("booked_at", "due"),
    [
        ("21:59", "22:00"),  # the evening before
        ("22:01", "08:00"),  # that has passed: the morning after, for free cancellation ends at 09:00
    ],
)
def test_a_reminder_in_the_night_comes_the_evening_before_or_the_morning_after(booked_at: str, due: str) -> None:
    evening = datetime(2026, 11, 18, tzinfo=UTC)
    session = a_session(refund_cutoff_at=evening + 33 * HOUR)
    now = evening + timedelta(hours=int(booked_at[:2]), minutes=int(booked_at[3:]))
    [at] = fresh(session, having(4, quiet=NIGHT), now)
    assert f"{at:%H:%M}" == due
    assert now < at < session.refund_cutoff_at


def test_where_evening_and_morning_are_of_no_use_it_goes_at_once() -> None:
    cutoff, now = datetime(2026, 11, 19, 7, tzinfo=UTC), datetime(2026, 11, 18, 23, 30, tzinfo=UTC)
    session = a_session(refund_cutoff_at=cutoff, starts_at=cutoff + 24 * HOUR)
    assert fresh(session, having(2, quiet=NIGHT), now) == [now]
    on_the_dot = replace(session, refund_cutoff_at=cutoff + HOUR)  # at 08:00 there would be no time left
    assert fresh(on_the_dot, having(2, quiet=NIGHT), now) == [now]


def test_the_reminder_before_the_start_keeps_out_of_the_night_too() -> None:
    start = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
    session = a_session(starts_at=start, ends_at=start + HOUR, refund_cutoff_at=start - 24 * HOUR)
    settings = having(quiet=NIGHT, start=HOUR)
    assert fresh(session, settings, start - 40 * HOUR) == [datetime(2026, 11, 19, 22, tzinfo=UTC)]
    assert fresh(session, settings, datetime(2026, 11, 19, 23, tzinfo=UTC)) == [datetime(2026, 11, 20, 8, tzinfo=UTC)]


@given(
    minute=st.integers(0, 6 * 24 * 60),
    since=st.integers(0, 3 * 24 * 60),
    until=st.integers(1, 3 * 24 * 60),
    begin=st.integers(0, 23),
    length=st.integers(1, 23),
    zone=st.sampled_from(["UTC", "America/New_York", "Europe/Dublin", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    day=st.sampled_from([datetime(2026, 3, 6, tzinfo=UTC), datetime(2026, 10, 23, tzinfo=UTC)]),
)
def test_nothing_that_time_causes_comes_in_the_night_unless_it_must(
    minute: int, since: int, until: int, begin: int, length: int, zone: str, day: datetime
) -> None:
    quiet, where = QuietHours(time(begin), time((begin + length) % 24)), first_known(zone)
    instant = day + minute * MINUTE
    now, end = instant - since * MINUTE, instant + until * MINUTE
    at = awake(quiet, where, instant, now=now, until=end)
    assert now <= at < end
    night = quiet.night(at, where)
    if night is not None and at not in (night[0], now):
        # The second of two hours that bear one name: what ends at its first time is not quiet at the second.
        assert at == quiet.night(instant, where)[1]  # type: ignore[index]
    if at == now != instant:
        begins, ends = quiet.night(instant, where) or (instant, instant)
        assert begins <= now
        assert ends >= end or ends <= now


def test_what_is_planned_as_the_night_begins_waits_until_it_ends() -> None:
    begins, ends = datetime(2026, 11, 19, 22, tzinfo=UTC), datetime(2026, 11, 20, 8, tzinfo=UTC)
    zone = first_known("UTC")
    assert awake(NIGHT, zone, begins, now=begins, until=ends + HOUR) == ends
    assert awake(NIGHT, zone, begins, now=begins - MINUTE, until=ends + HOUR) == begins


def test_a_client_who_moves_is_reminded_by_their_new_night() -> None:
    session = a_session()
    known = rows(session, replan(session, (), having(6, quiet=NIGHT), CUTOFF - 60 * HOUR, Cause.BOOKED))
    assert [row.due_at for row in known] == [CUTOFF - 6 * HOUR]  # 09:00
    client = replace(session.client, time_zone="America/Los_Angeles")  # 01:00 there
    change = replan(replace(session, client=client), known, having(6, quiet=NIGHT), CUTOFF - 50 * HOUR, Cause.CHANGED)
    assert change.wait == [(known[0].key, datetime(2026, 11, 19, 6, tzinfo=UTC))]  # 22:00 there, the evening before
    assert not change.drop
    assert not change.add


def test_what_a_change_makes_late_comes_at_once_and_what_is_new_and_late_does_not() -> None:
    session, now = a_session(), CUTOFF - 30 * HOUR
    known = rows(session, replan(session, (), having(24, 2), CUTOFF - 60 * HOUR, Cause.BOOKED))
    instead = replan(session, known, having(36, 2), now, Cause.CHANGED)
    assert instead.drop == [known[0].key]
    assert [(step.offset, step.due_at) for step in instead.add] == [(36 * HOUR, now)]
    besides = replan(session, known, having(48, 24, 2), now, Cause.CHANGED)
    assert not besides  # the next one that makes sense is on its way


def test_what_is_late_waits_for_the_morning() -> None:
    cutoff = datetime(2026, 11, 20, 5, tzinfo=UTC)
    session = a_session(refund_cutoff_at=cutoff, starts_at=cutoff + 24 * HOUR)
    known = rows(session, replan(session, (), having(20), cutoff - 60 * HOUR, Cause.BOOKED))
    now = datetime(2026, 11, 19, 3, tzinfo=UTC)  # 26 hours before, at night
    [step] = replan(session, known, having(30, quiet=NIGHT), now, Cause.CHANGED).add
    assert step.due_at == datetime(2026, 11, 19, 8, tzinfo=UTC)


def test_nothing_is_told_twice_and_a_nearer_word_stands_for_the_earlier() -> None:
    session, now = a_session(), CUTOFF - 20 * HOUR
    known = told(rows(session, replan(session, (), having(24, 2), CUTOFF - 60 * HOUR, Cause.BOOKED)), now)
    assert not replan(session, known, having(24, 2), now, Cause.CHANGED)
    changed = replan(session, known, having(36, 22, 24), now, Cause.CHANGED)
    assert changed.drop == [known[1].key]
    assert [step.offset for step in changed.add] == [22 * HOUR]  # at once, in the stead of the one 2 hours before
    assert not replan(session, known, having(36, 24), CUTOFF - 20 * HOUR, Cause.CHANGED).add


def test_an_offset_that_comes_back_has_its_old_row_back() -> None:
    session, now = a_session(), CUTOFF - 60 * HOUR
    known = rows(session, replan(session, (), having(24, 2), now, Cause.BOOKED))
    without = after(known, replan(session, known, having(2), now, Cause.CHANGED))
    again = replan(session, without, having(24, 2), now, Cause.CHANGED)
    assert again == Change(wait=[(known[0].key, CUTOFF - 24 * HOUR)])


def test_rules_that_move_an_instant_plan_it_anew_and_say_at_once_what_they_made_late() -> None:
    session, now = a_session(), CUTOFF - 24 * HOUR - 30 * MINUTE
    known = rows(session, replan(session, (), having(24), CUTOFF - 60 * HOUR, Cause.BOOKED))
    earlier = replace(session, refund_cutoff_at=CUTOFF - HOUR)
    change = replan(earlier, known, having(24), now, Cause.RULES)
    assert (change.drop, [step.due_at for step in change.add]) == ([known[0].key], [now])
    later = replace(session, refund_cutoff_at=CUTOFF + HOUR)
    assert dues(replan(later, known, having(24), now, Cause.RULES)) == [CUTOFF - 23 * HOUR]


def test_rules_that_move_a_cutoff_say_nothing_again_that_was_told() -> None:
    session, now = a_session(), CUTOFF - 10 * HOUR
    known = told(rows(session, replan(session, (), having(24, 2), CUTOFF - 60 * HOUR, Cause.BOOKED)), now)
    for by in (HOUR, -HOUR):
        moved = replace(session, refund_cutoff_at=CUTOFF + by)
        change = replan(moved, known, having(24, 2), now, Cause.RULES)
        assert change.drop == [known[1].key]
        assert [(step.offset, step.due_at) for step in change.add] == [(2 * HOUR, CUTOFF + by - 2 * HOUR)]


@pytest.mark.parametrize("changes", [{"status": Status.COMPLETED}, {"reminders_kept": True}])
def test_what_is_over_or_kept_has_no_countdown(changes: dict[str, object]) -> None:
    session = a_session()
    known = rows(session, replan(session, (), having(24, 2), CUTOFF - 60 * HOUR, Cause.BOOKED))
    change = replan(a_session(**changes), known, having(24, 2), CUTOFF - 50 * HOUR, Cause.CHANGED)
    assert sorted(change.drop) == sorted(row.key for row in known)
    assert not change.add


_settings = st.builds(
    having,
    st.integers(1, 60),
    st.integers(1, 60),
    quiet=st.sampled_from([None, NIGHT, QuietHours(time(1), time(6)), QuietHours(time(9), time(17))]),
    start=st.sampled_from([None, HOUR, 20 * HOUR]),
)


@given(
    before=st.integers(1, 120),
    steps=st.lists(
        st.tuples(st.integers(0, 40), _settings, st.sampled_from([None, "Asia/Tokyo", "America/Denver"])), max_size=5
    ),
)
def test_whatever_changes_a_plan_settles_at_once_and_tells_each_step_once(
    before: int, steps: list[tuple[int, Settings, str | None]]
) -> None:
    session, now = a_session(), CUTOFF - before * HOUR
    known = rows(session, replan(session, (), having(24, 2), now, Cause.BOOKED))
    for hours, settings, zone in steps:
        now += hours * HOUR
        known = told(known, now)
        session = replace(session, client=replace(session.client, time_zone=zone))
        change = replan(session, known, settings, now, Cause.CHANGED)
        for key in change.drop:
            assert next(row for row in known if row.key == key).stand is Stand.WAITING
        for key, due in change.wait:
            assert next(row for row in known if row.key == key).stand is not Stand.TOLD
            assert due >= now
        assert all(now <= step.due_at < step.cutoff for step in change.add)
        known = after(known, change)
        assert len({row.key for row in known}) == len(known)
        waiting = [(row.starting, row.due_at) for row in known if row.stand is Stand.WAITING]
        assert len(set(waiting)) == len(waiting)
        assert not replan(session, known, settings, now, Cause.CHANGED)
        assert not replan(session, known, settings, now + TICK, Cause.CHANGED)
