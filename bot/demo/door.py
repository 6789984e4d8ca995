"""The demo's back door, on loopback: moves the business clock and restores the sample data. `serve` has none."""

import asyncio
import hmac
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from bot.demo import sample
from bot.pages import asks_for_this_machine, authorization
from coaching.clock import ShiftedClock, utc
from storage import SqlStore

JUST_AFTER = timedelta(seconds=1)
MOST_DAYS = 3650


class Door:
    """Controls the business clock and the sample data. Only the playground's server is let in.

    Any website can make a browser send requests to a port of this machine, so a local address proves nothing. A request
    must carry `secret` as its bearer token and name this machine as its host. It must have no Origin header, because
    only browsers send that.
    """

    def __init__(self, clock: ShiftedClock) -> None:
        self._clock = clock
        self.secret = secrets.token_urlsafe(16)
        self.reset_asked = asyncio.Event()
        self.reset_done = asyncio.Event()
        self.store: SqlStore | None = None
        self._reading = asyncio.Lock()
        self.wake: Callable[[], None] = lambda: None

    def app(self) -> web.Application:
        """Return the routes: `GET /clock`, `POST /clock`, `POST /reset`."""
        application = web.Application(middlewares=[self._let_in])
        application.router.add_get("/clock", self._read)
        application.router.add_post("/clock", self._move)
        application.router.add_post("/reset", self._reset)
        return application

    @web.middleware
    async def _let_in(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        known = hmac.compare_digest(authorization(request), f"Bearer {self.secret}".encode())
        if not known or "Origin" in request.headers or not asks_for_this_machine(request):
            return web.json_response({"error": "this door is for the playground"}, status=403)
        return await handler(request)

    async def next_cutoff(self) -> datetime | None:
        """Return the soonest cutoff ahead (UTC), or None if there is none."""
        async with self._reading:
            if self.store is None:
                return None
            async with self.store.read(sample.TEAM) as queries:
                return await queries.sessions.next_cutoff(self._clock.now())

    async def let_go(self) -> None:
        """Forget the store once no request reads it.

        It is about to be closed, and a connection in use would stay open.
        """
        async with self._reading:
            self.store = None

    def advance(self, by: timedelta) -> None:
        """Move the business clock, and have what became due delivered."""
        self._clock.shift += by
        self.wake()

    async def _state(self) -> dict[str, Any]:
        cutoff = await self.next_cutoff()
        return {
            "now": self._clock.now().isoformat(),
            "shift_seconds": self._clock.shift.total_seconds(),
            "next_cutoff": cutoff.isoformat() if cutoff else None,
        }

    async def _read(self, _request: web.Request) -> web.Response:
        return web.json_response(await self._state())

    async def _move(self, request: web.Request) -> web.Response:
        try:
            by = await self._distance(await request.json())
        except (LookupError, ValueError, TypeError, AttributeError, OverflowError) as error:
            return web.json_response({"error": f"the clock stays where it is: {error}"}, status=400)
        self.advance(by)
        return web.json_response(await self._state())

    async def _distance(self, wish: dict[str, Any]) -> timedelta:
        """Read a request: `{"advance_seconds": 3600}` or `{"to": "next_cutoff" | "after_next_cutoff" | ISO 8601}`."""
        if "advance_seconds" in wish:
            by = timedelta(seconds=float(wish["advance_seconds"]))
        elif wish.get("to") in ("next_cutoff", "after_next_cutoff"):
            cutoff = await self.next_cutoff()
            if cutoff is None:
                raise ValueError("no cutoff lies ahead")
            by = cutoff - self._clock.now() + (JUST_AFTER if wish["to"] == "after_next_cutoff" else timedelta(0))
        else:
            by = utc(datetime.fromisoformat(wish["to"])) - self._clock.now()
        if abs(self._clock.shift + by) > timedelta(days=MOST_DAYS):
            raise ValueError("ten years either way is as far as it goes")
        return by

    async def _reset(self, _request: web.Request) -> web.Response:
        self.reset_done.clear()
        self.reset_asked.set()
        await asyncio.wait_for(self.reset_done.wait(), timeout=30)
        return web.json_response({**await self._state(), "playground_reset": True})
