"""Local times and days as people agreed on them, with the zone rules by which their instants were computed.

An instant alone cannot follow a country that changes its clocks, but a local time can. Zones have IANA names; `rules`
is the version of the zone database (`2026c`).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from coaching import zones
from coaching.clock import utc
from coaching.zones import ZoneInfo

NO_RULES = "0"
"""The version of zone rules for rows not reviewed yet: older than any real version."""


@dataclass(frozen=True, slots=True)
class LocalTime:
    """What the clocks of `zone` show at a session's start, according to `rules`.

    `by_instant`: the start was given as an instant and stays at it. The local time is only recorded.
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
        """Return the instant (UTC) by the present rules; `so_far` is the one by the rules it was computed with."""
        return instant_of(self.wall, zones.first_known(self.zone), self.wall - utc(so_far).replace(tzinfo=None))


@dataclass(frozen=True, slots=True)
class LocalDays:
    """Days on the calendar of `zone`, both ends included.

    `opens` is what clocks show on the first day when it begins, and `closes` on the last day when it ends (None: with the
    day). `rules` computed their bounds; None: the days were derived from an older row's instants.
    """

    first: date
    last: date
    zone: str
    rules: str | None
    opens: time | None = None
    closes: time | None = None

    @property
    def whole(self) -> bool:
        """Whether these are whole days."""
        return self.opens is None and self.closes is None


@dataclass(frozen=True, slots=True)
class LocalDay:
    """A day on the calendar of `zone`, whose end `rules` computed; None: derived from an older row's instant."""

    day: date
    zone: str
    rules: str | None

    def end(self) -> datetime:
        """Return its last second (UTC) by the present rules."""
        return utc(datetime.combine(self.day, time(23, 59, 59), zones.first_known(self.zone)).replace(fold=1))


def local_time(starts_at: datetime, zone: str, *, by_instant: bool = False) -> LocalTime:
    """Return what the clocks of `zone` show at an instant, by the present rules."""
    return LocalTime(wall_at(starts_at, zones.first_known(zone)), zone, zones.version(), by_instant)


def local_day(day: date, zone: str) -> LocalDay:
    """Return a day of a zone's calendar, by the present rules."""
    return LocalDay(day, zone, zones.version())


def wall_at(instant: datetime, zone: ZoneInfo) -> datetime:
    """Return what the clocks of `zone` show at an instant, as a naive datetime."""
    return utc(instant).astimezone(zone).replace(tzinfo=None)


def instant_of(wall: datetime, zone: ZoneInfo, offset: timedelta | None = None) -> datetime:
    """Return the instant (UTC) at which the clocks of `zone` show `wall`.

    Of a time shown twice, the instant at `offset` from UTC counts, else the first. A skipped time counts as the same
    distance after the clocks went forward.
    """
    first, second = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    shown = {one.utcoffset(): one.astimezone(UTC) for one in (second, first)}
    chosen = shown.get(offset, first.astimezone(UTC))
    return chosen if wall_at(chosen, zone) == wall else first.astimezone(UTC)


def weeks_later(starts_at: datetime, zone: ZoneInfo, now: datetime) -> datetime:
    """Return the same time of the week as a start (aware), on the clocks of `zone`: the first one after it and `now`."""
    wall, week = wall_at(starts_at, zone), timedelta(weeks=1)
    weeks = max(1, -(-(utc(now) - utc(starts_at)) // week))
    return instant_of(wall + weeks * week, zone)
