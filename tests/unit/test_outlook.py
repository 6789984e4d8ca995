"""What is said of later instants is what canceling returns then."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coaching.actions.reschedule import moved
from coaching.causes import Blocked
from coaching.errors import InPast
from coaching.outlook import Step, outlook, preview, would_be
from coaching.policy import FULL, Policy, Tier
from coaching.quotes import quote
from coaching.returns import Payment, Source
from coaching.sessions import Hat, Session, Status

H, TICK = timedelta(hours=1), timedelta(microseconds=1)
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
TIERED = Policy(tiers=(Tier(24 * H, 100), Tier(12 * H, 50), Tier(2 * H, 25)), booking_grace=timedelta(0))
spans = st.timedeltas(timedelta(0), timedelta(days=4))


def falling(pairs: list[tuple[timedelta, int]]) -> tuple[Tier, ...]:
    leads, percents = (sorted(column, reverse=True) for column in zip(*pairs, strict=True)) if pairs else ([], [])
    return tuple(Tier(lead, percent) for lead, percent in zip(leads, percents, strict=True))


pairs = st.tuples(spans | st.just(timedelta(0)), st.integers(1, 100) | st.just(FULL))
tiers = st.lists(pairs, max_size=5, unique_by=(lambda pair: pair[0], lambda pair: pair[1])).map(falling)
policies = st.builds(
    Policy, tiers=tiers, late_cancel=st.booleans(), booking_grace=spans | st.just(timedelta(0)), reschedule_window=spans
)


@st.composite
def sessions(draw: st.DrawFn, policy: Policy) -> Session:
    """A session that was booked, and moved in time, late or by its coach, any number of times."""
    at = NOW
    session = would_be(
        policy, starts_at=at + draw(st.timedeltas(TICK, timedelta(days=5))), booked_at=at, price=draw(prices)
    )
    for hat in draw(st.lists(st.sampled_from([Hat.CLIENT, Hat.COACH]), max_size=3)):
        at += draw(st.timedeltas(timedelta(0), session.starts_at - at))
        session = moved(session, policy, at + draw(st.timedeltas(TICK, timedelta(days=5))), at, hat)
    return session


prices = st.integers(0, 1000)


@given(st.data(), policies, st.sampled_from(Hat), st.booleans(), st.sampled_from([Status.SCHEDULED, Status.CANCELED]))
def test_every_step_is_what_the_quote_returns_up_to_its_last_microsecond(
    data: st.DataObject, policy: Policy, hat: Hat, refund_late: bool, status: Status
) -> None:
    session = data.draw(sessions(policy))
    start = session.starts_at
    now = start - data.draw(st.timedeltas(-H, timedelta(days=6)))
    found = outlook(replace(session, status=status), policy, now, hat, refund_late=refund_late)
    steps = [*found.over, *found.ahead]
    assert [step.until for step in steps] == sorted({step.until for step in steps})
    assert steps[-1].until == start
    assert all(step.until < now for step in found.over)
    assert all(step.until >= now for step in found.ahead)
    counted_from = session.terms_start_at or start
    paid = {session.id: [Payment(Source(id="g"), session.price)]}
    edges = [*(step.until for step in steps), now, session.refund_cutoff_at]
    edges += [counted_from - tier.lead for tier in policy.tiers]
    for instant in {edge + near for edge in edges for near in (-TICK, timedelta(0), TICK) if edge + near <= start}:
        step = next(step for step in steps if instant <= step.until)
        [line] = quote([(session, policy)], paid, instant, hat, refund_late=refund_late).lines
        assert (step.percent, step.returned) == (line.percent, line.returned)
        assert step.blocked is session.blocked(policy, instant, hat)
    # Nothing is told as a step that changes nothing.
    assert all((a.percent, a.blocked) != (b.percent, b.blocked) for a, b in pairwise(steps))


@given(policies, st.timedeltas(TICK, timedelta(days=5)), prices)
def test_the_preview_of_terms_is_what_a_session_booked_now_gets(policy: Policy, ahead: timedelta, price: int) -> None:
    starts_at = NOW + ahead
    session = would_be(policy, starts_at=starts_at, booked_at=NOW, price=price)
    steps = preview(policy, starts_at=starts_at, booked_at=NOW, price=price)
    assert list(steps) == list(outlook(session, policy, NOW).ahead)


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


def test_a_late_move_keeps_the_steps_of_the_old_time() -> None:
    session = would_be(TIERED, starts_at=NOW + 72 * H, booked_at=NOW, price=100)
    later = moved(session, TIERED, NOW + 200 * H, NOW + 55 * H, Hat.CLIENT)
    found = outlook(later, TIERED, NOW + 55 * H)
    assert found.over == [Step(NOW + 48 * H, 100, 100)]
    assert found.ahead == [Step(NOW + 60 * H, 50, 50), Step(NOW + 70 * H, 25, 25), Step(NOW + 200 * H, 0, 0)]
    earlier = moved(session, TIERED, NOW + 65 * H, NOW + 55 * H, Hat.CLIENT)
    assert outlook(earlier, TIERED, NOW + 55 * H).ahead == [Step(NOW + 60 * H, 50, 50), Step(NOW + 65 * H, 25, 25)]


def test_a_coachs_own_cancellation_returns_everything_until_the_start() -> None:
    session = would_be(TIERED, starts_at=NOW + 72 * H, booked_at=NOW, price=100)
    assert outlook(session, TIERED, NOW, Hat.COACH).ahead == [Step(session.starts_at, 100, 100)]


def test_a_session_that_has_started_by_the_booking_has_no_preview() -> None:
    with pytest.raises(InPast):
        preview(TIERED, starts_at=NOW, booked_at=NOW, price=100)


@pytest.mark.parametrize(("hat", "last"), [(Hat.CLIENT, 30), (Hat.ADMIN, 48)])
def test_credits_that_end_for_good_before_the_cutoff_are_a_step_for_their_client(hat: Hat, last: int) -> None:
    session = would_be(TIERED, starts_at=NOW + 72 * H, booked_at=NOW, price=100)
    ends = NOW + 30 * H
    payments = [Payment(Source(id="g", expires_at=ends, parent_id="p"), 60), Payment(Source(id="h"), 40)]
    found = outlook(session, TIERED, NOW, hat, payments=payments)
    assert found.now is not None
    assert found.now.returned == 100
    assert found.now.until == (ends - TICK if hat is Hat.CLIENT else NOW + last * H)
    assert [step.percent for step in found.ahead] == ([100, 40, 20, 10, 0] if hat is Hat.CLIENT else [100, 50, 25, 0])
    for step in found.ahead:
        line = quote([(session, TIERED)], {session.id: payments}, step.until, hat)
        assert line.returned == step.returned
