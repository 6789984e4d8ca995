"""What people read and press about exceptions: within Slack's limits, pinging nobody but whose turn it is."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from coaching.actions.decide import Undecided
from coaching.actions.exceptions import Case
from coaching.news.cancellations import Receipt
from coaching.news.decisions import ExceptionAsked, LateDecision
from coaching.policy import Policy
from coaching.requests import Request, RequestState
from coaching.sessions import SYSTEM_ID, Decision, Person, Session
from coaching.workspace import Settings
from handlers.meta import LateMeta, Meta
from handlers.views.decide import decide_view
from handlers.views.details import details_view
from handlers.views.exceptions import ask_view, asked_view
from handlers.views.news import render
from playground.blocks import check_blocks
from playground.mrkdwn import message_pings
from tests.handlers.samples import COACH_VIEWER, HOSTILE, NOW, POLICY, VIEWER, details, ended, session, sessions
from tests.unit.screens import in_both_forms
from tests.unit.screens import refused as view_refused

NOTE = "<!channel> *Please* & thanks " + "x" * 2900
SETTINGS = Settings(support_contact="help <!here>")
UNTIL = NOW + timedelta(days=3)
META = LateMeta(ids=("s1",), action="a1")


def refused(message: dict[str, Any]) -> list[str]:
    forms = in_both_forms(message)
    errors = [error for form in forms for error in check_blocks(form["blocks"], "message")]
    return errors + [who for form in forms for who in message_pings(form["text"], form["blocks"])]


def asked(given: Session, *, decision: Decision = Decision.OPEN, note: str | None = NOTE, number: int = 0) -> Session:
    late = ended(replace(given, price=100, money=None, refund_cutoff_at=NOW - timedelta(hours=1)), decision=decision)
    assert late.cancellation is not None
    state = RequestState.OPEN if decision is Decision.OPEN else RequestState.DECIDED
    request = Request(action_id=f"x{number}", at=NOW, by_id=given.client.id, note=note, decide_by=UNTIL, state=state)
    answer = None if decision is Decision.OPEN else note
    return replace(late, cancellation=replace(late.cancellation, asked=request, note=answer))


def request(given: Sequence[Session], **changes: Any) -> ExceptionAsked:
    policies = {s.policy_id: POLICY for s in given}
    told = ExceptionAsked(
        viewer=COACH_VIEWER, settings=SETTINGS, sessions=given, policies=policies, now=NOW, in_channel=False
    )
    return replace(told, **changes)


def case(given: Sequence[Session], *, open_: bool) -> Case:
    return Case(
        viewer=VIEWER,
        action_id="a1",
        askable=given if open_ else [],
        asked=[] if open_ else given,
        policies={s.policy_id: POLICY for s in given},
        settings=SETTINGS,
        now=NOW,
    )


@pytest.mark.parametrize("hostile", [False, True], ids=["plain", "hostile"])
@pytest.mark.parametrize("number", [1, 10, 24, 100])
def test_everything_about_exceptions_stays_within_slacks_limits(number: int, hostile: bool) -> None:
    for decision in Decision:
        given = [asked(s, decision=decision, number=n) for n, s in enumerate(sessions(number, hostile=hostile))]
        for changes in (
            {},
            {"withdrawn": True},
            {"copy_of": Person("U0C", HOSTILE[0])},
            {"unreachable_channel": "C0C"},
        ):
            assert refused(render(request(given, **changes))) == []
        assert refused(render(Receipt(viewer=VIEWER, settings=SETTINGS, sessions=given, now=NOW, action_id="a1"))) == []
        assert refused(render(LateDecision(viewer=VIEWER, settings=SETTINGS, sessions=given, now=NOW))) == []
        assert view_refused(asked_view(case(given, open_=False))) == []
        for one in given[:3]:
            assert view_refused(details_view(details(one), Meta())) == []
    given = [asked(s) for s in sessions(number, hostile=hostile)]
    undecided = Undecided(viewer=COACH_VIEWER, open=given, before=[], now=NOW)
    assert view_refused(decide_view(undecided, META)) == []
    assert view_refused(ask_view(case(given, open_=True), META)) == []


def test_only_the_coach_whose_turn_it_is_is_mentioned_and_only_in_the_channel() -> None:
    def mentions(told: ExceptionAsked) -> bool:
        return "<@U0COACH>" in json.dumps(render(told)["blocks"])

    given = [asked(session())]
    assert mentions(request(given, in_channel=True))
    assert not mentions(request(given))
    assert not mentions(request(given, in_channel=True, copy_of=COACH_VIEWER.person))
    assert not mentions(request([asked(session(), decision=Decision.KEPT)], in_channel=True))


def test_a_copy_has_nothing_to_press() -> None:
    copy = render(request([asked(session())], copy_of=Person("U0COACH", "Carla Coach")))
    assert "late_" not in json.dumps(copy)
    assert "1 session with Carla Coach was cancelled late" in copy["text"]


@pytest.mark.parametrize(
    ("percent", "said"),
    [(0, "nothing more comes back"), (50, "50% of what was kept comes back"), (100, "all that was kept comes back")],
)
def test_what_happens_if_nobody_decides_is_said_beforehand(percent: int, said: str) -> None:
    given = [asked(session())]
    policies = {given[0].policy_id: Policy(undecided_percent=percent)}
    assert f"If nobody decides by then, {said}." in render(request(given, policies=policies))["text"]
    view = ask_view(replace(case(given, open_=True), policies=policies), META)
    assert f"If nobody decides by then, {said}." in json.dumps(view)


def test_terms_that_differ_are_each_said_with_where_to_find_which_is_whose() -> None:
    given = [asked(session(1)), asked(session(2, policy_id="q"))]
    policies = {"p": Policy(undecided_percent=0), "q": Policy(undecided_percent=50)}
    view = json.dumps(asked_view(replace(case(given, open_=False), policies=policies)))
    assert (
        "If nobody decides by then, nothing more comes back. If nobody decides by then, 50% of what was kept comes back. "
        "Which of these holds for a session is in its own terms. You are told either way."
    ) in view


def test_the_time_to_decide_is_over_in_the_same_words_for_every_share() -> None:
    given = [asked(session())]
    late = {"now": UNTIL + timedelta(minutes=1)}
    for percent, said in (
        (0, "nothing more comes back"),
        (50, "50% of what was kept comes back"),
        (100, "all that was kept comes back"),
    ):
        policies = {given[0].policy_id: Policy(undecided_percent=percent)}
        assert f": {said}, as the policy says." in render(request(given, policies=policies, **late))["text"]


def test_a_decision_tells_its_note_and_what_came_back() -> None:
    half = asked(session(), decision=Decision.PARTLY, note="Half, <this> once")
    assert half.cancellation is not None
    half = replace(half, cancellation=replace(half.cancellation, returned=50, returned_late=50))
    text = render(LateDecision(viewer=VIEWER, settings=SETTINGS, sessions=[half], now=NOW))["text"]
    assert "Good news: your late cancellation was refunded in part" in text
    assert "0.5 credits returned (refunded in part by Carla Coach)" in text
    assert "Note: Half, &lt;this&gt; once" in text
    assert "Questions? Ask help" in text


def test_when_nobody_decided_the_client_reads_it_with_the_support_contact() -> None:
    late = asked(session(), decision=Decision.KEPT, note=None)
    assert late.cancellation is not None
    by_time = replace(late, cancellation=replace(late.cancellation, decided_by=Person(SYSTEM_ID)))
    text = render(LateDecision(viewer=VIEWER, settings=SETTINGS, sessions=[by_time], now=NOW))["text"]
    assert "Nobody decided about your late cancellation in time, so the policy decided" in text
    assert "kept: nobody decided in time" in text
    assert "Ask help" in text


def test_a_hundredth_of_a_credit_has_no_part() -> None:
    late = ended(replace(session(), price=1, money=None, refund_cutoff_at=NOW - timedelta(hours=1)))
    view = json.dumps(decide_view(Undecided(viewer=COACH_VIEWER, open=[late], before=[], now=NOW), META))
    assert "Refund a part" not in view
