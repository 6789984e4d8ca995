"""The figures of a business, for its admins: the days ahead, cancellations by month, what coaches are booked for, credits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from coaching.availability import Availability
from coaching.records import next_month
from coaching.sessions import Person
from coaching.slots import open_spans

MONTHS = 6
"""Months of cancellations, with the present one, and of credits that expire."""
AHEAD = timedelta(days=28)
"""The time for which it is said how much of what coaches offer is booked."""
COACHES = 15
"""Coaches who are named: those with the most booked hours."""


@dataclass(frozen=True, slots=True)
class DayFigures:
    """A day on the viewer's calendar: sessions that have not started yet, and canceled ones that would not have."""

    day: date
    booked: int = 0
    canceled: int = 0


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """The cancellations of a month on the viewer's calendar: those of clients by what came back, and all others.

    `in_time` were canceled before the free cancellation ended, or cost nothing. `late` returned nothing. `returned` were
    late as well, and something came back all the same. `by_others` were canceled by coaches and admins.
    """

    month: date
    in_time: int = 0
    late: int = 0
    returned: int = 0
    by_others: int = 0


@dataclass(frozen=True, slots=True)
class CoachFigures:
    """A coach: sessions and canceled ones of the days ahead, and the hours booked and offered in `AHEAD`.

    `offered` is None for a coach who gives no hours: what is booked with them was imported or agreed upon.
    """

    coach: Person
    sessions: int
    canceled: int
    booked: timedelta
    offered: timedelta | None = None

    @property
    def percent(self) -> int | None:
        """Return how much of what is offered is booked, which may be more than all of it."""
        return round(100 * (self.booked / self.offered)) if self.offered else None


@dataclass(frozen=True, slots=True)
class CreditFigures:
    """Credits (hundredths) that clients and pools hold, and those of them that expire in each of the months ahead."""

    outstanding: int
    expiring: Sequence[tuple[date, int]]


def months_back(today: date) -> list[date]:
    """Return the first days of the months of cancellations, the oldest first."""
    return [next_month(today, step) for step in range(1 - MONTHS, 1)]


def months_ahead(today: date) -> list[date]:
    """Return the first days of the months of credits that expire, the present one first."""
    return [next_month(today, step) for step in range(MONTHS)]


def offered(hours: Availability, since: datetime, until: datetime) -> timedelta:
    """Return how long a coach is open between two instants (aware UTC), without their time off."""
    open_for = timedelta(0)
    for opens, closes in open_spans(hours.hours, hours.time_zone, since, until):
        open_for += closes - opens
        at = opens
        for off in hours.time_off:  # in the order of time; two of them may overlap
            begins, ends = max(off.starts_at, at), min(off.ends_at, closes)
            if begins < ends:
                open_for -= ends - begins
                at = ends
    return open_for
