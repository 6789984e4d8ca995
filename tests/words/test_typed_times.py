"""Times of reminders and quiet hours as people write them in every language, and what is shown is read back."""

from datetime import time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coaching.errors import BadSetting
from coaching.fields import Field
from coaching.quiet import QuietHours, parse_quiet_hours, quiet_text
from coaching.reminder_times import ENGLISH, offsets_text, parse_offsets
from handlers.views.typed_words import hours_in, reminder_words_in
from language.catalogue import complete
from language.say import say_for
from tests.words.test_say import SLACK
from tests.words.test_typed_words import speaking

SPOKEN = [str(locale) for locale in complete()]
MINUTE = timedelta(minutes=1)
REMINDERS = {name: reminder_words_in(speaking(name)) for name in SLACK}
HOURS = {name: hours_in(speaking(name)) for name in SLACK}
ENOUGH = 30 * 24 * 60
"""Minutes: no reminder comes earlier."""


@pytest.mark.parametrize("name", SLACK)
@given(minutes=st.lists(st.integers(1, ENOUGH) | st.integers(1, 30).map(lambda days: days * 1440), max_size=5))
def test_times_of_reminders_are_read_back_as_they_are_shown_in_every_language_of_slack(
    name: str, minutes: list[int]
) -> None:
    offsets = [n * MINUTE for n in minutes]
    shown = offsets_text(offsets, REMINDERS[name])
    assert len(shown) <= 100
    assert parse_offsets(shown, REMINDERS[name]) == offsets
    assert parse_offsets(offsets_text(offsets), REMINDERS[name]) == offsets


@pytest.mark.parametrize("name", SLACK)
@given(start=st.times(), end=st.times())
def test_quiet_hours_are_read_back_as_they_are_shown_in_every_language_of_slack(
    name: str, start: time, end: time
) -> None:
    start, end = (at.replace(second=0, microsecond=0) for at in (start, end))
    if start != end:
        quiet = QuietHours(start, end)
        assert parse_quiet_hours(quiet_text(quiet), HOURS[name]) == quiet


@pytest.mark.parametrize(
    ("name", "typed", "hours"),
    [
        ("en-US", "24h, 2h", [24, 2]),
        ("en-US", "1d;30 min", [24, 0.5]),
        ("en-GB", "1 day before, 2 hrs and 90m", [24, 2, 1.5]),
        ("en-US", "1.5 days", [36]),
        ("en-US", "1 week", [168]),
        ("de-DE", "24 Std., 2 Std.", [24, 2]),
        ("de-DE", "1 Tag und 1,5 Stunden vorher", [24, 1.5]),
        ("de-DE", "24h,2h,30m", [24, 2, 0.5]),
        ("de-DE", "2 T, 30 Min.", [48, 0.5]),
        ("fr-FR", "24 h, 2 h", [24, 2]),
        ("fr-FR", "1 jour et 30 min avant", [24, 0.5]),
        ("fr-FR", "3 j", [72]),
        ("es-ES", "1 día, 2 horas y 30 min antes", [24, 2, 0.5]),
        ("es-LA", "1 dia, 1.5 horas", [24, 1.5]),
        ("pt-BR", "1 dia, 2 horas e 30 min", [24, 2, 0.5]),
        ("ja-JP", "24時間", [24]),
        ("ja-JP", "１日前、２時間前", [24, 2]),
        ("ja-JP", "24時間と30分", [24, 0.5]),
    ],
)
def test_times_of_reminders_are_understood_as_people_write_them_there(
    name: str, typed: str, hours: list[float]
) -> None:
    found = parse_offsets(typed, reminder_words_in(say_for(name)))
    assert [offset / timedelta(hours=1) for offset in found] == hours


@pytest.mark.parametrize("name", SPOKEN)
def test_every_word_of_a_catalogue_may_stand_in_times_of_reminders(name: str) -> None:
    words = reminder_words_in(say_for(name))
    for before in words.before:
        assert parse_offsets(f"24h {before}, 2h {before}", words) == [1440 * MINUTE, 120 * MINUTE], before
    for also in words.also:
        assert parse_offsets(f"24h {also} 2h", words) == [1440 * MINUTE, 120 * MINUTE], also
    for nothing in (*words.nothing, "none", " ", ""):
        assert parse_offsets(nothing, words) == [], nothing


@pytest.mark.parametrize(
    "typed", ["soon", "24", "-2h", "2h 3h", "24h 30m", "1e9h", "90s", "1.55m", "1,5h", "2hand 3h", "2h # 3h"]
)
def test_other_words_for_times_of_reminders_are_refused_at_their_field(typed: str) -> None:
    with pytest.raises(BadSetting, match="write the times like “24 hours, 2 hours, 30 minutes”") as refused:
        parse_offsets(typed)
    assert refused.value.field is Field.REMINDERS


def test_a_refusal_shows_times_as_its_reader_writes_them() -> None:
    with pytest.raises(BadSetting) as refused:
        parse_offsets("bald", reminder_words_in(say_for("de-DE")))
    assert refused.value.figures == {"example": "24 Stunden, 2 Stunden, 30 Minuten"}
    assert offsets_text([3 * 1440 * MINUTE, 60 * MINUTE, MINUTE], ENGLISH) == "3 days, 1 hour, 1 minute"


@pytest.mark.parametrize(
    ("name", "typed", "start", "end"),
    [
        ("en-US", "22 - 7:30", time(22), time(7, 30)),
        ("en-US", "10pm to 8am", time(22), time(8)),
        ("en-US", "20 until 9", time(20), time(9)),
        ("en-GB", "22:00 to midnight", time(22), time(0)),
        ("de-DE", "22 Uhr bis 8 Uhr", time(22), time(8)),
        ("de-DE", "von 22.30 bis 8 Uhr", time(22, 30), time(8)),
        ("fr-FR", "22h-8h", time(22), time(8)),
        ("fr-FR", "de 22 h à 7 h 30", time(22), time(7, 30)),
        ("es-ES", "de las 22 a las 8", time(22), time(8)),
        ("es-LA", "10:00 p. m. a 8:00 a. m.", time(22), time(8)),
        ("pt-BR", "das 22h30 às 8h", time(22, 30), time(8)),
        ("ja-JP", "22 時～8 時", time(22), time(8)),
        ("ja-JP", "22 時 30 分 から 8時まで", time(22, 30), time(8)),
    ],
)
def test_quiet_hours_are_understood_as_people_write_them_there(name: str, typed: str, start: time, end: time) -> None:
    assert parse_quiet_hours(typed, hours_in(say_for(name))) == QuietHours(start, end)


@pytest.mark.parametrize("name", SPOKEN)
def test_no_quiet_hours_are_an_empty_text_or_a_word(name: str) -> None:
    words = hours_in(say_for(name))
    assert parse_quiet_hours(" ", words) is None
    assert parse_quiet_hours(words.shut, words) is None
    assert parse_quiet_hours("none", words) is None


@pytest.mark.parametrize(
    "typed", ["at night", "25:00-8:00", "22:00", "22-8, 9-10", "Mon 22-8", "22-", "22 – Mon", "closed 22-8"]
)
def test_other_words_for_quiet_hours_are_refused_at_their_field(typed: str) -> None:
    with pytest.raises(BadSetting, match="write two times like 22:00–08:00") as refused:
        parse_quiet_hours(typed)
    assert refused.value.field is Field.QUIET_HOURS
