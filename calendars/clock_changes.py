"""The rules of a time zone as iCalendar takes them along: every change of its clocks in some years (RFC 5545, 3.6.5).

Calendars know the usual zones themselves. This is for those that do not, and for rules newer than theirs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from calendars import lines
from coaching import zones
from coaching.daylight import in_summer_time

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_SECOND, _DAY = timedelta(seconds=1), timedelta(days=1)
_WEEK = 7


@dataclass(frozen=True, slots=True)
class _Clock:
    """What a zone's clocks are in a period: offset from UTC, name, and whether they are set for the summer."""

    offset: timedelta
    name: str
    summer: bool


@dataclass(frozen=True, slots=True)
class _Change:
    """A change of clocks at an instant (aware UTC)."""

    at: datetime
    before: _Clock
    after: _Clock

    @property
    def wall(self) -> datetime:
        """What the clock shows when it is changed."""
        return (self.at + self.before.offset).replace(tzinfo=None)


@zones.remembered(maxsize=256)
def time_zone(name: str, first: int, last: int) -> str:
    """Return the VTIMEZONE of a known zone for the years from `first` to `last`, both included."""
    zone = zones.zone(name)
    start, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last + 1, 1, 1, tzinfo=UTC)
    changes = list(_changes(zone, start, end))
    begin = _clock(zone, start)
    parts = [_observance(begin, begin.offset, start + begin.offset)]
    groups: dict[tuple[_Clock, _Clock], list[datetime]] = {}
    for change in changes:
        groups.setdefault((change.before, change.after), []).append(change.wall)
    for (before, after), walls in groups.items():
        parts.append(_observance(after, before.offset, *walls, until_then=last))
    rows = ["BEGIN:VTIMEZONE", f"TZID:{name}", *(row for part in parts for row in part), "END:VTIMEZONE"]
    return "".join(map(lines.folded, rows))


def _observance(clock: _Clock, before: timedelta, *walls: datetime, until_then: int | None = None) -> list[str]:
    """Return the rows of a period that begins when clocks that were at `before` show each of `walls`."""
    kind = "DAYLIGHT" if clock.summer else "STANDARD"
    more = walls[1:]
    rows = [f"BEGIN:{kind}", f"DTSTART:{lines.wall(walls[0])}"]
    if rule := _yearly(walls, until_then) if more else None:
        rows.append(f"RRULE:{rule}")
    elif more:
        rows.append("RDATE:" + ",".join(map(lines.wall, more)))
    rows += [f"TZOFFSETFROM:{lines.offset(before)}", f"TZOFFSETTO:{lines.offset(clock.offset)}"]
    return [*rows, f"TZNAME:{lines.text(clock.name)}", f"END:{kind}"]


def _yearly(walls: Sequence[datetime], last: int | None) -> str | None:
    """Return the yearly rule of exactly these times up to the last year, or None if there is none.

    Some calendars read a rule only, and take the first date of a list for all of them.
    """
    first = walls[0]
    if [wall.year for wall in walls] != list(range(first.year, (last or 0) + 1)):
        return None
    if len({(wall.month, wall.weekday(), wall.time()) for wall in walls}) != 1:
        return None
    nth = {(wall.day - 1) // _WEEK + 1 for wall in walls}
    at_the_end = all((wall + _WEEK * _DAY).month != wall.month for wall in walls)
    if len(nth) > 1 and not at_the_end:
        return None
    number = -1 if at_the_end else nth.pop()
    return f"FREQ=YEARLY;BYMONTH={first.month};BYDAY={number}{_DAYS[first.weekday()]}"


def _clock(zone: zones.ZoneInfo, at: datetime) -> _Clock:
    local = at.astimezone(zone)
    # Not the zone's own flag: Ireland's says that winter is the exception.
    return _Clock(_offset(zone, at), local.tzname() or "", in_summer_time(zone.key, at))


def _changes(zone: zones.ZoneInfo, start: datetime, end: datetime) -> Iterator[_Change]:
    """Yield the changes of clocks from `start` on until before `end`. No zone changes them twice within a week."""
    at, clock = start, _clock(zone, start)
    while at < end:
        after = at + _WEEK * _DAY
        if _offset(zone, after) != clock.offset:
            low, high = 0, _WEEK * _DAY // _SECOND
            while high - low > 1:
                middle = low + (high - low) // 2
                low, high = (middle, high) if _offset(zone, at + middle * _SECOND) == clock.offset else (low, middle)
            change = at + high * _SECOND
            if change >= end:
                return
            new = _clock(zone, change)
            yield _Change(change, clock, new)
            clock = new
        at = after


def _offset(zone: zones.ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta(0)
