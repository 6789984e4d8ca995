"""A session's details: where it stands, what can still be done with it, and what its record says."""

from dataclasses import replace
from datetime import timedelta

import pytest

from coaching.sessions import Decision, Hat, Person, Session, Status
from handlers.views.details import details_view
from handlers.views.list import list_view
from handlers.views.times import times_for
from tests.handlers.samples import (
    ADMIN_VIEWER,
    COACH_VIEWER,
    HOSTILE,
    NOW,
    POLICY,
    TIERED,
    VIEWER,
    details,
    ended,
    page,
    session,
)
from tests.unit.screens import META, elements, refused, words


@pytest.mark.parametrize("length", [0, 5, 60])
@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_details_stay_within_slacks_limits(number: int, length: int) -> None:
    given = session(number, hostile=True)
    stages = [
        given,
        *(ended(given, decision=d, reason="*x* <!here>" * 270) for d in (*Decision, None)),
        replace(given, starts_at=NOW - timedelta(hours=2), ends_at=NOW - timedelta(hours=1)),
    ]
    for stage in stages:
        for viewer, hat in ((VIEWER, Hat.CLIENT), (COACH_VIEWER, Hat.COACH), (ADMIN_VIEWER, Hat.ADMIN)):
            for policy in (POLICY, TIERED):
                shown = details(stage, viewer=viewer, hat=hat, policy=policy, length=length)
                assert refused(details_view(shown, META)) == []


def test_a_reason_is_shown_as_typed_and_pings_nobody() -> None:
    reason = "*Ill* <!channel> & `x` :tada:\nsecond line"
    given = ended(session(1))
    assert given.cancellation is not None
    given = replace(given, cancellation=replace(given.cancellation, reason=reason))
    view = details_view(details(given), META)
    shown = [b["text"] for b in view["blocks"] if b["type"] == "section" and b["text"]["type"] == "plain_text"]
    assert shown == [{"type": "plain_text", "text": reason, "emoji": False}]


NO_LONGER = ("As its coach you can move it", "later the coach chooses", "Here: until")


def seen(given: Session, hat: Hat, *, has_hours: bool = True) -> str:
    shown = details(given, hat=hat, viewer=COACH_VIEWER if hat is Hat.COACH else VIEWER)
    return words(details_view(replace(shown, row=replace(shown.row, has_hours=has_hours)), META))


@pytest.mark.parametrize(("locale", "between"), [("en-US", ": "), ("fr-FR", "\u00a0: "), ("ja-JP", "：")])
def test_the_history_has_the_colon_of_its_language(locale: str, between: str) -> None:
    viewer = replace(VIEWER, person=replace(VIEWER.person, locale=locale))
    history = words(details_view(details(session(1), viewer=viewer), META)).split("• ")[1:]
    at = times_for(viewer.person).instant(NOW, NOW)
    assert any(line.startswith(f"{at}{between}") for line in history)


def test_details_say_of_a_session_ahead_what_can_still_happen_to_it() -> None:
    assert all(sentence in seen(session(31), Hat.COACH) for sentence in NO_LONGER)
    assert "Here: until" in seen(session(31), Hat.CLIENT)


@pytest.mark.parametrize("state", ["completed", "missed", "canceled", "started"])
def test_details_of_a_closed_session_say_nothing_that_no_longer_applies(state: str) -> None:
    began = session(31, starts_at=NOW - timedelta(hours=2), ends_at=NOW - timedelta(hours=1), late_move_allowed=True)
    closed = {
        "completed": replace(began, status=Status.COMPLETED),
        "missed": replace(began, status=Status.NO_SHOW),
        "canceled": ended(session(31)),
        "started": began,
    }[state]
    for hat in (Hat.COACH, Hat.CLIENT):
        text = seen(closed, hat)
        assert not [sentence for sentence in NO_LONGER if sentence in text]
        assert "move this session once" not in text
        assert "reschedule this session once" not in text
        assert "Cancel at least 24 hours" in text


def test_without_hours_details_say_whom_to_agree_with_and_no_other_way() -> None:
    text = seen(session(31), Hat.CLIENT, has_hours=False)
    assert "To reschedule, agree on a new time with Carla Coach" in text
    assert "Here: until" not in text
    assert "As its coach" not in seen(session(31), Hat.COACH, has_hours=False)


def test_details_show_policy_cutoff_and_zone() -> None:
    text = words(details_view(details(session(31)), META))
    assert "*Cancellation and Reschedule Policy*" in text
    assert "Cancel at least 24 hours before the start and everything you paid comes back." in text
    assert "*Full refund ends:* Fri, Nov 20, 7:00 PM, Eastern Time (GMT−5:00), that very moment included." in text
    assert "canceled by you; 1 credit returned" in text
    assert "alert being sent to Carla Coach (session moved &lt;!here&gt;)" in text


def test_details_of_a_canceled_session_say_who_why_and_what_came_back() -> None:
    view = details_view(details(ended(session(1), reason="Ill")), META)
    text = words(view)
    assert "*This session is canceled*\nby you, Fri, Nov 20, 10:00 AM (after the cutoff)" in text
    assert "*Refund:* late: 1 credit not returned, not decided yet" in text
    assert "If you hear nothing, ask help@example.com" in text
    assert not elements(view, "session_cancel")
    assert not elements(view, "late_refund")


def test_the_coach_decides_in_the_record() -> None:
    view = details_view(details(ended(session(1)), viewer=COACH_VIEWER, hat=Hat.COACH), META)
    assert elements(view, "late_refund")
    assert elements(view, "late_keep")
    assert "*Client:* Anna Lee" in words(view)
    decided = ended(session(1), decision=Decision.KEPT)
    assert not elements(details_view(details(decided, viewer=COACH_VIEWER, hat=Hat.COACH), META), "late_refund")


def test_details_say_why_a_session_cannot_be_canceled_and_whom_to_ask() -> None:
    text = words(details_view(details(session(1), policy=TIERED), META))
    assert "its policy allows no late cancellation. If something is wrong, ask Carla Coach or help@example.com." in text


def test_a_pending_person_shows_an_address_to_coaches_only() -> None:
    unknown = session(31, client=Person("mail:new@example.com", None, "new@example.com"), coach=Person("U0COACH"))
    coach = words(list_view(page([unknown], viewer=COACH_VIEWER, hat=Hat.COACH), META))
    client = words(list_view(page([replace(unknown, coach=unknown.client)]), META))
    assert "new@example.com" in coach
    assert "new@example.com" not in client
    assert "with somebody" in client
    assert "with <@U0COACH>" in words(list_view(page([unknown]), META))
