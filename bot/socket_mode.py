"""Socket Mode: the same requests over a connection that we open, for installations without a public address."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import structlog
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackClientError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.delivery.channels.channel import Locked, Refused
from bot.delivery.channels.slack import classify
from bot.inbound import Dispatcher, NotUnderstood, kind_of, parse_envelope
from bot.metrics import Metrics
from coaching import deadline

OPEN_SECONDS = 5
"""Seconds that Slack may take to name the address to connect to."""
AGAIN_SECONDS = 5.0
"""Seconds to wait before asking again."""

DRAIN_SECONDS = 10.0
"""Seconds that requests under way may take to be answered when the bot stops."""

_NO_ANSWER = (SlackClientError, aiohttp.ClientError, TimeoutError, OSError)
log = structlog.get_logger(__name__)


class AppTokenRefused(Exception):
    """Slack rejects the app-level token. The message is Slack's error code."""


class SocketDoor:
    """Answers envelopes as the web app answers requests. The connection takes the place of the signature."""

    def __init__(self, dispatch: Dispatcher, metrics: Metrics) -> None:
        self._dispatch = dispatch
        self._metrics = metrics
        self._answering: set[asyncio.Task[object]] = set()
        self._closed = False

    async def answer(self, client: AsyncBaseSocketModeClient, envelope: SocketModeRequest) -> None:
        """Send the answer. A failed event, or one after the door is closed, gets none: Slack then delivers it again."""
        task = asyncio.current_task()
        if self._closed or task is None:
            return
        self._answering.add(task)
        try:
            await self._answer(client, envelope)
        finally:
            self._answering.discard(task)

    async def close(self, seconds: float) -> None:
        """Accept no more envelopes, and give those under way `seconds` to be answered."""
        self._closed = True
        if self._answering:
            _, late = await asyncio.wait(set(self._answering), timeout=seconds)
            if late:
                log.warning("requests were cut off", requests=len(late), seconds=seconds)

    async def _answer(self, client: AsyncBaseSocketModeClient, envelope: SocketModeRequest) -> None:
        with self._metrics.requests_in_flight.track_inprogress(), deadline.within():
            response = await self._response(envelope)
        if response.status == 200:
            # The 0.0 is the start time. It only serves a debug line of the SDK.
            await send_async_response(client, envelope, response, 0.0)

    async def _response(self, envelope: SocketModeRequest) -> BoltResponse:
        headers = {"x-slack-retry-num": str(envelope.retry_attempt)} if envelope.retry_attempt is not None else {}
        try:
            request = parse_envelope(envelope.payload, headers=headers)
        except NotUnderstood as error:
            self._metrics.requests_refused.labels(reason="malformed").inc()
            log.warning("request refused", why="malformed", detail=str(error))
            return BoltResponse(status=200)  # acknowledged, or Slack would send the same nonsense again
        with self._metrics.requests.labels(kind=kind_of(request.body)).time():
            return await self._dispatch(request)


class _Client(SocketModeClient):
    """The SDK's client with its own way to connect.

    The SDK's way logs a traceback per try and reuses an address that is already spent.
    """

    trouble: str | None = None

    async def open(self) -> str:
        """Return the address to connect to. Raises AppTokenRefused, or the client's error if Slack does not answer."""
        try:
            return str((await self.web_client.apps_connections_open(app_token=self.app_token))["url"])
        except SlackClientError as error:
            reply = classify(error)
            if isinstance(reply, Refused | Locked):
                raise AppTokenRefused(reply.code) from error
            raise

    async def issue_new_wss_url(self) -> str:
        """Return the address to connect to, however long Slack takes to name it."""
        while True:
            try:
                return await self.open()
            except (AppTokenRefused, *_NO_ANSWER) as error:
                await self.wait_after(error)

    async def connect(self) -> None:
        """Try until there is a connection or the client is closed. The new connection replaces the one before."""
        while not self.closed:
            self.auto_reconnect_enabled = False
            if self.current_session is not None:
                await self.current_session.close()
            address = self.wss_uri or await self.issue_new_wss_url()
            self.wss_uri = None  # an address is good for one connection
            try:
                self.current_session = await self.aiohttp_client_session.ws_connect(
                    address, autoping=False, heartbeat=self.ping_interval, proxy=self.proxy
                )
            except _NO_ANSWER as error:
                await self.wait_after(error)
                continue
            self._listen()
            return

    def _listen(self) -> None:
        if self.trouble is not None:
            log.info("connected to Slack again")
        self.trouble, self.stale, self.last_ping_pong_time = None, False, None
        self.auto_reconnect_enabled = self.default_auto_reconnect_enabled
        before = self.current_session_monitor, self.message_receiver
        self.current_session_monitor = asyncio.ensure_future(self.monitor_current_session())
        self.message_receiver = asyncio.ensure_future(self.receive_messages())
        for task in before:
            if task is not None:
                task.cancel()

    async def wait_after(self, error: Exception) -> None:
        """Log the trouble once, and wait before the next try."""
        self.note(error)
        await asyncio.sleep(AGAIN_SECONDS)

    def note(self, error: Exception) -> None:
        """Keep why there is no connection, and log it the first time."""
        if self.trouble is None:
            log.warning("Slack cannot be reached over Socket Mode; it is tried until it can", why=type(error).__name__)
        self.trouble = type(error).__name__


class SocketLink:
    """The connection to Slack. It has its own client, because it has its own token."""

    def __init__(self, dispatch: Dispatcher, metrics: Metrics, *, app_token: str, api_url: str) -> None:
        self._door = SocketDoor(dispatch, metrics)
        self._app_token, self._api_url = app_token, api_url
        self._client: _Client | None = None

    def state(self) -> bool | str:
        """Return True if requests can arrive, else a sentence."""
        client = self._client
        if client is not None and client.current_session is not None and not client.current_session.closed:
            return True
        why = f" ({client.trouble})" if client is not None and client.trouble else ""
        return f"not connected to Slack{why}"

    @asynccontextmanager
    async def running(self) -> AsyncIterator["SocketLink"]:
        """Keep a connection while the block runs, as soon as Slack can be reached.

        In the end, requests under way are answered.

        Raises AppTokenRefused if Slack rejects the app-level token at the first try.
        """
        web_client = AsyncWebClient(base_url=self._api_url, timeout=OPEN_SECONDS, retry_handlers=[])
        client = self._client = _Client(app_token=self._app_token, web_client=web_client)
        client.socket_mode_request_listeners.append(self._door.answer)
        connecting: asyncio.Task[None] | None = None
        try:
            try:
                client.wss_uri = await client.open()
            except _NO_ANSWER as error:
                client.note(error)
            connecting = asyncio.create_task(client.connect(), name="socket")
            yield self
        finally:
            await self._door.close(DRAIN_SECONDS)
            if connecting is not None:
                connecting.cancel()
                await asyncio.wait([connecting])
            await client.close()  # type: ignore[no-untyped-call]
