"""Why a session cannot be canceled or moved, in words."""

from coaching.causes import Blocked
from coaching.sessions import Session
from handlers.views.words import Reader, acted
from language.say import Say, word

_WORDS = {
    Blocked.CANCELED: word("it is canceled already"),
    Blocked.STARTED: word("it has started"),
    Blocked.OVER: word("it is over"),
    Blocked.LATE: word("it is too late: its policy allows no late cancellation"),
    Blocked.MOVED_OFTEN: word("it was moved as often as its policy allows"),
    Blocked.NOT_GIVEN: word("its coach gives no such sessions any more"),
    Blocked.NO_COACH: word("its coach is on the list of coaches no more"),
}


def blocked_words(cause: Blocked, say: Say) -> str:
    """Return why a session cannot be canceled."""
    return say.of(_WORDS[cause])


def why_gone(session: Session, cause: Blocked, reader: Reader) -> str:
    """Say what happened to a session that left a dialog, and who did it."""
    ended = session.cancellation
    if cause is Blocked.CANCELED and ended is not None:
        who = acted(ended.by, ended.role, session, reader)
        return reader.say("canceled by {who}, {when}", who=who, when=reader.instant(ended.at))
    return blocked_words(cause, reader.say)


def immovable_words(cause: Blocked, say: Say) -> str:
    """Return why a session cannot be moved."""
    if cause is Blocked.LATE:
        return say("it is too close to its start: the time to reschedule it is over")
    return blocked_words(cause, say)
