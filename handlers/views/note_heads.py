"""The line above a private note: who wrote it, when, and about which session."""

from collections.abc import Mapping

from coaching.notes import PrivateNote
from coaching.sessions import Session
from handlers.views.kit import typed
from handlers.views.words import Reader


def note_head(note: PrivateNote, about: Mapping[str, Session], reader: Reader) -> str:
    """Return the line (mrkdwn). `about` are the sessions that the reader may know of, by id."""
    say = reader.say
    own = note.author.id == reader.person.id
    facts = [say("You") if own else reader.name(note.author), reader.instant(note.at)]
    if note.changed_at is not None:
        facts.append(say("changed {time}", time=reader.instant(note.changed_at)))
    session = about.get(note.session_id or "")
    if session is not None:
        facts.append(say("about {session}, {time}", session=typed(session.session_type), time=reader.when(session)))
    elif note.session_id is not None:
        facts.append(say("about a session with another coach"))
    return " · ".join(facts)
