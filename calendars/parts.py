"""Whole calendars: the feed that somebody subscribed to, an invitation, and a cancellation (RFC 5545, 5546)."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from calendars import lines
from calendars.appointment import Address, Appointment
from calendars.clock_changes import time_zone
from coaching import zones

PRODUCT = "-//Sessions for Slack//EN"
REFRESH = "PT1H"
"""How often calendars are asked to look at the feed again."""
YEARS_AROUND = 1
"""For so many years before and after its appointments a calendar has the changes of clocks."""


def feed(name: str, appointments: Iterable[Appointment]) -> str:
    """Return the calendar for subscribers: it holds what is booked, and what is not in it is gone."""
    head = [
        f"NAME:{lines.text(name)}",
        f"X-WR-CALNAME:{lines.text(name)}",
        f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}",
        f"X-PUBLISHED-TTL:{REFRESH}",
    ]
    return _calendar("PUBLISH", list(appointments), head)


def invitation(one: Appointment, *, organizer: Address, attendee: Address) -> str:
    """Return what puts an appointment into a calendar, or moves it there. Nobody is asked to answer."""
    return _calendar("REQUEST", [one], people=_people(organizer, attendee))


def cancellation(one: Appointment, *, organizer: Address, attendee: Address) -> str:
    """Return what takes an appointment out of a calendar. Its `sequence` is that of the cancellation."""
    return _calendar("CANCEL", [one], people=_people(organizer, attendee), status="CANCELLED")


def _people(organizer: Address, attendee: Address) -> list[str]:
    to = f"ATTENDEE;CN={lines.parameter(attendee.name)};ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=FALSE"
    return [
        f"ORGANIZER;CN={lines.parameter(organizer.name)}:mailto:{lines.uri(organizer.email)}",
        f"{to}:mailto:{lines.uri(attendee.email)}",
    ]


def _calendar(
    method: str,
    appointments: Sequence[Appointment],
    head: Sequence[str] = (),
    *,
    people: Sequence[str] = (),
    status: str = "CONFIRMED",
) -> str:
    rows = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN", f"METHOD:{method}", *head]
    parts = ["".join(map(lines.folded, rows))]
    years: dict[str, list[int]] = {}
    events = []
    for one in appointments:
        starts, ends = (_at(name, at, one.zone) for name, at in (("DTSTART", one.starts_at), ("DTEND", one.ends_at)))
        if starts[1] or ends[1]:
            years.setdefault(one.zone, []).extend((one.starts_at.year, one.ends_at.year))
        events.append(_event(one, (starts[0], ends[0]), people, status))
    parts += [time_zone(name, min(of) - YEARS_AROUND, max(of) + YEARS_AROUND) for name, of in sorted(years.items())]
    return "".join([*parts, *events, "END:VCALENDAR\r\n"])


def _event(one: Appointment, times: Sequence[str], people: Sequence[str], status: str) -> str:
    rows = [
        "BEGIN:VEVENT",
        f"UID:{lines.text(one.uid)}",
        f"DTSTAMP:{lines.utc(one.stamp)}",
        f"SEQUENCE:{one.sequence}",
        *times,
        f"SUMMARY:{lines.text(one.title)}",
        f"DESCRIPTION:{lines.text(one.description)}",
        f"STATUS:{status}",
        "TRANSP:OPAQUE",
    ]
    rows += [f"LOCATION:{lines.text(one.where)}"] if one.where else []
    rows += [f"URL:{address}"] if one.url and (address := lines.uri(one.url)) else []
    return "".join(map(lines.folded, [*rows, *people, "END:VEVENT"]))


def _at(name: str, at: datetime, zone: str) -> tuple[str, bool]:
    """Return a row with an instant, and whether it is in the zone's time.

    A time that a zone's clocks show twice means the first of them. For the second, and for zones that we do not know,
    the row has UTC.
    """
    known = zones.known(zone)
    local = at.astimezone(known) if known is not None else at
    if known is None or known.key == zones.UTC_NAME or local.fold:
        return f"{name}:{lines.utc(at)}", False
    return f"{name};TZID={zone}:{lines.wall(local)}", True
