"""The connection to a composing program that offers a business clock and sample data, such as the demo.

A door is a small HTTP server on loopback with `GET /clock`, `POST /clock` and `POST /reset`. It may require a bearer
token. The playground has no clock of its own. It forwards the request and sends the result to every open page.
"""

import json
from collections.abc import Callable

import aiohttp
from aiohttp import web

from playground import loopback
from playground.feed import Feed
from playground.json_types import JsonObject

NO_CLOCK = "The time machine is not available: nobody offers this playground a clock to move."
_TIMEOUT = aiohttp.ClientTimeout(total=60)


class DoorError(RuntimeError):
    """The door refused or did not answer. The message is the door's."""


class Door:
    """Serves `/control/clock` and `/control/reset`, with or without a door."""

    def __init__(self, url: str | None, feed: Feed, reset: Callable[[], None], *, secret: str | None = None) -> None:
        self._url = url
        self._secret = secret
        self._feed = feed
        self._reset_playground = reset

    def routes(self) -> list[web.RouteDef]:
        """The routes that this part serves."""
        return [
            web.get("/control/clock", self.read),
            web.post("/control/clock", self.move),
            web.post("/control/reset", self.reset),
        ]

    async def read(self, request: web.Request) -> web.Response:
        """Return the door's business clock. `available` says whether there is one."""
        if self._url is None:
            return web.json_response({"ok": True, "available": False, "message": NO_CLOCK})
        return await self._guarded(request, "GET", "/clock")

    async def move(self, request: web.Request) -> web.Response:
        """Move the business clock: by `advance_seconds`, or `to` a point in time that the door knows."""
        if self._url is None:
            return _refusal("no_clock", NO_CLOCK, 404)
        return await self._guarded(request, "POST", "/clock")

    async def reset(self, request: web.Request) -> web.Response:
        """Restore the sample data of the app and of the playground.

        A program that composes both resets the playground between stopping and restarting the app, and answers with
        `playground_reset`. A reset after the restart would erase the app's new messages.
        """
        done = False
        if self._url is not None:
            answer = await self._guarded(request, "POST", "/reset")
            if answer.status != 200:
                return answer
            done = json.loads(answer.body).get("playground_reset") is True if isinstance(answer.body, bytes) else False
        elif request.remote not in loopback.ADDRESSES:
            return _refusal("forbidden", "only this machine", 403)
        if not done:
            self._reset_playground()
        return web.json_response({"ok": True})

    async def _guarded(self, request: web.Request, method: str, path: str) -> web.Response:
        if request.remote not in loopback.ADDRESSES:
            return _refusal("forbidden", "only this machine", 403)
        try:
            state = await self._ask(method, path, await request.read() if request.can_read_body else None)
        except DoorError as error:
            return _refusal("door", str(error), 409)
        if method == "POST":
            self._feed.emit("clock_moved", clock=state)
        return web.json_response({"ok": True, "available": True, **state})

    async def _ask(self, method: str, path: str, body: bytes | None) -> JsonObject:
        headers = {"Content-Type": "application/json"}
        if self._secret is not None:
            headers["Authorization"] = f"Bearer {self._secret}"
        try:
            async with (
                aiohttp.ClientSession(timeout=_TIMEOUT) as session,
                session.request(method, f"{self._url}{path}", data=body, headers=headers) as response,
            ):
                answer: JsonObject = await response.json()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise DoorError(f"the demo did not answer: {error or type(error).__name__}") from error
        if response.status != 200:
            raise DoorError(str(answer.get("error", f"the demo answered {response.status}")))
        return answer


def _refusal(code: str, words: str, status: int) -> web.Response:
    return web.json_response({"ok": False, "error": code, "message": words}, status=status)
