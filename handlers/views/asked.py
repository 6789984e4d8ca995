"""Where an exception stands, in words, wherever a late cancellation is shown."""

from collections.abc import Callable, Iterable, Sequence

from coaching.actions.decide import is_asked_after, is_open, may_return
from coaching.policy import FULL
from coaching.sessions import ExceptionRequest, Person, Session
from handlers.ids import Action
from handlers.views.kit import Json, button, context, section, verbatim
from handlers.views.words import Reader, came_back, count, lateness, line

STAYS = "it stays as it was decided"
"""What becomes of a request after a decision that nobody grants."""

MOST_REQUESTS = 5
"""Most requests that are told apart in one place: one cancellation seldom has more coaches and terms than one."""


def can_ask(sessions: Iterable[Session]) -> Session | None:
    """Return a session by which an exception can be asked for; None when nothing is kept or it was asked for already."""
    every = list(sessions)
    if any(asked_of(session) for session in every):
        return None
    return next((session for session in every if is_open(session) or may_return(session)), None)


def is_waiting(session: Session) -> bool:
    """Whether a coach has still to decide, or to answer who asked after a decision."""
    return is_open(session) or is_asked_after(session)


def ask_button(session: Session) -> Json:
    """Opens the dialog that asks for an exception; the session stands for its cancellation."""
    label = "Ask for an exception: coach or admin decides"
    return button("Ask for an exception", Action.ASK_EXCEPTION, session.id, label=label)


def asked_of(session: Session) -> ExceptionRequest | None:
    """Return the exception that was asked for about this cancellation."""
    return session.cancellation.asked if session.cancellation else None


def asked_words(sessions: Sequence[Session], reader: Reader) -> list[str]:
    """Say when an exception was asked for and until when it can be decided, once for what was asked together."""
    words = []
    # What is open of a request says until when; what is decided of it says so itself.
    open_first = sorted((s for s in sessions if asked_of(s)), key=lambda s: not is_waiting(s))
    requests = first_of_each(open_first, _request)
    for session in requests[:MOST_REQUESTS]:
        asked = asked_of(session)
        if asked is None:
            continue
        told = f"{who_asked(session, asked, reader)} on {reader.instant(asked.at)}"
        if is_waiting(session) and reader.now <= asked.decide_by:
            own = session.coach.id == reader.person.id
            who = "you" if own else reader.name(session.coach)
            if asked.by_admins or (own and not reader.coaches):
                who = admin_for(session, reader)
            told += f"; {who} can decide until {reader.instant(asked.decide_by)}"
        elif is_asked_after(session):
            told += f"; nobody decided by {reader.instant(asked.decide_by)}, so it stays as it was decided"
        elif is_open(session):
            told += f"; nobody decided by {reader.instant(asked.decide_by)}, so the policy decides in a moment"
        words.append(f"{told}.")
    more = len(requests) - MOST_REQUESTS
    return (
        [*words, f"… and {count(more, 'request')} more; each session's details say until when."] if more > 0 else words
    )


def who_asked(session: Session, asked: ExceptionRequest, reader: Reader) -> str:
    """Begin a sentence about a request: the reader's own, the client's, or an admin's for them."""
    if asked.by_id == reader.person.id:
        return "You asked for an exception"
    if asked.by_id == session.client.id:
        return f"{reader.name(session.client)} asked for an exception"
    return "An admin asked for an exception"


def admin_for(session: Session, reader: Reader) -> str:
    """Who decides where the coach has left, as the subject of "can decide"."""
    whose = "your" if session.coach.id == reader.person.id else f"{reader.name(session.coach)}'s"
    return f"an admin, in {whose} place,"


def late_line(session: Session, reader: Reader, *, other: Person | None = None) -> str:
    """A late cancellation in two lines: the session, and how late it was with what came back so far."""
    kind = lateness(session)
    return f"{line(session, reader, other=other)}\n{kind} · {came_back(session, reader)}"


def fallback_of(session: Session, percent: int) -> str:
    """Say what happens to a session when nobody decides: what was decided before stays."""
    return STAYS if may_return(session) else fallback(percent)


def fallback(percent: int) -> str:
    """Say what comes back when nobody decides."""
    if percent == 0:
        return "nothing more comes back"
    return "all that was kept comes back" if percent == FULL else f"{percent}% of what was kept comes back"


def notes(session: Session, reader: Reader) -> list[Json]:
    """What was written about a late cancellation: with the request, and with the decision."""
    ended, asked = session.cancellation, asked_of(session)
    blocks: list[Json] = [context(words) for words in asked_words([session], reader)]
    if asked and asked.note:
        blocks += [section(f"*Note to the {'admins' if asked.by_admins else 'coach'}*"), verbatim(asked.note)]
    if ended and ended.note:
        blocks += [section("*Note to the client*"), verbatim(ended.note)]
    return blocks


def first_of_each(sessions: Iterable[Session], key: Callable[[Session], object]) -> list[Session]:
    """Return the first session for each value of a key, in their order."""
    found: dict[object, Session] = {}
    for session in sessions:
        found.setdefault(key(session), session)
    return list(found.values())


def _request(session: Session) -> str:
    asked = asked_of(session)
    return asked.action_id if asked else ""
