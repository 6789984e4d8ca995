"""What goes into the database as text comes out as the same value."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from coaching.drafts import Draft, Stage
from coaching.policy import Policy, ReasonRule, Tier
from coaching.quotes import Quote, SessionQuote
from coaching.sessions import Hat
from storage.repositories.codec import dump_draft, dump_policy, load_draft, load_policy
from storage.repositories.terms import policy_key
from storage.types import from_micros, to_micros

spans = st.timedeltas(timedelta(0), timedelta(days=400))
tiers = st.lists(
    st.tuples(spans, st.integers(1, 100)), max_size=5, unique_by=(lambda t: t[0], lambda t: t[1])
).map(lambda rows: tuple(
    Tier(lead, percent)
    for lead, percent in zip(sorted((r[0] for r in rows), reverse=True), sorted((r[1] for r in rows), reverse=True), strict=True)
))  # fmt: skip
policies = st.builds(
    Policy, tiers=tiers, reason=st.sampled_from(ReasonRule), late_cancel=st.booleans(), booking_grace=spans,
    return_period=spans,
)  # fmt: skip
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
lines = st.builds(
    SessionQuote, texts, st.integers(1, 9), st.integers(0, 999), st.integers(0, 100), st.integers(0, 999), st.booleans()
)
drafts = st.builds(
    Draft,
    id=st.just("d"),
    user_id=st.just("U"),
    hat=st.sampled_from(Hat),
    subject_id=texts,
    stage=st.sampled_from(Stage),
    picked=st.lists(texts, max_size=5).map(tuple),
    reason=st.none() | texts,
    refund_late=st.booleans(),
    quote=st.none() | st.builds(Quote, st.lists(lines, max_size=4).map(tuple), st.booleans()),
    action_id=st.none() | texts,
)


@given(policy=policies)
def test_terms_come_back_as_they_were_and_keep_their_key(policy: Policy) -> None:
    again = load_policy(dump_policy(policy))
    assert again == policy
    assert policy_key(again) == policy_key(policy)


@given(one=policies, other=policies)
def test_different_terms_have_different_keys(one: Policy, other: Policy) -> None:
    assert (policy_key(one) == policy_key(other)) is (one == other)


@given(draft=drafts)
def test_a_dialog_comes_back_as_it_was(draft: Draft) -> None:
    again = load_draft("d", "U", dump_draft(draft))
    assert again == draft
    assert again.quote is None or draft.quote is None or again.quote.seal == draft.quote.seal


@given(at=st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.timezones()))  # noqa: DTZ001 - hypothesis adds the zone
def test_instants_are_kept_to_the_microsecond(at: datetime) -> None:
    again = from_micros(to_micros(at))
    assert again == at.astimezone(UTC)
    assert again.tzinfo is UTC
