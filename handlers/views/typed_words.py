"""Words that people type, in their language and in English: days of a week, steps of terms, and cities."""

import re
from collections.abc import Mapping
from functools import lru_cache

from babel import Locale
from babel.core import get_global
from babel.units import format_unit

from coaching import zones
from coaching.hour_words import DAYS, HourWords, hour_words
from coaching.reminder_times import ReminderWords, Unit
from coaching.spans import UnitNames
from coaching.texts import unspaced
from coaching.tiers import TierWords
from coaching.zone_words import city_key
from language.say import Say


@lru_cache(maxsize=256)
def hours_in(say: Say) -> HourWords:
    """Return the words of weekly hours: Unicode's names of days, and our own translated words."""
    days = say.locale.days
    names = [
        (day, str(days[form][width][day]))
        for form in ("format", "stand-alone")
        for width in ("wide", "abbreviated", "short")
        for day in range(len(DAYS))
    ]
    others = (
        say.meant("typed in weekly hours", "Mon"),
        say.meant("typed in weekly hours", "Tue"),
        say.meant("typed in weekly hours", "Wed"),
        say.meant("typed in weekly hours", "Thu"),
        say.meant("typed in weekly hours", "Fri"),
        say.meant("typed in weekly hours", "Sat"),
        say.meant("typed in weekly hours", "Sun"),
    )
    several = (
        ((0, 1, 2, 3, 4), say.meant("typed in weekly hours", "weekdays")),
        ((5, 6), say.meant("typed in weekly hours", "weekends")),
        (tuple(range(len(DAYS))), say.meant("typed in weekly hours", "daily")),
    )
    return hour_words(
        [str(days["stand-alone"]["wide"][day]) for day in range(len(DAYS))],
        [str(days["stand-alone"]["abbreviated"][day]) for day in range(len(DAYS))],
        [*((day, name) for day, words in enumerate(others) for name in _each(words)), *names],
        several=[(some, name) for some, words in several for name in _each(words)],
        closed=_each(say.meant("typed in weekly hours", "closed")),
        to=_each(say.meant("typed in weekly hours", "to")),
        also=_each(say.meant("typed in weekly hours", "and")),
        fillers=_each(say.meant("typed in weekly hours", "from")),
        noon=_each(say.meant("typed in weekly hours", "noon")),
        midnight=_each(say.meant("typed in weekly hours", "midnight")),
        halves=_halves(say.locale),
    )


def _halves(locale: Locale) -> tuple[str, ...]:
    """Return Unicode's words for am and pm where they are written before the hour: in scripts without spaces."""
    for width in ("wide", "abbreviated"):
        words = locale.day_periods["format"][width]
        halves = tuple(str(words[half]) for half in ("am", "pm") if half in words)
        if len(halves) == 2 and all(map(unspaced, halves)):
            return halves
    return ()


def _each(words: str) -> list[str]:
    """Return the words of a message that may contain several, separated by commas."""
    return [one.strip() for one in words.replace("、", ",").split(",")]


@lru_cache(maxsize=256)
def tiers_in(say: Say) -> TierWords:
    """Return the words of steps of terms: our own translated words, and Unicode's names of units."""
    return TierWords(
        line=say("{percent} until {lead}", percent="{percent}", lead="{lead}"),
        at_start=say("{percent} until the start", percent="{percent}"),
        percent=tuple(_each(say.meant("typed in terms", "percent"))),
        nothing=tuple(_each(say.meant("typed in terms", "nothing"))),
        units=_units(say.locale),
    )


@lru_cache(maxsize=256)
def reminder_words_in(say: Say) -> ReminderWords:
    """Return the words of times of reminders: our own translated words, and Unicode's names of units."""

    def shown(count: int, unit: Unit) -> str:
        # Without marks between thousands, which are decimal points elsewhere.
        return say.duration(count, unit).replace(say.number(count), str(count))

    return ReminderWords(
        shown=shown,
        units=_units(say.locale),
        before=tuple(_each(say.meant("typed in reminder times", "before"))),
        also=tuple(_each(say.meant("typed in weekly hours", "and"))),
        nothing=tuple(_each(say.meant("typed in terms", "nothing"))),
        point=str(say.locale.number_symbols["latn"]["decimal"]),
    )


def _units(locale: Locale) -> UnitNames:
    """Return Unicode's names of units of time, in full and abbreviated."""
    names = {
        re.sub(r"[\d.\s]+", "", format_unit(n, f"duration-{unit}", width, locale=locale)): unit[0]
        for unit in ("week", "day", "hour", "minute", "second")
        for width in ("long", "short", "narrow")
        for n in (1, 2, 5)
    }
    return tuple((name, unit) for name, unit in names.items() if name)


@zones.remembered(maxsize=64)
def cities_in(locale: Locale) -> Mapping[str, str]:
    """Return the zone of every city that has a name in a language: Kairo, Londres."""
    known, today = zones.names(), get_global("zone_aliases")
    return {
        city_key(str(names["city"])): today.get(zone, zone)
        for zone, names in sorted(locale.time_zones.items())
        if today.get(zone, zone) in known and "/" in zone and "city" in names
    }
