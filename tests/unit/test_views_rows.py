"""Rows of a list: the state first, days as headings, and the next session as a card."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from coaching.policy import Policy
from coaching.records import Scope
from coaching.sessions import Hat, Money, Session
from handlers.views.details import details_view
from handlers.views.list import list_view
from handlers.views.newer import NONE, fitted
from handlers.views.refunds import brief_state
from handlers.views.words import reader_for
from tests.handlers.samples import NOW, POLICY, TIERED, VIEWER, details, ended, page, row, session
from tests.unit.screens import META, elements, words

FREE = {"price": 0, "money": None, "package": None}


def state(given: Session, policy: Policy = POLICY) -> str:
    return brief_state(given, policy, reader_for(VIEWER, [given], NOW))


@pytest.mark.parametrize(
    ("given", "policy", "expected"),
    [
        (session(31), POLICY, "*Refundable* until 7:00 PM"),
        (session(31), TIERED, "*Refundable* until 7:00 PM, then 50%"),
        (session(60), POLICY, "*Refundable* until Sun 12:00 AM"),
        (session(500), POLICY, "*Refundable* until Thu, Dec 10, 8:00 AM"),
        (session(15), TIERED, "*50%* until 3:00 PM"),
        (session(1), POLICY, "*Late* · non-refundable"),
        (session(1, refund_cutoff_at=NOW - timedelta(days=9)), Policy(tiers=()), "*Non-refundable*"),
        (session(31), Policy(), "*Refundable* until 7:00 PM"),
        (session(31, **FREE), POLICY, "*Scheduled* · free"),
        (session(1, **FREE), POLICY, "*Late* · free"),
        (session(1, price=0, money=Money(9_000, "EUR")), POLICY, "*Late* · non-refundable · paid outside credits"),
        (ended(session(31)), POLICY, "*Session Canceled* · 1 credit returned"),
        (ended(session(31, **FREE)), POLICY, "*Session Canceled* · no credits were paid"),
        (ended(session(1, **FREE)), POLICY, "*Session Canceled* · late: no credits were paid"),
        (ended(session(1, **FREE), role=Hat.COACH), POLICY, "*Session Canceled* · no credits were paid"),
        (
            ended(session(1, price=0, money=Money(9_000, "EUR"))),
            POLICY,
            "*Session Canceled* · late: paid outside credits",
        ),
        (session(0, starts_at=NOW - timedelta(minutes=5)), POLICY, "*In progress*"),
    ],
)
def test_the_state_comes_first_and_in_few_words(given: Session, policy: Policy, expected: str) -> None:
    assert state(given, policy) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (session(1), True),
        (session(1, **FREE), True),
        (session(1, price=0, money=Money(9_000, "EUR")), True),
        (session(31), False),
        (session(31, **FREE), False),
    ],
)
def test_details_mark_what_is_late_whatever_was_paid_for_it(given: Session, expected: bool) -> None:
    shown = words(details_view(details(given), META))
    assert ("*Late* · " in shown) is expected


def test_an_instant_with_seconds_is_shown_to_the_minute_that_is_safe() -> None:
    cutoff = NOW + timedelta(hours=1, minutes=24, seconds=56)
    assert state(session(31, refund_cutoff_at=cutoff)) == "*Refundable* until 11:24 AM"


def heads(view: dict[str, Any]) -> list[str]:
    return [block["text"]["text"] for block in view["blocks"] if block["type"] == "header"]


def test_a_card_that_would_not_hold_its_words_is_shown_in_the_older_form() -> None:
    given = session(1)
    assert given.package is not None
    long = replace(given, package=replace(given.package, name="&" * 80))
    view = list_view(page([long]), META)
    assert fitted(view, NONE) == view
    assert "Next session" in heads(view)


def test_the_next_session_is_a_card_and_the_others_follow_day_by_day() -> None:
    given = [session(n) for n in (1, 2, 20, 50)]
    view = list_view(page(given), META)
    days = ["Today · Fri, Nov 20", "Tomorrow · Sat, Nov 21", "Sun, Nov 22"]
    assert heads(view) == days
    assert heads(fitted(view, NONE)) == ["Next session", *days]
    [card] = [block for block in view["blocks"] if block["type"] == "card"]
    assert card["title"]["text"] == "Fri, Nov 20, 1:00 – 1:50 PM"
    assert card["subtitle"]["text"] == "Leadership 10-pack 0 · 2 of 10"
    assert [one["text"]["text"] for one in card["actions"]] == ["Join", "Cancel…"]
    # Nothing of what can be done is lost: the menu stands above the card, beside the session in the other form.
    assert elements(view, "session_menu") == elements(fitted(view, NONE), "session_menu")
    assert view["blocks"][0]["type"] == "actions"
    [join] = elements(view, "session_join")
    assert "style" not in join  # it begins in three hours
    assert [b["text"]["text"] for b in elements(view, "session_cancel")] == ["Cancel…"]
    assert "1:00 – 1:50 PM · *Leadership* with Carla Coach" not in words(view)
    assert "2:00 – 2:50 PM" not in words(view).split("Today")[0]


def test_joining_is_the_natural_way_on_when_a_session_is_about_to_begin() -> None:
    soon = session(1, starts_at=NOW + timedelta(minutes=20), ends_at=NOW + timedelta(minutes=70))
    [join] = elements(list_view(page([soon]), META), "session_join")
    assert join["style"] == "primary"
    on = replace(soon, starts_at=NOW - timedelta(minutes=5))
    view = list_view(page([on]), META)
    assert "In progress" in words(view)
    assert not elements(view, "session_cancel")


def test_pages_behind_the_first_and_the_past_have_no_card() -> None:
    many = [session(n) for n in range(25)]
    assert "Next session" not in words(list_view(page(many, number=1), META))
    assert "Next session" not in words(list_view(page([ended(many[1])], scope=Scope.PAST), META))


@pytest.mark.parametrize("hat", [Hat.CLIENT, Hat.COACH, Hat.ADMIN])
def test_at_most_one_button_is_the_primary_one(hat: Hat) -> None:
    for given in ([], [session(1)], [session(n) for n in range(12)]):
        for bookable in (False, True):
            shown = replace(page(given, hat=hat), bookable=bookable and not given)
            view = list_view(shown, META)
            buttons = [
                e
                for b in view["blocks"]
                for e in b.get("elements", b.get("actions", ()))
                if e.get("style") == "primary"
            ]
            assert len(buttons) <= 1


def test_late_is_marked_on_the_card_too() -> None:
    assert "*Late* · Non-refundable since" in words(list_view(page([session(1)]), META))
    half = replace(page([session(15)]), rows=[row(session(15), TIERED)])
    assert "*Late*" not in words(list_view(half, META))
