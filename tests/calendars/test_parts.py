"""Calendars made of appointments, read by another program's parser."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar

from calendars.appointment import Address, Appointment, uid_of
from calendars.parts import cancellation, feed, invitation
from coaching import zones
from tests.support.calendars import entry, read

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
H = timedelta(hours=1)
ANYBODY = Address("Carla Coach", "sessions@example.com")


def appointment(**changed: Any) -> Appointment:
    given: dict[str, Any] = {
        "uid": uid_of("T0TEST", "s1"),
        "sequence": 3,
        "stamp": NOW,
        "starts_at": NOW + 48 * H,
        "ends_at": NOW + 49 * H,
        "zone": "America/New_York",
        "title": "Coaching with Carla",
        "description": "Pack · 3 of 10\nRefundable until Sat",
    }
    return Appointment(**given | changed)


@pytest.mark.parametrize(
    "name",
    [
        "America/New_York",
        "Europe/Berlin",
        "Europe/Dublin",
        "Africa/Casablanca",
        "Australia/Lord_Howe",
        "Asia/Tokyo",
        "America/Santiago",
        "Africa/Cairo",
        "Asia/Kathmandu",
        "Pacific/Apia",
        "America/Vancouver",
        "UTC",
    ],
)
def test_every_hour_of_two_years_is_that_hour_for_a_reader_who_knows_only_our_rules_of_the_zone(name: str) -> None:
    """The parser takes the zone's rules from the text where it does not know the name. Near changes every hour counts."""
    zone = zones.zone(name)
    offsets = [(NOW + hour * H).astimezone(zone).utcoffset() for hour in range(2 * 366 * 24)]
    near = {at + off for at in range(1, len(offsets)) if offsets[at] != offsets[at - 1] for off in range(-4, 4)}
    known = [
        appointment(uid=f"{hour}@x", zone=name, starts_at=NOW + hour * H, ends_at=NOW + (hour + 1) * H)
        for hour in sorted({*range(0, len(offsets), 97), *near})
    ]
    ours = f"Ours-{name.replace('/', '-')}"
    text = feed("x", known).replace(f"TZID:{name}\r\n", f"TZID:{ours}\r\n").replace(f"TZID={name}:", f"TZID={ours}:")
    shown = {str(event["UID"]): entry(event) for event in Calendar.from_ical(text).walk("VEVENT")}
    wrong = [one for one in known if (shown[one.uid].starts_at, shown[one.uid].ends_at) != (one.starts_at, one.ends_at)]
    assert wrong == []


def test_a_time_that_clocks_show_twice_is_said_in_utc() -> None:
    second = datetime(2026, 11, 1, 6, 30, tzinfo=UTC)  # 1:30 AM in New York, for the second time
    text = feed("x", [appointment(starts_at=second, ends_at=second + H)])
    assert "DTSTART:20261101T063000Z" in text
    assert "DTEND;TZID=America/New_York:20261101T023000" in text


def test_a_zone_that_nobody_knows_is_said_in_utc() -> None:
    text = feed("x", [appointment(zone="Mars/Base")])
    assert "DTSTART:20261122T090000Z" in text
    assert "VTIMEZONE" not in text


def test_an_invitation_asks_nobody_to_answer_and_names_the_reader_alone() -> None:
    method, [event] = read(
        invitation(
            appointment(where="https://meet.example.com/x"), organizer=ANYBODY, attendee=Address("Anna Lee", "a@x.org")
        )
    )
    assert method == "REQUEST"
    assert str(event["ATTENDEE"]) == "mailto:a@x.org"
    assert event["ATTENDEE"].params["RSVP"] == "FALSE"
    assert event["ORGANIZER"].params["CN"] == "Carla Coach"
    assert (entry(event).sequence, entry(event).where) == (3, "https://meet.example.com/x")
    assert entry(event).description == "Pack · 3 of 10\nRefundable until Sat"


def test_a_cancellation_has_the_same_uid() -> None:
    method, [event] = read(cancellation(appointment(sequence=4), organizer=ANYBODY, attendee=ANYBODY))
    assert (method, str(event["STATUS"]), str(event["UID"])) == ("CANCEL", "CANCELLED", appointment().uid)


def test_rules_of_zones_follow_the_release() -> None:
    assert zones.version() >= "2026"
    assert "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU" in feed("x", [appointment()])
