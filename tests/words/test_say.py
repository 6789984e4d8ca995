"""Messages, figures and plural forms in a reader's language."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.pofile import write_po

from language import catalogue
from language.catalogue import FILE, complete, form_names
from language.locales import locale_of
from language.say import IN_ENGLISH, Say, say_for
from tests.words.catalogues import new

SLACK = {
    "de-DE": "de_DE",
    "en-GB": "en_GB",
    "en-US": "en_US",
    "es-ES": "es_ES",
    "es-LA": "es_419",
    "fr-FR": "fr_FR",
    "it-IT": "it_IT",
    "ja-JP": "ja_JP",
    "ko-KR": "ko_KR",
    "pt-BR": "pt_BR",
    "zh-CN": "zh_Hans_CN",
    "zh-TW": "zh_Hant_TW",
}
"""Every language that Slack can be used in, as its API names them."""
FORMS = {
    "de": ["{n} Sitzung", "{n} Sitzungen"],
    "fr": ["{n} séance", "{n} de séances", "{n} séances"],
    "ja": ["{n} 回"],
    "ru": ["{n} сессия", "{n} сессии", "{n} сессий", "{n} части сессии"],
}


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    say_for.cache_clear()
    yield
    say_for.cache_clear()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of catalogues."""
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    return tmp_path


def translated(folder: Path, name: str, texts: dict[str, str], *, fuzzy: bool = False) -> None:
    """Put a language's catalogue into the folder: with these texts and plural forms of a session."""
    found = new(name)
    found.add(("{n} session", "{n} sessions"), tuple(FORMS.get(name) or ["{n}"] * len(form_names(Locale.parse(name)))))
    for message, text in texts.items():
        context, _, message = message.rpartition("|")
        found.add(message, text, context=context or None, flags=("fuzzy",) if fuzzy else ())
    path = folder / name / FILE
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_po(file, found)


@pytest.mark.parametrize(("name", "expected"), SLACK.items())
def test_every_language_of_slack_is_known_to_unicode(name: str, expected: str) -> None:
    assert str(locale_of(name)) == expected


@pytest.mark.parametrize("name", [None, "", "xx-YY", "not a locale", "en-\udfff", "-"])
def test_what_is_no_language_is_english(name: str | None) -> None:
    assert str(locale_of(name)) == "en_US"
    assert say_for(name)("{n} of {all}", n=1, all=1234) == "1 of 1,234"


def test_a_sentence_is_said_in_the_readers_language_with_figures_as_written_there(folder: Path) -> None:
    translated(folder, "de", {"{left} left": "noch {left}"})
    assert say_for("de-DE")("{left} left", left=Decimal("1234.5")) == "noch 1.234,5"
    assert say_for("en-US")("{left} left", left=Decimal("1234.5")) == "1,234.5 left"


@pytest.mark.parametrize(
    ("name", "n", "expected"),
    [
        ("de-DE", 1, "1 Sitzung"),
        ("de-DE", Decimal("1.5"), "1,5 Sitzungen"),
        ("de-DE", 0, "0 Sitzungen"),
        ("fr-FR", 0, "0 séance"),
        ("fr-FR", Decimal("1.5"), "1,5 séance"),
        ("fr-FR", 2, "2 séances"),
        ("fr-FR", 1_000_000, "1 000 000 de séances"),
        ("ja-JP", 1, "1 回"),
        ("ja-JP", 21, "21 回"),
        ("ru-RU", 1, "1 сессия"),
        ("ru-RU", 2, "2 сессии"),
        ("ru-RU", 5, "5 сессий"),
        ("ru-RU", 21, "21 сессия"),
        ("ru-RU", Decimal("1.5"), "1,5 части сессии"),
        ("en-US", 1, "1 session"),
        ("en-US", 0, "0 sessions"),
        ("en-US", Decimal("0.5"), "0.5 sessions"),
    ],
)
def test_unicodes_rule_picks_the_plural_form_of_fractions_too(
    folder: Path, name: str, n: int | Decimal, expected: str
) -> None:
    for language in FORMS:
        translated(folder, language, {})
    assert say_for(name).plural("{n} session", "{n} sessions", n) == expected


def test_one_english_word_with_two_meanings_has_two_translations(folder: Path) -> None:
    translated(folder, "de", {"Book": "Buch", "verb|Book": "Buchen", "title|Book": "Buchung"})
    say = say_for("de-DE")
    assert (say("Book"), say.meant("verb", "Book"), say.title("Book")) == ("Buch", "Buchen", "Buchung")


