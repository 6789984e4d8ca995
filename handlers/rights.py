"""Rights that come from Slack are as fresh for writing as for reading: if in doubt, Slack is asked once."""

from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from coaching.errors import RightsInDoubt
from handlers import parse
from handlers.deps import Deps
from handlers.errors import ErrorHandler

_ASKED = "rights_asked"
Dispatch = Callable[[AsyncBoltRequest], Awaitable[BoltResponse]]


class Doubts:
    """Sees every error first. It repeats a request once Slack has said whether the actor is still an admin.

    Rights are checked before anything is written, so nothing is done twice. If Slack does not answer within the time
    left of the request, nothing is done, and the words say so.
    """

    def __init__(self, deps: Deps, dispatch: Dispatch, errors: ErrorHandler) -> None:
        self._deps = deps
        self._dispatch = dispatch
        self._errors = errors

    async def __call__(
        self,
        error: Exception,
        request: AsyncBoltRequest,
        body: dict[str, Any],
        context: AsyncBoltContext,
        client: AsyncWebClient,
        respond: AsyncRespond,
    ) -> BoltResponse:
        """Answer the failed request, or carry it out again."""
        if isinstance(error, RightsInDoubt) and not error.asked and not context.get(_ASKED):
            context[_ASKED] = True
            actor = parse.actor(body, context)
            if await self._deps.meet(client, actor.workspace_id, actor.user_id):
                return await self._dispatch(request)
        return await self._errors(error, body, context, client, respond)
