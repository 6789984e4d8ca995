"""Instants are aware and in UTC wherever a value is made; ids sort by time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest

from coaching import zones
from coaching.clock import ManualClock, ShiftedClock, utc
from coaching.credits import Grant, Transfer, TransferKind
from coaching.ids import new_id
from coaching.news.kinds import NoticeKind
from coaching.news.notice import Notice
from coaching.policy import Policy, refund_cutoff
from coaching.records import Refund
from coaching.reminders import ReminderStep
from coaching.sessions import Cancellation, Hat, Person, Session
from coaching.timeline import Entry, Event
from storage.types import to_micros

GOOD = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
NAIVE = GOOD.replace(tzinfo=None)


def _session(**instants: datetime) -> Session:
    fields = {"starts_at": GOOD, "ends_at": GOOD, "booked_at": GOOD, "refund_cutoff_at": GOOD} | instants
    return Session(
        workspace_id="T",
        id="s",
        client=Person("a"),
        coach=Person("b"),
        session_type="Coaching",
        time_zone="UTC",
        policy_id="p",
        price=100,
        starts_at=fields["starts_at"],
        ends_at=fields["ends_at"],
        booked_at=fields["booked_at"],
        refund_cutoff_at=fields["refund_cutoff_at"],
    )


def _notice(due_at: datetime, expires_at: datetime, cutoff: datetime) -> Notice:
    return Notice(
        kind=NoticeKind.REMINDER, dedupe_key="k", recipient="a", due_at=due_at, expires_at=expires_at, cutoff=cutoff
    )


MAKERS: dict[str, Callable[[datetime], object]] = {
    "session start": lambda at: _session(starts_at=at),
    "session end": lambda at: _session(ends_at=at),
    "session booked": lambda at: _session(booked_at=at),
    "session cutoff": lambda at: _session(refund_cutoff_at=at),
    "cancellation": lambda at: Cancellation("x", at, Person("a"), Hat.CLIENT, None, False, 100, 100, None),
    "transfer": lambda at: Transfer("k", TransferKind.BOOK, "a", "b", 1, at),
    "grant": lambda at: Grant("g", "Credits", 1, 1, at),
    "notice due": lambda at: _notice(at, GOOD, GOOD),
    "notice expiry": lambda at: _notice(GOOD, at, GOOD),
    "notice cutoff": lambda at: _notice(GOOD, GOOD, at),
    "reminder cutoff": lambda at: ReminderStep("s", at, timedelta(hours=2), GOOD),
    "reminder due": lambda at: ReminderStep("s", GOOD, timedelta(hours=2), at),
    "timeline entry": lambda at: Entry("s", at, Event.BOOKED, "a", Hat.CLIENT),
    "refund": lambda at: Refund("s", 1, None, "x", at, "a", late=False, percent=100, amount=1),
}


@pytest.mark.parametrize("what", MAKERS)
def test_values_are_made_of_utc_instants_only(what: str) -> None:
    assert MAKERS[what](GOOD)
    for bad in (NAIVE, GOOD.astimezone(zones.zone("Europe/London")).replace(month=7), GOOD.astimezone(
        timezone(timedelta(hours=5, minutes=45)))):  # fmt: skip
        with pytest.raises(ValueError, match="not an aware instant in UTC"):
            MAKERS[what](bad)


@pytest.mark.parametrize(
    "take",
    [
        utc,
        to_micros,
        ManualClock,
        ManualClock(GOOD).set,
        lambda at: refund_cutoff(Policy(), starts_at=at, booked_at=GOOD),
        lambda at: refund_cutoff(Policy(), starts_at=GOOD, booked_at=at),
    ],
)
def test_naive_instants_are_refused_everywhere(take: Callable[[datetime], object]) -> None:
    with pytest.raises(ValueError, match="naive"):
        take(NAIVE)


def test_a_manual_clock_stands_still_until_told() -> None:
    clock = ManualClock(GOOD.astimezone(zones.zone("Asia/Kathmandu")))
    assert (clock.now(), clock.now().tzinfo) == (GOOD, UTC)
    clock.advance(timedelta(microseconds=1))
    assert clock.now() == GOOD + timedelta(microseconds=1)


def test_a_shifted_clock_runs_on_from_where_it_was_moved() -> None:
    base = ManualClock(GOOD)
    clock = ShiftedClock(base)
    clock.shift = timedelta(days=2)
    base.advance(timedelta(seconds=5))
    assert clock.now() == GOOD + timedelta(days=2, seconds=5)


def test_ids_sort_by_time_and_then_by_the_order_in_which_they_were_made() -> None:
    made = [new_id(GOOD) for _ in range(70_000)]  # more than an import gives one instant before a counter wraps
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {len(i) for i in made} == {28}
    assert made[-1] < new_id(GOOD + timedelta(milliseconds=1))
