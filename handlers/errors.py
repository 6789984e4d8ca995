"""The handler of every error: words where the person is, and a line in the log."""

import asyncio
import secrets
from collections.abc import Coroutine, Mapping
from typing import Any

import aiohttp
import structlog
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from coaching import deadline
from coaching import errors as known
from handlers import parse, screen, tongues
from handlers.deps import Deps
from handlers.error_words import LATE_TRIGGERS, perhaps_words, unexpected_words, words_for
from handlers.ids import Block, Callback
from handlers.inputs import BLOCKS, BadInput
from handlers.parse import BadRequest, Body
from handlers.views.kit import Json, clip
from handlers.views.message import message_view
from language.say import Say

TELL_SECONDS = 2.0
"""Seconds that a press without a deadline waits for the error message to be sent."""
LOOK_AGAIN = 599
"""The status that asks the dispatcher to carry the request out once more. Slack never sees it."""
STACK_DEPTH = 3
log = structlog.get_logger(__name__)


def unfinished(body: Body, kind: str, reference: str) -> BoltResponse:
    """Answer a request that is still at work when Slack gives up waiting, in words if the answer can contain any."""
    return _answer(body, kind, perhaps_words(reference, tongues.of_sender(body)))


def failed(body: Body, kind: str, reference: str) -> BoltResponse:
    """Answer a request that failed outside all listeners and their error handler, in words if possible."""
    say = tongues.of_sender(body)
    return _answer(body, kind, perhaps_words(reference, say) if deadline.wrote() else unexpected_words(reference, say))


def refused(body: Body, words: str) -> BoltResponse:
    """Answer a submission that no listener may handle, in its dialog.

    An empty answer would close it as if all were well.
    """
    return BoltResponse(status=200, body=_submission_answer(None, body, words, tongues.of_sender(body)))


def _answer(body: Body, kind: str, words: str) -> BoltResponse:
    """Put the words into the answer of a command or a dialog. An event gets 500, so that Slack sends it again.

    Any other request is only acknowledged.
    """
    if kind == "event":
        return BoltResponse(status=500)
    if kind == "command":
        return _to_command(words)
    if kind == "view_submission":
        return refused(body, words)
    return BoltResponse(status=200, body="")


_FIELDS: tuple[tuple[type[Exception], str], ...] = (
    (known.NothingPicked, Block.SESSIONS),
    (known.TooManyPicked, Block.SESSIONS),
    (known.ReasonRequired, Block.REASON),
    (known.ReasonTooLong, Block.REASON),
    (known.NoteTooLong, Block.NOTE),
    (known.NoteEmpty, Block.PRIVATE_NOTE),
    (known.NoteGone, Block.PRIVATE_NOTE),
    (known.BadPart, Block.PART),
    (known.BadPolicy, Block.TIERS),
)


def _place(error: Exception | None) -> str | None:
    """Return the input that an error is about, or the prefix of its id, or None if it is about no input."""
    match error:
        case known.BadSetting():
            return BLOCKS[error.field]
        case BadInput():
            return error.block
    return next((block for kind, block in _FIELDS if isinstance(error, kind)), None)


def _kept_at(error: Exception | None, body: Body) -> str | None:
    """Return the input of a form whose text is nowhere else: whatever went wrong, it stays there with what was typed."""
    view = body.get("view")
    form = view.get("callback_id") if isinstance(view, Mapping) else None
    kept = form in {Callback.NOTES, Callback.NOTE} and not isinstance(error, known.Replayed)
    return Block.PRIVATE_NOTE if kept else None


def _to_command(words: str) -> BoltResponse:
    return BoltResponse(status=200, body={"response_type": "ephemeral", "text": words})


