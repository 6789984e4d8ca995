"""Times and days as people mean them: on the clock or the calendar of a zone, with the zone rules they were computed by.

An instant alone cannot follow a country that changes its clocks; what was meant can. Zones are named by IANA; `rules` is the
version of the zone database (`2026c`).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from coaching import zones
from coaching.clock import utc
from coaching.zones import ZoneInfo

NO_RULES = "0"
"""Stands where a version of the zone rules does for what nobody has looked at yet: older than any."""


@dataclass(frozen=True, slots=True)
class LocalTime:
    """What the clocks of `zone` show at a session's start, as `rules` said it.

    `by_instant`: the start was given as an instant and stays one; what clocks show then is only noted.
    Raises ValueError when `wall` has a zone of its own.
    """

    wall: datetime
    zone: str
    rules: str
    by_instant: bool = False

    def __post_init__(self) -> None:
        if self.wall.tzinfo is not None:
            raise ValueError("a time on the wall has no zone of its own: the zone stands beside it")

    def instant(self, so_far: datetime) -> datetime:
        """Return when (UTC) this is by the rules of now; `so_far` is when it was by those it was computed with."""
        return instant_of(self.wall, zones.first_known(self.zone), self.wall - utc(so_far).replace(tzinfo=None))


@dataclass(frozen=True, slots=True)
class LocalDays:
    """Whole days on the calendar of `zone`, both included, whose bounds `rules` said; None: read from an older row's instants."""

    first: date
    last: date
    zone: str
    rules: str | None


@dataclass(frozen=True, slots=True)
class LocalDay:
    """A day on the calendar of `zone`, whose end was computed by `rules`; None: it was read from an older row's instant."""

    day: date
    zone: str
    rules: str | None

    def end(self) -> datetime:
        """Return its last second (UTC) by the rules of now."""
        return utc(datetime.combine(self.day, time(23, 59, 59), zones.first_known(self.zone)).replace(fold=1))


def local_time(starts_at: datetime, zone: str, *, by_instant: bool = False) -> LocalTime:
    """Return what the clocks of `zone` show at an instant, by the rules of now."""
    return LocalTime(wall_at(starts_at, zones.first_known(zone)), zone, zones.version(), by_instant)


def local_day(day: date, zone: str) -> LocalDay:
    """Return a day of a zone's calendar, by the rules of now."""
    return LocalDay(day, zone, zones.version())


def wall_at(instant: datetime, zone: ZoneInfo) -> datetime:
    """Return what the clocks of `zone` show at an instant, without a zone."""
    return utc(instant).astimezone(zone).replace(tzinfo=None)


def instant_of(wall: datetime, zone: ZoneInfo, offset: timedelta | None = None) -> datetime:
    """Return when (UTC) the clocks of `zone` show `wall`.

    Shown twice: the one at `offset` from UTC, else the first. Skipped: as long after the clocks went forward as it would
    have been.
    """
    first, second = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    shown = {one.utcoffset(): one.astimezone(UTC) for one in (second, first)}
    chosen = shown.get(offset, first.astimezone(UTC))
    return chosen if wall_at(chosen, zone) == wall else first.astimezone(UTC)
