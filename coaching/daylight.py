"""Whether clocks show summer time, derived from the zone's changes around an instant."""

from bisect import bisect_right
from datetime import UTC, datetime, timedelta

from coaching import zones
from coaching.clock import utc

YEAR = timedelta(days=366)
_WEEK, _SECOND = timedelta(days=7), timedelta(seconds=1)
_Clock = tuple[timedelta, timedelta]
_Spans = tuple[tuple[datetime, ...], tuple[_Clock, ...]]


def in_summer_time(name: str, at: datetime) -> bool:
    """Return whether the clocks of a zone (IANA name) are ahead at `at` (aware), with a change within a year of it.

    They are ahead of the lower neighboring offset, and the rules mark one of the two as summer time. So a place that
    moved to another zone or stopped changing its clocks is not in summer time, and neither is Morocco at its earlier
    hour in Ramadan. In Dublin the rules mark winter as the exception (`dst()` is negative then), but the result is the
    same.
    Raises UnknownZone.
    """
    at = utc(at)
    begins, clocks = _spans(name, at.year)
    here = bisect_right(begins, at) - 1
    offset, saving = clocks[here]
    neighbors = []
    if here > 0 and begins[here] >= at - YEAR:
        neighbors.append(clocks[here - 1])
    if here + 1 < len(begins) and begins[here + 1] <= at + YEAR:
        neighbors.append(clocks[here + 1])
    return any(other < offset and (saving or theirs) for other, theirs in neighbors)


def changes_clocks(name: str, at: datetime) -> bool:
    """Return whether a zone has summer time within a year of `at` (aware). Raises UnknownZone."""
    begins, clocks = _spans(name, utc(at).year)
    return any(saving for _, saving in clocks) and len(begins) > 1


@zones.remembered(maxsize=2048)
def _spans(name: str, year: int) -> _Spans:
    """Return the instants at which a zone's clock changes, and each clock, from the year before to the year after."""
    zone = zones.zone(name)
    probe, end = datetime(year - 1, 1, 1, tzinfo=UTC) - _WEEK, datetime(year + 2, 1, 1, tzinfo=UTC) + _WEEK
    begins, clocks = [probe], [_clock(probe, zone)]
    # Week by week: no zone changes its clocks twice within one.
    while probe < end:
        if _clock(probe + _WEEK, zone) != clocks[-1]:
            begins.append(_change(probe, zone))
            clocks.append(_clock(probe + _WEEK, zone))
        probe += _WEEK
    return tuple(begins), tuple(clocks)


def _change(since: datetime, zone: zones.ZoneInfo) -> datetime:
    """Return the second, in the week after `since`, at which the clock changes."""
    old, low, high = _clock(since, zone), 0, _WEEK // _SECOND
    while high - low > 1:
        middle = (low + high) // 2
        if _clock(since + middle * _SECOND, zone) == old:
            low = middle
        else:
            high = middle
    return since + high * _SECOND


def _clock(at: datetime, zone: zones.ZoneInfo) -> _Clock:
    local = at.astimezone(zone)
    return local.utcoffset() or timedelta(0), local.dst() or timedelta(0)
