"""The confirmation: what comes back, the reason, and what a coach chooses."""

from collections.abc import Sequence
from dataclasses import replace

from coaching.causes import Blocked
from coaching.policy import Policy, ReasonRule
from coaching.sessions import Hat, Money, Person
from handlers.views.confirm import confirm_view
from handlers.views.kit import button
from tests.handlers.samples import POLICY, SILENT, quoted, session, sessions
from tests.unit.screens import META, Json, elements, words


def reason_block(policies: Sequence[Policy], hat: Hat = Hat.CLIENT) -> Json | None:
    view = confirm_view(quoted(sessions(6), policies=policies, hat=hat), META)
    return next((block for block in view["blocks"] if block.get("block_id") == "reason"), None)


def test_the_reason_follows_the_policies() -> None:
    required = replace(POLICY, reason=ReasonRule.REQUIRED)
    assert reason_block([SILENT]) is None
    asked, must = reason_block([POLICY]), reason_block([required])
    mixed = reason_block([required, SILENT])
    coach = reason_block([required], Hat.COACH)
    assert asked is not None
    assert asked["optional"] is True
    assert must is not None
    assert must["optional"] is False
    assert mixed is not None
    assert mixed["optional"] is False
    assert coach is not None
    assert coach["optional"] is True


def test_only_a_coach_chooses_what_late_sessions_return() -> None:
    late = confirm_view(quoted([session(1)], hat=Hat.COACH), META)
    assert elements(late, "confirm_late")
    assert "Your client gets back all they paid, late or not" in words(late)
    assert "Your client will see it." in words(late)
    several = [session(1), session(2, client=Person("U0BEN", "Ben Okafor"))]
    both = words(confirm_view(quoted(several, hat=Hat.COACH), META))
    assert "Your clients get back all they paid, late or not" in both
    assert "Your clients will see it." in both
    assert not elements(confirm_view(quoted([session(40)], hat=Hat.COACH), META), "confirm_late")
    client = confirm_view(quoted([session(1)]), META)
    assert not elements(client, "confirm_late")
    assert "is not returned" in words(client)
    assert "You can ask for an exception afterwards; if nobody answers, ask help@example.com" in words(client)


def test_one_session_is_confirmed_without_a_total_and_without_a_way_back_to_choosing() -> None:
    view = confirm_view(quoted([session(31)]), replace(META, alone=True))
    assert "Total" not in words(view)
    assert not elements(view, "confirm_back")
    assert (view["submit"]["text"], view["close"]["text"]) == ("Cancel 1 session", "Keep session")
    assert elements(confirm_view(quoted([session(31)]), META), "confirm_back")


def test_what_is_late_is_marked_whatever_it_was_paid_with() -> None:
    free = replace(session(1), price=0, money=None, package=None)
    card = replace(free, money=Money(12_000, "USD"))
    assert "*Late* · No credits were paid" in words(confirm_view(quoted([free]), META))
    assert "*Late* · Paid $120.00 outside credits" in words(confirm_view(quoted([card]), META))
    early = replace(session(40), price=0, money=None, package=None)
    assert "Late" not in words(confirm_view(quoted([early]), META))


def test_what_is_seen_on_a_button_is_part_of_what_is_spoken() -> None:
    spoken = button("‹ Back", "a", label="Nothing is canceled")["accessibility_label"]
    assert spoken == "Back: Nothing is canceled"
    assert button("Cancel…", "a", label="Cancel Coaching")["accessibility_label"] == "Cancel Coaching"


def test_the_confirmation_says_what_comes_back_of_each_and_in_all() -> None:
    view = confirm_view(quoted([session(1), session(31), session(33), session(35)]), META)
    text = words(view)
    assert "*Late* · not refundable: 1 credit is not returned" in text
    assert "1 credit comes back to Leadership 10-pack 0" in text
    assert "1 credit comes back to your credits" in text
    assert "Paid $120.00 outside credits: ask Carla Coach about the payment" in text
    assert "*Total:* 2 credits come back, and 1 credit will not. Full refund has ended for 1 session." in text
    assert view["submit"]["text"] == "Cancel 4 sessions"
    assert view["close"]["text"] == "Keep sessions"


def test_changed_terms_are_announced_and_nothing_has_been_canceled() -> None:
    gone = [(session(2), Blocked.STARTED)]
    text = words(confirm_view(quoted([session(31)], gone=gone, changed=True), META))
    assert "*Nothing has been canceled.*" in text
    assert "it has started" in text
    nothing = confirm_view(quoted([], gone=gone, changed=True), META)
    assert "submit" not in nothing
    assert "nothing is left to cancel" in words(nothing)
