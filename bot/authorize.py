"""Which requests this bot answers when it serves one workspace (or organization) with one token."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import aiohttp
import structlog
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState
from slack_sdk.web.async_client import AsyncWebClient

from coaching import deadline
from coaching.texts import storable

# Slack's error codes for a token that no longer works. Any other code says nothing about the token.
TOKEN_IS_DEAD = frozenset({"invalid_auth", "token_revoked", "token_expired", "account_inactive", "not_authed"})
REFUSAL = "Sessions is not set up for this workspace. Please ask your workspace admin to install it here."
_ASK_AGAIN_SECONDS = 15.0
_TELL_SECONDS = 2.0
log = structlog.get_logger(__name__)


def workspace_id_of(context: Mapping[str, Any]) -> str | None:
    """Return the id that a request's data is stored under, or None if the request names none.

    It is the organization's id for an org-wide install, otherwise the workspace's. Takes Bolt's context, or any mapping
    with is_enterprise_install, enterprise_id and team_id.
    """
    chosen = context.get("enterprise_id") if context.get("is_enterprise_install") else context.get("team_id")
    return chosen if isinstance(chosen, str) and chosen else None


class TokenRefused(Exception):
    """Slack rejects the bot token. The message is Slack's error code."""


class SlackUnavailable(Exception):
    """Slack could not say whom the token belongs to. The token itself may be fine."""


@dataclass(frozen=True)
class Identity:
    """What auth.test says about the bot token.

    `workspace_id` is None if the answer names no workspace. Slack always names one. A stand-in may not.
    """

    workspace_id: str | None
    team_id: str | None
    enterprise_id: str | None
    is_enterprise_install: bool
    bot_id: str | None
    bot_user_id: str | None
    team: str | None
    url: str | None
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class Home:
    """Where the app's Home is, in the workspace of this token (None: a stand-in's, which is any)."""

    workspace_id: str | None
    team_id: str
    app_id: str

    @property
    def link(self) -> str:
        """The link for Slack's own programs."""
        return f"slack://app?team={self.team_id}&id={self.app_id}&tab=home"

    @property
    def web_address(self) -> str:
        """The link for programs that open web addresses only, as mail programs do. It leads on to Slack."""
        return f"https://slack.com/app_redirect?{urlencode({'app': self.app_id, 'team': self.team_id})}"

    def is_of(self, workspace_id: str) -> bool:
        """Return whether it is this workspace's."""
        return self.workspace_id in {None, workspace_id}


