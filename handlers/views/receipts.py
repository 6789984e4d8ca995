"""What can be pressed about a cancellation: Undo while it is open, and booking the same again."""

from collections.abc import Sequence
from datetime import datetime

from coaching.sessions import Decision, Session
from handlers.ids import Action
from handlers.views.kit import Json, bare, button
from handlers.views.words import Reader

MOST_TO_SCHEDULE = 5
"""Schedule buttons in one message; every session's details have one."""


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


def schedule_buttons(sessions: Sequence[Session], reader: Reader) -> list[Json]:
    """Book the same with the same coach again: one button for each coach and type that is not booked again yet."""
    kinds: dict[tuple[str, str], Session] = {}
    for session in sessions:
        if session.cancellation is None or session.cancellation.rebooked_at is None:
            kinds.setdefault((session.coach.id, session.session_type), session)
    row = []
    for session in list(kinds.values())[:MOST_TO_SCHEDULE]:
        what = f"{bare(session.session_type, 30)} with {bare(reader.plain_name(session.coach), 24)}"
        text = "Schedule Session" if len(kinds) == 1 else f"Schedule {what}"
        row.append(button(text, Action.SCHEDULE, session.id, label=f"Schedule {what}"))
    return row
