"""A calendar for each person, as their phone has one: it subscribes to an iCalendar address and shows what is there.

It is no part of Slack. It is here so that one sees events come, move and go. It reads RFC 5545 as far as a calendar of
single events needs it, and follows addresses of this machine only.
"""

import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import aiohttp
from aiohttp import web

from playground.errors import PersonError
from playground.json_types import JsonObject
from playground.workspace import Workspace

SECONDS = 10.0
MOST_BYTES = 4 * 2**20
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
Guard = Callable[
    [Callable[[web.Request], Awaitable[web.StreamResponse]]], Callable[[web.Request], Awaitable[web.StreamResponse]]
]


class Calendars:
    """The subscriptions, by person."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._addresses: dict[str, str] = {}

    def routes(self, guarded: Guard) -> list[web.RouteDef]:
        """The routes that this part serves."""
        place = "/control/people/{user}/calendar"
        return [
            web.get(place, guarded(self.read)),
            web.post(place, guarded(self.change)),
        ]

    def subscribe(self, user: str, address: str | None) -> None:
        """Subscribe a person to an address, or to none. Raises PersonError unless it is one of this machine."""
        self._workspace.user(user)
        if address is None:
            self._addresses.pop(user, None)
            return
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https", "webcal") or parts.hostname not in _LOOPBACK:
            raise PersonError("not_here", "This calendar follows addresses of this machine only.")
        self._addresses[user] = address.replace("webcal:", "http:", 1)

    def clear(self) -> None:
        """End all subscriptions."""
        self._addresses.clear()

    async def read(self, request: web.Request) -> web.Response:
        """Return what a person's calendar shows, and what is wrong with its subscription."""
        user = self._workspace.user(request.match_info["user"]).id
        address = self._addresses.get(user)
        if address is None:
            return web.json_response({"ok": True, "subscribed": False, "events": [], "trouble": None})
        try:
            events, trouble = list(events_in(await _fetched(address))), None
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            events, trouble = [], str(error) or type(error).__name__
        shown = [event.view() for event in sorted(events, key=lambda one: (one.starts_at, one.uid))]
        return web.json_response({"ok": True, "subscribed": True, "events": shown, "trouble": trouble})

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
    found: dict[str, tuple[str, str]] | None = None
    for line in lines:
        name, _, value = line.partition(":")
        name, _, parameters = name.partition(";")
        if line == "BEGIN:VEVENT":
            found = {}
        elif line == "END:VEVENT" and found is not None:
            yield _event(found)
            found = None
        elif found is not None:
            found[name] = (parameters, value)


def _event(found: dict[str, tuple[str, str]]) -> Event:
    def said(name: str) -> str:
        return _ESCAPED.sub(lambda one: "\n" if one[1] in "nN" else one[1], found.get(name, ("", ""))[1])

    return Event(
        uid=said("UID"),
        starts_at=_instant(*found["DTSTART"]),
        ends_at=_instant(*found["DTEND"]),
        title=said("SUMMARY"),
        description=said("DESCRIPTION"),
        where=said("LOCATION") or None,
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
