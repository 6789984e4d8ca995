"""What news says of a session, whatever it tells: which one, what became of it, what can be pressed about it."""

from collections.abc import Iterable

from coaching.policy import Policy
from coaching.sessions import Hat, Person, Session, Status
from handlers.ids import COMMAND, Action
from handlers.views.kit import Json, bare, button
from handlers.views.words import Reader, acted, count, line, meeting_link


def struck(session: Session, reader: Reader, *, other: Person | None = None) -> str:
    """Return a session's line, struck through once it is canceled."""
    words = line(session, reader, other=other)
    return f"~{words}~" if session.status is Status.CANCELED else words


def became(session: Session, reader: Reader) -> str | None:
    """Say what became of a session that is booked no more, None while it is."""
    ended = session.cancellation
    if ended is not None:
        return f"*Session Canceled* since, by {acted(ended.by, ended.role, session, reader)}"
    return {Status.COMPLETED: "It took place.", Status.NO_SHOW: "It is noted as missed."}.get(session.status)


def clients_of(sessions: Iterable[Session], reader: Reader) -> str:
    """Return whose sessions these are: the one client's name, or how many clients there are."""
    names = list(dict.fromkeys(reader.name(session.client) for session in sessions))
    return names[0] if len(names) == 1 else count(len(names), "client")


def all_sessions(left_out: int) -> str:
    """Say where a client sees all sessions that are ahead."""
    return f"… and {left_out} more; `{COMMAND}` shows them all."


def all_past(left_out: int) -> str:
    """Say where a client sees all sessions that are over or canceled."""
    return f"… and {left_out} more; `{COMMAND} past` shows them all."


def which(session: Session, reader: Reader) -> str:
    """Name a session for a screen reader, in a button's label."""
    return f"{bare(session.session_type, 30)}, {reader.when(session)}"


def client_buttons(session: Session, policy: Policy, reader: Reader) -> list[Json]:
    """What a client can press about a session: Join, Reschedule, Cancel while they lead somewhere, Details."""
    row = join_button(session, reader)
    if session.status is Status.SCHEDULED:
        if reader.now <= session.starts_at:
            row.append(move_button(session, reader))
        if session.blocked(policy, reader.now, Hat.CLIENT) is None:
            row.append(cancel_button(session, reader))
    return [*row, details_button(session, reader)]


def join_button(session: Session, reader: Reader) -> list[Json]:
    """Opens the meeting, while there is one to join."""
    link = meeting_link(session, reader.now) if session.status is Status.SCHEDULED else None
    return [button("Join", Action.SESSION_JOIN, url=link, label="Join the session; opens your browser")] if link else []


def move_button(session: Session, reader: Reader) -> Json:
    """Opens the dialog that moves one session of a client's."""
    value = f"move:{Hat.CLIENT}:{session.id}"
    return button("Reschedule…", Action.MOVE_OPEN, value, label=f"Reschedule {which(session, reader)}")


def cancel_button(session: Session, reader: Reader) -> Json:
    """Opens the dialog that cancels one session."""
    return button("Cancel…", Action.REMINDER_CANCEL, session.id, label=f"Cancel {which(session, reader)}")


def details_button(session: Session, reader: Reader) -> Json:
    """Opens what a client can see of a session."""
    return button("Details", Action.RECORD, session.id, label=f"Details of {which(session, reader)}")


def record_button(session: Session, reader: Reader) -> Json:
    """Opens what a coach or an admin can see of a session."""
    return button("Record", Action.RECORD, session.id, label=f"Open the record of {reader.when(session)}")
