"""Windows, tiers and the cutoff: exact instants, in elapsed time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coaching import zones
from coaching.errors import BadPolicy
from coaching.policy import Policy, Tier, refund_cutoff, refund_percent

HOUR, TICK = timedelta(hours=1), timedelta(microseconds=1)
DAY = 24 * HOUR
START = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
LONG_AGO = START - 30 * DAY
TIERED = Policy(tiers=(Tier(DAY, 100), Tier(12 * HOUR, 50), Tier(2 * HOUR, 10)))

instants = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
spans = st.timedeltas(timedelta(0), timedelta(days=10))


def percent(policy: Policy, now: datetime, *, starts_at: datetime = START, booked_at: datetime = LONG_AGO) -> int:
    cutoff = refund_cutoff(policy, starts_at=starts_at, booked_at=booked_at)
    return refund_percent(policy, starts_at=starts_at, cutoff=cutoff, now=now)


@pytest.mark.parametrize(
    ("before", "back"),
    [
        (DAY + TICK, 100),
        (DAY, 100),
        (DAY - TICK, 50),
        (12 * HOUR, 50),
        (12 * HOUR - TICK, 10),
        (2 * HOUR, 10),
        (2 * HOUR - TICK, 0),
        (timedelta(0), 0),
    ],
)
def test_each_tier_counts_to_its_very_last_microsecond(before: timedelta, back: int) -> None:
    assert percent(TIERED, START - before) == back


def test_exactly_24_hours_returns_everything_and_a_microsecond_less_nothing() -> None:
    assert percent(Policy(), START - DAY) == 100
    assert percent(Policy(), START - DAY + TICK) == 0


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/London", "Australia/Lord_Howe", "Africa/Casablanca",
                                  "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia", "Europe/Berlin"])  # fmt: skip
@pytest.mark.parametrize("year", [2025, 2026])
def test_24_hours_are_elapsed_time_on_every_day_of_the_year_in_every_zone(zone: str, year: int) -> None:
    changes = 0
    for day in range(365):
        local = datetime(year, 1, 1, 10, 30, tzinfo=zones.zone(zone)) + timedelta(days=day)
        cutoff = refund_cutoff(Policy(), starts_at=local, booked_at=local - timedelta(days=60))
        assert cutoff.tzinfo is UTC
        assert local.astimezone(UTC) - cutoff == DAY
        # What an hour off would look like: on the day after a change the wall clock shows another time of day.
        changes += cutoff.astimezone(zones.zone(zone)).time() != local.time()
    # Morocco left its summer time for good in autumn 2026: once more than in other years.
    unusual = {("Asia/Kathmandu", year): 0, ("Pacific/Apia", year): 0, ("Africa/Casablanca", 2026): 3}
    assert changes == unusual.get((zone, year), 2)


def test_half_an_hour_of_daylight_saving_moves_lord_howes_cutoff_on_the_wall_clock_only() -> None:
    zone = zones.zone("Australia/Lord_Howe")
    starts_at = datetime(2026, 4, 5, 9, 0, tzinfo=zone)  # the clocks went back half an hour that night
    cutoff = refund_cutoff(Policy(), starts_at=starts_at, booked_at=LONG_AGO - 365 * DAY)
    assert cutoff.astimezone(zone).replace(tzinfo=None) == datetime(2026, 4, 4, 9, 30)  # noqa: DTZ001 - as the wall shows it


def test_a_late_booking_can_be_undone_for_the_booking_grace_but_not_after_the_start() -> None:
    booked_at = START - HOUR
    assert percent(Policy(), booked_at + timedelta(minutes=15), booked_at=booked_at) == 100
    assert percent(Policy(), booked_at + timedelta(minutes=15) + TICK, booked_at=booked_at) == 0
    assert refund_cutoff(Policy(), starts_at=START, booked_at=START - timedelta(minutes=5)) == START


def test_a_policy_without_a_full_tier_returns_everything_during_the_grace_only() -> None:
    half = Policy(tiers=(Tier(DAY, 50),))
    assert percent(half, START - 5 * DAY) == 50
    assert percent(half, LONG_AGO + timedelta(minutes=15)) == 100
    assert percent(Policy(tiers=()), START - 5 * DAY) == 0


@given(starts_at=instants, ahead=spans, window=spans, grace=spans)
def test_the_cutoff_is_the_later_of_window_and_grace_and_never_after_the_start(
    starts_at: datetime, ahead: timedelta, window: timedelta, grace: timedelta
) -> None:
    booked_at = starts_at - ahead
    policy = Policy(tiers=(Tier(window, 100),), booking_grace=grace)
    cutoff = refund_cutoff(policy, starts_at=starts_at, booked_at=booked_at)
    assert cutoff <= starts_at
    assert cutoff in {starts_at - window, booked_at + grace, starts_at}
    assert cutoff >= starts_at - window
    assert cutoff == starts_at or cutoff >= booked_at + grace


@given(starts_at=instants, before=st.lists(spans, min_size=2, max_size=2), ahead=spans)
def test_waiting_never_raises_what_comes_back(starts_at: datetime, before: list[timedelta], ahead: timedelta) -> None:
    sooner, later = sorted(starts_at - b for b in before)
    booked_at = starts_at - ahead
    first = percent(TIERED, sooner, starts_at=starts_at, booked_at=booked_at)
    assert first >= percent(TIERED, later, starts_at=starts_at, booked_at=booked_at)


@pytest.mark.parametrize(
    "tiers",
    [
        (Tier(HOUR, 0),),
        (Tier(HOUR, 101),),
        (Tier(-HOUR, 50),),
        (Tier(HOUR, 50), Tier(2 * HOUR, 20)),
        (Tier(2 * HOUR, 50), Tier(HOUR, 50)),
        (Tier(HOUR, 50), Tier(HOUR, 20)),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(tiers: tuple[Tier, ...]) -> None:
    with pytest.raises(BadPolicy):
        Policy(tiers=tiers)


@pytest.mark.parametrize("span", ["booking_grace", "return_period"])
def test_negative_spans_are_refused(span: str) -> None:
    with pytest.raises(BadPolicy):
        Policy(**{span: -TICK})


def test_a_limit_of_moves_is_none_at_all_or_any_number_that_is_not_negative() -> None:
    for limit in (None, 0, 1):
        assert Policy(reschedule_limit=limit).reschedule_limit == limit
    with pytest.raises(BadPolicy):
        Policy(reschedule_limit=-1)
