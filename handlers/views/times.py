"""Instants as people read them: one formatter, in the viewer's own zone and locale."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from babel import Locale
from babel.dates import DateTimePattern, parse_pattern

from coaching import zones
from coaching.daylight import in_summer_time
from coaching.sessions import Person
from handlers.views.zone_names import offset_words, zone_name
from language.figures import SPACES
from language.locales import ENGLISH
from language.say import Say, say_for

_QUOTED = re.compile(r"'[^']*'")
_DAY_OF_MONTH = re.compile(r"d\.? (?:'[^']*' )?(?=[ML])")
"""A day's number and what joins it to the month that follows it, in a pattern of Unicode's."""
DAYS_OF_A_WEEK = 7
"""From so many days ahead on, a weekday alone would be ambiguous."""
_OTHER_IN_RANGES = frozenset({"ja"})
"""Languages whose ranges have other signs than their instants in Unicode's data: 15時00分～15時50分 beside 15:00."""


class Times:
    """Formats instants (aware) for one zone and language. Build it with `times_for`, which caches those in use.

    `say` speaks the reader's language.
    """

    def __init__(self, zone: zones.ZoneInfo, say: Say) -> None:
        self.zone = zone
        self.say = say
        self._locale = say.locale
        self._look = str(say.locale)
        self._clock_skeleton = _skeleton(self._look)
        self._range = str(say.locale.interval_formats[None]).translate(SPACES)

    def local(self, at: datetime) -> datetime:
        """Return `at` on the viewer's wall clock."""
        return _local(self.zone, at)

    def when(self, start: datetime, end: datetime, now: datetime, *, mark: bool = False) -> str:
        """Return "Tue, Nov 24, 3:00 – 3:50 PM". With `mark`, a time in daylight saving is marked."""
        return self._span(start, end, now, mark)

    @lru_cache(maxsize=512)  # noqa: B019 - these formatters are kept anyway, and a view says a session's time again and again
    def _span(self, start: datetime, end: datetime, now: datetime, mark: bool) -> str:
        begin, finish = self.local(start), self.local(end)
        moved = begin.utcoffset() != finish.utcoffset()
        if begin.date() != finish.date() or moved:
            shown = (self.instant(at, now, mark=mark or moved) for at in (start, end))
            return self._range.format(*shown)
        hours = _hours(self._look, self._clock_skeleton, begin.time(), finish.time())
        text = _joined(self._look, _day(self._look, begin.date(), begin.year != self.local(now).year), hours)
        return self._marked(text) if mark and self.in_dst(start) else text

    def instant(self, at: datetime, now: datetime, *, mark: bool = False) -> str:
        """Return "Tue, Nov 24, 3:00 PM". Seconds are shown only if the instant has some."""
        local = self.local(at)
        day = _day(self._look, local.date(), local.year != self.local(now).year)
        text = _joined(self._look, day, _clock(self._look, self._clock_skeleton, local.time().replace(microsecond=0)))
        return self._marked(text) if mark and self.in_dst(at) else text

    def day(self, at: datetime, now: datetime) -> str:
        """Return "Tue, Nov 24"."""
        local = self.local(at)
        return _day(self._look, local.date(), local.year != self.local(now).year)

    def hours(self, start: datetime, end: datetime, *, mark: bool = False) -> str:
        """Return "3:00 – 3:50 PM" without the day.

        Daylight saving is marked with `mark`, or if clocks change in between.
        """
        begin, finish = self.local(start), self.local(end)
        if begin.utcoffset() == finish.utcoffset():
            text = _hours(self._look, self._clock_skeleton, begin.time(), finish.time())
            return self._marked(text) if mark and self.in_dst(start) else text
        shown = []
        for at, local in ((start, begin), (end, finish)):
            text = _clock(self._look, self._clock_skeleton, local.time().replace(microsecond=0))
            shown.append(self._marked(text) if self.in_dst(at) else text)
        return self._range.format(*shown)

    def clock(self, at: datetime) -> str:
        """Return "3:50 PM", without the day."""
        return _clock(self._look, self._clock_skeleton, self.local(at).time().replace(microsecond=0))

    def range(self, start: str, end: str) -> str:
        """Return two texts as a range."""
        return self._range.format(start, end)

    def calendar_day(self, day: date, now: datetime) -> str:
        """Return "Tue, Nov 24" for a calendar day of this zone."""
        return _day(self._look, day, day.year != self.local(now).year)

    def near_day(self, day: date, now: datetime) -> str:
        """Return "Today · Tue, Nov 24" or "Tomorrow · …" for a calendar day of this zone, else the day alone."""
        text, ahead = self.calendar_day(day, now), (day - self.local(now).date()).days
        near = {0: self.say("Today"), 1: self.say("Tomorrow")}.get(ahead)
        return f"{near} · {text}" if near else text

    def soon(self, at: datetime, now: datetime, *, mark: bool = False) -> str:
        """Return an instant in few words: "3:00 PM" on the same day, "Sun 3:00 PM" within a week, else as `instant`."""
        local = self.local(at).replace(second=0, microsecond=0)
        ahead = (local.date() - self.local(now).date()).days
        if not 0 <= ahead < DAYS_OF_A_WEEK:
            return self.instant(at.replace(second=0, microsecond=0), now, mark=mark)
        text = _clock(self._look, self._clock_skeleton, local.time())
        if ahead:
            text = _weekday(self._look, f"E{self._clock_skeleton}", local.replace(tzinfo=None))
        return self._marked(text) if mark and self.in_dst(at) else text

    def days_of(self, first: date, last: date, zone: str, now: datetime) -> str:
        """Return "Thu, Dec 24 – Fri, Dec 25" for days of a zone's calendar, both included, or one day.

        If this clock differs from that zone's at their end, the zone is added: "Thu, Dec 24 (Eastern Time)".
        """
        text = self.calendar_day(first, now)
        if last != first:
            text = self._range.format(text, self.calendar_day(last, now))
        theirs = zones.first_known(zone)
        end = datetime.combine(last, time(23, 59), theirs)
        offset = end.utcoffset() or timedelta(0)
        if offset == self.local(end.astimezone(UTC)).utcoffset():
            return text
        return f"{text} ({zone_name(theirs.key, self._locale, end) or offset_words(offset, self._locale)})"

    def month(self, day: date) -> str:
        """Return "November 2026" for a calendar day."""
        return _month(self._look, day.replace(day=1))

    def in_dst(self, at: datetime) -> bool:
        """Return whether the viewer's clock shows summer time at `at`, see `in_summer_time`."""
        return in_summer_time(self.zone.key, at)

    def mixed(self, instants: Iterable[datetime]) -> bool:
        """Return whether the instants are on both sides of a clock change."""
        return len({self.local(at).utcoffset() for at in instants}) > 1

    def zone_line(self, instants: Iterable[datetime]) -> str:
        """Return the zone's common name: "Eastern Time (GMT−5:00)", "Eastern Time (GMT−4:00, DST)", or "GMT+2:00"."""
        every = sorted(instants)
        by_offset: dict[timedelta, bool] = {}
        for at in every:
            offset = self.local(at).utcoffset() or timedelta(0)
            by_offset[offset] = by_offset.get(offset, True) and self.in_dst(at)
        several = len(by_offset) > 1
        shown = [self._offset(offset, saving=saving, several=several) for offset, saving in sorted(by_offset.items())]
        name = zone_name(self.zone.key, self._locale, every[0])
        offsets = self.say.clauses(*shown)
        return f"{name} ({offsets})" if name else offsets

    def _offset(self, offset: timedelta, *, saving: bool, several: bool) -> str:
        text = offset_words(offset, self._locale)
        if not saving:
            return text
        return self.say("{offset} where marked DST", offset=text) if several else self.say("{offset}, DST", offset=text)

    def _marked(self, text: str) -> str:
        """Mark a time as daylight saving."""
        return self.say("{time} (DST)", time=text)


