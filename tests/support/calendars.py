"""Calendars as other programs keep them: they read our text with a parser that is not ours, and apply it (RFC 5546)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from icalendar import Calendar, Event


@dataclass(frozen=True)
class Entry:
    """An event as a calendar shows it."""

    starts_at: datetime
    ends_at: datetime
    title: str
    description: str
    where: str | None
    sequence: int


def read(text: str) -> tuple[str, list[Event]]:
    """Return the method and the events. Every line is as long as is allowed, and ends as it must."""
    assert text.endswith("\r\n")
    lines = text.split("\r\n")[:-1]
    assert all(len(line.encode()) <= 75 and "\n" not in line for line in lines)
    found = Calendar.from_ical(text)
    assert str(found["VERSION"]) == "2.0"
    zones = {str(zone["TZID"]) for zone in found.walk("VTIMEZONE")}
    events: list[Event] = found.walk("VEVENT")
    used = {
        str(one[name].params["TZID"]) for one in events for name in ("DTSTART", "DTEND") if "TZID" in one[name].params
    }
    assert used == zones, "each zone that is used comes along, and no other"
    return str(found["METHOD"]), events


def entry(event: Event) -> Entry:
    """Return an event as it is shown."""
    return Entry(
        event["DTSTART"].dt.astimezone(UTC),
        event["DTEND"].dt.astimezone(UTC),
        str(event["SUMMARY"]),
        str(event["DESCRIPTION"]),
        str(event["LOCATION"]) if "LOCATION" in event else None,
        int(event["SEQUENCE"]),
    )


def subscribed(text: str) -> Mapping[str, Entry]:
    """Return what a calendar shows that has subscribed to a feed, by uid."""
    method, events = read(text)
    assert method == "PUBLISH"
    shown = {str(event["UID"]): entry(event) for event in events}
    assert len(shown) == len(events)
    return shown


@dataclass
class Invited:
    """A calendar that gets invitations and cancellations. With `remembers` it knows what was canceled."""

    remembers: bool
    shown: dict[str, Entry] = field(default_factory=dict)
    _stamps: dict[str, tuple[int, datetime]] = field(default_factory=dict)

    def receive(self, text: str) -> None:
        """Apply one message as RFC 5546 says: what is older than what is known is ignored."""
        method, [event] = read(text)
        uid, newness = str(event["UID"]), (int(event["SEQUENCE"]), event["DTSTAMP"].dt)
        if uid in self._stamps and newness < self._stamps[uid]:
            return
        self._stamps[uid] = newness
        if method == "REQUEST":
            assert str(event["STATUS"]) == "CONFIRMED"
            self.shown[uid] = entry(event)
            return
        assert (method, str(event["STATUS"])) == ("CANCEL", "CANCELLED")
        self.shown.pop(uid, None)
        if not self.remembers:
            del self._stamps[uid]
