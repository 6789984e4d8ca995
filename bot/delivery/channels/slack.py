"""One message to Slack, and what its answer means for trying again."""

import math
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.authorize import TOKEN_IS_DEAD
from bot.delivery.channels.channel import (
    NOT_OURS,
    Channel,
    Delivered,
    Locked,
    NotSent,
    NotYet,
    Refused,
    Reply,
    Sent,
    ServerError,
    TooFast,
    Unknown,
)
from bot.delivery.parcels import Parcel
from bot.delivery.time_limit import time_limit
from coaching.news.announcement import Announcement, ToCoach
from coaching.news.notice import Medium
from coaching.sessions import Person
from handlers.json_body import encoded
from handlers.known_blocks import KnownBlocks
from handlers.views.newer import NONE, fitted

# With these codes Slack refuses everything we send until an admin repairs the installation.
_INSTALLATION = TOKEN_IS_DEAD | {
    "access_denied",
    "ekm_access_denied",
    "missing_scope",
    "no_permission",
    "not_allowed_token_type",
    "org_login_required",
    "team_access_not_granted",
    "two_factor_setup_required",
}
# docs.slack.dev says of both codes that some aspect of the operation may have succeeded before the error was raised.
_PERHAPS = {"fatal_error", "internal_error"}
_LATER = {"request_timeout", "service_unavailable", "team_added_to_org"}
_TOO_FAST = {"message_limit_exceeded", "rate_limited", "ratelimited"}
NO_CHANNEL = {
    "channel_not_found",
    "is_archived",
    "not_in_channel",
    "restricted_action",
    "restricted_action_read_only_channel",
}
"""The bot cannot post in this channel. The person can still be messaged directly."""
NO_EDITING = NO_CHANNEL | {"is_inactive"}
"""The bot cannot edit its messages in this channel either.

"is_inactive" is chat.update's code for a channel that is archived or frozen.
"""
LEFT = "account_deactivated"
"""Our code for a coach who left Slack. Slack accepts direct messages to them, but nobody reads those."""

LONGEST_PAUSE = 300.0
"""Seconds. However long Slack tells us to wait, we ask again after this time."""
_Call = Callable[[dict[str, Any]], Awaitable[AsyncSlackResponse]]
Send = Callable[[dict[str, Any], _Call], Awaitable[AsyncSlackResponse]]
"""Makes a call with a message, in a form that the workspace takes."""
_WITHOUT_PREVIEWS = {"unfurl_links": False, "unfurl_media": False}
_CODE = re.compile(r"[a-z0-9_.:-]{1,80}", re.ASCII | re.IGNORECASE)
_PLACE = re.compile(r"[A-Za-z0-9._-]{1,32}", re.ASCII)
UNREADABLE = "unreadable"


def open_session(*, connect_timeout: float = 5.0, connections: int = 20) -> Any:  # noqa: ANN401
    """Return an aiohttp session for write clients. Every call needs a `time_limit` of its own.

    The SDK ignores its own timeouts when it is given a session. Connecting has a limit here (seconds), which tells "not
    reached" from "no answer".
    """
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=None, connect=connect_timeout, sock_connect=connect_timeout),
        connector=aiohttp.TCPConnector(limit=connections),
        json_serialize_bytes=encoded,
    )


def write_client(token: str, api_url: str, session: aiohttp.ClientSession) -> AsyncWebClient:
    """Return a client that never retries by itself: delivery decides about retries, not the SDK."""
    return AsyncWebClient(token=token, base_url=api_url, session=session, retry_handlers=[])


async def post(
    client: AsyncWebClient, target: str, message: dict[str, Any], seconds: float, send: Send | None = None
) -> Reply:
    """Post to a channel or a person (by user id). It takes at most `seconds`."""
    fields = {"channel": target, **_WITHOUT_PREVIEWS}
    answer = await _called(client, "chat.postMessage", fields, message, seconds, send)
    return _sent(answer.data) if isinstance(answer, AsyncSlackResponse) else answer


async def edit(
    client: AsyncWebClient, channel: str, ts: str, message: dict[str, Any], seconds: float, send: Send | None = None
) -> Reply:
    """Replace a message's text and blocks. Doing it twice does no harm."""
    answer = await _called(client, "chat.update", {"channel": channel, "ts": ts}, message, seconds, send)
    return Sent(channel, ts) if isinstance(answer, AsyncSlackResponse) else answer


async def _called(
    client: AsyncWebClient,
    method: str,
    place: dict[str, Any],
    message: dict[str, Any],
    seconds: float,
    send: Send | None,
) -> AsyncSlackResponse | Reply:
    """Return the answer of a call that succeeded, or what another answer, or none, means.

    A refused newer block is no failure: `send` makes the call once more in the older form, and nothing was posted before.
    """

    def call(form: dict[str, Any]) -> Awaitable[AsyncSlackResponse]:
        # The SDK's method for each call would go through all arguments that it could have.
        return client.api_call(method, json={**place, **form})

    try:
        async with time_limit(seconds):
            return await (call(fitted(message, NONE)) if send is None else send(message, call))
    except Exception as error:  # noqa: BLE001 - whatever the SDK raises, the message may be out: it must be classified
        return classify(error)


