"""What the preview of terms promises is what canceling would return."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coaching.errors import InPast
from coaching.policy import Policy, Tier, refund_cutoff
from coaching.preview import Step, preview
from coaching.quotes import quote_session
from coaching.sessions import Blocked, Hat, Person, Session

H, TICK = timedelta(hours=1), timedelta(microseconds=1)
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
TIERED = Policy(tiers=(Tier(24 * H, 100), Tier(12 * H, 50), Tier(2 * H, 25)), booking_grace=timedelta(0))
spans = st.timedeltas(timedelta(0), timedelta(days=4))


def falling(pairs: list[tuple[timedelta, int]]) -> tuple[Tier, ...]:
    leads, percents = (sorted(column, reverse=True) for column in zip(*pairs, strict=True)) if pairs else ([], [])
    return tuple(Tier(lead, percent) for lead, percent in zip(leads, percents, strict=True))


pairs = st.tuples(spans, st.integers(1, 100))
tiers = st.lists(pairs, max_size=5, unique_by=(lambda pair: pair[0], lambda pair: pair[1])).map(falling)
policies = st.builds(Policy, tiers=tiers, late_cancel=st.booleans(), booking_grace=spans)


def booked(policy: Policy, starts_at: datetime, price: int) -> Session:
    nobody = Person("U")
    return Session(
        workspace_id="T",
        id="s",
        client=nobody,
        coach=nobody,
        session_type="Coaching",
        starts_at=starts_at,
        ends_at=starts_at + H,
        time_zone="UTC",
        booked_at=NOW,
        refund_cutoff_at=refund_cutoff(policy, starts_at=starts_at, booked_at=NOW),
        policy_id="p",
        price=price,
    )


def at(steps: list[Step], instant: datetime) -> Step:
    return next(step for step in steps if instant <= step.until)


@given(policies, st.timedeltas(TICK, timedelta(days=5)), st.integers(0, 1000), st.data())
def test_at_every_instant_the_preview_says_what_the_quote_returns(
    policy: Policy, ahead: timedelta, price: int, data: st.DataObject
) -> None:
    starts_at = NOW + ahead
    session = booked(policy, starts_at, price)
    steps = list(preview(policy, starts_at=starts_at, booked_at=NOW, price=price))
    edges = [step.until for step in steps] + [starts_at - tier.lead for tier in policy.tiers]
    edges.append(NOW + data.draw(st.timedeltas(timedelta(0), ahead)))
    for instant in {edge + near for edge in edges for near in (-TICK, timedelta(0), TICK)}:
        if not NOW <= instant <= starts_at:
            continue
        step, line = at(steps, instant), quote_session(session, policy, instant, Hat.CLIENT)
        assert (step.percent, step.returned) == (line.percent, line.returned)
        assert step.blocked is session.blocked(policy, instant, Hat.CLIENT)
    assert [step.until for step in steps] == sorted({step.until for step in steps})
    assert steps[-1].until == starts_at


def test_each_tier_is_a_step_that_ends_at_its_last_instant() -> None:
    start = NOW + 72 * H
    assert preview(TIERED, starts_at=start, booked_at=NOW, price=150) == [
        Step(start - 24 * H, 100, 150),
        Step(start - 12 * H, 50, 75),
        Step(start - 2 * H, 25, 38),
        Step(start, 0, 0),
    ]


def test_a_late_booking_is_refundable_for_its_grace_and_then_by_the_tier_it_is_in() -> None:
    policy = Policy(tiers=TIERED.tiers, late_cancel=False)
    start = NOW + 8 * H
    assert preview(policy, starts_at=start, booked_at=NOW, price=100) == [
        Step(NOW + timedelta(minutes=15), 100, 100, grace=True),
        Step(start - 2 * H, 25, 25),
        Step(start, 0, 0, Blocked.LATE),
    ]


def test_a_session_that_has_started_by_the_booking_has_no_preview() -> None:
    with pytest.raises(InPast):
        preview(TIERED, starts_at=NOW, booked_at=NOW, price=100)
