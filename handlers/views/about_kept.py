"""Whom a client asks about what their coach kept."""

from collections.abc import Collection, Iterable

from coaching.sessions import Hat, Session
from handlers.views.words import Reader, contact_or_admin


def kept_by_coach(sessions: Iterable[Session]) -> Session | None:
    """Return the first session of which a coach's own cancellation kept something, or None if there is none."""
    for session in sessions:
        ended = session.cancellation
        if ended is not None and ended.role is Hat.COACH and ended.returned < session.price:
            return session
    return None


def ask_about_kept(
    sessions: Iterable[Session], contact: str | None, reader: Reader, gone: Collection[str] = ()
) -> str | None:
    """Say whom a client asks about what their coach kept.

    It is the support contact, else the coach, or an admin if the coach has left.
    """
    session = kept_by_coach(sessions)
    if session is None:
        return None
    there = contact is None and session.coach.id not in gone
    whom = reader.name(session.coach) if there else contact_or_admin(contact, reader.say)
    return reader.say("If that is not right, ask {contact}.", contact=whom)