async def answers(client: AsyncWebClient, seconds: float) -> Reply:
    """Make a harmless call, to see whether Slack is back before a message is risked."""
    try:
        async with time_limit(seconds):
            await client.auth_test()
        return Sent(None, None)
    except Exception as error:  # noqa: BLE001
        return classify(error)


def _sent(data: object) -> Sent:
    """Return where a message is. An answer without a usable place still means that the message was posted."""
    channel, ts = (data.get(name) if isinstance(data, dict) else None for name in ("channel", "ts"))
    if isinstance(channel, str) and isinstance(ts, str) and _PLACE.fullmatch(channel) and _PLACE.fullmatch(ts):
        return Sent(channel, ts)
    return Sent(None, None)


def classify(error: Exception) -> Reply:
    """Translate an error of the SDK or of aiohttp into what it means for the message."""
    if isinstance(error, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)):
        return NotSent(_short(error))
    if not isinstance(error, SlackApiError):
        # Timeouts, resets, truncated answers, and what the SDK raises for answers that it cannot read.
        return Unknown(_short(error))
    response = error.response
    # The SDK passes on aiohttp's own response if the body is not the JSON that it claims to be.
    status = int(getattr(response, "status_code", None) or getattr(response, "status", 0) or 0)
    data = getattr(response, "data", None)
    code = _code(data.get("error")) if isinstance(data, dict) else ""
    if status == 429 or code in _TOO_FAST:
        return TooFast(_retry_after(response))
    if code in _INSTALLATION:
        return Locked(code)
    if status >= 500 or code in _PERHAPS or code == UNREADABLE:
        return ServerError(f"HTTP {status} {code}".strip())
    if code in _LATER:
        return NotSent(code)
    if code:
        return Refused(code)
    return NotSent(f"HTTP {status}") if 400 <= status < 500 else Unknown(f"HTTP {status} without an answer")


def _code(said: object) -> str:
    """Return Slack's error code; "" if there is none, UNREADABLE if it does not look like a code."""
    if said is None or said == "":
        return ""
    return said if isinstance(said, str) and _CODE.fullmatch(said) else UNREADABLE


def _retry_after(response: Any) -> float | None:  # noqa: ANN401
    headers = getattr(response, "headers", None) or {}
    given = {str(name).lower(): value for name, value in headers.items()}.get("retry-after", "")
    try:
        seconds = float(given)
    except (TypeError, ValueError):
        return None
    return None if math.isnan(seconds) or seconds < 0 else min(seconds, LONGEST_PAUSE)


def _short(error: Exception) -> str:
    return type(error).__name__


ClientFor = Callable[[str], Awaitable[AsyncWebClient | None]]
Render = Callable[[Announcement], dict[str, Any]]


class SlackChannel(Channel):
    """Delivers parcels through Slack. `render` supplies the words, `client_for` the client of a workspace.

    `blocks` knows which newer blocks a workspace takes. Without it, messages have none.
    """

    called = "Slack"
    medium = Medium.SLACK

    def __init__(self, client_for: ClientFor, render: Render, blocks: KnownBlocks | None = None) -> None:
        self._client_for = client_for
        self._render = render
        self._blocks = blocks

    def reaches(self, person: Person) -> bool:
        """Return whether Slack knows this person."""
        return person.in_slack

    async def deliver(self, parcel: Parcel, seconds: float) -> Delivered:
        """Post or edit one message. Each call takes at most `seconds`.

        An alert that its channel does not take goes to the coach directly, with a hint on how to invite the bot (K1).
        So does a changed alert whose channel no longer lets us edit. Raises what `render` raises, before anything is
        sent.
        """
        message = self._render(parcel.announcement)
        client = await self._client_for(parcel.workspace_id)
        if client is None:
            return Delivered(Locked(NOT_OURS))
        told = parcel.announcement
        if isinstance(told, ToCoach) and parcel.gone and not told.in_channel:
            return Delivered(Refused(LEFT))
        send = partial(self._blocks.sent, parcel.workspace_id) if self._blocks is not None else None
        if parcel.ts is not None:
            reply = await edit(client, parcel.target, parcel.ts, message, seconds, send)
        else:
            reply = await post(client, parcel.target, message, seconds, send)
        hopeless = NO_CHANNEL if parcel.ts is None else NO_EDITING
        if not (isinstance(reply, Refused) and reply.code in hopeless and isinstance(told, ToCoach)):
            return Delivered(reply)
        if not told.in_channel:
            return Delivered(reply)
        if told.copy_of is not None:
            # A refused copy goes to nobody else: the coach has the original, and the admins are notified of the
            # channel.
            return Delivered(reply, trouble=reply.code)
        coach, code = told.viewer.person, reply.code
        if parcel.gone:
            return Delivered(Refused(LEFT), trouble=code)
        if not self.reaches(coach):
            return Delivered(NotYet(), trouble=code)
        direct = self._render(replace(told, in_channel=False, unreachable_channel=parcel.target, unreachable_why=code))
        return Delivered(await post(client, coach.id, direct, seconds, send), code, diverted=True)

    async def probe(self, workspace_id: str, seconds: float) -> Reply:
        """Ask Slack something harmless for this workspace."""
        client = await self._client_for(workspace_id)
        return Locked(NOT_OURS) if client is None else await answers(client, seconds)
