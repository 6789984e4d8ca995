"""The languages that can be chosen, and what they call themselves."""

from pathlib import Path

import pytest

from language import catalogue
from language.catalogue import FILE
from language.say import say_for
from language.spoken import own_name, spoken
from tests.words import tagged


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("en_US", "English (US)"),
        ("en_GB", "English (UK)"),
        ("de", "Deutsch"),
        ("es", "Español"),
        ("fr", "Français"),
        ("pt_BR", "Português (Brasil)"),
        ("ja", "日本語"),
    ],
)
def test_each_language_goes_by_its_own_name(name: str, own: str) -> None:
    assert own_name(name) == own


def test_only_what_is_complete_can_be_chosen_and_english_always(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path / "none")
    assert spoken() == {"en_US": "English (US)"}
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    tagged.write(tmp_path, "ja", "en_001", "en")
    (tmp_path / "de" / FILE).parent.mkdir(parents=True)
    (tmp_path / "de" / FILE).write_text('msgid "Details"\nmsgstr ""\n')
    assert list(spoken().items()) == [("en_US", "English (US)"), ("en_GB", "English (UK)"), ("ja", "日本語")]


def test_the_folder_of_the_catalogues_is_looked_through_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    tagged.write(tmp_path, "ja")
    known = spoken()
    monkeypatch.setattr(catalogue, "complete", lambda: pytest.fail("looked again"))
    assert spoken() == known == {"en_US": "English (US)", "ja": "日本語"}


def test_a_language_of_a_test_that_fails_is_not_heard_in_the_next(tmp_path: Path) -> None:
    tagged.write(tmp_path, "de")

    def fails() -> None:
        with tagged.speaking(tmp_path):
            assert tagged.heard(say_for("de-DE")("Undo")) == set()

    with pytest.raises(AssertionError, match="de"):
        fails()
    assert tagged.heard(say_for("de-DE")("Undo")) == set()
