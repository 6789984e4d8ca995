"""What people read when something does not work, and the one place where every error ends."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC
from typing import Any

import aiohttp
import structlog
from babel import Locale
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from coaching import deadline
from coaching import errors as known
from coaching.causes import NoException, Obstacle
from coaching.slots import AmbiguousTime, SkippedTime
from coaching.zone_words import as_written
from handlers import parse, screen
from handlers.ids import COMMAND, Block
from handlers.inputs import BLOCKS, BadInput
from handlers.parse import BadRequest, Body
from handlers.views.kit import Json, clip, typed
from handlers.views.message import message_view
from handlers.views.outcomes import refused_words
from handlers.views.words import blocked_words, count, immovable_words, in_credits
from handlers.views.zone_names import zone_name

TELL_SECONDS = 2.0
"""How long a press waits to be told what did not work, where it has no deadline."""
LOOK_AGAIN = 599
"""The status that asks the dispatcher to carry the request out once more: Slack never sees it."""
LATE_TRIGGERS = frozenset({"expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id"})
STACK_DEPTH = 3
log = structlog.get_logger(__name__)


_PLAIN: dict[type[Exception], str] = {
    known.NotYours: f"That is not one of your sessions, so nothing was done. `{COMMAND}` shows yours.",
    known.AdminsOnly: (
        "Only admins can do that. Ask a workspace admin to do it, or to name you as one in the set-up of this app."
    ),
    known.RightsInDoubt: (
        "Slack could not be asked just now whether you are still an admin here, so nothing was done. "
        "Try again in a moment; if it goes on, ask a workspace admin to name you as one in the set-up of this app."
    ),
    known.CoachesOnly: (
        "That is for coaches, and you are not on their list here, so nothing was done. "
        "Ask a workspace admin to do it, or to put you on the list."
    ),
    known.NothingPicked: "Pick at least one session, or choose to keep them.",
    known.ReasonRequired: "Please say why you cancel: at least one of these sessions asks for a reason.",
    known.DialogExpired: (
        f"This dialog is out of date. Nothing was done by it; type `{COMMAND}` to see how things stand."
    ),
    known.ChangedMeanwhile: "Somebody else was a moment faster. Nothing was done twice; please look again.",
    known.SlotTaken: "That time was just taken by somebody else.",
    known.ClientBusy: "The client has something else at that time.",
    known.InPast: "That time has passed. Choose a later one.",
    known.TermsChanged: "The terms changed a moment ago. Nothing is booked yet; please look at them again.",
    known.TermsGone: "That is not there any more, so its terms cannot be changed. Close this and open the set-up again.",
}
_WITH_REFERENCE: dict[type[Exception], str] = {
    known.StorageBusy: "We are very busy right now and nothing was changed. Try again in a moment. Reference: {}",
    known.StorageAils: (
        "We cannot save anything at the moment, and nothing was changed. Please tell your workspace admin, with this "
        "reference: {}"
    ),
    BadRequest: f"That came from something out of date. Type `{COMMAND}` and try from there. Reference: {{}}",
}
NOT_BOOKABLE = {
    Obstacle.NO_HOURS: "That coach takes no bookings at the moment. Choose somebody else, or ask them.",
    Obstacle.NO_TYPE: "That kind of session is not offered any more. Choose another one.",
    Obstacle.PAST: "That time has passed. Choose a later one.",
    Obstacle.NOTICE: "That is too soon: the coach asks for more notice. Choose a later time.",
    Obstacle.HORIZON: "That is further ahead than the coach takes bookings. Choose an earlier time.",
    Obstacle.HOURS: "The coach's hours changed, and that time is outside them now.",
    Obstacle.TIME_OFF: "The coach is off at that time.",
}
"""Why a coach cannot be booked, by `NotBookable.why`."""
NOT_YOUR_CREDITS = f"Those credits are not yours to look at or to change. `{COMMAND} credits` shows yours."
LATE = "That took a moment too long and Slack gave up waiting. Nothing was changed; please try again."
PERHAPS = (
    "That took too long, so we cannot say whether it was done. Before you try again, see how things stand: type "
    f"`{COMMAND}`. Reference: {{}}"
)
"""Where the time ran out after something may have been committed: nobody is told that nothing was."""
DONE = f"It is done; only the answer got lost on its way. Type `{COMMAND}` to see how things stand."
"""Where a request that was carried out again turned out to have been carried out before."""
UNEXPECTED = (
    "Sorry, something went wrong on our side. Please try again in a moment; if it keeps happening, "
    "give your workspace admin this reference: {}"
)


def words_for(error: Exception, reference: str) -> str:
    """Return what a person reads about an error, in mrkdwn: what it was, and how to go on."""
    kind = type(error)
    if kind is known.Replayed:
        return DONE
    late = isinstance(error, known.StorageBusy | TimeoutError) or _late_trigger(error)
    if late and deadline.wrote():
        return PERHAPS.format(reference)
    if isinstance(error, TimeoutError) or _late_trigger(error):
        return LATE
    if isinstance(error, known.NotYours) and error.what == "credits":
        return NOT_YOUR_CREDITS
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind in _WITH_REFERENCE:
        return _WITH_REFERENCE[kind].format(reference)
    return _with_figures(error) or UNEXPECTED.format(reference)


def _late_trigger(error: Exception) -> bool:
    return isinstance(error, SlackApiError) and screen.code_of(error) in LATE_TRIGGERS


def unfinished(body: Body, kind: str, reference: str) -> BoltResponse:
    """Answer a request that is still at work when Slack gives up waiting: in words where an answer can hold any."""
    return _answer(body, kind, PERHAPS.format(reference))


def failed(body: Body, kind: str, reference: str) -> BoltResponse:
    """Answer a request that failed outside every listener and its error handler, in words where an answer can hold any."""
    return _answer(body, kind, (PERHAPS if deadline.wrote() else UNEXPECTED).format(reference))


def refused(body: Body, words: str) -> BoltResponse:
    """Answer a submission that no listener may see in its dialog: an empty answer would close it, as if all were well."""
    return BoltResponse(status=200, body=_submission_answer(None, body, words))


def _answer(body: Body, kind: str, words: str) -> BoltResponse:
    """Say it in the answer of a command or a dialog; 500 for an event, which Slack then sends again; else only acknowledge."""
    if kind == "event":
        return BoltResponse(status=500)
    if kind == "command":
        return _to_command(words)
    if kind == "view_submission":
        return refused(body, words)
    return BoltResponse(status=200, body="")


def _to_command(words: str) -> BoltResponse:
    return BoltResponse(status=200, body={"response_type": "ephemeral", "text": words})


def _with_figures(error: Exception) -> str | None:
    match error:
        case known.TooManyPicked():
            return f"You picked {error.picked:,}; at most {error.limit} fit one go. Pick fewer, then do the rest."
        case known.ReasonTooLong() | known.NoteTooLong():
            what = "reason" if isinstance(error, known.ReasonTooLong) else "note"
            return f"That {what} is too long by {count(error.length - error.limit, 'character')}. Please shorten it."
        case known.CannotCancel() | known.CannotMove() | known.CannotClose():
            return _impossible(error)
        case known.NotEnoughCredits():
            left = f"{in_credits(error.available)} {'is' if error.available == 100 else 'are'} left to pay with"
            return f"That costs {in_credits(error.price)}, and {left}. Nothing was booked."
        case known.NotBookable():
            return NOT_BOOKABLE.get(error.why, "That time cannot be booked any more.")
        case SkippedTime():
            return f"{_zone(error)} skips {error.local:%H:%M} that day: clocks go forward. Choose a later time."
        case AmbiguousTime():
            return (
                f"{error.local:%H:%M} comes twice in {_zone(error)} that day, when clocks go back. "
                "Choose a time outside that hour, or write it with its offset from UTC."
            )
        case known.BadPolicy() | known.BadSetting() | BadInput():
            said = typed(str(error), 300)
            return f"{said[:1].upper()}{said[1:]}."
    return _about_late(error)


def _zone(error: SkippedTime | AmbiguousTime) -> str:
    return zone_name(error.time_zone, Locale("en"), error.local.replace(tzinfo=UTC)) or as_written(error.time_zone)


def _about_late(error: Exception) -> str | None:
    match error:
        case known.BadPart():
            return (
                f"Write how much goes back: more than 0 and less than {in_credits(error.kept)}, in steps of 0.01. "
                "To return all or nothing, choose that above."
            )
        case known.CannotAsk():
            return _no_exception(error)
    return None


def _no_exception(error: known.CannotAsk) -> str:
    words = {
        NoException.DECIDED: "This was decided already, so there is nothing left to ask for.",
        NoException.RETURNED: "Everything came back, so there is nothing to ask for.",
        NoException.UNDONE: "That cancellation does not count any more, so there is nothing to ask for.",
        NoException.UNREACHABLE: "The coach cannot be reached through Slack, so they cannot be asked here.",
    }[error.why]
    ask = typed(error.contact, 200) if error.contact else "a workspace admin"
    return f"{words} Type `{COMMAND} past` to see how it stands; if you think that is wrong, ask {ask}."


def _impossible(error: known.CannotCancel | known.CannotMove | known.CannotClose) -> str:
    if isinstance(error, known.CannotClose):
        return refused_words(error.why)
    move = isinstance(error, known.CannotMove)
    words = immovable_words if move else blocked_words
    causes = "; ".join(dict.fromkeys(words(cause) for cause in error.why.values()))
    number = count(len(error.why))
    if move:
        return f"{number} cannot be moved ({causes}). Nothing was moved; ask the coach, or choose again."
    return f"{number} cannot be canceled any more ({causes}). Nothing was canceled; choose again."


_FIELDS: tuple[tuple[type[Exception], str], ...] = (
    (known.NothingPicked, Block.SESSIONS),
    (known.TooManyPicked, Block.SESSIONS),
    (known.ReasonRequired, Block.REASON),
    (known.ReasonTooLong, Block.REASON),
    (known.NoteTooLong, Block.NOTE),
    (known.BadPart, Block.PART),
    (known.BadPolicy, Block.TIERS),
)


class ErrorHandler:
    """Turns every error of every listener into words where the person is, and into a line in the log."""

    def __init__(self, spawn: Callable[[Coroutine[Any, Any, None]], object]) -> None:
        self._spawn = spawn

    async def __call__(
        self,
        error: Exception,
        body: dict[str, Any],
        context: AsyncBoltContext,
        client: AsyncWebClient,
        respond: AsyncRespond,
    ) -> BoltResponse:
        """Answer the request that failed."""
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
            # Slack sends an event again that failed on our side; it cannot mend one that we refuse.
            retry = not expected or isinstance(error, known.StorageBusy | TimeoutError)
            return BoltResponse(status=500 if retry else 200, body="")
        words = words_for(error, reference)
        if kind == "view_submission":
            return BoltResponse(status=200, body=_submission_answer(error, body, words))
        if kind is None and "command" in body:
            return _to_command(words)
        await self._told(_telling(error, body, client, respond, words, reference))
        return BoltResponse(status=200, body="")

    async def _told(self, telling: Coroutine[Any, Any, None]) -> None:
        """Say it before the answer where there is time, else after it: a press must be answered, or Slack shows it failed."""
        with deadline.lifted():
            work = asyncio.ensure_future(telling)
        found = deadline.remaining()
        seconds = TELL_SECONDS if found is None else max(found, 0.0) + deadline.GRACE_SECONDS / 2
        done, _ = await asyncio.wait({work}, timeout=seconds)
        if done:
            await work
        else:
            self._spawn(finished(work))


def reference_of(context: Mapping[str, Any]) -> str:
    """Return the id that ties what a person reads to the log; made up where the process gave none."""
    found = context.get("request_id")
    return found if isinstance(found, str) and found else secrets.token_hex(4)


def _note(error: Exception, reference: str) -> bool:
    """Log an error by its kind; return whether it was expected."""
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


def _submission_answer(error: Exception | None, body: Body, words: str) -> Json:
    """Say it at the field it is about, else on top of the dialog, else instead of it."""
    prefix = _place(error)
    block_id = _input_of(body, prefix) if prefix else None
    if block_id:
        return {"response_action": "errors", "errors": {block_id: clip(_unmarked(words), 2000)}}
    view = message_view(_title(error), words)
    over = isinstance(error, known.Replayed | known.NotYours | known.DialogExpired | BadRequest | known.CannotCancel)
    if over or _depth(body) >= STACK_DEPTH:
        return {"response_action": "update", "view": view}
    # The dialog stays underneath, with all that was typed.
    return {"response_action": "push", "view": view}


def _place(error: Exception | None) -> str | None:
    """Return the input that an error is about, or how its id begins; None where it is about none."""
    match error:
        case known.BadSetting():
            return BLOCKS[error.field]
        case BadInput():
            return error.block
    return next((block for kind, block in _FIELDS if isinstance(error, kind)), None)


def _title(error: Exception | None) -> str:
    return "Done" if isinstance(error, known.Replayed) else "Sorry"


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
    """Wait for what nobody waits for any more."""
    await work


async def _telling(
    error: Exception, body: Body, client: AsyncWebClient, respond: AsyncRespond, words: str, reference: str
) -> None:
    try:
        await _tell(error, body, client, respond, words)
    except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError, ValueError, BadRequest) as trouble:
        log.warning("could not tell about an error", request_id=reference, error=type(trouble).__name__)


async def _tell(error: Exception, body: Body, client: AsyncWebClient, respond: AsyncRespond, words: str) -> None:
    if parse.surface(body) == "message":
        await screen.whisper(client, respond, body, words)
        return
    if isinstance(error, SlackApiError) and screen.code_of(error) in screen.GONE:
        return
    view = message_view(_title(error), words)
    try:
        await screen.show(client, body, view)
    except (SlackApiError, TimeoutError) as refused:
        # The trigger was used up or too old, or is so by now; a modal can still be replaced, and a person written to.
        if not isinstance(refused, TimeoutError) and screen.code_of(refused) not in LATE_TRIGGERS:
            raise
        if parse.surface(body) == "modal":
            await client.views_update(view_id=parse.view_id(body), view=view)
        else:
            await client.chat_postMessage(channel=parse.user_id(body), text=words)
