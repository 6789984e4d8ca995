"""The feed: a person's sessions at their secret address, for calendars that subscribed to it."""

import asyncio
import hashlib
import math

from aiohttp import web

from coaching import deadline
from coaching.actions import calendar_address
from coaching.clock import Clock
from coaching.errors import StorageBusy
from coaching.ports import Store
from handlers.views.appointments import WayIn, calendar_text
from web.links import Links, Way
from web.pace import Callers, Pace, Refused

SECONDS = 5.0
"""Seconds that an answer may take in all."""
AT_ONCE = 4
"""So many feeds are read at a time: Slack's requests have the rest of the database."""
OWN = (60, 5.0)
"""One address may be read so often at once, then once every so many seconds."""
GUESSES = (50, 0.2)
"""All unknown addresses together."""
HEADERS = {
    "Cache-Control": "private, max-age=300",
    "Content-Disposition": 'inline; filename="sessions.ics"',
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


class FeedPage:
    """Answers at `/calendar/<token>.ics`. What never was, was replaced and was revoked gets the same answer."""

    def __init__(self, store: Store, clock: Clock, links: Links, *, refused: Refused = lambda _reason: None) -> None:
        self._store = store
        self._clock = clock
        self._links = links
        self._refused = refused
        self._callers = Callers(lambda: Pace(*OWN), Pace(*GUESSES))
        self._reading = asyncio.Semaphore(AT_ONCE)

    async def answer(self, request: web.Request) -> web.Response:
        """Return the calendar, or 304 if it is what the asker has. Raises HTTPNotFound, HTTPTooManyRequests."""
        named = calendar_address.parsed(request.match_info["token"])
        if named is None:
            raise self._unknown()
        workspace_id, digest = named
        if seconds := self._callers.wait(digest):
            self._refused("calendar_too_often")
            raise web.HTTPTooManyRequests(headers={"Retry-After": str(math.ceil(seconds))})
        try:
            with deadline.within(SECONDS):
                async with asyncio.timeout(SECONDS), self._reading:
                    found = await calendar_address.read(self._store, self._clock, workspace_id, digest)
        except (StorageBusy, TimeoutError):
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "60"}) from None
        if found is None:
            self._callers.was_wrong(digest)
            raise self._unknown()
        self._callers.was_right(digest)
        # In a thread: a thousand sessions take a while, and Slack does not wait.
        text = await asyncio.to_thread(calendar_text, found, self._way_in(workspace_id, found.viewer.person.id))
        body = text.encode()
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = {**HEADERS, "ETag": tag}
        if tag in (one.strip().removeprefix("W/") for one in request.headers.get("If-None-Match", "").split(",")):
            return web.Response(status=304, headers=headers)
        response = web.Response(body=body, content_type="text/calendar", charset="utf-8", headers=headers)
        response.enable_compression()  # a stranger has little time to take an answer
        return response

    def _way_in(self, workspace_id: str, person_id: str) -> WayIn:
        return lambda session: self._links.way_in(Way(workspace_id, person_id, session.id))

    def _unknown(self) -> web.HTTPNotFound:
        self._refused("calendar_unknown")
        return web.HTTPNotFound()
