"""Messages: within Slack's limits, pinging nobody, and their text alone says everything."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from coaching.credits import Grant
from coaching.news.admins import AlertLost
from coaching.news.announcement import Announcement
from coaching.news.cancellations import CoachAlert, Receipt
from coaching.news.credits import Expiring
from coaching.news.decisions import ExceptionAsked, LateDecision
from coaching.news.moves import CoachMoved, Moved
from coaching.news.reminders import Countdown, Reminder, ReminderItem
from coaching.packages import Holder, Holding
from coaching.records import Move
from coaching.requests import Request
from coaching.sessions import Decision, Hat, Person, Session
from coaching.workspace import Settings
from handlers.views.news import render
from playground.blocks import blocks_too_long, check_blocks, elements_of
from playground.methods_chat import UPDATE_TEXT
from playground.mrkdwn import message_pings
from tests.handlers.samples import ADMIN_VIEWER, COACH_VIEWER, NOW, POLICY, VIEWER, ended, session, sessions
from tests.unit.screens import in_both_forms

REASON = "<!channel> *Ill* & tired " + "x" * 2900
SETTINGS = Settings(support_contact="help <!here>")


def refused(message: dict[str, Any]) -> list[str]:
    """What Slack would say to posting this message in either form, or to editing one into it."""
    errors = ["msg_too_long"] if len(message["text"]) > UPDATE_TEXT else []
    for form in in_both_forms(message):
        errors += check_blocks(form["blocks"], "message")
        errors += ["msg_blocks_too_long"] if blocks_too_long(form["blocks"]) else []
        errors += message_pings(form["text"], form["blocks"])
    return errors


def alert(given: Sequence[Session], **changes: Any) -> CoachAlert:
    told = CoachAlert(viewer=COACH_VIEWER, settings=SETTINGS, sessions=given, now=NOW, in_channel=True)
    return replace(told, **changes)


def _asked(late: Session) -> Session:
    assert late.cancellation is not None
    asked = Request(action_id="a2", at=NOW, by_id="U0ANNA", note=REASON, decide_by=NOW + timedelta(days=3))
    return replace(late, cancellation=replace(late.cancellation, asked=asked))


def _move(given: Session) -> Move:
    by = COACH_VIEWER.person
    earlier = given.starts_at - timedelta(days=1)
    return Move(given.id, "a3", NOW, by, Hat.COACH, earlier, given.starts_at, late=True)


def _holding(given: Session) -> Holding:
    label, pool = given.session_type, given.client.name
    grant = Grant("g", label, 100, 100, NOW + timedelta(days=9), session_type=label, pool=pool)
    return Holding(grant=grant, holder=Holder("U0ANNA"), issued=100, granted_at=NOW)


def every_announcement(given: list[Session]) -> list[Announcement]:
    told: list[Announcement] = []
    for role in (Hat.CLIENT, Hat.COACH, Hat.ADMIN):
        for decision in (*Decision, None):
            over = [ended(s, decision=decision, role=role, reason=REASON) for s in given]
            told.append(Receipt(viewer=VIEWER, settings=SETTINGS, sessions=over, now=NOW))
            told.append(alert(over, unreachable_channel="C0COACH"))
            told.append(alert(over, settings=replace(SETTINGS, reason_in_channel=False)))
            told.append(LateDecision(viewer=VIEWER, settings=SETTINGS, sessions=over, now=NOW))
    late = [ended(s, reason=REASON) for s in given]
    for copy_of in (None, COACH_VIEWER.person):
        staff = {"viewer": COACH_VIEWER, "settings": SETTINGS, "now": NOW, "in_channel": False, "copy_of": copy_of}
        told.append(ExceptionAsked(**staff, sessions=[_asked(s) for s in late], policies={"p": POLICY}))
        told.append(CoachMoved(**staff, moves=[(s, _move(s)) for s in given]))
    admin = {"viewer": ADMIN_VIEWER, "settings": SETTINGS, "now": NOW}
    told.append(AlertLost(**admin, coach=COACH_VIEWER.person, sessions=late, why="no_answer"))
    told.append(
        Moved(viewer=VIEWER, settings=SETTINGS, now=NOW, moves=[(s, _move(s)) for s in given], policies={"p": POLICY})
    )
    told.append(Expiring(viewer=VIEWER, settings=SETTINGS, now=NOW, holdings=[_holding(s) for s in given]))
    for state in Countdown:
        items = [ReminderItem(session=s, policy=POLICY, cutoff=s.refund_cutoff_at, state=state) for s in given]
        told.append(Reminder(viewer=VIEWER, settings=SETTINGS, items=items, now=NOW))
    return told


@pytest.mark.parametrize("hostile", [False, True], ids=["plain", "hostile"])
@pytest.mark.parametrize("count", [1, 10, 11, 24, 100])
def test_messages_stay_within_slacks_limits(count: int, hostile: bool) -> None:
    for told in every_announcement(sessions(count, hostile=hostile)):
        assert refused(render(told)) == []


def all_late(count: int, **changes: Any) -> list[Session]:
    cutoff = NOW - timedelta(hours=1)
    return [
        ended(session(n, refund_cutoff_at=cutoff, price=100, money=None), decision=Decision.OPEN, **changes)
        for n in range(count)
    ]


def actions_of(message: dict[str, Any]) -> list[str]:
    return [element["action_id"] for block in message["blocks"] for element, _ in elements_of(block)]


@pytest.mark.parametrize(("count", "shown"), [(1, 1), (10, 10), (11, 11), (15, 15), (16, 15), (100, 15)])
def test_an_alert_shows_the_first_fifteen_open_decisions(count: int, shown: int) -> None:
    message = render(alert(all_late(count)))
    assert refused(message) == []
    assert actions_of(message).count("late_refund") == shown
    assert actions_of(message).count("late_keep") == shown
    assert ("late_refund_all" in actions_of(message)) is (count > 1)
    assert (f"{count - shown} more to decide" in json.dumps(message)) is (count > shown)


def test_the_rest_follows_as_decisions_are_made() -> None:
    open_ones = all_late(40)
    decided = [
        ended(session(n, refund_cutoff_at=NOW - timedelta(hours=1), price=100), decision=Decision.KEPT)
        for n in range(38)
    ]
    message = render(alert([*decided, *open_ones[38:]]))
    named = {e["value"] for b in message["blocks"] for e, _ in elements_of(b) if e["action_id"] == "late_refund"}
    assert named == {"s38", "s39"}


def test_a_decided_session_says_who_decided_and_offers_nothing() -> None:
    late = session(1, refund_cutoff_at=NOW - timedelta(hours=1))
    message = render(alert([ended(late, decision=Decision.REFUNDED)]))
    assert "(refunded anyway by Carla Coach)" in message["text"]
    assert "late_refund" not in actions_of(message)


def test_a_press_that_decides_about_several_asks_first() -> None:
    message = render(alert(all_late(2)))
    buttons = [e for b in message["blocks"] for e, _ in elements_of(b)]
    for button in buttons:
        assert ("confirm" in button) is (button["action_id"] in {"late_refund_all", "late_keep_all"})
    assert "2 credits for 2 sessions go back to Anna Lee" in json.dumps(message)
    assert "What 2 sessions cost does not go back" in json.dumps(message)


def test_the_alert_says_who_what_when_late_and_why() -> None:
    late, early = session(1), session(31, reschedules=2)
    message = render(alert([ended(s, reason="Ill *today*") for s in (late, early)]))
    text = message["text"]
    assert "Anna Lee cancelled 2 sessions with you" in text
    assert "Leadership with Anna Lee · Fri 20\u00a0Nov, 18:00 – 18:50 · Late · 1 credit not returned" in text
    assert "In time · 1 credit returned · rescheduled 2 times before" in text
    assert "Reason: Ill *today*" in text
    assert "record" in actions_of(message)


def test_an_open_decision_is_the_coachs_own() -> None:
    assert "Late · 1 credit not returned, yours to decide" in render(alert(all_late(1)))["text"]


def test_a_private_reason_stays_out_of_the_channel_but_not_out_of_the_direct_message() -> None:
    given = [ended(session(31), reason="private matters")]
    settings = Settings(reason_in_channel=False)
    channel = json.dumps(render(alert(given, settings=settings)))
    direct = json.dumps(render(alert(given, settings=settings, in_channel=False)))
    assert "private matters" not in channel
    assert "it is in the details" in channel
    assert "private matters" in direct


@pytest.mark.parametrize(
    ("why", "hint"),
    [
        (None, "I am not in <#C0COACH>. To get alerts there, type /invite @Sessions in <#C0COACH>."),
        ("not_in_channel", "I am not in <#C0COACH>. To get alerts there, type /invite @Sessions in <#C0COACH>."),
        ("channel_not_found", "I am not in <#C0COACH>. To get alerts there, type /invite @Sessions in <#C0COACH>."),
        ("is_archived", "<#C0COACH> is archived. Ask an admin to pick another channel in /sessions setup."),
        ("restricted_action", "<#C0COACH> does not let apps post. Ask an admin to pick another channel in"),
        ("restricted_action_read_only_channel", "<#C0COACH> does not let apps post. Ask an admin to pick another"),
    ],
)
def test_an_unreachable_channel_comes_with_the_hint_that_mends_it(why: str | None, hint: str) -> None:
    told = alert([ended(session(31))], in_channel=False, unreachable_channel="C0COACH", unreachable_why=why)
    message = render(told)
    assert hint in message["text"]
    assert refused(message) == []
    assert ("/invite" in message["text"]) is ("I am not in" in hint)


@pytest.mark.parametrize(
    ("role", "title"),
    [
        (Hat.CLIENT, "You canceled 1 session"),
        (Hat.COACH, "Carla Coach canceled 1 session with you"),
        (Hat.ADMIN, "Ada (admin) canceled 1 session for you"),
    ],
)
def test_a_receipt_says_who_canceled_and_others_reasons(role: Hat, title: str) -> None:
    message = render(
        Receipt(viewer=VIEWER, settings=SETTINGS, sessions=[ended(session(31), role=role, reason="Fire")], now=NOW)
    )
    assert message["text"].startswith(title)
    assert "1 credit came back, to where it came from." in message["text"]
    assert ("Fire" in json.dumps(message)) is (role is not Hat.CLIENT)


def test_the_text_of_a_message_names_the_first_sessions_and_says_how_many_there_are_besides() -> None:
    given = [ended(s) for s in sessions(100)]
    text = render(Receipt(viewer=VIEWER, settings=SETTINGS, sessions=given, now=NOW))["text"]
    named = text.count("Leadership with Carla Coach")
    lines = text.split("\n")
    assert lines[0] == "You canceled 100 sessions"
    assert lines[1 + named] == f"… and {100 - named} more; /sessions past shows them all."
    assert named > 20
    assert "credits* came back" not in text
    assert "came back" in lines[2 + named], "what follows the sessions is said however many there are"
    assert lines[-1].startswith("Times are in")
    assert "*" not in text


def test_every_session_is_named_where_there_is_room() -> None:
    text = render(Receipt(viewer=VIEWER, settings=SETTINGS, sessions=[ended(s) for s in sessions(20)], now=NOW))["text"]
    assert text.count("Leadership with Carla Coach") == 20


@pytest.mark.parametrize("reason", ["x" * 3000, "&<>" * 1000, "😀" * 3000], ids=["letters", "entities", "emoji"])
def test_a_full_reason_leaves_room_for_the_sessions_and_is_never_cut_in_an_entity(reason: str) -> None:
    message = render(alert([ended(s, reason=reason) for s in sessions(10)]))
    assert refused(message) == []
    head, _, said = message["text"].partition("\nReason: ")
    assert head.count("Leadership with Anna Lee") == 10
    assert said.removesuffix("…").endswith(("x", "&amp;", "&lt;", "&gt;", "😀"))
    assert len(said) > 500


def test_nobody_is_mentioned_in_the_text() -> None:
    given = [ended(session(31, coach=Person("U0COACH")))]
    message = render(Receipt(viewer=VIEWER, settings=SETTINGS, sessions=given, now=NOW))
    assert "with U0COACH" in message["text"]
    assert "<@" not in message["text"]
    assert "with <@U0COACH>" in json.dumps(message["blocks"])


def test_somebody_without_a_name_is_told_apart_by_their_id_in_plain_text() -> None:
    nameless = replace(all_late(1)[0], client=Person("U0ANNA"))
    assert nameless.cancellation is not None
    by = replace(nameless.cancellation, by=Person("U0ANNA"))
    late = replace(nameless, cancellation=by)
    message = render(alert([late]))
    assert message["text"].startswith("U0ANNA cancelled 1 session with you\nLeadership with U0ANNA")
    several = render(alert([late, replace(late, id="other")]))
    assert "go back to U0ANNA" in json.dumps(several["blocks"])


def test_a_reminder_counts_down_with_buttons_only_where_something_is_open() -> None:
    cutoff = NOW + timedelta(hours=2)
    states = [Countdown.OPEN, Countdown.KEPT, Countdown.CANCELED, Countdown.CLOSED, Countdown.MOVED]
    items = [
        ReminderItem(session=session(n), policy=POLICY, cutoff=cutoff, state=state) for n, state in enumerate(states)
    ]
    message = render(Reminder(viewer=VIEWER, settings=SETTINGS, items=items, now=NOW))
    assert "Free cancellation ends in about 2 hours, at Fri, Nov 20, 12:00 PM." in message["text"]
    # What is kept, or can no longer be canceled for nothing, can still be joined.
    assert actions_of(message) == ["reminder_keep", "move_open", "reminder_cancel", *["session_join"] * 2]
    assert "You keep this session" in message["text"]


def test_a_decision_is_told_with_what_came_back() -> None:
    late = session(1, refund_cutoff_at=NOW - timedelta(hours=1))
    good = render(
        LateDecision(viewer=VIEWER, settings=SETTINGS, sessions=[ended(late, decision=Decision.REFUNDED)], now=NOW)
    )
    bad = render(
        LateDecision(viewer=VIEWER, settings=SETTINGS, sessions=[ended(late, decision=Decision.KEPT)], now=NOW)
    )
    assert "Good news" in good["text"]
    assert "1 credit returned (refunded anyway by Carla Coach)" in good["text"]
    assert "the credits are kept" in bad["text"]
    assert "Nothing returned (kept by Carla Coach)" in bad["text"]
    assert "Ask help &lt;!here&gt;" in bad["text"]
