"""Time off: whole days of a coach's calendar, or from one local time until another."""

from datetime import date, datetime, time

from coaching import zones
from coaching.availability import TimeOff
from coaching.errors import BadSetting
from coaching.fields import Field
from coaching.localtime import LocalDays
from coaching.slots import AmbiguousTime, SkippedTime, day_bounds, resolve_local


def days_off(first: date, last: date, time_zone: str, note: str | None = None) -> TimeOff:
    """Return whole calendar days, both ends included, as time off.

    Raises BadSetting when they are in the wrong order.
    """
    if last < first:
        raise BadSetting(Field.TIME_OFF, "the last day off is not before the first")
    days = LocalDays(first, last, time_zone, zones.version())
    return TimeOff(day_bounds(first, time_zone)[0], day_bounds(last, time_zone)[1], note, days)


def hours_off(first: date, opens: time | None, last: date, closes: time | None, time_zone: str) -> TimeOff:
    """Return the time off from a local time of one day until one of another. None: from, or until, the day's end.

    Until midnight of the only day is until its end; of a later day it is until that day begins. Where clocks show a time
    twice, or not at all, the whole of that hour is off. Raises BadSetting.
    """
    if last < first:
        raise BadSetting(Field.TIME_OFF, "the last day off is not before the first")
    closes = None if closes == time.min and first == last else closes
    begins = day_bounds(first, time_zone)[0] if opens is None else _edge(first, opens, time_zone, later=False)
    ends = day_bounds(last, time_zone)[1] if closes is None else _edge(last, closes, time_zone, later=True)
    return TimeOff(begins, ends, days=LocalDays(first, last, time_zone, zones.version(), opens, closes))


def off_again(days: LocalDays) -> TimeOff:
    """Return the same days and times off by the present zone rules. Raises BadSetting where the calendar skips them."""
    if days.whole:
        return days_off(days.first, days.last, days.zone)
    return hours_off(days.first, days.opens, days.last, days.closes, days.zone)


def _edge(day: date, at: time, time_zone: str, *, later: bool) -> datetime:
    try:
        return resolve_local(day, at, time_zone)
    except SkippedTime as skipped:
        return skipped.resumes_at
    except AmbiguousTime as twice:
        return twice.later if later else twice.earlier
