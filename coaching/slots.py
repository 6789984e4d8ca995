"""Free slots of a coach: pure, computed on instants, and correct in weeks in which the clocks change."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple, Protocol

from coaching import zones
from coaching.availability import Availability, WeeklyHours
from coaching.causes import Obstacle
from coaching.clock import utc
from coaching.errors import BadSetting, CoachingError
from coaching.fields import Field
from coaching.written_times import FIRST_YEAR, LAST_YEAR

_ONE_DAY, _TICK = timedelta(days=1), timedelta(microseconds=1)


class Span(Protocol):
    """Anything that takes a coach's time: a session, a time off. Aware instants; the end is exclusive."""

    @property
    def starts_at(self) -> datetime:
        """When it begins."""
        ...

    @property
    def ends_at(self) -> datetime:
        """When it is over."""
        ...


class Slot(NamedTuple):
    """A bookable time as instants in UTC. Slots sort by time."""

    starts_at: datetime
    ends_at: datetime


class SkippedTime(CoachingError):
    """A local time that clocks skip when they go forward. They resume at `resumes_at` (UTC)."""

    def __init__(self, local: datetime, time_zone: str, resumes_at: datetime) -> None:
        super().__init__(f"{local.isoformat(timespec='minutes')} does not exist in {time_zone}: the clocks skip it")
        self.local, self.time_zone, self.resumes_at = local, time_zone, resumes_at


class AmbiguousTime(CoachingError):
    """A local time that clocks show twice when they go back: at `earlier` and at `later` (UTC)."""

    def __init__(self, local: datetime, time_zone: str, earlier: datetime, later: datetime) -> None:
        super().__init__(f"{local.isoformat(timespec='minutes')} happens twice in {time_zone}, when the clocks go back")
        self.local, self.time_zone, self.earlier, self.later = local, time_zone, earlier, later


def free_slots(
    availability: Availability,
    busy: Iterable[Span],
    length: timedelta,
    now: datetime,
    *,
    since: datetime,
    until: datetime,
    engaged: Iterable[Span] = (),
) -> list[Slot]:
    """Return the slots of `length` that start at or after `since` and before `until`, soonest first, each once.

    `busy` are the sessions that the coach gives, in any order, without the one being moved. Those that overlap
    `busy_window` are needed. More do no harm. `engaged` is everything else that the coach or the client has. No buffers
    apply to it. The window is cut to the notice and the horizon. All instants are aware.
    Raises ValueError for naive instants, and BadSetting for a length that no session has.
    """
    _check(length)
    now = utc(now)
    earliest = max(utc(since), now + availability.notice, now + _TICK)
    latest = min(utc(until) - _TICK, now + availability.horizon)
    if earliest > latest:
        return []
    step, far = availability.step, latest + _ONE_DAY
    upcoming = iter([*_closed_to_starts(availability, busy, engaged, length), (far, far)])
    shut_from, shut_until = next(upcoming)
    slots: list[Slot] = []
    # Whole days, so that later requests for this calendar on the same day find the grid in the cache.
    days = _midnight(earliest), _midnight(latest) + _ONE_DAY
    for start, last in _grid(availability.hours, availability.time_zone, step, length, *days):
        last = min(last, latest)
        while start <= last:
            if start < earliest:
                pass
            elif start <= shut_from:
                slots.append(Slot(start, start + length))
            elif shut_until <= start:
                shut_from, shut_until = next(upcoming)
                continue
            start += step
    return slots


def busy_window(
    availability: Availability, length: timedelta, since: datetime, until: datetime
) -> tuple[datetime, datetime]:
    """Return the window (UTC) to query for `busy`: its sessions affect starts from `since` to before `until`."""
    apart = availability.buffer_before + availability.buffer_after
    return utc(since) - apart, utc(until) + length + apart


def obstacle(
    availability: Availability,
    busy: Iterable[Span],
    start: datetime,
    length: timedelta,
    now: datetime,
    *,
    engaged: Iterable[Span] = (),
) -> Obstacle | None:
    """Return why a session cannot start at `start`, or None when it can: the rules of `free_slots` for a single time.

    The grid is not checked: the caller decides who may choose a start off the grid.
    Raises ValueError for naive instants, and BadSetting for a length that no session has.
    """
    _check(length)
    start, now = utc(start), utc(now)
    if start <= now:
        return Obstacle.PAST
    if start - now < availability.notice:
        return Obstacle.NOTICE
    if start - now > availability.horizon:
        return Obstacle.HORIZON
    return unfree(availability, busy, start, length, engaged=engaged)


