"""The words for a chosen time at which a person has another session."""

from collections.abc import Sequence
from datetime import datetime

from coaching.errors import ClientBusy, Engaged
from coaching.records import Viewer
from coaching.sessions import Session, Status
from handlers.views.words import line, reader_for

NAMED = 3
"""The most sessions in the way that are named. There are more only if imported ones overlap."""


def engaged_words(error: Engaged, viewer: Viewer, seen: Sequence[Session], now: datetime) -> str | None:
    """Say which session is in the way, of those the reader may see (`seen`), or None if the error itself says all."""
    own = error.person_id == viewer.person.id
    scheduled = [session for session in seen if session.status is Status.SCHEDULED]
    if seen and not scheduled:
        held = [s.cancellation.undo_until for s in seen if s.cancellation and s.cancellation.undo_until]
        reader = reader_for(viewer, seen, now)
        return reader.say(
            "What was at that time has just been canceled and can be taken back until {until}. Try again after that.",
            until=reader.instant(max(held, default=now), exact=True),
        )
    if not scheduled or not (own or isinstance(error, ClientBusy)):
        return None
    reader = reader_for(viewer, scheduled, now)
    say = reader.say
    head = say("You have another session at that time:") if own else say("The client has another session at that time:")
    lines = []
    for session in scheduled[:NAMED]:
        theirs = session.coach.id == error.person_id
        lines.append(f"• {line(session, reader, other=session.client if theirs else session.coach)}")
    return "\n".join([head, *lines])
