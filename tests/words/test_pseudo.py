"""The pseudo-language is seen as such by people and by Slack, and read as English by the stories."""

import math
import re
import unicodedata

import pytest

from coaching.texts import folded
from handlers.views.kit import TITLE
from tests.words.catalogues import present
from tests.words.extract import ROOT
from tests.words.pseudo import ACCENT, Judge, outside, pseudo, seen, unmarked

ENGLISH = sorted(
    {text for one in present() for text in (one.id if isinstance(one.id, list | tuple) else (one.id,)) if text}
)

_KEPT = re.compile(r"\{[^}]*\}|<[^>]*>|`[^`]*`|:[a-z_]+:|&\w+;")


def test_every_message_has_accents_is_longer_by_two_fifths_and_reads_as_before() -> None:
    assert len(ENGLISH) > 1000
    for text in ENGLISH:
        said = pseudo(text)
        assert len(said) == len(text) + math.ceil(0.4 * len(text)) + 2
        assert seen(said) == text.removeprefix("…"), "one right after the mark is taken for a cut"
        assert folded(said) == folded(text)
        assert outside(said) == set()
        assert (ACCENT in said) == any(map(str.isalpha, _KEPT.sub("", text)))


def test_accents_stay_out_of_placeholders_and_of_slacks_marks() -> None:
    said = pseudo("{who} asked <@U0ANNA> for `/sessions` :tada: &amp;")
    assert all(kept in said for kept in ("{who}", "<@U0ANNA>", "`/sessions`", ":tada:", "&amp;"))
    assert said.count(ACCENT) == len("askedfor")
    assert pseudo("*Late*").replace(ACCENT, "")[1:7] == "*Late*"


@pytest.mark.parametrize("text", ["Sessions you give", "Cancellation terms", "Save", "Cancel {n} sessions"])
def test_a_title_that_is_cut_still_has_all_its_letters(text: str) -> None:
    said = pseudo(text, TITLE)
    cut = said if len(said) <= TITLE else f"{said[: TITLE - 1]}…"
    assert seen(cut) == text


def test_no_language_of_ours_uses_the_accent() -> None:
    for path in (ROOT / "locales").rglob("*.po"):
        assert ACCENT not in unicodedata.normalize("NFD", path.read_text()), path


def test_what_no_translator_saw_is_found_also_in_a_message_that_repeats_what_was_said() -> None:
    judge = Judge()
    said = pseudo("Late: you decide")
    judge.look({"text": said}, message=True)
    judge.look({"text": unmarked(said)}, message=True)
    assert judge.naked == {}
    judge.look({"text": f"{unmarked(said)}\nDone"}, message=True)
    judge.look({"text": unmarked(said)})
    assert list(judge.naked) == ["Late: you decide\nDone", "Late: you decide"]
