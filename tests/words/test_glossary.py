"""Translations that stray from our vocabulary, and texts that are longer than what shows them."""

import ast
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from language.catalogue import FOLDER
from tests.words.catalogues import faults, new, rooms_of, template, text_of
from tests.words.extract import everything, messages
from tests.words.glossary import OTHER_WORDS, other_words, strayed, terms, terms_in
from tests.words.rooms import rooms


@pytest.mark.parametrize(
    ("english", "found"),
    [
        ("Pick at least one session.", ["session"]),
        ("Session types", ["session type"]),
        ("{session} is over", []),
        ("`/sessions` shows this", []),
        ("Cancellation Policies", ["policy"]),
        ("It can no longer be canceled.", ["cancel"]),
        ("came too late to be useful", []),
        ("a later change", []),
        ("Your bookstore", []),
    ],
)
def test_terms_are_found_as_words_alone_or_as_several_and_the_longest_counts(english: str, found: list[str]) -> None:
    assert [term.english for term in terms_in(english)] == found


@pytest.mark.parametrize("synonym", [r"\bmiss(ed)?\b", "did not take place", "(in|from) the record", "^Record$"])
def test_english_has_no_other_word_for_a_no_show_or_for_the_details(synonym: str) -> None:
    said = [text for one in everything()[0] for text in (one.message, one.many or "")]
    assert [text for text in said if re.search(synonym, text, re.IGNORECASE)] == []


@pytest.mark.parametrize(
    ("language", "text", "strays"),
    [
        ("de", "Ihre Sitzungen", False),
        ("de", "Ihre Termine", True),
        ("es", "Sus sesiones", False),
        ("xx", "anything", False),
    ],
)
def test_a_translation_that_calls_a_thing_by_another_name_is_named(
    tmp_path: Path, language: str, text: str, *, strays: bool
) -> None:
    assert bool(list(strayed([Message("Your sessions", text)], language, tmp_path))) is strays


@pytest.mark.parametrize(
    ("language", "english", "text"),
    [
        ("de", "Cancel it", "Sagen Sie es weiter"),
        ("de", "It expires", "Es ist verfügbar"),
        ("pt_BR", "Keep it", "Retorne ao lembrete"),
    ],
)
def test_a_word_that_only_begins_like_ours_is_not_taken_for_it(
    tmp_path: Path, language: str, english: str, text: str
) -> None:
    assert list(strayed([Message(english, text)], language, tmp_path))


def test_every_plural_form_keeps_to_the_vocabulary_whatever_its_accents(tmp_path: Path) -> None:
    move = ("Cancel it", "Cancel them")
    assert list(strayed([Message(move, ("Cancélela", "Cancélelas"))], "es", tmp_path)) == []
    assert list(strayed([Message(move, ("Cancélela", "Anúlelas"))], "es", tmp_path))


SPARED = '[[message]]\nenglish = "Your sessions"\nterms = ["session"]\nreason = "a test"\n'


def test_what_a_language_words_otherwise_is_listed_with_its_reason_while_it_does(tmp_path: Path) -> None:
    (tmp_path / OTHER_WORDS).write_text(SPARED, encoding="utf-8")
    assert list(strayed([Message("Your sessions", "Ihre Termine")], "de", tmp_path)) == []
    assert "needs no sparing" in "".join(strayed([Message("Your sessions", "Ihre Sitzungen")], "de", tmp_path))
    assert "needs no sparing" in "".join(strayed([], "de", tmp_path))
    (tmp_path / OTHER_WORDS).write_text(SPARED.replace("a test", ""), encoding="utf-8")
    assert "no reason" in "".join(strayed([], "de", tmp_path))


def test_the_check_of_a_catalogue_asks_the_vocabulary(tmp_path: Path) -> None:
    said, _ = messages('say("Your sessions")', "x.py")
    found = new("de")
    found.add("Your sessions", "Ihre Termine")
    path = tmp_path / "de" / "LC_MESSAGES" / "sessions.po"
    path.parent.mkdir(parents=True)
    path.write_bytes(text_of(found))
    assert [fault for fault in faults(path, template(said)) if "“session”" in fault]


def test_every_language_has_every_term_and_every_exception_is_well_formed() -> None:
    languages = {language for term in terms() for language in term.stems}
    assert all(set(term.stems) == languages and all(term.stems.values()) for term in terms())
    known = {term.english for term in terms()}
    for path in FOLDER.glob(f"*/{OTHER_WORDS}"):
        assert all(one.terms <= known for one in other_words(path.parent).values()), path


ROOMY = """
def view(say, more):
    label = say("Show more")
    row = button(f"‹ {say('Back')}", "id", label=label)
    choice = option(say("All") if more else say("None"), "x", say("In words"))
    ask = confirm(say("Sure?"), say("Really"), say("Yes"), say("No"))
    return modal(say("Title"), "id", [], close=say("Close"), submit=say("Go")), select("id", placeholder=say("Choose"))
"""


def test_how_much_room_there_is_is_told_from_where_a_message_goes() -> None:
    found = {
        call.args[0].value: room
        for call, room in rooms(ast.parse(ROOMY)).items()
        if isinstance(call.args[0], ast.Constant)
    }
    assert found == {
        "Show more": 75, "Back": 73, "All": 75, "None": 75, "In words": 75, "Sure?": 100, "Really": 300, "Yes": 30, "No": 30,
        "Title": 24, "Close": 24, "Go": 24, "Choose": 150,
    }  # fmt: skip


def test_a_translation_that_is_longer_than_its_button_is_named_and_translators_are_told_the_limit(
    tmp_path: Path,
) -> None:
    said, wrong = messages('button(say("Go"), "id")\nconfirm("", "", say("Yes"), "")\nsay("Yes")', "x.py")
    assert (wrong, rooms_of(said)) == ([], {"Go": 75, "Yes": 30})
    found = template(said)
    told = {message.id: message.auto_comments for message in found if message.id}
    assert told == {"Go": ["75 characters at most"], "Yes": ["30 characters at most"]}
    german = new("de")
    german.add("Go", "x" * 75)
    german.add("Yes", "x" * 31)
    path = tmp_path / "de" / "LC_MESSAGES" / "sessions.po"
    path.parent.mkdir(parents=True)
    path.write_bytes(text_of(german))
    assert [fault.partition(":")[2][:40] for fault in faults(path, found, rooms_of(said))] == [
        " is too long, as Slack shows 30 characte"
    ]


def test_a_message_that_is_longer_than_its_button_is_refused() -> None:
    assert messages(f'button(say("{"x" * 76}"), "id")', "x.py")[1]