class ErrorHandler:
    """Turns every error of every listener into words where the person is, and into a line in the log."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    async def __call__(
        self,
        error: Exception,
        body: dict[str, Any],
        context: AsyncBoltContext,
        client: AsyncWebClient,
        respond: AsyncRespond,
    ) -> BoltResponse:
        """Answer the failed request."""
        reference = reference_of(context)
        if isinstance(error, known.ReplyLost) and deadline.look_again():
            log.warning("a commit was not answered; the request is looked up", request_id=reference)
            return BoltResponse(status=LOOK_AGAIN, body="")
        if isinstance(error, known.Replayed) and not deadline.looked_again():
            log.info("request was carried out before", request_id=reference)
            return BoltResponse(status=200, body="")
        expected = _note(error, reference)
        kind = body.get("type")
        if kind == "event_callback" or isinstance(body.get("event"), Mapping):
            # Slack sends an event again after a failure on our side. It cannot correct an event that we refuse.
            retry = not expected or isinstance(error, known.StorageBusy | TimeoutError)
            return BoltResponse(status=500 if retry else 200, body="")
        say = await self._say(error, body, context)
        words = words_for(error, reference, say)
        if kind == "view_submission":
            return BoltResponse(status=200, body=_submission_answer(error, body, words, say))
        if kind is None and "command" in body:
            return _to_command(words)
        await self._told(_telling(error, body, client, respond, words, say, reference))
        return BoltResponse(status=200, body="")

    async def _say(self, error: Exception, body: Body, context: Mapping[str, Any]) -> Say:
        """Return how to speak to the person. If the database is the trouble, it is not asked."""
        if isinstance(error, known.StorageBusy | TimeoutError):
            return tongues.of_sender(body)
        try:
            return await self._deps.say_to(parse.actor(body, context))
        except BadRequest:
            return tongues.of_sender(body)

    async def _told(self, telling: Coroutine[Any, Any, None]) -> None:
        """Send the words before the answer if there is time, else after it.

        A press must be answered, or Slack shows it as failed.
        """
        with deadline.lifted():
            work = asyncio.ensure_future(telling)
        found = deadline.remaining()
        seconds = TELL_SECONDS if found is None else max(found, 0.0) + deadline.GRACE_SECONDS / 2
        done, _ = await asyncio.wait({work}, timeout=seconds)
        if done:
            await work
        else:
            self._deps.spawn(finished(work))


def reference_of(context: Mapping[str, Any]) -> str:
    """Return the id that links what a person reads to the log. A new one is made if the process set none."""
    found = context.get("request_id")
    return found if isinstance(found, str) and found else secrets.token_hex(4)


def _note(error: Exception, reference: str) -> bool:
    """Log an error by its kind. Return whether it was expected."""
    match error:
        case known.NotYours():
            log.warning(
                "refused: not theirs", request_id=reference, what=error.what, ids=error.ids, actor=error.actor_id
            )
        case BadRequest() | known.AdminsOnly():
            log.warning("refused", request_id=reference, kind=type(error).__name__, detail=str(error))
        case known.StorageBusy():
            log.error("database busy", request_id=reference, detail=str(error.__cause__ or error))
        case known.CoachingError():
            log.info("not done", request_id=reference, kind=type(error).__name__)
        case TimeoutError():
            log.error("out of time", request_id=reference, kind=type(error).__name__)
        case SlackApiError() if screen.code_of(error) in LATE_TRIGGERS | screen.GONE:
            log.warning("too late for Slack", request_id=reference, kind=screen.code_of(error))
        case _:
            log.error("request failed", request_id=reference, exc_info=error)
            return False
    return True


def _submission_answer(error: Exception | None, body: Body, words: str, say: Say) -> Json:
    """Show the words at the field they are about, else on top of the dialog, else in place of it."""
    prefix = _place(error) or _kept_at(error, body)
    block_id = _input_of(body, prefix) if prefix else None
    if block_id:
        return {"response_action": "errors", "errors": {block_id: clip(_unmarked(words), 2000)}}
    view = message_view(_title(error, say), words, say)
    over = isinstance(error, known.Replayed | known.NotYours | known.DialogExpired | BadRequest | known.CannotCancel)
    if over or _depth(body) >= STACK_DEPTH:
        return {"response_action": "update", "view": view}
    # The dialog stays underneath, with all its input.
    return {"response_action": "push", "view": view}


def _title(error: Exception | None, say: Say) -> str:
    return say.title("It is done") if isinstance(error, known.Replayed) else say.title("Sorry")


def _input_of(body: Body, prefix: str) -> str | None:
    try:
        return parse.first_block(body, prefix)
    except BadRequest:
        return None


def _unmarked(words: str) -> str:
    return words.replace("`", "").replace("*", "")


def _depth(body: Body) -> int:
    view = body.get("view")
    if not isinstance(view, Mapping):
        return STACK_DEPTH
    previous, root = view.get("previous_view_id"), view.get("root_view_id")
    if not previous:
        return 1
    return 2 if previous == root else STACK_DEPTH


async def finished(work: "asyncio.Future[Any]") -> None:
    """Wait for work that no request waits for any more."""
    await work


async def _telling(
    error: Exception, body: Body, client: AsyncWebClient, respond: AsyncRespond, words: str, say: Say, reference: str
) -> None:
    try:
        await _tell(error, body, client, respond, words, say)
    except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError, ValueError, BadRequest) as trouble:
        log.warning("could not tell about an error", request_id=reference, error=type(trouble).__name__)


async def _tell(
    error: Exception, body: Body, client: AsyncWebClient, respond: AsyncRespond, words: str, say: Say
) -> None:
    # A shortcut was not chosen in a message: it has a trigger, and no place to answer in.
    if parse.surface(body) == "message" and body.get("type") != "shortcut":
        await screen.whisper(client, respond, body, words)
        return
    if isinstance(error, SlackApiError) and screen.code_of(error) in screen.GONE:
        return
    view = message_view(_title(error, say), words, say)
    try:
        await screen.show(client, body, view)
    except (SlackApiError, TimeoutError) as refused:
        # The trigger was used or too old, or has become so by now. A modal can still be replaced, and a person can be
        # messaged.
        if not isinstance(refused, TimeoutError) and screen.code_of(refused) not in LATE_TRIGGERS:
            raise
        if parse.surface(body) == "modal":
            await client.views_update(view_id=parse.view_id(body), view=view)
        else:
            await client.chat_postMessage(channel=parse.user_id(body), text=words)
