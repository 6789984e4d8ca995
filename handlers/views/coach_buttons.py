"""A coach's buttons for late cancellations, in alerts and in the record."""

import json
from collections.abc import Sequence

from coaching.actions.decide import is_asked_after, is_open, may_return
from coaching.sessions import Session
from handlers.ids import MAX_VALUE, Action
from handlers.views.kit import Json, bare, button, confirm
from handlers.views.words import Reader, amount, in_sessions

MOST_IN_ONE_PRESS = 30
"""The most sessions in one button, or fewer if their ids are too long for its value."""


def decision_buttons(session: Session, reader: Reader) -> list[Json]:
    """Return the buttons that a coach or an admin has for a canceled session."""
    if is_open(session):
        return late_buttons(session, reader)
    if is_asked_after(session):
        return answer_buttons([session], reader)
    return [return_button(session, reader)] if may_return(session) else []


def late_buttons(session: Session, reader: Reader) -> list[Json]:
    """Return the buttons Refund anyway, Keep and Decide… for one late cancellation.

    One press decides: the message says what it is about, and only a press for several sessions asks first.
    """
    say, about = reader.say, f"{bare(session.session_type, 30)}, {reader.when(session)}"
    return [
        button(
            say("Refund anyway"),
            Action.LATE_REFUND,
            session.id,
            label=say("Refund anyway: {session}", session=about),
        ),
        button(
            say.meant("verb", "Keep"),
            Action.LATE_KEEP,
            session.id,
            label=say("Keep the credits: {session}", session=about),
        ),
        button(
            say("Decide…"),
            Action.LATE_DECIDE,
            _listed([session]),
            label=say("All, a part or nothing: {session}", session=about),
        ),
    ]


def return_button(session: Session, reader: Reader) -> Json:
    """Return the button of the dialog that returns credits that a decision kept."""
    about = f"{bare(session.session_type, 30)}, {reader.when(session)}"
    label = reader.say("Return what was kept: {session}", session=about)
    return button(reader.say("Return credits…"), Action.LATE_RETURN, _listed([session]), label=label)


def answer_buttons(sessions: Sequence[Session], reader: Reader, *, ask: bool = False) -> list[Json]:
    """Return the buttons Return credits… and Keep for sessions with a request made after a decision.

    Keep answers the whole request. It asks first if that is about several sessions, or may be (`ask`).
    """
    value, some = _fitting(sessions)
    say, n = reader.say, len(some)
    text = say(
        "It stays as it was decided; we tell {people}. You can still return credits later, from the details.",
        people=_clients(some, reader),
    )
    return [
        button(
            say("Return credits…"),
            Action.LATE_RETURN,
            value,
            label=say.plural("Return what was kept for {n} session", "Return what was kept for {n} sessions", n),
        ),
        button(
            say.meant("verb", "Keep"),
            Action.LATE_STAYS,
            value,
            confirm=confirm(say("Keep the credits?"), text, say("Keep the credits"), say("Not now"))
            if ask or n > 1
            else None,
            label=say.plural("Keep the credits for {n} session", "Keep the credits for {n} sessions", n),
        ),
    ]


def _clients(sessions: Sequence[Session], reader: Reader) -> str:
    """Return the client's name, or the number of clients."""
    names = list(dict.fromkeys(reader.plain_name(s.client) for s in sessions))
    return names[0] if len(names) == 1 else reader.say.plural("{n} client", "{n} clients", len(names))


def all_buttons(sessions: Sequence[Session], reader: Reader) -> list[Json]:
    """Return the buttons Refund all, Keep all and Decide… for several sessions.

    Their value names the sessions shown.
    """
    value, some = _fitting(sessions)
    say, n = reader.say, len(some)
    every = n == len(sessions)
    label = say.plural("All, a part or nothing, for {n} session", "All, a part or nothing, for {n} sessions", n)
    refund = say("Refund all") if every else say.plural("Refund {n}", "Refund {n}", n)
    keep = say("Keep all") if every else say.plural("Keep {n}", "Keep {n}", n)
    return [
        button(refund, Action.LATE_REFUND_ALL, value, confirm=_ask(some, reader)),
        button(keep, Action.LATE_KEEP_ALL, value, confirm=_ask_keep(some, reader)),
        button(say("Decide…"), Action.LATE_DECIDE, value, label=label),
    ]


def _fitting(sessions: Sequence[Session]) -> tuple[str, list[Session]]:
    """Return a button's value and the sessions it names."""
    some = list(sessions)[:MOST_IN_ONE_PRESS]
    while len(value := _listed(some)) > MAX_VALUE:
        some.pop()
    return value, some


def _listed(sessions: Sequence[Session]) -> str:
    return json.dumps([session.id for session in sessions], ensure_ascii=False, separators=(",", ":"))


def _ask_keep(sessions: Sequence[Session], reader: Reader) -> Json:
    say = reader.say
    text = say.plural(
        "What {n} session cost does not go back; we tell {people}. You can still return them later, from the details.",
        "What {n} sessions cost does not go back; we tell {people}. You can still return them later, from the details.",
        len(sessions),
        people=_clients(sessions, reader),
    )
    return confirm(say("Keep the credits?"), text, say("Keep the credits"), say("Not now"))


def _ask(sessions: Sequence[Session], reader: Reader) -> Json:
    say = reader.say
    open_amount = sum(s.price - (s.cancellation.returned if s.cancellation else 0) for s in sessions)
    text = say.plural(
        "{n} credit for {sessions} goes back to {people}. This is decided once.",
        "{n} credits for {sessions} go back to {people}. This is decided once.",
        amount(open_amount),
        sessions=in_sessions(len(sessions), say),
        people=_clients(sessions, reader),
    )
    return confirm(say("Refund anyway?"), text, say("Refund anyway"), say("Not now"))
