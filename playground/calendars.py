"""A calendar for each person, as their phone has one: it shows what an address has, and what mails bring.

It is no part of Slack. It is here so that one sees events come, move and go. It reads RFC 5545 as far as a calendar of
single events needs it, applies invitations and cancellations as RFC 5546 says, and follows addresses of this machine only.
"""

import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import aiohttp
from aiohttp import web

from playground import loopback
from playground.errors import PersonError
from playground.json_types import JsonObject
from playground.workspace import Workspace

SECONDS = 10.0
MOST_BYTES = 4 * 2**20
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
Guard = Callable[
    [Callable[[web.Request], Awaitable[web.StreamResponse]]], Callable[[web.Request], Awaitable[web.StreamResponse]]
]


class Calendars:
    """What people subscribed to, and what they were invited to."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._addresses: dict[str, str] = {}
        self._invited: dict[str, dict[str, Event]] = {}
        """By person and uid. A canceled event stays, so that an older invitation that comes late does not revive it."""

    def routes(self, guarded: Guard) -> list[web.RouteDef]:
        """The routes that this part serves."""
        place = "/control/people/{user}/calendar"
        return [
            web.get(place, guarded(self.read)),
            web.post(place, guarded(self.change)),
        ]

    def subscribe(self, user: str, address: str | None) -> None:
        """Subscribe a person to an address, or to none. Raises PersonError unless it is one of this machine."""
        self._workspace.anybody(user)
        if address is None:
            self._addresses.pop(user, None)
            return
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https", "webcal") or parts.hostname not in loopback.NAMES:
            raise PersonError("not_here", "This calendar follows addresses of this machine only.")
        self._addresses[user] = address.replace("webcal:", "http:", 1)

    def invite(self, user: str, text: str) -> None:
        """Apply an invitation or a cancellation that a mail brought. What is older than what is known changes nothing.

        Raises ValueError for what is no calendar.
        """
        known = self._invited.setdefault(user, {})
        for event in events_in(text):
            if event.uid not in known or event.age >= known[event.uid].age:
                known[event.uid] = event
        self._workspace.feed.emit("calendar_changed", user=user)

    def clear(self) -> None:
        """End all subscriptions, and forget all invitations."""
        self._addresses.clear()
        self._invited.clear()

    async def read(self, request: web.Request) -> web.Response:
        """Return what a person's calendar shows, and what is wrong with its subscription."""
        user = self._workspace.anybody(request.match_info["user"]).id
        address, trouble = self._addresses.get(user), None
        events = {uid: event for uid, event in self._invited.get(user, {}).items() if not event.canceled}
        try:
            if address is not None:
                events |= {event.uid: event for event in events_in(await _fetched(address))}
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            trouble = str(error) or type(error).__name__
        shown = [event.view() for event in sorted(events.values(), key=lambda one: (one.starts_at, one.uid))]
        return web.json_response({"ok": True, "subscribed": address is not None, "events": shown, "trouble": trouble})

    async def change(self, request: web.Request) -> web.Response:
        """Subscribe to another `address`, or to none."""
        given = (await request.json()).get("address")
        self.subscribe(request.match_info["user"], given.strip() if isinstance(given, str) and given.strip() else None)
        return web.json_response({"ok": True})


@dataclass(frozen=True, slots=True)
class Event:
    """An event (aware UTC)."""

    uid: str
    starts_at: datetime
    ends_at: datetime
    title: str
    description: str
    where: str | None
    age: tuple[int, str] = (0, "")
    """How new this state of it is: its SEQUENCE, then its DTSTAMP."""
    canceled: bool = False

    def view(self) -> JsonObject:
        """Return it as JSON, with instants in Unix seconds."""
        return {
            "uid": self.uid,
            "starts": self.starts_at.timestamp(),
            "ends": self.ends_at.timestamp(),
            "title": self.title,
            "description": self.description,
            "where": self.where,
        }


def events_in(text: str) -> Iterator[Event]:
    """Yield the events of a calendar. Raises ValueError for what is no calendar."""
    lines = re.sub(r"\r?\n[ \t]", "", text).splitlines()
    if not lines or lines[0] != "BEGIN:VCALENDAR":
        raise ValueError("There is no calendar at this address.")
    canceled = "METHOD:CANCEL" in lines
    found: dict[str, tuple[str, str]] | None = None
    for line in lines:
        name, _, value = line.partition(":")
        name, _, parameters = name.partition(";")
        if line == "BEGIN:VEVENT":
            found = {}
        elif line == "END:VEVENT" and found is not None:
            yield _event(found, canceled=canceled)
            found = None
        elif found is not None:
            found[name] = (parameters, value)


def _event(found: dict[str, tuple[str, str]], *, canceled: bool) -> Event:
    def said(name: str) -> str:
        return _ESCAPED.sub(lambda one: "\n" if one[1] in "nN" else one[1], found.get(name, ("", ""))[1])

    return Event(
        uid=said("UID"),
        starts_at=_instant(*found["DTSTART"]),
        ends_at=_instant(*found["DTEND"]),
        title=said("SUMMARY"),
        description=said("DESCRIPTION"),
        where=said("LOCATION") or None,
        age=(int(said("SEQUENCE") or 0), said("DTSTAMP")),
        canceled=canceled,
    )


def _instant(parameters: str, value: str) -> datetime:
    if value.endswith("Z"):
        return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    zone = next((part.partition("=")[2] for part in parameters.split(";") if part.startswith("TZID=")), "UTC")
    try:
        return datetime.strptime(value, "%Y%m%dT%H%M%S").replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    except ZoneInfoNotFoundError:
        raise ValueError(f"Nobody knows the time zone {zone}.") from None


async def _fetched(address: str) -> str:
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.get(address, allow_redirects=False, headers={"Accept": "text/calendar"}) as answer,
    ):
        if answer.status != 200:
            raise ValueError(f"The address answered {answer.status}.")
        raw = await answer.content.read(MOST_BYTES)
        while len(raw) < MOST_BYTES and (more := await answer.content.read(MOST_BYTES - len(raw))):
            raw += more
        return raw.decode(errors="replace")
