"""Days and times as people and products write them: 12/03/2026 2:30 PM, 3. Dezember 2026 14:30 Uhr, 2026-12-03T14:30Z."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import NamedTuple

from coaching.bringing.file_map import DateOrder
from coaching.texts import folded


class BadMoment(Exception):
    """What is wrong with a written day or time, in words that follow it."""


class OpenOrder(BadMoment):
    """Nobody said which number is the day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A day and a time as they are written. `zone`: what is written behind the time, an offset or a name of a zone.

    `until` is the time behind a dash: the end.
    """

    day: date | None = None
    at: time | None = None
    zone: str = ""
    until: time | None = None


class _Numbers(NamedTuple):
    first: int
    second: int
    year: int


_MONTHS: Mapping[str, int] = {
    name: number
    for names in (
        "january february march april may june july august september october november december",
        "jan feb mar apr may jun jul aug sep oct nov dec",
        "januar februar marz april mai juni juli august september oktober november dezember",
        "jan feb maerz apr mai jun jul aug sept okt nov dez",
        "janner feber mrz apr mai jun jul aug sep okt nov dez",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "ene feb mar abr may jun jul ago setiembre oct nov dic",
        "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
        "janv fevr mars avr mai juin juil aout sept oct nov dec",
        "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro",
        "jan fev mar abr mai jun jul ago set out nov dez",
    )
    for number, name in enumerate(names.split(), 1)
}
_ORDINAL = re.compile(r"(?<=[0-9])(?:st|nd|rd|th|er|º|o)\b")
_ISO = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?![0-9])(?: ?\([^)0-9]{1,3}\))?")
_JAPANESE = re.compile(r"([0-9]{4})年 ?([0-9]{1,2})月 ?([0-9]{1,2})日(?: ?\([^)]*\))?")
_NUMERIC = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})(?![0-9])")
_DAY_MONTH = re.compile(r"([0-9]{1,2})\.?[ -](?:de )?([a-z]{3,12})\.?,?[ -](?:de )?([0-9]{4})(?![0-9])")
_MONTH_DAY = re.compile(r"([a-z]{3,12})\.?[ -]([0-9]{1,2}),?[ -]([0-9]{4})(?![0-9])")
_WEEKDAY = re.compile(r"[a-z]{2,10}(?:-feira)?[.,]? ")
_TIME = re.compile(
    r"(?:(午前|午後) ?)?([0-9]{1,2})(?:[:.h時] ?([0-9]{2})分?(?:[:.]([0-9]{2})(?:[.,][0-9]{1,9})?)?| ?h(?![a-z])|時)?"
    r"(?: ?([ap])\.? ?m\b\.?)?(?: (?:uhr|h|hrs)\b)?"
)
_BETWEEN = re.compile(r" ?(?:[-–—~〜～]|\bto\b|\bbis\b|\bas\b|\bate\b) ?")
_JOINED = re.compile(r"(?:,? at |,? um |,? kl\.? |[ ,t]|, )? ?(?:a las |a la |as |a )?")
_OFFSET = re.compile(r"(?:utc|gmt)? ?[+\u2212-][0-9]{1,2}(?::?[0-9]{2})?|z")
_CENTURY = 2000
_NOON = 12


def moment(text: str, order: DateOrder | None) -> Moment:
    """Return the day and the time in a text; either may be absent. Raises BadMoment, OpenOrder."""
    said = _ORDINAL.sub("", _plain(text))
    day, rest = _day(said, order)
    if day is not None:
        rest = rest[joined.end() :] if (joined := _JOINED.match(rest)) else rest
    if not rest:
        return Moment(day=day)
    at, rest = _time(rest)
    until = None
    between = _BETWEEN.match(rest)
    # Behind an ISO day, -05:00 is an offset; elsewhere it is the end.
    offset = _ISO.match(said) is not None and _OFFSET.fullmatch(rest) is not None
    if at is not None and between is not None and not offset:
        until, after = _time(rest[between.end() :])
        rest = rest if until is None else after
    if at is None:
        raise BadMoment("is not a day and a time that can be read")
    return Moment(day=day, at=at, until=until, zone=_behind(text, rest))


def orders(text: str) -> frozenset[DateOrder] | None:
    """Return the orders in which a written day exists, or None where its order does not matter."""
    said = _ORDINAL.sub("", _plain(text))
    found = next(_numeric(said), None)
    if found is None:
        return None
    numbers, _ = found
    if numbers.first == numbers.second <= 12:
        return None
    every = ((DateOrder.DAY_FIRST, numbers.second), (DateOrder.MONTH_FIRST, numbers.first))
    return frozenset(order for order, month in every if 1 <= month <= 12)


def _plain(text: str) -> str:
    return " ".join(folded(text).replace("，", ",").split())


def _day(said: str, order: DateOrder | None) -> tuple[date | None, str]:
    for pattern in (_ISO, _JAPANESE):
        if (found := pattern.match(said)) is not None:
            year, month, day = (int(one) for one in found.groups() if one.isdigit())
            return _date(year, month, day), said[found.end() :]
    if (numeric := next(_numeric(said), None)) is not None:
        numbers, rest = numeric
        if order is None and numbers.first != numbers.second:
            raise OpenOrder("can be read in two ways: say whether the day or the month comes first")
        day, month = (
            (numbers.first, numbers.second) if order is DateOrder.DAY_FIRST else (numbers.second, numbers.first)
        )
        return _date(numbers.year, month, day), rest
    for one in _without_weekday(said):
        if (found := _DAY_MONTH.match(one)) is not None and found[2] in _MONTHS:
            return _date(int(found[3]), _MONTHS[found[2]], int(found[1])), one[found.end() :]
        if (found := _MONTH_DAY.match(one)) is not None and found[1] in _MONTHS:
            return _date(int(found[3]), _MONTHS[found[1]], int(found[2])), one[found.end() :]
    return None, said


def _numeric(said: str) -> Iterator[tuple[_Numbers, str]]:
    for one in _without_weekday(said):
        if _ISO.match(one) is None and (found := _NUMERIC.match(one)) is not None:
            year = int(found[4])
            yield (
                _Numbers(int(found[1]), int(found[3]), year if len(found[4]) > 2 else _CENTURY + year),
                one[found.end() :],
            )


def _without_weekday(said: str) -> Iterator[str]:
    yield said
    if (weekday := _WEEKDAY.match(said)) is not None:
        yield said[weekday.end() :]


def _date(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise BadMoment("names a day that does not exist") from None


def _time(said: str) -> tuple[time | None, str]:
    found = _TIME.match(said)
    if found is None or not (found[3] or found[1] or found[5] or found[0][-1] in "h時rs"):
        return None, said  # a number alone is no time
    half = {"午前": "a", "午後": "p"}.get(found[1] or "") or found[5]
    hour, minute, second = int(found[2]), int(found[3] or 0), int(found[4] or 0)
    if half is not None:
        if found[5] and not 1 <= hour <= _NOON:
            raise BadMoment(f"says {half.upper()}M of the hour {hour}")
        hour = hour % _NOON + (_NOON if half == "p" else 0)
    try:
        return time(hour, minute, second), said[found.end() :]
    except ValueError:
        raise BadMoment("names a time that does not exist") from None


def _behind(text: str, rest: str) -> str:
    """Return what stands behind the time, as it is written: the name of a zone may need its capital letters."""
    rest = rest.strip()
    if not rest:
        return ""
    bare = rest[1:-1].strip() if rest[0] == "(" and rest[-1] == ")" and rest.count("(") == 1 else rest
    at = text.casefold().rfind(bare)
    own = text[at : at + len(bare)]
    return own if at >= 0 and own.casefold() == bare else bare
