"""What people read about taking a cancellation back."""

from collections.abc import Sequence
from datetime import datetime

from coaching.records import Viewer
from coaching.sessions import Session
from handlers.ids import COMMAND, Callback
from handlers.views.confirm import session_blocks
from handlers.views.kit import Json, context, modal, section
from handlers.views.words import count, line, reader_for

_CLOSED = {
    "time": "The time to undo this is over.",
    "closed": "Something else was booked for that time, so this cannot be undone any more.",
    "started": "A session of it has started, so it cannot be undone any more.",
    "told": "The coach has been told already, so this cannot be undone any more.",
    "spent": "The credits that came back have been used for something else, so this cannot be undone.",
    "decided": "The coach has decided about it already, so it cannot be undone any more.",
    "slot": "That time has been given away meanwhile, so this cannot be undone.",
    "changed": "The sessions have changed since, so this cannot be undone any more.",
}


def closed_words(why: str) -> str:
    """Say why a cancellation cannot be taken back (`UndoClosed.why`), and how to go on."""
    words = _CLOSED.get(why, "This cannot be undone any more.")
    return f"{words} The sessions stay canceled; `{COMMAND} book` books a new one."


def undone_words(number: int) -> str:
    """Say that it is undone, at the first press and at every later one."""
    return f"Undone: {count(number)} {'is' if number == 1 else 'are'} booked as before."


def undone_view(sessions: Sequence[Session], viewer: Viewer, now: datetime) -> Json:
    """Show what is booked again."""
    reader = reader_for(viewer, list(sessions), now)
    blocks = [section(f":leftwards_arrow_with_hook: *{undone_words(len(sessions))}*")]
    blocks += session_blocks([line(session, reader) for session in sessions])
    blocks.append(context("The credits are paid again and the old terms apply. Nobody else was told of it."))
    blocks.append(context(reader.zone_line(list(sessions))))
    return modal("Undone", Callback.RESULT, blocks, close="Done", clear_on_close=True)
