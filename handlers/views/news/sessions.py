"""Words and buttons about a session in any news: which session, what happened to it, and what can be done."""

from collections.abc import Iterable

from coaching.policy import Policy
from coaching.sessions import Hat, Person, Session, Status
from handlers.ids import COMMAND, Action
from handlers.views.command_words import Command, as_typed
from handlers.views.join import join_button
from handlers.views.kit import Json, bare, button
from handlers.views.letter import Rest
from handlers.views.words import Reader, acted, line
from language.say import Say


def struck(session: Session, reader: Reader, *, other: Person | None = None) -> str:
    """Return a session's line, struck through once it is canceled."""
    words = line(session, reader, other=other)
    return f"~{words}~" if session.status is Status.CANCELED else words


def became(session: Session, reader: Reader) -> str | None:
    """Say what happened to a session that is no longer booked, or None while it is."""
    ended, say = session.cancellation, reader.say
    if ended is not None:
        return say("*Session Canceled* since, by {who}", who=acted(ended.by, ended.role, session, reader))
    if session.status is Status.NO_SHOW:
        return say("It is noted as a no-show.")
    return say("It took place.") if session.status is Status.COMPLETED else None


def clients_of(sessions: Iterable[Session], reader: Reader) -> str:
    """Return the name of the sessions' only client, or the number of clients."""
    names = list(dict.fromkeys(reader.name(session.client) for session in sessions))
    return names[0] if len(names) == 1 else reader.say.plural("{n} client", "{n} clients", len(names))


def all_in(command: str, say: Say) -> Rest:
    """Say which command shows the whole list."""
    return lambda n: say.plural(
        "… and {n} more; {command} shows them all.",
        "… and {n} more; {command} shows them all.",
        n,
        command=f"`{command}`",
    )


def all_sessions(say: Say) -> Rest:
    """Say where a client sees all sessions ahead."""
    return all_in(COMMAND, say)


def all_past(say: Say) -> Rest:
    """Say where a client sees all sessions that are over or canceled."""
    return all_in(as_typed(say, Command.PAST), say)


def which(session: Session, reader: Reader) -> str:
    """Return a session's name for screen readers, in a button's label."""
    return f"{bare(session.session_type, 30)}, {reader.when(session)}"


def client_buttons(session: Session, policy: Policy, reader: Reader) -> list[Json]:
    """Return a client's buttons for a session: Join, Reschedule and Cancel while they are possible, and Details."""
    row = join_button(session, reader)
    if session.status is Status.SCHEDULED:
        if reader.now <= session.starts_at:
            row.append(move_button(session, reader))
        if session.blocked(policy, reader.now, Hat.CLIENT) is None:
            row.append(cancel_button(session, reader))
    return [*row, details_button(session, reader)]


def move_button(session: Session, reader: Reader) -> Json:
    """Return the button of the dialog that moves one of a client's sessions."""
    value, say = f"move:{Hat.CLIENT}:{session.id}", reader.say
    label = say("Reschedule {session}", session=which(session, reader))
    return button(say("Reschedule…"), Action.MOVE_OPEN, value, label=label)


def cancel_button(session: Session, reader: Reader) -> Json:
    """Return the button of the dialog that cancels one session."""
    say = reader.say
    label = say("Cancel {session}", session=which(session, reader))
    return button(say("Cancel…"), Action.REMINDER_CANCEL, session.id, label=label)


def details_button(session: Session, reader: Reader) -> Json:
    """Return the button that opens a session's details."""
    say = reader.say
    label = say("Details of {session}", session=which(session, reader))
    return button(say("Details"), Action.RECORD, session.id, label=label)
