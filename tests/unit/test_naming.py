"""When two spellings are one name, when a name is none, and how twins are told apart."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coaching.naming import fitting, kept_name, same_name, told_apart, twins, visible

UNSEEN = ["", " ", "\u200b", "\u3164", "\u2800", "\u00ad", "\ufeff", "\u2060", "\u115f", "\uffa0", "\u034f", "\ufe0f",
          "\U000e0020", "\u202e", " \u3164\u200b ", "\t\u2800\n"]  # fmt: skip


@pytest.mark.parametrize(
    "other",
    [
        "Cafe\u0301 Coaching", "  Café  Coaching ", "CAFÉ COACHING", "Ｃａｆé　Ｃｏａｃｈｉｎｇ", "Café\u00a0Coaching",
        "Caf\u00e9 Coaching\u200b", "\ufeffCafé Coaching", "Café\u2009Coaching",
    ],
)  # fmt: skip
def test_every_spelling_of_a_name_is_one_name(other: str) -> None:
    assert same_name(other) == same_name("Café Coaching")


def test_other_names_stay_other_names() -> None:
    names = ["Café", "Cafe", "Coaching", "Coach ing", "Straße", "Strasze", "محمد", "陈", "陳", "❤️", "🙂"]
    assert len({same_name(name) for name in names}) == len(names)
    assert same_name("Straße") == same_name("STRASSE")


@pytest.mark.parametrize("name", UNSEEN)
def test_a_name_made_of_nothing_visible_is_none(name: str) -> None:
    assert not visible(name)
    assert kept_name(name) == ""
    assert not visible(None)


def test_a_name_is_kept_composed_and_without_what_nobody_sees_at_its_ends() -> None:
    assert kept_name("\u200b Cafe\u0301   Coaching\u3164") == "Café Coaching"
    assert kept_name("❤️") == "❤️"
    assert kept_name("👩‍🚀 Space") == "👩‍🚀 Space"


@given(st.text(max_size=40))
def test_what_is_kept_is_the_same_name_and_keeps(text: str) -> None:
    kept = kept_name(text)
    assert kept_name(kept) == kept
    assert visible(kept) == visible(text) == bool(kept)
    assert same_name(kept) == same_name(text)
    assert same_name(same_name(text)) == same_name(text)
    assert same_name(unicodedata.normalize("NFD", text)) == same_name(text)


def test_twins_are_those_who_share_a_name() -> None:
    people = [("U1", "Alex Kim"), ("U2", "alex  kim"), ("U3", "Alex King"), ("U1", "Alex Kim")]
    assert twins(people) == {"U1", "U2"}
    assert twins(people[2:]) == frozenset()


@given(st.lists(st.tuples(st.text("aA é", max_size=12), st.text("xy", max_size=2)), max_size=8), st.integers(10, 20))
def test_no_two_labels_of_a_menu_are_the_same(items: list[tuple[str, str]], most: int) -> None:
    shown = told_apart([label for label, _ in items], [hint for _, hint in items], most)
    assert len({same_name(label) for label in shown}) == len(items)
    assert all(len(label) <= most for label in shown)


def test_labels_are_told_apart_by_their_hint_first_and_by_number_else() -> None:
    assert told_apart(["A", "B", "a"], ["30 min", "1 h", "50 min"], 75) == ["A (30 min)", "B", "a (50 min)"]
    assert told_apart(["A", "A"], ["1 h", "1 h"], 75) == ["A (1)", "A (2)"]
    long = "x" * 90
    assert told_apart([long + "1", long + "2"], ["", ""], 75) == [fitting(long, " (1)", 75), fitting(long, " (2)", 75)]