class SingleWorkspace(AsyncAuthorize):
    """Bolt's `authorize` for one bot token. It calls auth.test once and keeps the answer until `forget()`.

    Sets `context["workspace_id"]`. Requests from any other workspace are not authorized, so no listener runs for them.
    There is one exception: if auth.test names no workspace, which only a stand-in does, the workspace that the request
    itself names is accepted.
    """

    def __init__(self, client: AsyncWebClient, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._client = client
        self._monotonic = monotonic
        self._lock = asyncio.Lock()
        self._identity: Identity | None = None
        self._refused: tuple[float, str] | None = None

    async def identity(self) -> Identity:
        """Return the owner of the token. Slack is asked if the owner is not known yet.

        Raises TokenRefused if Slack rejects the token (remembered for 15 s, so that a dead token does not cost a call
        per request), SlackUnavailable if Slack answers with another error, and the client's own errors (aiohttp's,
        TimeoutError) if there is no answer.
        """
        if self._identity is not None:
            return self._identity
        async with self._lock:
            if self._identity is None:
                self._identity = await self._ask()
            return self._identity

    async def home(self) -> Home | None:
        """Return where the app's Home is, or None if Slack does not say which app this is."""
        try:
            known = await self.identity()
            answer = await self._client.bots_info(bot=known.bot_id or "")
        except (TokenRefused, SlackUnavailable, SlackApiError, aiohttp.ClientError, TimeoutError):
            return None
        bot = answer.get("bot")
        app_id = bot.get("app_id") if isinstance(bot, Mapping) else None
        if not (isinstance(app_id, str) and app_id.isalnum() and known.team_id):
            return None
        return Home(known.workspace_id, known.team_id, app_id)

    async def workspace_id(self) -> str | None:
        """Return this token's workspace, or None if Slack does not say."""
        try:
            return (await self.identity()).workspace_id
        except (TokenRefused, SlackUnavailable, SlackApiError, aiohttp.ClientError, TimeoutError):
            return None

    async def web_address(self) -> str | None:
        """Return the workspace's web address, with a slash at its end, or None if Slack does not say."""
        try:
            url = (await self.identity()).url
        except (TokenRefused, SlackUnavailable, SlackApiError, aiohttp.ClientError, TimeoutError):
            return None
        return None if not url or not url.startswith(("https://", "http://")) else f"{url.rstrip('/')}/"

    def forget(self) -> None:
        """Forget the answer, so that the next request asks Slack again. Called when Slack reports a dead token."""
        self._identity = None

    async def __call__(
        self,
        *,
        context: AsyncBoltContext,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None,  # noqa: ARG002 - Bolt sets the names. The actions check rights
        actor_enterprise_id: str | None = None,  # noqa: ARG002
        actor_team_id: str | None = None,  # noqa: ARG002
        actor_user_id: str | None = None,  # noqa: ARG002
    ) -> AuthorizeResult | None:
        """Answer Bolt. None means that the request is not authorized. Bolt then replies with the refusal."""
        try:
            # Other requests may be waiting for the same lock, each for its own call to Slack.
            async with asyncio.timeout(deadline.left(deadline.REQUEST_SECONDS)):
                known = await self.identity()
        except TokenRefused as refused:
            log.error("request refused: Slack does not accept the bot token", error=str(refused))  # noqa: TRY400
            await _refuse(context)
            return None
        if known.workspace_id is None and team_id:
            # The request is signed, so the workspace that it names can be trusted.
            known = replace(known, workspace_id=team_id, team_id=team_id)
        ours = enterprise_id == known.enterprise_id if known.is_enterprise_install else team_id == known.team_id
        if not ours or known.workspace_id is None:
            log.warning("request refused: it is for another workspace", team_id=team_id, enterprise_id=enterprise_id)
            await _refuse(context)
            return None
        context["workspace_id"] = known.workspace_id
        return AuthorizeResult(
            enterprise_id=known.enterprise_id,
            team_id=known.team_id,
            team=known.team,
            url=known.url,
            bot_id=known.bot_id,
            bot_user_id=known.bot_user_id,
            bot_token=self._client.token,
            bot_scopes=known.scopes,
        )

    async def _ask(self) -> Identity:
        if self._refused is not None and self._monotonic() - self._refused[0] < _ASK_AGAIN_SECONDS:
            raise TokenRefused(self._refused[1])
        try:
            answer = await self._client.auth_test()
        except SlackApiError as error:
            code = str(error.response.get("error", "unknown_error")) if error.response else "unknown_error"
            if code not in TOKEN_IS_DEAD:
                # Not as a SlackApiError: Bolt would read that as "not installed" and tell the user so.
                raise SlackUnavailable(code) from error
            self._refused = (self._monotonic(), code)
            raise TokenRefused(code) from error
        self._refused = None
        return identity_of(answer.data if isinstance(answer.data, dict) else {}, answer.headers)


async def _refuse(context: AsyncBoltContext) -> None:
    """Send the refusal to the person who pressed something.

    Bolt would send it too, but it waits up to half a minute and raises if it fails. A command or a dialog needs no
    call: without a response_url, Bolt puts the words into its answer.
    """
    if context.response_url and context.get("kind") not in {"command", "view_submission"}:
        try:
            async with asyncio.timeout(deadline.left(_TELL_SECONDS)):
                await AsyncRespond(response_url=context.response_url)(
                    REFUSAL, response_type="ephemeral", replace_original=False
                )
        except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            log.info("whoever was refused could not be told", why=type(error).__name__)
    context["response_url"] = None


def identity_of(answer: Mapping[str, Any], headers: Mapping[str, str]) -> Identity:
    """Return the identity that an answer of auth.test and its headers describe."""
    answer = storable(dict(answer))
    org_wide = answer.get("is_enterprise_install") is True
    scopes = {name.lower(): value for name, value in headers.items()}.get("x-oauth-scopes", "")
    return Identity(
        workspace_id=workspace_id_of({**answer, "is_enterprise_install": org_wide}),
        team_id=answer.get("team_id"),
        enterprise_id=answer.get("enterprise_id"),
        is_enterprise_install=org_wide,
        bot_id=answer.get("bot_id"),
        bot_user_id=answer.get("user_id"),
        team=answer.get("team"),
        url=answer.get("url"),
        scopes=tuple(scope.strip() for scope in scopes.split(",") if scope.strip()),
    )


class TokenWatch(AsyncRetryHandler):
    """Watches every Web API answer for a dead token and has the token checked again. It never retries a call.

    It is one of a client's `retry_handlers`, the only hook through which the SDK shows answers to other code.
    """

    def __init__(self, authorize: SingleWorkspace) -> None:
        super().__init__(max_retry_count=0)
        self._authorize = authorize

    async def can_retry_async(
        self,
        *,
        state: RetryState,  # noqa: ARG002
        request: HttpRequest,  # noqa: ARG002
        response: HttpResponse | None = None,
        error: Exception | None = None,  # noqa: ARG002
    ) -> bool:
        """Return False always: retries are decided elsewhere."""
        body = response.body if response is not None else None
        if isinstance(body, dict) and body.get("error") in TOKEN_IS_DEAD:
            self._authorize.forget()
        return False
