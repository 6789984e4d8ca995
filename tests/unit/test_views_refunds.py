"""What people read of refundability is what canceling returns: now, up to each instant that is named, and after it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coaching.actions.reschedule import moved
from coaching.outlook import would_be
from coaching.policy import FULL, Policy, Tier
from coaching.quotes import quote_session
from coaching.records import Viewer
from coaching.sessions import Hat, Money, Person, Session
from handlers.views.refunds import (
    after_cutoff,
    all_steps,
    booking_terms,
    cancelable_line,
    holds_until,
    refund_line,
    short_terms,
)
from handlers.views.words import Reader, number, reader_for
from language.say import IN_ENGLISH
from tests.unit.test_outlook import falling

M, H, TICK = timedelta(minutes=1), timedelta(hours=1), timedelta(microseconds=1)
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
VIEWER = Viewer(Person("U0ANNA", "Anna Lee", time_zone="America/New_York"), is_coach=False, is_admin=False)
STEPPED = Policy(tiers=(Tier(24 * H, 100), Tier(12 * H, 50), Tier(timedelta(0), 25)))
NEVER_ALL = Policy(tiers=(Tier(12 * H, 50), Tier(2 * H, 33)))

minutes = st.integers(0, 4 * 24 * 60).map(lambda n: n * M)
pairs = st.tuples(minutes | st.just(timedelta(0)), st.integers(1, 100) | st.just(FULL))
tiers = st.lists(pairs, max_size=5, unique_by=(lambda pair: pair[0], lambda pair: pair[1])).map(falling)
policies = st.builds(Policy, tiers=tiers, late_cancel=st.booleans(), booking_grace=minutes | st.just(timedelta(0)))


@st.composite
def sessions(draw: st.DrawFn, policy: Policy, price: int) -> Session:
    session = would_be(policy, starts_at=NOW + M + draw(minutes), booked_at=NOW, price=price)
    if draw(st.booleans()):
        at = min(NOW + draw(minutes), session.starts_at)
        session = moved(session, policy, at + M + draw(minutes), at, draw(st.sampled_from([Hat.CLIENT, Hat.COACH])))
    return session


def reading(session: Session, now: datetime) -> Reader:
    return reader_for(VIEWER, [session], now)


def instants(session: Session, policy: Policy, reader: Reader) -> dict[str, datetime]:
    """Every instant that may be named, by how it is written."""
    counted_from = session.terms_start_at or session.starts_at
    edges = [session.refund_cutoff_at, *(counted_from - tier.lead for tier in policy.tiers)]
    return {reader.instant(edge, exact=True): edge for edge in edges} | {"the start": session.starts_at}


def percents(session: Session, policy: Policy, instant: datetime) -> int:
    return quote_session(session, policy, instant, Hat.CLIENT).percent


def stated(words: str, session: Session, policy: Policy, reader: Reader) -> list[tuple[int, datetime]]:
    """Read "50% refundable until X, then 25% until Y" back."""
    found = []
    for part in words.split(", then "):
        match = re.fullmatch(r"(Refundable|refundable|(\d+)%.*?) until (.+)", part)
        assert match, words
        percent = int(match[2]) if match[2] else FULL
        found.append((percent, instants(session, policy, reader)[match[3]]))
    return found


def hold(steps: Sequence[tuple[int, datetime]], session: Session, policy: Policy, now: datetime) -> None:
    """Check that each step returns what is said up to its last microsecond, and the next one, or nothing, after it."""
    since = now
    for index, (percent, until) in enumerate(steps):
        after = steps[index + 1][0] if index + 1 < len(steps) else 0
        assert {percents(session, policy, at) for at in (since, max(since, until - TICK), until)} == {percent}
        since = until + TICK
        if since <= session.starts_at:
            assert percents(session, policy, since) == after
    assert percents(session, policy, session.starts_at) in {0, steps[-1][0]}


@given(st.data(), policies, st.integers(1, 1000))
def test_every_sentence_says_what_the_quote_returns_then(data: st.DataObject, policy: Policy, price: int) -> None:
    session = data.draw(sessions(policy, price))
    now = session.booked_at + data.draw(st.timedeltas(TICK, session.starts_at - session.booked_at))
    reader = reading(session, now)
    line, short = refund_line(session, policy, reader), short_terms(session, policy, reader, Hat.CLIENT)
    until = holds_until(session, policy, reader, Hat.CLIENT)
    percent = percents(session, policy, now)
    if not percent:
        assert line.startswith("Non-refundable")
        assert short == "non-refundable"
        assert until is None
        if " since " in line:
            last = instants(session, policy, reader)[line.removeprefix("Non-refundable since ")]
            assert percents(session, policy, last)
            assert percents(session, policy, last + TICK) == 0
        return
    steps = stated(line, session, policy, reader)
    assert steps[0][0] == percent
    hold(steps, session, policy, now)
    first, *after = short.split(", then ")
    assert stated(first, session, policy, reader) == steps[:1]
    assert after == [f"{p}%" for p, _ in steps[1:2]]
    assert until is not None
    amounts = [quote_session(session, policy, at, Hat.CLIENT).returned for _, at in steps]
    named = [re.search(r"^([\d.]+) credits?", part) for part in until.split(", then ")[1:]]
    assert [match[1] for match in named if match] == [number(amount, IN_ENGLISH) for amount in amounts[1:]]
    assert [part.split("until ")[1] for part in until.split(", then ") if "until" in part] == [
        part.split("until ")[1] for part in line.split(", then ")
    ]
    rows = all_steps(session, policy, reader)[-len(steps) :]
    for row, (percent, at) in zip(rows, steps, strict=True):
        assert ("*Full refund ends:*" if percent == FULL else f"*{percent}% (") in row
        assert reader.instant(at, exact=True) in row


@given(policies, st.integers(1, 1000), minutes)
def test_before_booking_is_said_what_a_moment_after_it_is_true(policy: Policy, price: int, ahead: timedelta) -> None:
    session = would_be(policy, starts_at=NOW + M + ahead, booked_at=NOW, price=price)
    reader = reading(session, NOW)
    words = booking_terms(policy, reader, starts_at=session.starts_at, price=price)
    percent = percents(session, policy, NOW + TICK)
    if not percent:
        assert words == "Non-refundable"
    elif words.startswith("Refundable for "):
        assert percents(session, policy, NOW + policy.booking_grace) == FULL
        assert percents(session, policy, NOW + policy.booking_grace + TICK) < FULL
        rest = words.split(", then ", 1)
        steps = stated(rest[1], session, policy, reader) if len(rest) > 1 else []
        if steps:
            hold(steps, session, policy, NOW + policy.booking_grace + TICK)
    elif words == "Refundable until the start":
        assert percents(session, policy, session.starts_at) == FULL
    else:
        hold(stated(words[0].upper() + words[1:], session, policy, reader), session, policy, NOW + TICK)


def booked(policy: Policy, hours: float, price: int = 100, **changes: object) -> Session:
    session = would_be(policy, starts_at=NOW + timedelta(hours=hours), booked_at=NOW - 72 * H, price=price)
    return replace(session, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("policy", "hours", "said"),
    [
        (Policy(), 31, "Refundable until Fri, Nov 20, 5:00 PM"),
        (Policy(), 20, "Non-refundable since Fri, Nov 20, 6:00 AM"),
        (
            STEPPED,
            31,
            "Refundable until Fri, Nov 20, 5:00 PM, then 50% until Sat, Nov 21, 5:00 AM, then 25% until the start",
        ),
        (STEPPED, 20, "50% refundable until Fri, Nov 20, 6:00 PM, then 25% until the start"),
        (STEPPED, 2, "25% refundable until the start"),
        (NEVER_ALL, 31, "50% refundable until Sat, Nov 21, 5:00 AM, then 33% until Sat, Nov 21, 3:00 PM"),
        (NEVER_ALL, 1, "Non-refundable since Fri, Nov 20, 9:00 AM"),
        (Policy(tiers=(), booking_grace=timedelta(0)), 31, "Non-refundable"),
        (Policy(tiers=(Tier(timedelta(0), 100),)), 31, "Refundable until the start"),
    ],
)
def test_terms_are_told_as_they_are(policy: Policy, hours: float, said: str) -> None:
    session = booked(policy, hours)
    assert refund_line(session, policy, reading(session, NOW)) == said


def test_the_policy_section_names_every_step_with_its_last_instant() -> None:
    session = booked(STEPPED, 20)
    assert all_steps(session, STEPPED, reading(session, NOW)) == [
        "*Full refund ended:* Fri, Nov 20, 6:00 AM, Eastern Time (GMT−5:00), that very moment included.",
        "*50% (0.5 credits) comes back until:* Fri, Nov 20, 6:00 PM",
        "*25% (0.25 credits) comes back until:* Sat, Nov 21, 6:00 AM (the start)",
    ]


def test_a_full_refund_that_only_the_booking_gave_says_so() -> None:
    session = would_be(NEVER_ALL, starts_at=NOW + 31 * H, booked_at=NOW, price=100)
    first, *rest = all_steps(session, NEVER_ALL, reading(session, NOW))
    assert first.startswith("*Full refund ends:* Fri, Nov 20, 10:15 AM (15 minutes after the booking), Eastern Time")
    assert rest == [
        "*50% (0.5 credits) comes back until:* Sat, Nov 21, 5:00 AM",
        "*33% (0.33 credits) comes back until:* Sat, Nov 21, 3:00 PM",
    ]
    told = booking_terms(NEVER_ALL, reading(session, NOW), starts_at=session.starts_at, price=100)
    assert told.startswith(
        "Refundable for 15 minutes after you book, then 50% (0.5 credits) until Sat, Nov 21, 5:00 AM"
    )


@pytest.mark.parametrize(
    ("policy", "hours", "said"),
    [
        (STEPPED, 31, "After that 0.5 credits come back until Sat, Nov 21, 5:00 AM, then 25% until the start."),
        (STEPPED, 20, "Now 0.5 credits come back until Fri, Nov 20, 6:00 PM, then 25% until the start."),
        (Policy(), 31, "After that nothing comes back."),
        (Policy(), 20, "Nothing comes back any more."),
        (Policy(late_cancel=False), 31, "After that it can no longer be canceled."),
    ],
)
def test_a_reminder_says_what_comes_after_the_cutoff(policy: Policy, hours: float, said: str) -> None:
    session = booked(policy, hours)
    assert after_cutoff(session, policy, reading(session, NOW)) == said


def test_nothing_is_called_refundable_that_nothing_was_paid_for() -> None:
    session = booked(STEPPED, 20, price=0)
    reader = reading(session, NOW)
    assert refund_line(session, STEPPED, reader) == "Free · it can be canceled until the start"
    assert short_terms(session, STEPPED, reader, Hat.CLIENT) == "Late · free, cancel until the start"
    ahead = booked(STEPPED, 90, price=0)
    assert short_terms(ahead, STEPPED, reader, Hat.CLIENT).startswith("free, cancel until")
    assert (
        booking_terms(STEPPED, reader, starts_at=session.starts_at, price=0)
        == "Free · it can be canceled until the start"
    )
    assert cancelable_line(session, STEPPED, reader) == "Free · it can be canceled until the start."
    assert holds_until(session, STEPPED, reader, Hat.CLIENT) is None
    strict = Policy(late_cancel=False)
    assert refund_line(session, strict, reader).startswith("Free · it could be canceled until ")


def test_what_was_paid_in_money_is_refundable_by_its_policy_only() -> None:
    session = booked(STEPPED, 20, price=0, money=Money(12000, "USD"))
    reader = reading(session, NOW)
    assert refund_line(session, STEPPED, reader) == (
        "50% refundable until Fri, Nov 20, 6:00 PM, then 25% until the start by its policy · paid outside credits"
    )
    assert all_steps(session, STEPPED, reader)[1:] == [
        "*50% comes back until:* Fri, Nov 20, 6:00 PM",
        "*25% comes back until:* Sat, Nov 21, 6:00 AM (the start)",
        "The payment is between client and coach: it was made outside credits.",
    ]


def test_a_coach_who_returns_everything_reads_no_end_of_it_and_one_who_does_not_reads_the_steps() -> None:
    session = booked(STEPPED, 20)
    reader = reading(session, NOW)
    assert holds_until(session, STEPPED, reader, Hat.COACH) is None
    assert holds_until(session, STEPPED, reader, Hat.COACH, refund_late=False) == (
        "This holds until Fri, Nov 20, 6:00 PM, then 0.25 credits until the start"
    )
