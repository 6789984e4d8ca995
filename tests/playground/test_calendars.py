"""The calendar that each person of the playground has: what it reads, and whom it follows."""

from datetime import UTC, datetime

import pytest

from playground.calendars import Calendars, events_in
from playground.errors import PersonError
from playground.feed import Feed
from playground.workspace import User, Workspace

TEXT = """BEGIN:VCALENDAR
BEGIN:VTIMEZONE
TZID:Europe/Berlin
END:VTIMEZONE
BEGIN:VEVENT
UID:a
DTSTART;TZID=Europe/Berlin:20261124T150000
DTEND:20261124T150000Z
SUMMARY:Tea\\, and\\; ca
 ke
DESCRIPTION:one\\ntwo \\\\ three
LOCATION:https://meet.example.com/x
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")


def test_events_are_read_with_their_zones_and_signs() -> None:
    [event] = events_in(TEXT)
    assert (event.title, event.description) == ("Tea, and; cake", "one\ntwo \\ three")
    assert event.starts_at == datetime(2026, 11, 24, 14, tzinfo=UTC)
    assert event.ends_at == datetime(2026, 11, 24, 15, tzinfo=UTC)
    assert event.where == "https://meet.example.com/x"


@pytest.mark.parametrize(
    "text", ["", "<html>", TEXT.replace("Europe/Berlin", "Mars/Base"), TEXT.replace("20261124T150000\r", "soon\r")]
)
def test_what_is_no_calendar_is_trouble(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        list(events_in(text))


@pytest.mark.parametrize(
    "address", ["https://example.com/x.ics", "file:///etc/passwd", "http://127.0.0.1.example.com/", "x"]
)
def test_only_this_machine_is_followed(address: str) -> None:
    workspace = Workspace(Feed())
    workspace.users["U1"] = User(id="U1", name="anna", real_name="Anna")
    with pytest.raises(PersonError):
        Calendars(workspace).subscribe("U1", address)
