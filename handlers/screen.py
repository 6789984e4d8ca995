"""Showing views and answers to a person, wherever they pressed."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

import structlog
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from coaching import deadline
from handlers import parse, tongues
from handlers.parse import Body
from handlers.views.kit import Json
from handlers.views.message import message_view
from handlers.views.newer import NONE, fitted

GONE = frozenset({"hash_conflict", "not_found", "view_not_found"})
"""Slack's codes for a view that has changed or was closed: there is no one to show this to."""
ANSWER_SECONDS = 10.0
"""Seconds that posting to a response_url may take if no request waits for it."""
_Call = Callable[[Json], Awaitable[object]]
Send = Callable[[Json, _Call], Awaitable[object]]
"""Makes a call with a view, in a form that the workspace takes."""
log = structlog.get_logger(__name__)


async def in_older_form(view: Json, call: _Call) -> None:
    """Make a call with a view in the form that every Slack takes."""
    await call(fitted(view, NONE))


def code_of(error: SlackApiError) -> str:
    """Return Slack's error code, or "unknown" for an answer that is not Slack's, such as a proxy's page."""
    data = getattr(error.response, "data", error.response)
    found = data.get("error") if isinstance(data, Mapping) else None
    return found if isinstance(found, str) else "unknown"


async def said(answer: Coroutine[Any, Any, object]) -> None:
    """Post to a response_url within the time left of the request. Bolt's own client would wait half a minute."""
    async with asyncio.timeout(deadline.left(ANSWER_SECONDS)):
        await answer


async def whisper(client: AsyncWebClient, respond: AsyncRespond, body: Body, text: str) -> None:
    """Answer a press in a message, visible to that person only. Without a response_url it goes through the Web API.

    Raises BadRequest if the payload names neither the message's place nor a trigger for a modal.
    """
    if respond.response_url:
        await said(respond(text=text, response_type="ephemeral", replace_original=False))
        return
    channel = body.get("channel")
    container = body.get("container")
    place = channel.get("id") if isinstance(channel, Mapping) else None
    place = place or (container.get("channel_id") if isinstance(container, Mapping) else None)
    if isinstance(place, str) and place:
        await client.chat_postEphemeral(channel=place, user=parse.user_id(body), text=text)
        return
    await client.views_open(
        trigger_id=parse.trigger(body), view=message_view("Sessions", text, tongues.of_sender(body))
    )


async def show(client: AsyncWebClient, body: Body, view: Json, send: Send = in_older_form) -> None:
    """Open a modal: on top of the pressed one, or as the first. If the stack is full, its top is replaced."""
    if parse.surface(body) != "modal":
        await send(view, lambda form: client.views_open(trigger_id=parse.trigger(body), view=form))
        return
    try:
        await send(view, lambda form: client.views_push(trigger_id=parse.trigger(body), view=form))
    except SlackApiError as error:
        if code_of(error) != "push_limit_reached":
            raise
        await redraw(client, body, view, send)


async def redraw(client: AsyncWebClient, body: Body, view: Json, send: Send = in_older_form) -> None:
    """Replace the pressed view, unless it has changed since: the new content is newer."""
    seen = parse.view(body).get("hash")
    known = seen if isinstance(seen, str) and seen else None
    view_id = parse.view_id(body)
    try:
        await send(view, lambda form: client.views_update(view_id=view_id, hash=known, view=form))
    except SlackApiError as error:
        if code_of(error) not in GONE:
            raise
        log.info("a view had moved on", error=code_of(error))
