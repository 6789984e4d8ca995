"""Quotes: what one session returns, for whom, and that equal terms are equal."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coaching.causes import Blocked
from coaching.policy import Policy, Tier, refund_cutoff
from coaching.quotes import Quote, quote, quote_session
from coaching.returns import Payment, Source
from coaching.sessions import Hat, Person, Session, Status

HOUR, TICK = timedelta(hours=1), timedelta(microseconds=1)
START = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
HALF = Policy(tiers=(Tier(24 * HOUR, 100), Tier(12 * HOUR, 50)))


def booked(policy: Policy = HALF, price: int = 101, **changes: object) -> Session:
    at = START - timedelta(days=30)
    session = Session(
        workspace_id="T",
        id="s",
        client=Person("a"),
        coach=Person("b"),
        session_type="Coaching",
        starts_at=START,
        ends_at=START + HOUR,
        time_zone="UTC",
        booked_at=at,
        refund_cutoff_at=refund_cutoff(policy, starts_at=START, booked_at=at),
        policy_id="p",
        price=price,
    )
    return replace(session, **changes)  # type: ignore[arg-type]


def paid(*sessions: Session) -> dict[str, list[Payment]]:
    """Each session was paid by one grant without end."""
    return {session.id: [Payment(Source(id="g"), session.price)] for session in sessions}


def terms_of(*sessions: Session, at: datetime, hat: Hat = Hat.CLIENT, refund_late: bool = True) -> Quote:
    some = [(session, HALF) for session in sessions]
    return quote(some, paid(*sessions), at, hat, refund_late=refund_late)


@pytest.mark.parametrize(
    ("before", "hat", "refund_late", "returned", "late"),
    [
        (24 * HOUR, Hat.CLIENT, True, 101, False),
        (24 * HOUR - TICK, Hat.CLIENT, True, 51, True),
        (12 * HOUR - TICK, Hat.CLIENT, True, 0, True),
        (12 * HOUR - TICK, Hat.ADMIN, True, 0, True),
        (24 * HOUR, Hat.COACH, False, 101, False),
        (12 * HOUR - TICK, Hat.COACH, True, 101, True),
        (12 * HOUR, Hat.COACH, False, 51, True),
        (TICK, Hat.COACH, False, 0, True),
    ],
)
def test_what_comes_back_depends_on_the_instant_and_on_who_cancels(
    before: timedelta, hat: Hat, refund_late: bool, returned: int, late: bool
) -> None:
    line = quote_session(booked(), HALF, START - before, hat, refund_late=refund_late)
    assert (line.returned, line.forfeited, line.late) == (returned, 101 - returned, late)


@given(
    prices=st.lists(st.integers(0, 999), min_size=1, max_size=6),
    hours=st.integers(-1, 48),
    hat=st.sampled_from(Hat),
    refund_late=st.booleans(),
)
def test_the_total_is_the_sum_of_its_lines_and_nothing_is_lost(
    prices: list[int], hours: int, hat: Hat, refund_late: bool
) -> None:
    sessions = [booked(price=price, id=f"s{i}") for i, price in enumerate(prices)]
    terms = terms_of(*sessions, at=START - hours * HOUR, hat=hat, refund_late=refund_late)
    assert terms.returned + terms.forfeited == sum(prices)
    assert [line.session_id for line in terms.lines] == [s.id for s in sessions]
    assert terms.late in {0, len(prices)}


def test_a_seal_names_exactly_one_set_of_terms() -> None:
    now = START - 30 * HOUR
    terms = terms_of(booked(), at=now)
    assert terms.seal == terms_of(booked(), at=now + HOUR).seal
    ending = {"s": [Payment(Source(id="g", expires_at=START + 90 * 24 * HOUR), 101)]}
    others = [
        terms_of(booked(), at=START - HOUR),
        terms_of(booked(version=2), at=now),
        terms_of(booked(price=100), at=now),
        terms_of(booked(), booked(id="t"), at=now),
        quote([(booked(), HALF)], ending, now, Hat.CLIENT),  # the same comes back, but not for ever
        Quote(()),
    ]
    assert len({terms.seal, *(other.seal for other in others)}) == 7


def test_a_coachs_quote_within_the_hour_says_that_it_is_told_at_once() -> None:
    before, after = (terms_of(booked(), at=START - HOUR - tick, hat=Hat.COACH) for tick in (TICK, 0 * TICK))
    assert (before.at_once, after.at_once) == (False, True)
    assert before.lines == after.lines
    assert before.seal != after.seal
    assert not terms_of(booked(), at=START - TICK, hat=Hat.ADMIN).at_once


def test_no_money_moves_where_ledger_and_session_disagree() -> None:
    with pytest.raises(RuntimeError):
        quote([(booked(price=100), HALF)], paid(booked()), START - HOUR, Hat.CLIENT)


def test_a_quote_knows_its_sessions_only() -> None:
    terms = terms_of(booked(), at=START - HOUR)
    assert terms.line("s").session_id == "s"
    with pytest.raises(KeyError):
        terms.line("t")


STRICT = Policy(late_cancel=False)


@pytest.mark.parametrize(
    ("policy", "now", "hat", "why"),
    [
        (HALF, START, Hat.CLIENT, None),
        (HALF, START + TICK, Hat.CLIENT, Blocked.STARTED),
        (HALF, START + HOUR - TICK, Hat.COACH, Blocked.STARTED),
        (HALF, START + HOUR, Hat.COACH, Blocked.OVER),
        (STRICT, START - 24 * HOUR, Hat.CLIENT, None),
        (STRICT, START - 24 * HOUR + TICK, Hat.CLIENT, Blocked.LATE),
        (STRICT, START - 24 * HOUR + TICK, Hat.ADMIN, None),
        (STRICT, START - TICK, Hat.COACH, None),
        (replace(HALF, late_cancel=False), START - 12 * HOUR, Hat.CLIENT, None),
        (replace(HALF, late_cancel=False), START - 12 * HOUR + TICK, Hat.CLIENT, Blocked.LATE),
    ],
)
def test_what_cannot_be_canceled_says_why(policy: Policy, now: datetime, hat: Hat, why: Blocked | None) -> None:
    assert booked(policy).blocked(policy, now, hat) is why
    assert booked(policy, status=Status.CANCELED).blocked(policy, now, hat) is Blocked.CANCELED


def test_the_cutoff_itself_is_in_time_and_the_moment_after_is_late() -> None:
    session = booked()
    cutoff = session.refund_cutoff_at
    for at, late in ((cutoff, False), (cutoff + TICK, True)):
        assert quote_session(session, HALF, at, Hat.CLIENT).late is late
        assert quote_session(session, HALF, at, Hat.COACH).late is late
