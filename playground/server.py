"""Builds the playground and serves it on loopback."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from playground.api import WebApi
from playground.calendars import Calendars
from playground.control import Control
from playground.control_client import ControlClient
from playground.dispatch import ACK_SECONDS, Dispatcher
from playground.door import Door
from playground.events import RETRY_DELAYS, Events
from playground.faults import Faults
from playground.feed import Feed
from playground.files import Files
from playground.mails import Mails
from playground.manifest import Manifest
from playground.members import Members
from playground.methods_common import Context
from playground.page import Page, own_pages_only
from playground.payloads import Payloads
from playground.people import People
from playground.person import Person
from playground.rate_limits import RateLimiter
from playground.response_urls import ResponseUrls
from playground.seed import Seed
from playground.socket_mode import SocketMode
from playground.traffic import Traffic
from playground.views import TRIGGER_SECONDS, Views
from playground.workspace import Workspace

BODY_LIMIT = 16 * 2**20


class Playground:
    """A local Slack workspace with one app installed.

    Args:
        manifest: the app's manifest, as a file or a mapping.
        seed: people and channels to start with (see README).
        request_url: where the app takes requests, or None means Socket Mode, or to be set later.
        signing_secret: signs requests to the app.
        bot_token: the token that the app must send to the Web API.
        app_token: the token that it must send to `apps.connections.open`.
        rate_limits: whether `chat.postMessage` is limited to about one a second per channel.
        event_retry_delays: seconds before each retry of an event.
        ack_seconds: seconds that the app has to acknowledge.
        trigger_seconds: seconds that a trigger id is valid.
        door_url: the loopback door of a demo (`playground/door.py`), or None: the clock cannot be moved.
        door_secret: the bearer token for the door.
        clock: what the workspace's messages are dated by, in Unix seconds.
    """

    def __init__(
        self,
        manifest: Path | Mapping[str, Any],
        seed: Seed | Mapping[str, Any],
        *,
        request_url: str | None,
        signing_secret: str,
        bot_token: str,
        app_token: str | None = None,
        rate_limits: bool = True,
        event_retry_delays: Sequence[float] = RETRY_DELAYS,
        ack_seconds: float = ACK_SECONDS,
        trigger_seconds: float = TRIGGER_SECONDS,
        door_url: str | None = None,
        door_secret: str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.manifest = Manifest.load(manifest)
        self.seed = Seed.load(seed)
        self.feed = Feed()
        self.traffic = Traffic(self.feed)
        self.faults = Faults()
        self.socket = SocketMode(self.feed)
        self.workspace = Workspace(self.feed, clock=clock)
        self.workspace.without_blocks = self.faults.without_blocks
        self.calendars = Calendars(self.workspace)
        self.mails = Mails(self.workspace, self.calendars.invite)
        self.views = Views(self.workspace, trigger_seconds=trigger_seconds)
        self.response_urls = ResponseUrls(self.workspace)
        self.files = Files(self.workspace, self.manifest, bot_token=bot_token)
        self._dispatcher = Dispatcher(
            self.traffic,
            self.socket,
            signing_secret=signing_secret,
            request_url=request_url,
            prefer_socket=self.manifest.socket_mode,
            ack_seconds=ack_seconds,
        )
        payloads = Payloads(self.workspace, self.views)
        self.events = Events(self.workspace, payloads, self._dispatcher, self.manifest, retry_delays=event_retry_delays)
        self.members = Members(self.workspace, self.events, self.manifest)
        self.people = People(
            self.workspace,
            self.views,
            payloads,
            self._dispatcher,
            self.events,
            self.response_urls,
            self.manifest,
            self.traffic,
            self.files,
        )
        self._context = Context(
            self.workspace,
            self.views,
            self.manifest,
            self.events,
            self.socket,
            RateLimiter() if rate_limits else None,
            self.files,
            scopes=",".join(sorted(self.manifest.scopes)),
        )
        self._api = WebApi(
            self._context,
            self.traffic,
            self.faults,
            self.response_urls,
            bot_token=bot_token,
            app_token=app_token,
        )
        self._door = Door(door_url, self.feed, self.reset, secret=door_secret)
        self._clients: list[ControlClient] = []
        self.url = ""
        self._fill()

    def _fill(self) -> None:
        self.seed.fill(self.workspace, app_name=self.manifest.name, bot_name=self.manifest.bot_name)

    @property
    def api_url(self) -> str:
        """The base URL of the Web API, for `SLACK_API_URL`."""
        return f"{self.url}/api/"

    def set_request_url(self, url: str | None) -> None:
        """Set where the app takes requests, once it is up. Deliveries that were held back go out."""
        self._dispatcher.go_on(url)

    def hold(self) -> None:
        """Hold back everything sent to the app until `set_request_url` says that it is up again."""
        self._dispatcher.hold()

    async def verify_request_url(self) -> bool:
        """Send `url_verification` to the app. Return whether it answered with the challenge."""
        return await self._dispatcher.verify()

    def person(self, user_id: str, *, tab: str = "main") -> Person:
        """Return a person to act as. `tab` separates two windows of one person."""
        person = Person(self.url, user_id, tab=tab)
        self._clients.append(person)
        return person

    def control(self) -> ControlClient:
        """Return a client of the control API that is no person: for faults, traffic, reset."""
        client = ControlClient(self.url)
        self._clients.append(client)
        return client

    def reset(self) -> None:
        """Restore the seed: messages, views, faults and traffic are deleted."""
        self.workspace.clear()
        self.calendars.clear()
        self.mails.clear()
        self.files.clear()
        self.faults.remove()
        self.traffic.clear()
        self._fill()
        self.feed.emit("reset")

    def app(self) -> web.Application:
        """Return the HTTP application: Web API, response_urls, Socket Mode, control API and the page."""
        application = web.Application(client_max_size=BODY_LIMIT, middlewares=[own_pages_only])
        application.add_routes(self._api.routes())
        application.add_routes(self.files.routes())
        application.add_routes([web.get("/link/", self.socket.handle)])
        # Before the control API: if there is a door, a reset starts behind it.
        application.add_routes(self._door.routes())
        control = Control(self)
        application.add_routes(self.calendars.routes(control.guarded))
        application.add_routes(self.mails.routes(control.guarded))
        application.add_routes(control.routes())
        application.add_routes(Page().routes())
        return application

    @asynccontextmanager
    async def serve(self, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator["Playground"]:
        """Serve until the block ends. Port 0 is any free port.

        Raises:
            OSError: the port is taken.
        """
        runner = web.AppRunner(self.app(), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            site = web.TCPSite(runner, host, port)
            await site.start()
            actual = runner.addresses[0][1]
            self.url = f"http://{host}:{actual}"
            self._context.url = self.response_urls.base = self.files.url = self.url
            await self._dispatcher.start()
            yield self
        finally:
            for client in self._clients:
                await client.disconnect()
            self._clients.clear()
            await self.events.stop()
            await self.socket.close()
            self.feed.close()
            await self._dispatcher.stop()
            await runner.cleanup()
            # aiohttp closes its sockets in the next turn of the loop.
            await asyncio.sleep(0)
