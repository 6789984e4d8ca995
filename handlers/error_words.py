"""The words for errors: what went wrong, and how to go on."""

import unicodedata
from datetime import UTC

from slack_sdk.errors import SlackApiError

from coaching import deadline
from coaching import errors as known
from coaching.causes import NoException, NoRequest, Obstacle
from coaching.slots import AmbiguousTime, SkippedTime
from coaching.zone_words import as_written
from handlers import screen
from handlers.ids import COMMAND
from handlers.parse import BadRequest
from handlers.views.blocked import blocked_words, immovable_words
from handlers.views.command_words import Command, as_typed
from handlers.views.kit import typed
from handlers.views.outcomes import refused_words
from handlers.views.retire import canceled_words
from handlers.views.times import clock_time
from handlers.views.words import amount, contact_or_admin, in_credits, number
from handlers.views.zone_names import zone_name
from language.say import Say, Word, word

LATE_TRIGGERS = frozenset({"expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id"})

_PLAIN: dict[type[Exception], Word] = {
    known.AdminsOnly: word(
        "Only admins can do that. Ask a workspace admin to do it, or to name you as one in the set-up of this app."
    ),
    known.RightsInDoubt: word(
        "Slack could not be asked just now whether you are still an admin here, so nothing was done. "
        "Try again in a moment; if it goes on, ask a workspace admin to name you as one in the set-up of this app."
    ),
    known.CoachesOnly: word(
        "That is for coaches, and you are not on their list here, so nothing was done. "
        "Ask a workspace admin to do it, or to put you on the list."
    ),
    known.NothingPicked: word("Pick at least one session, or choose to keep them."),
    known.ReasonRequired: word("Please say why you cancel: at least one of these sessions asks for a reason."),
    known.ChangedMeanwhile: word("Somebody else was a moment faster. Nothing was done twice; please look again."),
    known.SlotTaken: word("That time was just taken by somebody else."),
    known.ClientBusy: word("The client has something else at that time."),
    known.InPast: word("That time has passed. Choose a later one."),
    known.TermsChanged: word("The terms changed a moment ago. Nothing is booked yet; please look at them again."),
    known.PaymentChanged: word(
        "What pays for this session changed a moment ago. Nothing is booked yet; please look at it again."
    ),
    known.TermsGone: word(
        "That is not there any more, so its terms cannot be changed. Close this and open the set-up again."
    ),
}
_WITH_COMMAND: dict[type[Exception], Word] = {
    known.NotYours: word("That is not one of your sessions, so nothing was done. {command} shows yours."),
    known.DialogExpired: word(
        "This dialog is out of date. Nothing was done by it; type {command} to see how things stand."
    ),
    # A request was carried out twice, and its first run had succeeded.
    known.Replayed: word("It is done; only the answer got lost on its way. Type {command} to see how things stand."),
}
_WITH_REFERENCE: dict[type[Exception], Word] = {
    known.StorageBusy: word(
        "We are very busy right now and nothing was changed. Try again in a moment. Reference: {reference}"
    ),
    known.StorageAils: word(
        "We cannot save anything at the moment, and nothing was changed. Please tell your workspace admin, with this "
        "reference: {reference}"
    ),
}
_NOT_BOOKABLE = {
    Obstacle.NO_HOURS: word("That coach takes no bookings at the moment. Choose somebody else."),
    Obstacle.NO_TYPE: word("That kind of session is not offered any more. Choose another one."),
    Obstacle.NOT_GIVEN: word(
        "That coach does not give this kind of session. Choose another coach, or another kind of session."
    ),
    Obstacle.NOT_FOR_THEM: word(
        "You cannot book this kind of session by yourself. Choose another one, or ask a coach or a workspace admin to book it "
        "for you."
    ),
    Obstacle.AT_MOST: word(
        "You have as many of these sessions booked as you can have at a time. Book the next one after one of them has taken "
        "place, or cancel one first."
    ),
    Obstacle.PAST: word("That time has passed. Choose a later one."),
    Obstacle.NOTICE: word("That is too soon: the coach asks for more notice. Choose a later time."),
    Obstacle.HORIZON: word("That is further ahead than the coach takes bookings. Choose an earlier time."),
    Obstacle.HOURS: word("The coach's hours changed, and that time is outside them now."),
    Obstacle.TIME_OFF: word("The coach is off at that time."),
}
"""Why a coach cannot be booked, by `NotBookable.why`."""
_NOT_NOW = word("That time cannot be booked any more.")
_NO_EXCEPTION = {
    NoException.DECIDED: word("This was decided already, so there is nothing left to ask for."),
    NoException.RETURNED: word("Everything came back, so there is nothing to ask for."),
    NoException.UNDONE: word("That cancellation does not count any more, so there is nothing to ask for."),
    NoException.UNREACHABLE: word("The coach cannot be reached through Slack, so they cannot be asked here."),
}
_NO_REQUEST = {
    NoRequest.BY_ONESELF: word("You can do this yourself, so there is nobody to ask."),
    NoRequest.TOO_LATE: word("That session has started or is canceled, so it cannot be moved any more."),
    NoRequest.NO_TIMES: word("The coach has no free time to choose from."),
    NoRequest.NO_ADMIN: word("No other admin is known here who could give credits."),
    NoRequest.UNREACHABLE: word("Nobody who could decide can be reached through Slack."),
}
_CODE = f"`{COMMAND}`"


