"""What is kept of text, and what it may do to whatever stands around it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coaching.sessions import Package
from coaching.texts import storable, unturned
from handlers.ids import Action
from handlers.views.kit import bare, verbatim
from handlers.views.letter import Letter, Quote
from handlers.views.outdated import offered
from handlers.views.words import package
from language.say import IN_ENGLISH
from tests.handlers.samples import session

anything = st.text(st.characters(codec=None))
parsed = st.recursive(
    st.none() | st.integers() | anything,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(anything, inner, max_size=3),
    max_leaves=8,
)


@given(parsed)
def test_what_is_storable_can_be_kept_by_every_database_and_stays_what_it_is(value: object) -> None:
    kept = storable(value)
    text = json.dumps(kept, ensure_ascii=False)
    assert text.encode()
    assert "\\u0000" not in text
    assert storable(kept) == kept


@given(st.text(st.characters(exclude_characters="\x00", codec="utf-8")))
def test_nothing_else_is_taken_out(text: str) -> None:
    assert storable([{"a": text}]) == [{"a": text}]


def test_text_of_others_turns_nothing_around_it() -> None:
    assert unturned("a\u202eb\u2066c\u200fd") == "abcd"
    assert verbatim("\u202eevil\nשלום")["text"]["text"] == "evil\nשלום"
    assert bare("\u202eשלום") == "\u2068שלום\u2069"
    letter = Letter(title="Canceled", body=[Quote("Reason", "\u202eשלום", IN_ENGLISH)])
    assert letter.text() == "Canceled\nReason: \u2068שלום\u2069"


def test_a_package_is_as_big_as_its_last_place() -> None:
    booked = session(1, package=Package("Six sessions", 7, 6, "g"))
    assert package(booked, IN_ENGLISH) == "Six sessions · 7 of 7"


@pytest.mark.parametrize(
    "element",
    [
        None,
        "x",
        {"action_id": ["x"], "value": "s"},
        {"action_id": Action.LATE_REFUND, "value": ["s"]},
        {"action_id": Action.LATE_REFUND_ALL, "value": "{"},
        {"action_id": Action.LATE_REFUND_ALL, "value": '{"a": 1}'},
        {"action_id": Action.LATE_REFUND_ALL, "value": "[[1]]"},
        {"action_id": Action.LATE_DECIDE},
    ],
)
def test_odd_buttons_of_a_message_offer_nothing(element: object) -> None:
    good = {"action_id": Action.LATE_KEEP, "value": "s1"}
    assert offered([{"type": "actions", "elements": [element, good]}]) == {"s1"}
