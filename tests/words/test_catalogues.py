"""Finding messages in code, and what a translation owes."""

from pathlib import Path

import pytest
from babel.messages.pofile import write_po

from language import catalogue
from language.catalogue import FILE, read
from tests.words.__main__ import main
from tests.words.catalogues import clashes, faults, merged, new, template, text_of
from tests.words.extract import Said, messages, needless
from tests.words.unsaid import forgetful, untranslated

CODE = """
def view(reader):
    say = reader.say
    a = say("Nothing here.")
    b = reader.say.title("Details")
    c = say.plural("{n} session of {coach}", "{n} sessions of {coach}", 3, coach="Carla")
    d = say.meant("verb", "Book")
    e = say.plural_title("Move {n} session", "Move {n} sessions", 3)
    TABLE = {1: word("Later")}
"""


def test_every_way_of_saying_is_found() -> None:
    said, wrong = messages(CODE, "x.py")
    assert wrong == []
    assert {(one.message, one.many, one.context) for one in said} == {
        ("Nothing here.", None, None),
        ("Details", None, "title"),
        ("{n} session of {coach}", "{n} sessions of {coach}", None),
        ("Book", None, "verb"),
        ("Move {n} session", "Move {n} sessions", "title"),
        ("Later", None, None),
    }


@pytest.mark.parametrize(
    "line",
    [
        'say(f"Hello {name}")',
        'say("Hello " + name)',
        "say(words)",
        'say("a" if x else "b")',
        'say("Hello {name}")',
        'say("Hello", name=1)',
        'say("Hello {}", name=1)',
        'say("Hello {name.first}", name=1)',
        'say("Hello {name:>3}", name=1)',
        'say("Hello {name}", **values)',
        'say(" and so on")',
        'say.plural("{n} day", "{n} days")',
        'say.plural("{n} day of {x}", "{n} days of {x}", 3)',
        'say.title("A title that is longer than Slack shows")',
        'say.plural_title("Cancel {n} upcoming session", "Cancel {n} upcoming sessions", 3)',
    ],
)
def test_what_could_not_be_translated_is_refused(line: str) -> None:
    _, wrong = messages(line, "x.py")
    assert wrong


def test_other_things_of_that_name_are_left_alone() -> None:
    assert messages("text.title(); name.plural(1); essay('x')", "x.py") == ([], [])


def test_nobody_speaks_a_language_by_default() -> None:
    assert list(forgetful("def f(a, say=IN_ENGLISH): pass\n\nasync def g(*, say=IN_ENGLISH): pass")) == [1, 3]
    assert list(forgetful("def f(say, a=1, *, b=2): pass\n\ndef g(*, say): pass")) == []


def test_a_message_has_one_set_of_plural_forms() -> None:
    said, _ = messages('say("{n} day", n=1); say.plural("{n} day", "{n} days", 1)', "x.py")
    assert list(needless(said))


@pytest.mark.parametrize(
    ("code", "texts"),
    [
        ('section("You have no sessions.")', ["You have no sessions."]),
        ('button("Book", Action.BOOK)', ["Book"]),
        ('section(f"*{name}* is here: {x}")', ["* is here: "]),
        ('section(say("You have no sessions."))', []),
        ('log.info("not done at all")', []),
        ('raise BadRequest("an odd day")', []),
        ('"""A docstring with words."""', []),
        ('actions([], block_id="credits:toolbar")', []),
        ('if why == "no hours": pass', []),
    ],
)
def test_texts_that_no_catalogue_knows_are_seen(code: str, texts: list[str]) -> None:
    assert [text for _, text in untranslated(code)] == texts


def written(folder: Path, *entries: tuple[object, object, str | None, bool]) -> Path:
    """Write a German catalogue."""
    found = new("de")
    for message, text, context, fuzzy in entries:
        found.add(message, text, context=context, flags=("fuzzy",) if fuzzy else ())  # type: ignore[arg-type]
    path = folder / "de" / FILE
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_po(file, found)
    return path


FORMS = ("{n} session of {coach}", "{n} sessions of {coach}")
MOVE = ("Move {n} session", "Move {n} sessions")
GOOD = [
    ("Nothing here.", "Hier ist nichts.", None, False),
    ("Details", "Details", "title", False),
    (FORMS, ("Eine Sitzung mit {coach}", "{n} Sitzungen mit {coach}"), None, False),
    ("Book", "Buchen", "verb", False),
    ("Later", "Später", None, False),
    (MOVE, ("{n} Sitzung verlegen", "{n} Sitzungen verlegen"), "title", False),
]


