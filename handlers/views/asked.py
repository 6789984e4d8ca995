"""The state of an exception in words, wherever a late cancellation is shown."""

from collections.abc import Callable, Iterable, Sequence

from coaching.actions.decide import is_asked_after, is_open, may_return
from coaching.policy import FULL
from coaching.requests import Request
from coaching.sessions import Person, Session
from handlers.ids import Action
from handlers.views.kit import Json, button, context, section, verbatim
from handlers.views.words import Reader, came_back, lateness, line
from language.say import Say

MOST_REQUESTS = 5
"""The most requests listed in one place. A cancellation rarely has several coaches or terms."""


def can_ask(sessions: Iterable[Session]) -> Session | None:
    """Return a session through which an exception can be requested, or None if none is possible.

    None is possible if nothing was kept or there is a request already.
    """
    every = list(sessions)
    if any(asked_of(session) for session in every):
        return None
    return next((session for session in every if is_open(session) or may_return(session)), None)


def is_waiting(session: Session) -> bool:
    """Return whether a coach still has to decide, or to answer a request made after a decision."""
    return is_open(session) or is_asked_after(session)


def ask_button(session: Session, say: Say) -> Json:
    """Return the button that opens the exception dialog. The session represents its cancellation."""
    label = say("Ask for an exception: coach or admin decides")
    return button(say("Ask for an exception"), Action.ASK_EXCEPTION, session.id, label=label)


def asked_button(session: Session, say: Say) -> Json:
    """Return the button that shows the exception that was asked for."""
    label = say("Asked for an exception: show the request")
    return button(say("Asked for an exception…"), Action.ASK_EXCEPTION, session.id, label=label)


def asked_of(session: Session) -> Request | None:
    """Return the exception requested for this cancellation, if any."""
    return session.cancellation.asked if session.cancellation else None


def asked_words(sessions: Sequence[Session], reader: Reader) -> list[str]:
    """Say when an exception was requested and until when it can be decided, once per request."""
    say, words = reader.say, []
    # The open part of a request names the deadline. The decided part speaks for itself.
    open_first = sorted((s for s in sessions if asked_of(s)), key=lambda s: not is_waiting(s))
    requests = first_of_each(open_first, _request)
    for session in requests[:MOST_REQUESTS]:
        asked = asked_of(session)
        if asked is not None:
            words.append(say.sentences(_who_asked(session, asked, reader), _stands(session, asked, reader)))
    more = len(requests) - MOST_REQUESTS
    if more > 0:
        left_out = say.plural(
            "… and {n} request more; each session's details say until when.",
            "… and {n} requests more; each session's details say until when.",
            more,
        )
        words.append(left_out)
    return words


def _who_asked(session: Session, asked: Request, reader: Reader) -> str:
    """Say who asked and when: the reader, the client, or an admin for them."""
    say, at = reader.say, reader.instant(asked.at)
    if asked.by_id == reader.person.id:
        return say("You asked for an exception on {time}.", time=at)
    if asked.by_id == session.client.id:
        return say("{client} asked for an exception on {time}.", client=reader.name(session.client), time=at)
    return say("An admin asked for an exception on {time}.", time=at)


def _stands(session: Session, asked: Request, reader: Reader) -> str | None:
    """Say until when a request can be decided, or that nobody decided. Return None if it is decided."""
    say, until = reader.say, reader.instant(asked.decide_by)
    if is_waiting(session) and reader.now <= asked.decide_by:
        own = session.coach.id == reader.person.id
        return can_decide(session, until, reader, admins=asked.by_admins or (own and not reader.coaches))
    if is_asked_after(session):
        return say("Nobody decided by {time}, so it stays as it was decided.", time=until)
    if is_open(session):
        return say("Nobody decided by {time}, so the policy decides in a moment.", time=until)
    return None


def can_decide(session: Session, until: str, reader: Reader, *, admins: bool = False) -> str:
    """Say who can decide and until when: the coach, or an admin if the coach has left."""
    say = reader.say
    if session.coach.id == reader.person.id:
        if admins:
            return say("An admin, in your place, can decide until {time}.", time=until)
        return say("You can decide until {time}.", time=until)
    coach = reader.name(session.coach)
    if admins:
        return say("An admin, in {coach}'s place, can decide until {time}.", coach=coach, time=until)
    return say("{coach} can decide until {time}.", coach=coach, time=until)


def late_line(session: Session, reader: Reader, *, other: Person | None = None) -> str:
    """Return a late cancellation in two lines: the session, then how late it was and what came back so far."""
    kind = lateness(session, reader.say)
    return f"{line(session, reader, other=other)}\n{kind} · {came_back(session, reader)}"


def if_nobody_decides(session: Session, percent: int, say: Say) -> str:
    """Say what happens if nobody decides: an earlier decision stays, else the policy's `percent` applies."""
    if may_return(session):
        return say("If nobody decides by then, it stays as it was decided.")
    if percent == 0:
        return say("If nobody decides by then, nothing more comes back.")
    if percent == FULL:
        return say("If nobody decides by then, all that was kept comes back.")
    return say("If nobody decides by then, {percent} of what was kept comes back.", percent=say.percent(percent))


def notes(session: Session, reader: Reader) -> list[Json]:
    """Return the notes on a late cancellation: with the request, and with the decision."""
    ended, asked, say = session.cancellation, asked_of(session), reader.say
    blocks: list[Json] = [context(words) for words in asked_words([session], reader)]
    if asked and asked.note:
        to_whom = say("Note to the admins") if asked.by_admins else say("Note to the coach")
        blocks += [section(f"*{to_whom}*"), verbatim(asked.note)]
    if ended and ended.note:
        blocks += [section(f"*{say('Note to the client')}*"), verbatim(ended.note)]
    return blocks


def first_of_each(sessions: Iterable[Session], key: Callable[[Session], object]) -> list[Session]:
    """Return the first session for each value of a key, in order."""
    found: dict[object, Session] = {}
    for session in sessions:
        found.setdefault(key(session), session)
    return list(found.values())


def _request(session: Session) -> str:
    asked = asked_of(session)
    return asked.action_id if asked else ""