def test_a_value_that_ends_in_a_dot_ends_its_sentence() -> None:
    assert IN_ENGLISH("Until {day}. Then {n}.", day="24 déc.", n=1) == "Until 24 déc. Then 1."
    assert IN_ENGLISH("{text}.", text="Wait...") == "Wait..."
    assert IN_ENGLISH("Until {day}..", day="24 déc") == "Until 24 déc.."


def test_a_question_that_ends_a_sentence_keeps_its_mark_and_gets_no_full_stop(folder: Path) -> None:
    translated(folder, "ja", {"{fault}.": "{fault}。"})
    english, japanese = IN_ENGLISH, say_for("ja-JP")
    assert [english("{fault}.", fault=text) for text in ("Did you mean it?", "Stop!", "Yes")] == [
        "Did you mean it?",
        "Stop!",
        "Yes.",
    ]
    assert [japanese("{fault}.", fault=text) for text in ("ですか？", "ですか?", "です。", "Inc.")] == [
        "ですか？",
        "ですか?",
        "です。",
        "Inc.。",
    ]


@pytest.mark.parametrize(
    "text", ["noch {rest}", "noch {", "noch {left.x}", "noch {left[0}", "noch {0}", "noch {left!z}"]
)
def test_a_translation_that_cannot_be_filled_in_is_said_in_english(folder: Path, text: str) -> None:
    translated(folder, "de", {"{left} left": text})
    assert say_for("de-DE")("{left} left", left=3) == "3 left"


def test_a_placeholder_that_nothing_fills_raises_at_nobody() -> None:
    assert IN_ENGLISH("{left} of {all}", left=3) == "3 of {all}"


def test_what_people_typed_is_no_template() -> None:
    assert IN_ENGLISH("Ask {name}.", name="{left} {") == "Ask {left} {."


def test_a_language_that_is_not_complete_is_not_spoken(folder: Path) -> None:
    translated(folder, "de", {"Details": ""})
    translated(folder, "fr", {"Details": "Détails"}, fuzzy=True)
    translated(folder, "ja", {"Details": "詳細"})
    assert [say_for(name)("Details") for name in ("de-DE", "fr-FR", "ja-JP")] == ["Details", "Details", "詳細"]
    assert [str(locale) for locale in complete()] == ["ja"]


def test_english_for_want_of_a_catalogue_still_counts_as_the_readers_country_does(folder: Path) -> None:
    assert say_for("de-DE")("{n} left", n=Decimal("1.5")) == "1,5 left"


def test_a_variety_reads_the_catalogue_of_its_parent(folder: Path) -> None:
    translated(folder, "es", {"Details": "Detalles"})
    translated(folder, "en_001", {"canceled": "cancelled"})
    assert (say_for("es-LA")("Details"), say_for("en-GB")("canceled")) == ("Detalles", "cancelled")
    assert (say_for("en-US")("canceled"), say_for("pt-BR")("Details")) == ("canceled", "Details")
    assert say_for("es-LA").number(Decimal("1234.5")) == "1,234.5"


def test_lists_lengths_shares_and_money_are_written_as_the_locale_does(folder: Path) -> None:
    for language in ("de", "ja"):
        translated(folder, language, {"{n} more": "x"})
    german, english = say_for("de-DE"), say_for("en-US")
    assert english.listed(["Anna", "Ben", "Anna", "Cleo"]) == "Anna, Ben, and Cleo"
    assert english.listed(["Anna", "Ben", "Cleo", "Dora"], 2) == "Anna, Ben, and 2 more"
    assert (english.listed(["Anna"]), english.listed([])) == ("Anna", "")
    assert (german.listed(["Anna", "Ben", "Cleo"]), german.either(["Anna", "Ben"])) == (
        "Anna, Ben und Cleo",
        "Anna oder Ben",
    )
    assert [say.duration(24, "hour") for say in (english, german, say_for("ja-JP"))] == [
        "24 hours",
        "24 Stunden",
        "24時間",
    ]
    assert (english.duration(1, "day"), english.duration(1440, "minute")) == ("1 day", "1,440 minutes")
    assert (english.percent(50), german.percent(50)) == ("50%", "50 %")
    assert (english.money(12000, "USD"), german.money(12000, "EUR"), german.money(120, "JPY")) == (
        "$120.00",
        "120,00 €",
        "120 ¥",
    )


def test_a_form_that_a_catalogue_lacks_is_said_in_english() -> None:
    lame = catalogue.Catalogue(Locale("de"), {}, {"{n} session": ("{n} Sitzung",)})
    assert Say(Locale("de"), lame).plural("{n} session", "{n} sessions", 2) == "2 sessions"
