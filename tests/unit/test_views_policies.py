"""The form about terms against Slack's limits, its preview's words, and several sessions' terms side by side."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from itertools import cycle

import pytest

from coaching.actions.policies import OpenTerms
from coaching.outlook import preview
from coaching.policy import LONGEST, Policy, Terms, TermsOf, TermsScope, Tier
from coaching.sessions import Package
from handlers.meta import Meta
from handlers.views.choose import choose_view
from handlers.views.named_terms import named_terms
from handlers.views.policies import PreviewedSession, filled_in, first_filled, preview_lines, reader_of, terms_form
from handlers.views.policy_words import policy_text
from handlers.views.words import reader_for
from language.say import IN_ENGLISH
from tests.handlers.samples import (
    ADMIN_VIEWER,
    HOSTILE,
    NOW,
    POLICY,
    SILENT,
    TIERED,
    VIEWER,
    choosing,
    row,
    session,
    sessions,
)
from tests.unit.screens import everywhere, refused

H = timedelta(hours=1)
LONG = Policy(
    tiers=tuple(Tier(LONGEST - n * timedelta(microseconds=1), 100 - n) for n in range(5)),
    booking_grace=LONGEST,
    reschedule_window=LONGEST,
    return_period=LONGEST,
    decide_within=LONGEST,
    reschedule_limit=1000,
)


def opened(
    policy: Policy = POLICY, of: TermsOf = TermsOf.WORKSPACE, name: str | None = None, **changes: object
) -> OpenTerms:
    scope = TermsScope(of, "" if of is TermsOf.WORKSPACE else "x" * 64)
    terms = replace(Terms(scope=scope, policy=policy, name=name), **changes)  # type: ignore[arg-type]
    return OpenTerms(viewer=ADMIN_VIEWER, terms=terms, now=NOW)


@pytest.mark.parametrize(
    "policy", [POLICY, TIERED, SILENT, LONG, Policy(tiers=()), Policy(tiers=(), late_cancel=False)]
)
@pytest.mark.parametrize("own", [True, False])
def test_the_form_stays_within_slacks_limits_whatever_it_is_about(policy: Policy, own: bool) -> None:
    for of in TermsOf:
        for name, viewer in zip(HOSTILE, cycle(everywhere(ADMIN_VIEWER)), strict=False):
            found = replace(opened(policy, of, name, own=own, inherited=POLICY), viewer=viewer)
            held = first_filled(found)
            asked = PreviewedSession(policy=policy, starts_at=NOW + 72 * H, price=33)
            assert refused(terms_form(found, held, 9999, asked=asked)) == []
            assert refused(terms_form(found, held, wrong=f"Tiers: {'x' * 300}")) == []


def test_what_a_form_shows_of_any_terms_is_exact_enough_to_read() -> None:
    held = filled_in(LONG, IN_ENGLISH, day=date(2026, 1, 1), at=time(9), price=100_050)
    assert (held.grace, held.window, held.return_period) == ("5256000", "87600", "3650")
    assert held.price == "1000.5"
    assert (
        filled_in(
            replace(POLICY, booking_grace=timedelta(seconds=100)), IN_ENGLISH, day=date.min, at=time(), price=1
        ).grace
        == "1.6667"
    )


def test_a_new_form_begins_three_days_ahead_at_the_next_full_hour_of_the_admins_clock() -> None:
    viewer = replace(ADMIN_VIEWER, person=replace(ADMIN_VIEWER.person, time_zone="Asia/Kathmandu"))
    held = first_filled(
        OpenTerms(viewer=viewer, terms=opened(price=50).terms, now=datetime(2026, 11, 20, 18, 30, tzinfo=UTC))
    )
    assert (held.day, held.time, held.price) == ("2026-11-24", "01:00", "0.5")


def test_the_preview_marks_daylight_saving_where_clocks_change_between_its_steps() -> None:
    found = OpenTerms(
        viewer=replace(ADMIN_VIEWER, person=replace(ADMIN_VIEWER.person, time_zone="Europe/London")),
        terms=opened().terms,
        now=datetime(2026, 10, 23, 12, 0, tzinfo=UTC),
    )
    asked = PreviewedSession(policy=POLICY, starts_at=datetime(2026, 10, 25, 10, 0, tzinfo=UTC), price=100)
    texts = str(terms_form(found, first_filled(found), asked=asked))
    assert "Until Sat, Oct 24, 11:00 AM (DST): 1 credit comes back (everything)" in texts
    assert "Until the start, Sun, Oct 25, 10:00 AM: nothing comes back" in texts


def test_a_step_that_is_over_in_the_moment_of_booking_is_not_shown() -> None:
    policy = Policy(tiers=(), booking_grace=timedelta(0))
    asked = PreviewedSession(policy=policy, starts_at=NOW + 5 * H, price=100)
    steps = preview(policy, starts_at=asked.starts_at, booked_at=NOW, price=100)
    lines = preview_lines(asked, steps, reader_of(opened(policy)))
    assert [line for line in lines if "everything" in line] == []
    assert any("nothing comes back" in line for line in lines)


def test_one_policy_is_a_sentence_and_several_are_named_by_their_session_types() -> None:
    reader = reader_for(VIEWER, [], NOW)
    leading, check = session(1), session(2, session_type="Check-in")
    assert named_terms([row(leading), row(check)], partial(policy_text, say=IN_ENGLISH, yours=True), reader) == [
        policy_text(POLICY, IN_ENGLISH, yours=True)
    ]
    assert named_terms(
        [row(leading), row(check, TIERED)], partial(policy_text, say=IN_ENGLISH, yours=True), reader
    ) == [
        f"• Leadership: {policy_text(POLICY, IN_ENGLISH, yours=True)}",
        f"• Check-in: {policy_text(TIERED, IN_ENGLISH, yours=True)}",
    ]
    assert named_terms([], partial(policy_text, say=IN_ENGLISH, yours=True), reader) == []


def test_sessions_of_one_type_are_told_apart_by_package_and_then_by_day() -> None:
    reader = reader_for(VIEWER, [], NOW)
    packaged, single = session(1, package=Package("Ten", 1, 10, "g")), session(2, package=None)
    found = named_terms([row(packaged), row(single, TIERED)], partial(policy_text, say=IN_ENGLISH, yours=True), reader)
    assert [line.partition(": ")[0] for line in found] == ["• Leadership (Ten)", "• Leadership (single)"]
    later = session(50, package=None)
    found = named_terms([row(single), row(later, TIERED)], partial(policy_text, say=IN_ENGLISH, yours=True), reader)
    assert [line.partition(": ")[0] for line in found] == ["• Leadership on Fri, Nov 20", "• Leadership on Sun, Nov 22"]


def test_many_policies_of_hostile_names_stay_within_limits_and_say_where_the_others_are() -> None:
    policies = [replace(LONG, booking_grace=n * H) for n in range(1, 12)]
    view = choose_view(choosing(sessions(30, hostile=True), policies=policies), Meta(subject="U0ANNA", draft="d"))
    assert refused(view) == []
    found = named_terms(
        [row(s, policies[n % 11]) for n, s in enumerate(sessions(30))],
        partial(policy_text, say=IN_ENGLISH, yours=True),
        reader_for(VIEWER, [], NOW),
    )
    assert len(found) == 4
    assert found[-1] == "• The others: see each session's details."
