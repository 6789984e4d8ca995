"""Taking a cancellation back: who can until when, the button, and what people read of it."""

from collections.abc import Sequence
from datetime import datetime

from coaching.causes import NoUndo
from coaching.records import Viewer
from coaching.sessions import Decision, Session
from handlers.ids import COMMAND, Action, Callback
from handlers.views.confirm import session_blocks
from handlers.views.kit import Json, button, context, modal, section
from handlers.views.words import Reader, count, line, reader_for

_CLOSED = {
    NoUndo.TIME: "The time to undo this is over.",
    NoUndo.CLOSED: "Something else was booked for that time, so this cannot be undone any more.",
    NoUndo.STARTED: "A session of it has started, so it cannot be undone any more.",
    NoUndo.TOLD: "The coach has been told already, so this cannot be undone any more.",
    NoUndo.SPENT: "The credits that came back have been used for something else, so this cannot be undone.",
    NoUndo.DECIDED: "The coach has decided about it already, so it cannot be undone any more.",
    NoUndo.SLOT: "That time has been given away meanwhile, so this cannot be undone.",
    NoUndo.CHANGED: "The sessions have changed since, so this cannot be undone any more.",
}


def undo_until(sessions: Sequence[Session], reader: Reader) -> datetime | None:
    """Return until when (UTC) the reader may take this cancellation back, None when they may not."""
    ends = [s.cancellation.undo_until for s in sessions if s.cancellation and s.cancellation.undo_until]
    mine = all(s.cancellation is None or s.cancellation.by.id == reader.person.id for s in sessions)
    decided = any(s.cancellation and s.cancellation.decision not in (None, Decision.OPEN) for s in sessions)
    if not ends or decided or not mine or reader.now > min(ends):
        return None
    return min(ends)


def undo_button(action_id: str) -> Json:
    """Takes a cancellation back."""
    return button("Undo", Action.UNDO, action_id, label="Undo: book these sessions again as they were")


def closed_words(why: NoUndo) -> str:
    """Say why a cancellation cannot be taken back (`UndoClosed.why`), and how to go on."""
    return f"{_CLOSED[why]} The sessions stay canceled; `{COMMAND} book` books a new one."


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