def clock_time(at: time, say: Say) -> str:
    """Return "2:30 AM" for a time of day, on any clock."""
    look = str(say.locale)
    return _clock(look, _skeleton(look), at)


def clock_range(start: time, end: time, say: Say) -> str:
    """Return "10:00 PM – 7:30 AM". The range may pass midnight."""
    look = str(say.locale)
    return _hours(look, _skeleton(look), start, end)


def part_of_day(hour: int, say: Say) -> str:
    """Return the name of a quarter of the day, to group times by."""
    return (say("Night"), say("Morning"), say("Afternoon"), say("Evening"))[hour // 6]


def times_for(person: Person | None, *others: str | None) -> Times:
    """Return the formatter for a person: their zone, else the first of `others` that exists, else UTC."""
    known = zones.first_known(person.time_zone if person else None, *others)
    return _times(known.key, person.locale if person else None)


@zones.remembered(maxsize=512)
def _times(zone: str, locale: str | None) -> Times:
    return Times(zones.zone(zone), say_for(locale))


@lru_cache(maxsize=4096)
def _local(zone: zones.ZoneInfo, at: datetime) -> datetime:
    return at.astimezone(zone)


@lru_cache(maxsize=256)
def _skeleton(locale: str) -> str:
    short = _QUOTED.sub("", str(Locale.parse(locale).time_formats["short"].pattern))
    return "hm" if "h" in short or "K" in short else "Hm"


@lru_cache(maxsize=256)
def _pattern(locale: str, skeleton: str) -> DateTimePattern:
    known = Locale.parse(locale)
    found: DateTimePattern = known.datetime_skeletons.get(skeleton) or ENGLISH.datetime_skeletons[skeleton]
    return found


@lru_cache(maxsize=256)
def _whole(locale: str, skeleton: str) -> DateTimePattern:
    """Return a pattern in which no line ends between a day's number and its month: "1. Dez.", "24 de nov."."""
    plain = str(_pattern(locale, skeleton).pattern).translate(SPACES)
    return parse_pattern(_DAY_OF_MONTH.sub(lambda found: found[0].replace(" ", "\u00a0"), plain))


@lru_cache(maxsize=4096)
def _day(locale: str, day: date, with_year: bool) -> str:
    pattern = _whole(locale, "yMMMEd" if with_year else "MMMEd")
    return str(pattern.apply(datetime.combine(day, time(), UTC), Locale.parse(locale)))


@lru_cache(maxsize=256)
def _month(locale: str, day: date) -> str:
    pattern = _pattern(locale, "yMMMM")
    return str(pattern.apply(datetime.combine(day, time(), UTC), Locale.parse(locale))).translate(SPACES)


@lru_cache(maxsize=4096)
def _clock(locale: str, skeleton: str, at: time) -> str:
    pattern = _pattern(locale, f"{skeleton}s" if at.second else skeleton)
    return str(pattern.apply(datetime.combine(date(2000, 1, 1), at, UTC), Locale.parse(locale))).translate(SPACES)


@lru_cache(maxsize=4096)
def _weekday(locale: str, skeleton: str, wall: datetime) -> str:
    return str(_pattern(locale, skeleton).apply(wall, Locale.parse(locale))).translate(SPACES)


@lru_cache(maxsize=4096)
def _hours(locale: str, skeleton: str, start: time, end: time) -> str:
    known = Locale.parse(locale)
    largest = "a" if skeleton == "hm" and (start.hour < 12) != (end.hour < 12) else skeleton[0]
    parts = known.interval_formats.get(skeleton, {}).get(largest)
    plain = known.language in _OTHER_IN_RANGES or start.second or end.second
    if plain or not parts or len(parts) != 2:
        return (
            str(known.interval_formats[None])
            .format(_clock(locale, skeleton, start), _clock(locale, skeleton, end))
            .translate(SPACES)
        )
    days = (datetime.combine(date(2000, 1, 1), at, UTC) for at in (start, end))
    texts = (str(parse_pattern(part).apply(day, known)) for part, day in zip(parts, days, strict=True))
    return "".join(texts).translate(SPACES)


@lru_cache(maxsize=4096)
def _joined(locale: str, day: str, hours: str) -> str:
    pattern = str(Locale.parse(locale).datetime_formats["medium"])
    return pattern.replace("'", "").translate(SPACES).replace("{1}", day).replace("{0}", hours)
