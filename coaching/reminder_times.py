"""The times of reminders as people type them: "24 hours, 2 hours", each before free cancellation ends."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Literal

from coaching.errors import BadSetting
from coaching.fields import Field
from coaching.spans import UnitNames, spans_with
from coaching.texts import folded, unspaced

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
EXAMPLE = (24 * _HOUR, 2 * _HOUR, 30 * _MINUTE)
Unit = Literal["day", "hour", "minute"]
_SPAN = "\0"
"""Stands for a span while the rest of the text is read. Nobody can type it."""
_LIST = re.compile(r"[\s,]*(?:\0[\s.]*(?:,[\s,]*\0[\s.]*)*)?[\s,]*")


def _in_english(count: int, unit: Unit) -> str:
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


@dataclass(frozen=True, slots=True)
class ReminderWords:
    """How a language writes the times of reminders: what `shown` returns for a count of a unit is read back.

    Its names of units, its words for "before", "and" and "nothing", and its decimal `point` are accepted in addition to
    the English ones.
    """

    shown: Callable[[int, Unit], str] = _in_english
    units: UnitNames = ()
    before: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    nothing: tuple[str, ...] = ()
    point: str = "."


ENGLISH = ReminderWords()


def parse_offsets(text: str, words: ReminderWords = ENGLISH) -> list[timedelta]:
    """Read "24h, 2h, 30m", "1 day and 2 hours before", or the same in `words`: each is one count of one unit.

    Raises BadSetting. Two spans without a comma are not added: one of them would be lost, and a reminder with it.
    """
    plain = folded(text).strip()
    if plain in {"none", "nothing", *map(folded, words.nothing)}:
        return []
    if words.point == ",":
        plain = re.sub(r"(?<=\d),(?=\d)", ".", plain)
    plain = re.sub("[;、]", ",", plain)
    found, rest = spans_with(words.units).taken(plain, _SPAN)
    before, also = _patterns(words)
    if not _LIST.fullmatch(also.sub(",", before.sub(" ", rest))) or any(offset % _MINUTE for offset in found):
        example = offsets_text(EXAMPLE, words)
        raise BadSetting(Field.REMINDERS, "write the times like “{example}”, separated by commas", example=example)
    return found


def offsets_text(offsets: Iterable[timedelta], words: ReminderWords = ENGLISH) -> str:
    """Return times of reminders as `parse_offsets` with the same words reads them back."""
    return ", ".join(_one(offset, words) for offset in offsets)


def _one(offset: timedelta, words: ReminderWords) -> str:
    if offset % _DAY == timedelta(0) and offset > 2 * _DAY:
        return words.shown(offset // _DAY, "day")
    if offset % _HOUR == timedelta(0):
        return words.shown(offset // _HOUR, "hour")
    return words.shown(offset // _MINUTE, "minute")


@lru_cache(maxsize=64)
def _patterns(words: ReminderWords) -> tuple[re.Pattern[str], re.Pattern[str]]:
    return _any_of(("before", *words.before)), _any_of(("and", "&", *words.also))


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Return the pattern of one of the words, the longest first, as a word of its own where words have spaces."""
    plain = sorted(filter(None, map(folded, words)), key=len, reverse=True)
    return re.compile(
        "|".join(re.escape(word) if unspaced(word) else rf"(?<!\w){re.escape(word)}(?!\w)" for word in plain)
    )