def unfree(
    availability: Availability,
    busy: Iterable[Span],
    start: datetime,
    length: timedelta,
    *,
    engaged: Iterable[Span] = (),
) -> Obstacle | None:
    """Return why a coach cannot give a session at `start` (aware), or None, whatever notice they ask for."""
    start = utc(start)
    end = start + length
    if open_spans(availability.hours, availability.time_zone, start, end) != [(start, end)]:
        return Obstacle.HOURS
    if any(off.starts_at < end and start < off.ends_at for off in availability.time_off):
        return Obstacle.TIME_OFF
    apart = availability.buffer_before + availability.buffer_after
    if any(utc(one.starts_at) < end + apart and start - apart < utc(one.ends_at) for one in busy):
        return Obstacle.BUSY
    return Obstacle.BUSY if any(overlaps(one, start, end) for one in engaged) else None


def overlaps(one: Span, start: datetime, end: datetime) -> bool:
    """Return whether a span overlaps the time from `start` to `end` (aware). Touching is not overlapping."""
    return utc(one.starts_at) < end and start < utc(one.ends_at)


def days_with_slots(slots: Iterable[Slot], viewer_zone: str) -> dict[date, list[Slot]]:
    """Group slots by the viewer's calendar day, in order. Days without a slot are left out."""
    days: dict[date, list[Slot]] = {}
    begins = ends = datetime.min.replace(tzinfo=UTC)
    group: list[Slot] = []
    for slot in slots:
        # Slots come day by day, so the zone is asked once per day rather than once per slot.
        if not begins <= slot.starts_at < ends:
            begins, ends, day = _wall_day(slot.starts_at, viewer_zone)
            group = days.setdefault(day, [])
        group.append(slot)
    return days


def nearest(slots: Sequence[Slot], instant: datetime, n: int) -> list[Slot]:
    """Return the `n` slots that start nearest to `instant`, soonest first.

    Of two equally near, the earlier is preferred. `slots` must be sorted. Raises ValueError for a naive instant.
    """
    instant = utc(instant)
    right = bisect_left(slots, instant, key=lambda slot: slot.starts_at)
    left = right
    while right - left < n and (left > 0 or right < len(slots)):
        before = instant - slots[left - 1].starts_at if left > 0 else timedelta.max
        after = slots[right].starts_at - instant if right < len(slots) else timedelta.max
        if before <= after:
            left -= 1
        else:
            right += 1
    return list(slots[left:right])


def open_spans(hours: WeeklyHours, time_zone: str, since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """Return the stretches (UTC) of the window in which the coach's clock shows opening hours.

    Ranges that touch, also across midnight, become one stretch. A skipped local time opens nothing. One that occurs
    twice opens both times.
    """
    spans: list[tuple[datetime, datetime]] = []
    for begins, ends, offset in _segments(time_zone, utc(since), utc(until)):
        # The coach's wall clock, labelled UTC: it runs evenly within a segment, so plain arithmetic is right.
        wall_begins, wall_ends = begins + offset, ends + offset
        midnight = _midnight(wall_begins)
        while midnight < wall_ends:
            for one in hours.days[midnight.weekday()]:
                opens = max(midnight + timedelta(minutes=one.opens), wall_begins) - offset
                closes = min(midnight + timedelta(minutes=one.closes), wall_ends) - offset
                if closes <= opens:
                    continue
                if spans and spans[-1][1] == opens:
                    spans[-1] = (spans[-1][0], closes)
                else:
                    spans.append((opens, closes))
            midnight += _ONE_DAY
    return spans


def day_bounds(day: date, time_zone: str) -> tuple[datetime, datetime]:
    """Return the first instants (UTC) of a calendar day and of the next one.

    They are usually 23 to 25 hours apart, and equal for a day that a country skipped (Apia, December 30, 2011). Raises
    BadSetting for a year out of range.
    """
    _check_year(day)
    return _day_begins(day, time_zone), _day_begins(day + _ONE_DAY, time_zone)


def resolve_local(day: date, at: time, time_zone: str) -> datetime:
    """Return the instant (UTC) at which clocks in `time_zone` show this local time.

    Raises SkippedTime for a time they skip, AmbiguousTime with both instants for one they show twice, BadSetting for a
    year out of range, and ValueError when `at` carries a zone of its own.
    """
    if at.tzinfo is not None:
        raise ValueError("the time of day is local: it has no zone of its own")
    _check_year(day)
    wall = datetime.combine(day, at.replace(fold=0), UTC)
    found, resumes_at = [], wall
    for begins, ends, offset in _segments(time_zone, wall - 2 * _ONE_DAY, wall + 2 * _ONE_DAY):
        if begins <= wall - offset < ends:
            found.append(wall - offset)
        elif wall - offset < begins and not found:
            resumes_at = begins
            break
    local = wall.replace(tzinfo=None)
    if not found:
        raise SkippedTime(local, time_zone, resumes_at)
    if len(found) > 1:
        raise AmbiguousTime(local, time_zone, found[0], found[1])
    return found[0]


def _check(length: timedelta) -> None:
    if not timedelta(0) < length <= _ONE_DAY:
        raise BadSetting(Field.LENGTH, "a session lasts up to 24 hours")


def _check_year(day: date) -> None:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise BadSetting(
            Field.DAY, "that date is out of range: years {first} to {last}", first=str(FIRST_YEAR), last=str(LAST_YEAR)
        )


def _closed_to_starts(
    availability: Availability, busy: Iterable[Span], engaged: Iterable[Span], length: timedelta
) -> list[tuple[datetime, datetime]]:
    """Return the stretches (both ends exclusive) in which no session of `length` can start, sorted and disjoint.

    Stretches that only touch are not merged: a session can start exactly where they meet.
    """
    apart = availability.buffer_before + availability.buffer_after
    taken = [(utc(one.starts_at) - length, utc(one.ends_at)) for one in (*availability.time_off, *engaged)]
    taken += [(utc(one.starts_at) - length - apart, utc(one.ends_at) + apart) for one in busy]
    merged: list[tuple[datetime, datetime]] = []
    for begins, ends in sorted(taken):
        if merged and begins < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], ends))
        else:
            merged.append((begins, ends))
    return merged


