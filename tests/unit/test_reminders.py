"""Reminders count down to the cutoff, and only while that helps somebody."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coaching.reminders import ReminderStep, newest_only, reminder_key, stale
from coaching.sessions import Status
from coaching.zones import first_known
from tests.unit.test_quotes import booked

HOUR, TICK = timedelta(hours=1), timedelta(microseconds=1)
CUTOFF = datetime(2026, 11, 19, 15, 0, tzinfo=UTC)


def test_a_session_that_comes_back_to_a_time_counts_down_under_other_keys() -> None:
    steps = [ReminderStep("s", CUTOFF, HOUR, CUTOFF - HOUR, starting=starting) for starting in (False, True)]
    assert len({step.key(version) for step in steps for version in (1, 2, 3)}) == 6


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
        ({}, TICK, "cutoff_passed"),
        ({"status": Status.CANCELED}, -HOUR, "session_canceled"),
        ({"refund_cutoff_at": CUTOFF + TICK}, -HOUR, "session_moved"),
        ({"reminders_kept": True}, -HOUR, "kept"),
    ],
)
def test_at_send_time_a_reminder_is_checked_again(changes: dict[str, object], after: timedelta, why: str) -> None:
    session = replace(booked(), **({"refund_cutoff_at": CUTOFF} | changes))  # type: ignore[arg-type]
    assert stale(session, CUTOFF, CUTOFF + after) == why


@given(
    rows=st.lists(st.tuples(st.sampled_from("stu"), st.sampled_from([1, 2, 24])), unique=True, max_size=9),
)
def test_after_downtime_the_latest_step_of_each_session_goes_out_once(rows: list[tuple[str, int]]) -> None:
    steps = [ReminderStep(s, CUTOFF, hours * HOUR, CUTOFF - hours * HOUR) for s, hours in rows]
    send, drop = newest_only(steps)
    assert sorted(s.key(1) for s in send + drop) == sorted(s.key(1) for s in steps)
    assert {s.session_id for s in send} == {s.session_id for s in steps}
    assert len(send) == len({s.session_id for s in send})
    for kept in send:
        assert all(kept.due_at >= other.due_at for other in drop if other.session_id == kept.session_id)


@pytest.mark.parametrize("unknown", [None, "", "Mars/Olympus_Mons", "America", "../etc/passwd", "/etc/passwd", "x\0y"])
def test_a_zone_that_nobody_knows_is_replaced_by_the_next_and_by_utc(unknown: str | None) -> None:
    assert first_known(unknown, "Europe/London").key == "Europe/London"
    assert first_known("Europe/London", unknown).key == "Europe/London"
    assert first_known(unknown).key == "UTC"
