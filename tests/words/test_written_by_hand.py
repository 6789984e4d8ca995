"""Times, weekdays, lists and clauses as the reader's locale writes them, also where no view of sessions is."""

from datetime import datetime, time
from pathlib import Path

import pytest
from babel import Locale

from coaching.availability import format_hours, parse_hours
from coaching.causes import Blocked
from coaching.errors import CannotCancel
from coaching.slots import SkippedTime
from handlers.error_words import words_for
from handlers.views.times import clock_range, clock_time
from handlers.views.typed_words import hours_in
from language import catalogue
from language.catalogue import FILE, Catalogue, unspoken
from language.say import IN_ENGLISH, Say

GERMAN = Say(Locale("de", "DE"))


def test_a_time_of_day_is_written_on_the_readers_clock() -> None:
    assert [clock_time(time(2, 30), say) for say in (IN_ENGLISH, GERMAN)] == ["2:30 AM", "02:30"]
    night = [clock_range(time(22), time(7, 30), say) for say in (IN_ENGLISH, GERMAN)]
    assert night == ["10:00 PM – 7:30 AM", "22:00–07:30 Uhr"]


def test_a_time_that_clocks_skip_is_named_as_the_reader_writes_it() -> None:
    skipped, on = datetime.fromisoformat("2026-03-08T02:30"), datetime.fromisoformat("2026-03-08T03:30")
    error = SkippedTime(skipped, "America/New_York", on)
    assert "skips 2:30 AM that day" in words_for(error, "", IN_ENGLISH)
    assert "skips 02:30 that day" in words_for(error, "", GERMAN)


def test_weekly_hours_are_shown_with_the_readers_weekdays() -> None:
    week = parse_hours("Mon-Fri 9-17; Sun 10-12")
    assert format_hours(week, hours_in(IN_ENGLISH)) == str(week) == "Mon–Fri 9:00–17:00; Sun 10:00–12:00"
    assert format_hours(week, hours_in(GERMAN)) == "Mo–Fr 9:00–17:00; So 10:00–12:00"


def test_clauses_are_separated_as_a_language_does() -> None:
    japanese = Say(Locale("ja"), Catalogue(Locale("ja"), {"{before}; {after}": "{before}、{after}"}, {}))
    assert (japanese.clauses("a", "b", "c"), japanese.clauses("a"), japanese.clauses()) == ("a、b、c", "a", "")
    error = CannotCancel({"1": Blocked.STARTED, "2": Blocked.OVER})
    assert "it has started、it is over" in words_for(error, "", japanese)


@pytest.mark.parametrize("name", ["de", "xx_nowhere"])
def test_a_language_that_cannot_be_spoken_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    path = tmp_path / name / FILE
    path.parent.mkdir(parents=True)
    path.write_text('msgid "Book"\nmsgstr ""\n', encoding="utf-8")
    assert unspoken() == [name]
