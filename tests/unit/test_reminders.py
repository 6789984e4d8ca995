"""Reminders count down to the cutoff, and only while that helps somebody."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coaching.reminders import DEFAULT_OFFSETS, Reminder, newest_only, plan, reminder_key, stale
from coaching.sessions import Status
from coaching.zones import first_known
from tests.unit.test_quotes import booked

HOUR, TICK = timedelta(hours=1), timedelta(microseconds=1)
CUTOFF = datetime(2026, 11, 19, 15, 0, tzinfo=UTC)
offsets = st.lists(st.integers(1, 100).map(lambda h: h * HOUR), max_size=6)


def test_the_countdown_runs_to_the_cutoff_longest_first() -> None:
    steps = plan("s", CUTOFF, DEFAULT_OFFSETS, CUTOFF - 100 * HOUR)
    assert [step.due_at for step in steps] == [CUTOFF - 24 * HOUR, CUTOFF - 2 * HOUR]
    assert {step.expires_at for step in steps} == {CUTOFF}


@pytest.mark.parametrize(
    ("before", "left"), [(24 * HOUR + TICK, 2), (24 * HOUR, 1), (2 * HOUR + TICK, 1), (2 * HOUR, 0), (-HOUR, 0)]
)
def test_a_late_booking_gets_the_steps_that_still_lie_ahead(before: timedelta, left: int) -> None:
    assert len(plan("s", CUTOFF, DEFAULT_OFFSETS, CUTOFF - before)) == left


@given(offsets=offsets, before=st.integers(-10, 200))
def test_every_planned_step_lies_ahead_and_has_its_own_key(offsets: list[timedelta], before: int) -> None:
    now = CUTOFF - before * HOUR
    steps = plan("s", CUTOFF, offsets, now)
    assert {step.offset for step in steps} == {o for o in offsets if CUTOFF - o > now}
    assert len({step.key for step in steps}) == len(steps)
    assert all(now < step.due_at < step.expires_at for step in steps)


def test_a_key_names_session_cutoff_and_offset() -> None:
    keys = {
        reminder_key("s", CUTOFF, HOUR),
        reminder_key("t", CUTOFF, HOUR),
        reminder_key("s", CUTOFF + TICK, HOUR),
        reminder_key("s", CUTOFF, 2 * HOUR),
    }
    assert len(keys) == 4
    assert reminder_key("s", CUTOFF, HOUR) == f"reminder:s:{int(CUTOFF.timestamp())}000000:3600"


@pytest.mark.parametrize(
    ("changes", "after", "why"),
    [
        ({}, timedelta(0), None),
        ({}, TICK, "cutoff passed"),
        ({"status": Status.CANCELED}, -HOUR, "session canceled"),
        ({"refund_cutoff_at": CUTOFF + TICK}, -HOUR, "session moved"),
        ({"reminders_kept": True}, -HOUR, "client keeps the session"),
    ],
)
def test_at_send_time_a_reminder_is_checked_again(changes: dict[str, object], after: timedelta, why: str) -> None:
    session = replace(booked(), **({"refund_cutoff_at": CUTOFF} | changes))  # type: ignore[arg-type]
    assert stale(session, CUTOFF, CUTOFF + after) == why


@given(
    rows=st.lists(st.tuples(st.sampled_from("stu"), st.sampled_from([1, 2, 24])), unique=True, max_size=9),
)
def test_after_downtime_the_latest_step_of_each_session_goes_out_once(rows: list[tuple[str, int]]) -> None:
    steps = [Reminder(s, CUTOFF, hours * HOUR, CUTOFF - hours * HOUR) for s, hours in rows]
    send, drop = newest_only(steps)
    assert sorted(s.key for s in send + drop) == sorted(s.key for s in steps)
    assert {s.session_id for s in send} == {s.session_id for s in steps}
    assert len(send) == len({s.session_id for s in send})
    for kept in send:
        assert all(kept.due_at >= other.due_at for other in drop if other.session_id == kept.session_id)


@pytest.mark.parametrize("unknown", [None, "", "Mars/Olympus_Mons", "America", "../etc/passwd", "/etc/passwd", "x\0y"])
def test_a_zone_that_nobody_knows_is_replaced_by_the_next_and_by_utc(unknown: str | None) -> None:
    assert first_known(unknown, "Europe/London").key == "Europe/London"
    assert first_known("Europe/London", unknown).key == "Europe/London"
    assert first_known(unknown).key == "UTC"
