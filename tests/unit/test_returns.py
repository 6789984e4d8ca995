"""Where credits go back to, until when, and that what was paid comes back at most once."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coaching.credits import FORFEITED, TransferKind, grant_account, session_account, split_part, split_refund
from coaching.localtime import local_day
from coaching.returns import Back, Payment, Source, go_back, late_refund, settle, to_open, usable
from coaching.sessions import Usable

TICK, DAY = timedelta(microseconds=1), timedelta(days=1)
PERIOD = 30 * DAY
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
LAST_DAY = local_day(date(2026, 12, 20), "America/New_York")
"""The day on which thirty days from now fall."""
ENDS = datetime(2026, 12, 21, 4, 59, 59, tzinfo=UTC)


def source(ends: timedelta | None, *, returned: bool = False, closed: bool = False) -> Source:
    return Source(
        id="g",
        expires_at=None if ends is None else NOW + ends,
        closed=closed,
        parent_id="parent" if returned else None,
        time_zone="America/New_York",
    )


def back(paid_by: Source, *, given: bool, period: timedelta = PERIOD) -> Back:
    return go_back(Payment(paid_by, 100), 100, NOW, period, given=given)


@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("ends", [None, PERIOD, PERIOD + TICK, 400 * DAY])
def test_what_lasts_a_return_period_gets_its_credits_back_with_the_end_it_has(
    ends: timedelta | None, given: bool
) -> None:
    for returned in (False, True):
        very = back(source(ends, returned=returned), given=given)
        assert (very.parent_id, very.until, very.lapsed) == (None, None if ends is None else NOW + ends, False)


@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("ends", [PERIOD - TICK, timedelta(minutes=10), TICK, timedelta(0), -TICK, -400 * DAY])
def test_what_ends_before_that_gives_it_back_into_a_returned_grant_of_a_whole_period(
    ends: timedelta, given: bool
) -> None:
    assert back(source(ends), given=given) == Back("g", 100, ENDS, "g", last_day=LAST_DAY)


@pytest.mark.parametrize("ends", [PERIOD - TICK, timedelta(minutes=10), TICK])
def test_what_a_client_cancels_goes_back_into_the_returned_grant_that_paid(ends: timedelta) -> None:
    assert back(source(ends, returned=True), given=False) == Back("g", 100, NOW + ends)


@pytest.mark.parametrize("ends", [timedelta(0), -TICK, -400 * DAY])
def test_and_after_its_end_it_does_not_come_back(ends: timedelta) -> None:
    assert back(source(ends, returned=True), given=False) == Back("g", 100, NOW + ends, lapsed=True)
    closed = source(DAY, returned=True, closed=True)  # by a replica whose clock is ahead of this one
    assert back(closed, given=False).lapsed


@pytest.mark.parametrize("ends", [PERIOD - TICK, timedelta(0), -DAY])
def test_what_a_coach_returns_of_it_has_a_whole_period_and_the_same_parent(ends: timedelta) -> None:
    assert back(source(ends, returned=True), given=True) == Back("g", 100, ENDS, "parent", last_day=LAST_DAY)


def test_a_closed_grant_takes_nothing_back_whatever_the_clock_says() -> None:
    assert back(source(DAY, closed=True), given=False, period=timedelta(0)).parent_id == "g"


def test_without_a_return_period_it_can_be_used_for_the_rest_of_the_day() -> None:
    none = timedelta(0)
    assert back(source(TICK), given=False, period=none).parent_id is None
    assert back(source(none), given=False, period=none).until == datetime(2026, 11, 21, 4, 59, 59, tzinfo=UTC)


def test_a_period_that_ends_in_the_last_second_of_a_day_lasts_until_the_next_days_end() -> None:
    paid_by = replace(source(None), expires_at=ENDS - PERIOD)
    for after, until in ((timedelta(0), ENDS), (TICK, ENDS + DAY)):
        now = ENDS - PERIOD + after
        assert go_back(Payment(paid_by, 100), 100, now, PERIOD, given=False).until == until


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati", "Nowhere/Known", None])
@given(seconds=st.integers(-(10**9), 10**9), days=st.integers(0, 3650))
def test_an_end_is_never_earlier_than_the_period_and_at_most_a_day_and_an_hour_later(
    zone: str | None, seconds: int, days: int
) -> None:
    now, period = NOW + timedelta(seconds=seconds), timedelta(days=days)
    paid_by = Source(id="g", expires_at=now - TICK, time_zone=zone)
    until = go_back(Payment(paid_by, 1), 1, now, period, given=False, elsewhere="Europe/London").until
    assert until is not None
    assert now + period <= until <= now + period + timedelta(hours=25)


def test_returns_of_one_action_share_a_returned_grant_where_parent_and_end_are_the_same() -> None:
    next_day = replace(LAST_DAY, day=LAST_DAY.day + DAY)
    one, other = (Back(paid_by, 50, ENDS, "g", last_day=LAST_DAY) for paid_by in ("g", "h"))
    elsewhere = Back("h", 50, ENDS, "h", last_day=LAST_DAY)
    later, very = Back("g", 50, ENDS + DAY, "g", last_day=next_day), Back("k", 50, None)
    opened = to_open([one, other, elsewhere, later, very], NOW)
    assert set(opened) == {("g", ENDS), ("h", ENDS), ("g", ENDS + DAY)}
    assert len({grant.id for grant in opened.values()}) == 3
    assert {(grant.parent_id, grant.last_day.end()) for grant in opened.values()} == set(opened)


def test_what_came_back_is_told_by_its_end_the_soonest_first_and_what_lapsed_is_not() -> None:
    backs = [Back("a", 1, None), Back("b", 2, NOW + DAY), Back("c", 4, NOW), Back("d", 8, NOW + DAY, "d")]
    told = usable([*backs, Back("e", 16, NOW, lapsed=True)])
    assert told == (Usable(4, NOW), Usable(10, NOW + DAY), Usable(1, None))


ends = st.none() | st.integers(-60, 60).map(lambda days: days * DAY)
paying = st.lists(st.tuples(st.integers(1, 10_000), ends, st.booleans()), max_size=12).map(
    lambda rows: [
        Payment(replace(source(end, returned=returned), id=f"g{i:02d}"), amount)
        for i, (amount, end, returned) in enumerate(rows)
    ]
)


@given(payments=paying, percent=st.integers(0, 100), by_client=st.booleans())
def test_settling_and_refunding_anyway_return_together_exactly_what_was_paid(
    payments: list[Payment], percent: int, by_client: bool
) -> None:
    by_grant = {payment.source.id: payment for payment in payments}
    parts = split_refund([payment.part for payment in payments], percent)
    backs = [go_back(by_grant[p.grant_id], p.amount, NOW, PERIOD, given=not by_client) for p in parts]
    opened = to_open(backs, NOW)
    moves = settle("s", 1, payments, backs, opened, NOW)
    forfeited = [
        Payment(by_grant[move.grant_id or ""].source, move.amount)
        for move in moves
        if move.kind is TransferKind.FORFEIT
    ]
    rest = split_part([one.part for one in forfeited], sum(one.amount for one in forfeited))
    again = [go_back(by_grant[p.grant_id], p.amount, NOW, PERIOD, given=True) for p in rest]
    opened_again = to_open(again, NOW)
    later = late_refund("s", 1, again, opened_again, NOW)
    assert {m.source for m in moves} <= {session_account("s")}
    assert {m.source for m in later} <= {FORFEITED}
    assert sum(m.amount for m in moves) == sum(payment.amount for payment in payments)
    assert sum(m.amount for m in later) == sum(m.amount for m in moves if m.target == FORFEITED)
    assert all(m.target in {FORFEITED, grant_account(m.grant_id or "")} for m in [*moves, *later])
    for payment in payments:
        ours = [m for m in moves if f":{payment.source.id}:" in m.key]
        assert sum(m.amount for m in ours) == payment.amount
    known = set(by_grant) | {grant.id for grant in (*opened.values(), *opened_again.values())}
    assert {m.grant_id for m in [*moves, *later]} <= known
    keys = [m.key for m in [*moves, *later]]
    assert len(set(keys)) == len(keys)
    assert not {m.key for m in settle("s", 2, payments, backs, opened, NOW)} & set(keys)
    if by_client:
        returned = {payment.source.id for payment in payments if payment.source.parent_id}
        assert not {back.grant_id for back in backs if back.parent_id} & returned  # nobody extends their own


def test_no_grant_is_opened_for_what_goes_back_into_its_own_even_if_that_ends_with_a_day() -> None:
    own = replace(source(400 * DAY), last_day=LAST_DAY)
    opened = back(source(DAY), given=True)
    assert set(to_open([back(own, given=True), opened], NOW)) == {("g", opened.until)}
