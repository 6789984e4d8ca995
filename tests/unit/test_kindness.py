"""Which late cancellations are forgiven: counted in calendar months on the client's clock, that very instant included."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coaching.errors import BadPolicy
from coaching.kindness import LONGEST_MONTH, Forgiven, months_back, place
from coaching.policy import MOST_MONTHS, Policy, Tier, refund_cutoff
from coaching.quotes import Quote, quote
from coaching.returns import Payment, Source
from coaching.sessions import Hat, Person, Session
from coaching.zones import zone
from storage.repositories.codec import dump_policy, load_policy

H, TICK = timedelta(hours=1), timedelta(microseconds=1)
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
KIND = Policy(forgiven_times=2, forgiven_months=6, booking_grace=timedelta(0))
HALF = replace(KIND, tiers=(Tier(24 * H, 100), Tier(2 * H, 50)))
ZONES = ("UTC", "America/New_York", "Europe/London", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu")


def late(number: int, policy: Policy = KIND, price: int = 100, starts_in: timedelta = H, client: str = "a") -> Session:
    start = NOW + starts_in
    booked_at = start - timedelta(days=30)
    return Session(
        workspace_id="T",
        id=f"s{number}",
        client=Person(client),
        coach=Person("b"),
        session_type="Coaching",
        starts_at=start,
        ends_at=start + H,
        time_zone="UTC",
        booked_at=booked_at,
        refund_cutoff_at=refund_cutoff(policy, starts_at=start, booked_at=booked_at),
        policy_id="p",
        price=price,
    )


def quoted(
    *sessions: Session, policy: Policy = KIND, hat: Hat = Hat.CLIENT, before: int = 0, refund_late: bool = False
) -> Quote:
    paid = {s.id: [Payment(Source(id="g"), s.price)] if s.price else [] for s in sessions}
    forgiven = {"a": Forgiven((NOW - timedelta(days=30),) * before)}
    return quote([(s, policy) for s in sessions], paid, NOW, hat, refund_late=refund_late, forgiven=forgiven)


def numbers(terms: Quote) -> list[tuple[int, int]]:
    return [(line.returned, line.forgiven) for line in terms.lines]


@pytest.mark.parametrize(
    ("now", "months", "name", "back"),
    [
        ("2026-11-20T15:00", 6, "UTC", "2026-05-20T15:00"),
        ("2026-08-31T10:00", 6, "UTC", "2026-02-28T10:00"),
        ("2028-08-31T10:00", 6, "UTC", "2028-02-29T10:00"),
        ("2026-01-15T10:00", 1, "UTC", "2025-12-15T10:00"),
        ("2026-12-31T10:00", 12, "UTC", "2025-12-31T10:00"),
        # Half past nine in the morning in New York, in winter and in summer.
        ("2026-11-20T14:30", 5, "America/New_York", "2026-06-20T13:30"),
        # It is Saturday there already, and the month is another one.
        ("2026-02-28T23:30", 1, "Australia/Lord_Howe", "2026-01-31T23:30"),
    ],
)
def test_months_are_those_of_a_calendar(now: str, months: int, name: str, back: str) -> None:
    given_now, expected = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (now, back))
    assert months_back(given_now, months, zone(name)) == expected


@given(
    days=st.integers(0, 5000),
    seconds=st.integers(0, 86399),
    months=st.integers(1, MOST_MONTHS),
    name=st.sampled_from(ZONES),
)
def test_more_months_reach_further_back_and_never_further_than_the_longest_ones(
    days: int, seconds: int, months: int, name: str
) -> None:
    there, now = zone(name), NOW - timedelta(days=2500) + timedelta(days=days, seconds=seconds)
    back = months_back(now, months, there)
    assert now - months * LONGEST_MONTH < back < now
    assert months_back(now, months + 1, there) < back
    local, before = now.astimezone(there), back.astimezone(there)
    assert (local.year * 12 + local.month) - (before.year * 12 + before.month) in {months, months - 1}
    assert before.day <= local.day or before.hour != local.hour


@given(beside=st.sampled_from([-TICK, timedelta(0), TICK]), times=st.integers(1, 3), months=st.integers(1, 24))
def test_what_was_forgiven_at_the_very_instant_so_many_months_ago_still_counts(
    beside: timedelta, times: int, months: int
) -> None:
    policy = Policy(forgiven_times=times, forgiven_months=months)
    edge = months_back(NOW, months, zone("Europe/London"))
    forgiven = Forgiven((edge + beside,), "Europe/London")
    counts = beside >= timedelta(0)
    expected = 1 if not counts else 2 if times > 1 else 0
    assert place(policy, forgiven, "UTC", NOW) == expected


def test_without_kindness_nothing_is_forgiven() -> None:
    assert numbers(quoted(late(1), policy=Policy(booking_grace=timedelta(0)))) == [(0, 0)]


def test_the_first_ones_come_back_and_say_which_they_are() -> None:
    assert [numbers(quoted(late(1), before=n)) for n in range(3)] == [[(100, 1)], [(100, 2)], [(0, 0)]]


def test_of_three_in_one_action_the_two_that_start_first_are_forgiven() -> None:
    third, first, second = late(1, starts_in=3 * H), late(2, starts_in=H), late(3, starts_in=2 * H)
    assert numbers(quoted(third, first, second)) == [(0, 0), (100, 1), (100, 2)]


def test_what_is_in_time_or_costs_nothing_uses_nothing_up() -> None:
    early, free = late(1, starts_in=48 * H), late(2, price=0)
    assert numbers(quoted(early, free, late(3))) == [(100, 0), (0, 0), (100, 1)]


def test_a_half_step_is_forgiven_in_full() -> None:
    assert numbers(quoted(late(1, HALF, starts_in=3 * H), policy=HALF)) == [(100, 1)]


@pytest.mark.parametrize(("hat", "forgiven"), [(Hat.CLIENT, 1), (Hat.ADMIN, 1), (Hat.COACH, 0)])
def test_only_clients_are_forgiven_and_admins_who_act_for_them(hat: Hat, forgiven: int) -> None:
    assert numbers(quoted(late(1), hat=hat)) == [(100 * forgiven, forgiven)]


def test_one_clients_count_is_not_anothers() -> None:
    assert numbers(quoted(late(1), late(2, client="z"), before=2)) == [(0, 0), (100, 1)]


def test_terms_that_are_not_forgiven_keep_their_seal() -> None:
    """A dialog that was opened under an earlier release can still be confirmed."""
    assert quoted(late(1), before=2).seal == quoted(late(1), policy=Policy(booking_grace=timedelta(0))).seal
    assert quoted(late(1), before=0).seal != quoted(late(1), before=1).seal


@pytest.mark.parametrize(("times", "months"), [(-1, 6), (101, 6), (1, 0), (1, 121)])
def test_odd_figures_are_refused(times: int, months: int) -> None:
    with pytest.raises(BadPolicy):
        Policy(forgiven_times=times, forgiven_months=months)


def test_terms_are_stored_as_they_are_and_as_before_without_kindness() -> None:
    assert load_policy(dump_policy(KIND)) == KIND
    assert "forgiven" not in dump_policy(Policy())