def test_a_complete_catalogue_is_without_fault(tmp_path: Path) -> None:
    assert list(faults(written(tmp_path, *GOOD), template(messages(CODE, "x.py")[0]))) == []


@pytest.mark.parametrize(
    ("number", "entry", "said"),
    [
        (0, ("Nothing here.", "", None, False), "not translated"),
        (0, ("Nothing here.", "Hier ist nichts.", None, True), "fuzzy"),
        (0, ("Something else.", "Etwas anderes.", None, False), "missing"),
        (0, ("Nothing here.", "Hier ist {nichts}.", None, False), "nothing fills"),
        (0, ("Nothing here.", "Hier ist {nichts", None, False), "expected '}'"),
        (0, ("Nothing here.", "Hier ist nichts. ", None, False), "space"),
        (1, ("Details", "Alle Einzelheiten der Sitzung", "title", False), "Slack shows 24"),
        (2, (FORMS, ("Eine Sitzung mit {coach}", "{n} Sitzungen"), None, False), "leaves out coach"),
        (
            2,
            (FORMS, ("Eine Sitzung mit {coach}", "{n} Sitzungen mit {Trainer}"), None, False),
            "nothing fills: Trainer",
        ),
        (2, (FORMS, ("Eine Sitzung mit {coach}", ""), None, False), "not translated"),
        (5, (MOVE, ("{n} Sitzung verschieben", "{n} Sitzungen verschieben"), "title", False), "Slack shows 24"),
    ],
)
def test_each_fault_of_a_catalogue_is_named(
    tmp_path: Path, number: int, entry: tuple[object, object, str | None, bool], said: str
) -> None:
    entries = [*GOOD[:number], entry, *GOOD[number + 1 :]]
    found = list(faults(written(tmp_path, *entries), template(messages(CODE, "x.py")[0])))
    assert any(said in fault for fault in found), found


def worded(folder: Path, language: str, **words: str) -> Path:
    """Write a catalogue that has nothing but words of the command."""
    found = new(language)
    for english, text in words.items():
        found.add(english, text, context="command word")
    path = folder / language / FILE
    path.parent.mkdir(parents=True)
    path.write_bytes(text_of(found))
    return path


COMMANDS = template([Said("x.py", 1, english, None, "command word") for english in ("cancel", "book")])


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ({"cancel": "absagen, stornieren", "book": "buchen"}, None),
        ({"cancel": "absagen, buchen", "book": "Büchen"}, "means 'book' and 'cancel'"),
        ({"cancel": "absagen, Book", "book": "buchen"}, "'Book' means 'book' and 'cancel'"),
        ({"cancel": "hours", "book": "buchen"}, "'hours' means 'hours' and 'cancel'"),
        ({"cancel": "termin absagen", "book": "buchen"}, "is one word: 'termin absagen'"),
        ({"cancel": "absagen,", "book": "buchen"}, "is one word: ''"),
    ],
)
def test_a_word_of_the_command_means_one_thing(tmp_path: Path, words: dict[str, str], fault: str | None) -> None:
    found = list(faults(worded(tmp_path, "de", **words), COMMANDS))
    assert found == [] if fault is None else any(fault in one for one in found), found


def test_a_word_of_the_command_means_the_same_in_every_language(tmp_path: Path) -> None:
    paths = [worded(tmp_path, "es", cancel="anular"), worded(tmp_path, "fr", cancel="annuler", book="Anular")]
    assert list(clashes(paths)) == ["fr: 'Anular' means 'book' after the command, and 'cancel' in es"]
    assert list(clashes(paths[:1])) == []


def test_a_merge_keeps_what_is_translated_and_says_what_is_new(tmp_path: Path) -> None:
    path = written(tmp_path, *GOOD[1:], ("Nobody says this.", "Sagt niemand.", None, False))
    found = template(messages(CODE, "x.py")[0])
    path.write_bytes(text_of(merged(read(path), found)))
    assert list(faults(path, found)) == ["de: not translated: 'Nothing here.'"]
    again = text_of(merged(read(path), found))
    assert again == path.read_bytes()


def test_what_the_product_says_can_be_translated_and_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().out


def test_a_catalogue_that_cannot_be_read_is_named_and_not_spoken(tmp_path: Path) -> None:
    path = tmp_path / "de" / FILE
    path.parent.mkdir(parents=True)
    path.write_text("nonsense here\n")
    with pytest.raises(ValueError, match="keyword"):
        read(path)
    assert catalogue._complete(tmp_path, "de") is None
