"""Rights that come from Slack are as fresh for writing as for reading: whoever is in doubt is asked about, once, and goes on."""

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
    """The first to hear of every error: carries a request out anew once Slack said whether its actor is an admin still.

    Rights are checked before anything is written, so that nothing is done twice. Where Slack does not say within what is left
    of the request, nothing is done, and the words say so.
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
        """Answer the request that failed, or have it done over."""
        if isinstance(error, RightsInDoubt) and not error.asked and not context.get(_ASKED):
            context[_ASKED] = True
            actor = parse.actor(body, context)
            if await self._deps.meet(client, actor.workspace_id, actor.user_id):
                return await self._dispatch(request)
        return await self._errors(error, body, context, client, respond)