def words_for(error: Exception, reference: str, say: Say) -> str:
    """Return the words for an error, in mrkdwn: what went wrong, and how to go on."""
    kind = type(error)
    if isinstance(error, known.PartlyDone):
        return _partly_done(error, reference, say)
    late = isinstance(error, known.StorageBusy | TimeoutError) or is_late_trigger(error)
    if late and deadline.wrote():
        return perhaps_words(reference, say)
    if isinstance(error, TimeoutError) or is_late_trigger(error):
        return say("That took a moment too long and Slack gave up waiting. Nothing was changed; please try again.")
    if isinstance(error, known.NotYours) and error.what == "credits":
        return say(
            "Those credits are not yours to look at or to change. {command} shows yours.",
            command=f"`{as_typed(say, Command.CREDITS)}`",
        )
    if isinstance(error, known.NotYours) and error.what == "client":
        return say(
            "You have had no session with that person, so nothing was done. {command} shows yours.", command=_CODE
        )
    if kind in _PLAIN:
        return say.of(_PLAIN[kind])
    if kind in _WITH_COMMAND:
        return say.of(_WITH_COMMAND[kind], command=_CODE)
    if kind in _WITH_REFERENCE:
        return say.of(_WITH_REFERENCE[kind], reference=reference)
    if kind is BadRequest:
        return say(
            "That came from something out of date. Type {command} and try from there. Reference: {reference}",
            command=_CODE,
            reference=reference,
        )
    return _with_figures(error, say) or unexpected_words(reference, say)


def perhaps_words(reference: str, say: Say) -> str:
    """Return the words for a timeout after a possible commit: it is unknown whether anything was changed."""
    return say(
        "That took too long, so we cannot say whether it was done. Before you try again, see how things stand: type "
        "{command}. Reference: {reference}",
        command=_CODE,
        reference=reference,
    )


def _partly_done(error: known.PartlyDone, reference: str, say: Say) -> str:
    """Say what is done, and that doing it again goes on."""
    rest = say(
        "Only a part is done so far. Do it again in a moment for the rest; nothing is done twice. "
        "Reference: {reference}",
        reference=reference,
    )
    return say.sentences(canceled_words(error.canceled, say), rest) if error.canceled else rest


def unexpected_words(reference: str, say: Say) -> str:
    """Return the words for an unexpected error."""
    return say(
        "Sorry, something went wrong on our side. Please try again in a moment; if it keeps happening, "
        "give your workspace admin this reference: {reference}",
        reference=reference,
    )


def is_late_trigger(error: Exception) -> bool:
    """Return whether Slack refused a trigger because it came too late."""
    return isinstance(error, SlackApiError) and screen.code_of(error) in LATE_TRIGGERS


def _with_figures(error: Exception, say: Say) -> str | None:
    match error:
        case known.TooManyPicked():
            return say.sentences(
                say.plural("You picked {n} session.", "You picked {n} sessions.", error.picked),
                say.plural(
                    "At most {n} fits one go: pick fewer, then do the rest.",
                    "At most {n} fit one go: pick fewer, then do the rest.",
                    error.limit,
                ),
            )
        case known.NoteEmpty():
            return say("A note needs some text. To remove this one, delete it among the notes.")
        case known.NoteGone():
            return say("This note was deleted meanwhile. Copy your text into a new one.")
        case known.ReasonTooLong() | known.NoteTooLong():
            return _too_long(error, say)
        case known.CannotCancel() | known.CannotMove() | known.CannotClose():
            return _impossible(error, say)
        case known.NotEnoughCredits():
            return say.plural(
                "That costs {price}, and {n} credit is left to pay with. Nothing was booked.",
                "That costs {price}, and {n} credits are left to pay with. Nothing was booked.",
                amount(error.available),
                price=in_credits(error.price, say),
            )
        case known.NotBookable():
            return say.of(_NOT_BOOKABLE.get(error.why, _NOT_NOW))
        case SkippedTime() | AmbiguousTime():
            return _odd_time(error, say)
        case known.Wrong():
            return wrong_words(error, say)
    return _about_late(error, say)


