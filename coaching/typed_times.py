"""Times of day that people type, and the words between them: the tokens of weekly hours and of quiet hours."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from coaching.errors import BadSetting, Figure
from coaching.fields import Field
from coaching.hour_words import DAYS, HourWords
from coaching.texts import folded

DAY = 24 * 60
"""Minutes in a day: the value of 24:00."""


@dataclass(frozen=True, slots=True)
class Time:
    """A time as typed; `half` is "a" or "p", or None when neither am nor pm was given."""

    text: str
    hour: int
    minute: int
    half: str | None

    def readings(self) -> tuple[int, ...]:
        """Return the minutes since 0:00 that this can mean when the other end of the range has am or pm."""
        if self.half is not None:
            return (self.hour % 12 * 60 + self.minute + (DAY // 2 if self.half == "p" else 0),)
        plain = self.hour * 60 + self.minute
        return (plain, (plain + DAY // 2) % DAY) if 1 <= self.hour <= 12 else (plain,)


Days = tuple[int, ...]
Token = Time | Days | str
"""A time, the days named by a word, or one of "-", ",", "closed"."""


def bad_hours(message: str, many: str | None = None, /, **figures: Figure) -> BadSetting:
    """Return the error for weekly hours that are not understood."""
    return BadSetting(Field.HOURS, message, many, **figures)


def tokens_of(text: str, words: HourWords) -> Iterator[Token]:
    """Yield the tokens of a text. English is accepted in addition to `words`. Raises BadSetting for the field `hours`."""
    position, end = 0, len(text.rstrip())
    while position < end:
        found = words.token.match(text, position)
        if found is None:
            raise bad_hours(
                "“{part}” is not understood: write hours like “Mon–Fri 9:00–17:00”",
                part=text[position:end].strip()[:20],
            )
        position = found.end()
        if found["time"]:
            yield _time(found, words)
        elif found["dash"]:
            yield "-"
        elif found["comma"]:
            yield ","
        elif found["word"]:
            yield from _word(" ".join(found["word"].split()), words)


def _time(found: re.Match[str], words: HourWords) -> Time:
    text, hour = found["time"].strip(), int(found["hour"])
    minute = 30 if found["thirty"] else int(found["minute"] or found["apart"] or 0)
    if found["before"]:
        return _time_of_half(text, hour, minute, words.halves[found["before"]])
    half = (found["half"] or found["bare"] or "").lower() or None
    if half is not None and not 1 <= hour <= 12:
        raise bad_hours("“{text}” is not a time: am and pm go with the hours 1 to 12", text=text)
    if minute > 59 or hour * 60 + minute > DAY:
        raise bad_hours("“{text}” is not a time of day: hours run from 0:00 to 24:00, minutes from 00 to 59", text=text)
    return Time(text, hour, minute, half)


def _time_of_half(text: str, hour: int, minute: int, half: str) -> Time:
    """Return a time with the half of the day before it. It counts from 0, and its hour 12 is understood in both ways."""
    if hour > 11:
        raise bad_hours("“{text}” can be noon or midnight: write 12:00 or 24:00", text=text)
    if minute > 59:
        raise bad_hours("“{text}” is not a time of day: hours run from 0:00 to 24:00, minutes from 00 to 59", text=text)
    return Time(text, hour, minute, half)


def _word(word: str, words: HourWords) -> Iterator[Token]:
    plain = folded(word)
    if days := words.days.get(plain):
        yield days
    elif plain in words.closed:
        yield "closed"
    elif plain in words.to:
        yield "-"
    elif plain in words.also:
        yield ","
    elif plain in words.times:
        hour, half = words.times[plain]
        yield Time(word, hour, 0, half)
    elif parts := words.parts(plain):
        for part in parts:
            yield from _word(part, words)
    elif plain not in words.fillers:
        raise _no_word(word, words)


def _no_word(word: str, words: HourWords) -> BadSetting:
    near = {folded(day): day for day in (*DAYS, *words.wide)}
    if close := difflib.get_close_matches(folded(word), near, 1):
        day = near[close[0]]
        return bad_hours("“{word}” is not a day or a time: did you mean {day}?", word=word[:20], day=day)
    return bad_hours("“{word}” is not a day or a time: write days as Mon, Tue, Wed, Thu, Fri, Sat, Sun", word=word[:20])


def meant(start: Time, end: Time) -> tuple[int, int]:
    """Return the minutes that two times mean. In 1–3pm and 10am–2 one half applies to both, whichever is shorter."""
    starts, ends = start.readings(), end.readings()
    if start.half is None and end.half is None:
        return starts[0], ends[0]
    return min(((a, b) for a in starts for b in ends), key=lambda pair: (pair[1] - pair[0] - 1) % DAY)
