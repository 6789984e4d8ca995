"""Coaches' calendars for tests of slots: weeks in which clocks change, and sessions in them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from coaching import zones
from coaching.availability import Availability, parse_hours
from coaching.slots import (
    Slot,
    day_bounds,
    free_slots,
)

MINUTE, HOUR, DAY, TICK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)
NEW_YORK = "America/New_York"

CLOCK_CHANGES = (
    (NEW_YORK, date(2026, 3, 8)),
    (NEW_YORK, date(2026, 11, 1)),
    ("Europe/London", date(2026, 3, 29)),
    ("Europe/London", date(2026, 10, 25)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),  # half an hour
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Africa/Casablanca", date(2026, 2, 15)),  # Ramadan: back, then forward
    ("Africa/Casablanca", date(2026, 3, 22)),
    ("Asia/Kathmandu", date(2026, 11, 1)),  # never, but 5:45 off
    ("Pacific/Apia", date(2011, 12, 30)),  # a day left out
    ("America/Santiago", date(2026, 4, 5)),  # at midnight
    ("America/Santiago", date(2026, 9, 6)),
)
"""A zone and the local day on which its clocks change."""


@dataclass(frozen=True)
class Session:
    """Some of a coach's time."""

    starts_at: datetime
    ends_at: datetime


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def available(hours: str, time_zone: str = "UTC", **terms: object) -> Availability:
    terms = {"notice": timedelta(0), "horizon": 366 * DAY} | terms
    return Availability(time_zone=time_zone, hours=parse_hours(hours), **terms)  # type: ignore[arg-type]


def local_starts(slots: list[Slot], time_zone: str) -> list[str]:
    return [slot.starts_at.astimezone(zones.zone(time_zone)).strftime("%H:%M%z") for slot in slots]


def slots_of_day(availability: Availability, day: date, *, length: timedelta = HOUR) -> list[Slot]:
    since, until = day_bounds(day, availability.time_zone)
    return free_slots(availability, [], length, since - 7 * DAY, since=since, until=until)
