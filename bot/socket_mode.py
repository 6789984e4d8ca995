"""Socket Mode: the same requests over a connection that we open, for installations without a public address."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.inbound import Dispatcher, NotUnderstood, kind_of, parse_envelope
from bot.metrics import Metrics

log = structlog.get_logger(__name__)


class SocketDoor:
    """Answers one envelope after the other the way the web app answers requests; the connection stands for the signature."""

    def __init__(self, dispatch: Dispatcher, metrics: Metrics) -> None:
        self._dispatch = dispatch
        self._metrics = metrics

    async def answer(self, client: AsyncBaseSocketModeClient, envelope: SocketModeRequest) -> None:
        """Send the answer, or nothing for a failed event: Slack then delivers it again."""
        with self._metrics.requests_in_flight.track_inprogress():
            response = await self._response(envelope)
        if response.status == 200:
            # 0.0: the start time only serves a debug line of the SDK's.
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


@asynccontextmanager
async def socket_mode(
    dispatch: Dispatcher, metrics: Metrics, *, app_token: str, api_url: str
) -> AsyncIterator[SocketModeClient]:
    """Keep a connection to Slack open while the context is; its client is apart from the bot's, as its token is.

    Raises SlackApiError when Slack does not accept the app-level token.
    """
    client = SocketModeClient(app_token=app_token, web_client=AsyncWebClient(base_url=api_url))
    client.socket_mode_request_listeners.append(SocketDoor(dispatch, metrics).answer)
    try:
        await client.connect()  # type: ignore[no-untyped-call]
        yield client
    finally:
        await client.close()  # type: ignore[no-untyped-call]