def wrong_words(error: known.Wrong, say: Say) -> str:
    """Say what is wrong with a choice, as a sentence of its own (mrkdwn)."""
    shown = {name: typed(value, 300) if isinstance(value, str) else value for name, value in error.figures.items()}
    said = say.of(Word(error.message), Word(error.many) if error.many else None, **shown)
    return say("{fault}.", fault=_capitalized(said))


def _capitalized(text: str) -> str:
    """Capitalize a clause as the start of a sentence. Invisible characters may precede its first letter."""
    at = next((at for at, char in enumerate(text) if unicodedata.category(char) != "Cf"), 0)
    return text[:at] + text[at : at + 1].upper() + text[at + 1 :]


def _too_long(error: known.ReasonTooLong | known.NoteTooLong, say: Say) -> str:
    over = error.length - error.limit
    if isinstance(error, known.ReasonTooLong):
        return say.plural(
            "That reason is too long by {n} character. Please shorten it.",
            "That reason is too long by {n} characters. Please shorten it.",
            over,
        )
    return say.plural(
        "That note is too long by {n} character. Please shorten it.",
        "That note is too long by {n} characters. Please shorten it.",
        over,
    )


def _odd_time(error: SkippedTime | AmbiguousTime, say: Say) -> str:
    zone = zone_name(error.time_zone, say.locale, error.local.replace(tzinfo=UTC)) or as_written(error.time_zone)
    time = clock_time(error.local.time(), say)
    if isinstance(error, SkippedTime):
        return say("{zone} skips {time} that day: clocks go forward. Choose a later time.", zone=zone, time=time)
    return say(
        "{time} comes twice in {zone} that day, when clocks go back. "
        "Choose a time outside that hour, or write it with its offset from UTC.",
        time=time,
        zone=zone,
    )


def _about_late(error: Exception, say: Say) -> str | None:
    match error:
        case known.BadPart():
            return say(
                "Write how much goes back: more than 0 and less than {credits}, in steps of {step}. "
                "To return all or nothing, choose that above.",
                credits=in_credits(error.kept, say),
                step=number(1, say),
            )
        case known.CannotAsk():
            return _no_exception(error, say)
        case known.Answered():
            again = say("Give credits by hand if they are still wanted.")
            return say.sentences(say("That request is not open any more; nothing was given."), again)
        case known.CannotRequest():
            ask = say("If something is wrong, ask {contact}.", contact=contact_or_admin(error.contact, say))
            return say.sentences(say.of(_NO_REQUEST[error.why]), ask)
    return None


def _no_exception(error: known.CannotAsk, say: Say) -> str:
    ask = say(
        "Type {command} to see how it stands; if you think that is wrong, ask {contact}.",
        command=f"`{as_typed(say, Command.PAST)}`",
        contact=contact_or_admin(error.contact, say),
    )
    return say.sentences(say.of(_NO_EXCEPTION[error.why]), ask)


def _impossible(error: known.CannotCancel | known.CannotMove | known.CannotClose, say: Say) -> str:
    if isinstance(error, known.CannotClose):
        return refused_words(error.why, say)
    move = isinstance(error, known.CannotMove)
    why = immovable_words if move else blocked_words
    causes = say.clauses(*dict.fromkeys(why(cause, say) for cause in error.why.values()))
    if move:
        return say.plural(
            "{n} session cannot be moved ({why}). Nothing was moved; ask the coach, or choose again.",
            "{n} sessions cannot be moved ({why}). Nothing was moved; ask the coach, or choose again.",
            len(error.why),
            why=causes,
        )
    return say.plural(
        "{n} session cannot be canceled any more ({why}). Nothing was canceled; choose again.",
        "{n} sessions cannot be canceled any more ({why}). Nothing was canceled; choose again.",
        len(error.why),
        why=causes,
    )
