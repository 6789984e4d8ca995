"""Sessions that left a dialog while it was open: each with what happened and who did it."""

from collections.abc import Iterable

from coaching.causes import Blocked
from coaching.sessions import Session
from handlers.views.blocked import immovable_words, why_gone
from handlers.views.words import Reader, line


def lost_lines(lost: Iterable[tuple[Session, Blocked]], reader: Reader, *, moving: bool = False) -> list[str]:
    """Return a line of mrkdwn for each session. `moving` means that it was to be moved, not canceled."""
    return [f"• {_item(session, cause, reader, moving)}" for session, cause in lost]


def _item(session: Session, cause: Blocked, reader: Reader, moving: bool) -> str:
    why = _why(session, cause, reader, moving)
    return reader.say("{session}: {why}", session=_line(session, reader), why=why)


def _line(session: Session, reader: Reader) -> str:
    return line(session, reader, other=session.client if session.coach.id == reader.person.id else session.coach)


def _why(session: Session, cause: Blocked, reader: Reader, moving: bool) -> str:
    return (
        immovable_words(cause, reader.say)
        if moving and cause is not Blocked.CANCELED
        else why_gone(session, cause, reader)
    )
