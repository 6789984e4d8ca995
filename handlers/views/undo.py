"""Undoing a cancellation: who can until when, the button, and the words about it."""

from collections.abc import Sequence
from datetime import datetime

from coaching.causes import NoUndo
from coaching.records import Viewer
from coaching.sessions import Person, Session
from handlers.ids import Action, Callback
from handlers.views.command_words import Command, as_typed
from handlers.views.confirm import session_blocks
from handlers.views.kit import Json, button, context, modal, section
from handlers.views.words import Reader, line, reader_for
from language.say import Say, word

_CLOSED = {
    NoUndo.TIME: word("The time to undo this is over."),
    NoUndo.CLOSED: word("Something else was booked instead, so the cancellation cannot be undone any more."),
    NoUndo.NO_COACH: word("The coach gives no sessions here any more, so the cancellation cannot be undone."),
    NoUndo.STARTED: word("One of the sessions has started, so the cancellation cannot be undone any more."),
    NoUndo.TOLD: word("Others have been told already, so the cancellation cannot be undone any more."),
    NoUndo.SPENT: word(
        "The credits that came back have been used for something else, so the cancellation cannot be undone."
    ),
    NoUndo.DECIDED: word("It has been decided already what comes back, so the cancellation cannot be undone any more."),
    NoUndo.SLOT: word("That time has been given away meanwhile, so the cancellation cannot be undone."),
    NoUndo.CHANGED: word("The sessions have changed since, so the cancellation cannot be undone any more."),
}


def undo_until(sessions: Sequence[Session], reader: Reader) -> datetime | None:
    """Return until when (UTC) the reader may undo this cancellation, or None if they may not."""
    ends = [s.cancellation.undo_until for s in sessions if s.cancellation and s.cancellation.undo_until]
    mine = all(s.cancellation is None or s.cancellation.by.id == reader.person.id for s in sessions)
    decided = any(s.cancellation and s.cancellation.decided_since for s in sessions)
    if not ends or decided or not mine or reader.now > min(ends):
        return None
    return min(ends)


def undo_button(action_id: str, say: Say) -> Json:
    """Return the button that undoes a cancellation."""
    return button(say("Undo"), Action.UNDO, action_id, label=say("Undo: book these sessions again as they were"))


def closed_words(why: NoUndo, say: Say) -> str:
    """Say why a cancellation cannot be undone (`UndoClosed.why`), and how to go on."""
    rest = say("The sessions stay canceled; {command} books a new one.", command=f"`{as_typed(say, Command.BOOK)}`")
    return say.sentences(say.of(_CLOSED[why]), rest)


def undone_words(number: int, say: Say) -> str:
    """Say that the cancellation is undone, at the first press and at every later one."""
    return say.plural("Undone: {n} session is booked as before.", "Undone: {n} sessions are booked as before.", number)


def untold_words(say: Say) -> str:
    """Say what an undone cancellation leaves behind: nothing."""
    return say("The credits are paid again and the old terms apply. Nobody else was told of it.")


def other_person(session: Session, reader: Reader) -> Person:
    """Return whom a session's line names: the client to its coach, and the coach to everybody else."""
    return session.client if session.coach.id == reader.person.id else session.coach


def undone_view(sessions: Sequence[Session], viewer: Viewer, now: datetime) -> Json:
    """Show the sessions that are booked again."""
    reader = reader_for(viewer, list(sessions), now)
    say = reader.say
    blocks = [section(f":leftwards_arrow_with_hook: *{undone_words(len(sessions), say)}*")]
    blocks += session_blocks([line(session, reader, other=other_person(session, reader)) for session in sessions])
    blocks.append(context(untold_words(say)))
    blocks.extend(map(context, reader.zone_if_needed(list(sessions))))
    return modal(say.title("Undone"), Callback.RESULT, blocks, close=say.title("Done"), clear_on_close=True)