@zones.remembered(maxsize=256)
def _grid(
    hours: WeeklyHours, time_zone: str, step: timedelta, length: timedelta, since: datetime, until: datetime
) -> tuple[tuple[datetime, datetime], ...]:
    """Return the runs of starts in a window at which a whole session fits into the hours, soonest first.

    Each run is its first start on the grid and the last instant at which a session may start.
    """
    runs = []
    spans = open_spans(hours, time_zone, since, until + length)
    segments = _segments(time_zone, since, until + length)
    at = 0
    for opens, closes in spans:
        last = min(closes - length, until)
        while segments[at][1] <= opens:
            at += 1
        # A span may contain a clock change. The grid follows the wall clock on either side of it.
        for begins, ends, offset in segments[at:]:
            if begins > last:
                break
            wall = max(opens, begins) + offset
            midnight = _midnight(wall)
            first = midnight - (midnight - wall) // step * step - offset
            runs.append((first, min(last, ends - _TICK)))
    return tuple(runs)


def _midnight(wall: datetime) -> datetime:
    return wall.replace(hour=0, minute=0, second=0, microsecond=0)


def _wall_day(instant: datetime, time_zone: str) -> tuple[datetime, datetime, date]:
    """Return the calendar day that clocks show at an instant, and a stretch around it in which they show that day."""
    begins, ends, offset = next(one for one in _year(time_zone, instant.year) if one[0] <= instant < one[1])
    midnight = _midnight(instant + offset)
    return max(begins, midnight - offset), min(ends, midnight + _ONE_DAY - offset), midnight.date()


def _day_begins(day: date, time_zone: str) -> datetime:
    midnight = datetime.combine(day, time(), UTC)
    # The first instant whose wall clock has reached midnight, also where midnight itself is skipped.
    return min(
        max(begins, midnight - offset)
        for begins, ends, offset in _segments(time_zone, midnight - 2 * _ONE_DAY, midnight + 2 * _ONE_DAY)
        if midnight - offset < ends
    )


_Segment = tuple[datetime, datetime, timedelta]
"""A stretch (UTC) with one offset from UTC."""


def _segments(time_zone: str, since: datetime, until: datetime) -> list[_Segment]:
    """Cut a window where the zone's offset changes."""
    segments: list[_Segment] = []
    for year in range(since.year, until.year + 1):
        for begins, ends, offset in _year(time_zone, year):
            begins, ends = max(begins, since), min(ends, until)
            if begins >= ends:
                continue
            if segments and segments[-1][2] == offset:
                segments[-1] = (segments[-1][0], ends, offset)
            else:
                segments.append((begins, ends, offset))
    return segments


@zones.remembered(maxsize=1024)
def _year(time_zone: str, year: int) -> tuple[_Segment, ...]:
    zone = zones.zone(time_zone)
    begins, year_ends = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    segments = []
    probe, offset = begins, _offset(begins, zone)
    # Day by day: no zone changes its clocks twice within one.
    while probe < year_ends:
        following = probe + _ONE_DAY
        after = _offset(following, zone)
        if after != offset:
            change = _change(probe, following, zone)
            segments.append((begins, change, offset))
            begins, offset = change, after
        probe = following
    if begins < year_ends:
        segments.append((begins, year_ends, offset))
    return tuple(segments)


def _change(before: datetime, after: datetime, zone: zones.ZoneInfo) -> datetime:
    """Return the first second at which `after`'s offset applies."""
    old = _offset(before, zone)
    low, high = 0, int((after - before).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(before + timedelta(seconds=middle), zone) == old:
            low = middle
        else:
            high = middle
    return before + timedelta(seconds=high)


def _offset(instant: datetime, zone: zones.ZoneInfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta(0)
