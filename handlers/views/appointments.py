"""Sessions in a person's own calendar: their titles and descriptions, as plain text."""

from collections.abc import Callable, Sequence
from datetime import datetime

from calendars.appointment import Appointment, uid_of
from calendars.parts import feed
from coaching.actions.calendar_address import PersonalCalendar
from coaching.policy import Policy
from coaching.sessions import Hat, Session, Status
from handlers.views.join import joinable
from handlers.views.kit import bare, unescape
from handlers.views.letter import unmarked
from handlers.views.refunds import refund_line
from handlers.views.words import Reader, package, reader_for

WayIn = Callable[[Session], str | None]
"""Returns the address at which a session's reader cancels or moves it, or None if there is none."""


def appointment(
    session: Session, policy: Policy, reader: Reader, hat: Hat, *, stamp: datetime, way_in: str | None
) -> Appointment:
    """Return a session as its client's or its coach's calendar keeps it. `stamp`: when it became as it is (aware UTC).

    The number that rises with every change is the session's version: each transaction that changes its time or its state
    raises it, undo included.
    """
    link = joinable(session, reader)
    return Appointment(
        uid=uid_of(session.workspace_id, session.id),
        sequence=session.version,
        stamp=stamp,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        zone=session.time_zone,
        title=title(session, reader, hat),
        description="\n".join(_lines(session, policy, reader, hat, link, way_in)),
        where=link,
        url=link or way_in,
    )


def title(session: Session, reader: Reader, hat: Hat) -> str:
    """Return "Leadership with Carla Coach"; for the coach it names the client."""
    other = session.client if hat is Hat.COACH else session.coach
    return reader.say("{session} with {person}", session=bare(session.session_type), person=reader.plain_name(other))


def calendar_text(found: PersonalCalendar, way_in: WayIn) -> str:
    """Return the feed of a person's calendar."""
    sessions: Sequence[Session] = [one.session for one in found.kept]
    reader = reader_for(found.viewer, sessions, found.now)
    appointments = (
        appointment(
            one.session,
            found.policies[one.session.policy_id],
            reader,
            one.hat,
            stamp=one.since,
            way_in=way_in(one.session),
        )
        for one in found.kept
    )
    return feed(reader.say.title("Your sessions"), appointments)


def _lines(
    session: Session, policy: Policy, reader: Reader, hat: Hat, link: str | None, way_in: str | None
) -> list[str]:
    say = reader.say
    lines = [_plain(place)] if (place := package(session, say)) else []
    if session.status is not Status.SCHEDULED or reader.now > session.ends_at:
        return lines
    if link:
        lines.append(say("Join: {link}", link=link))
    if hat is Hat.CLIENT:
        lines.append(_plain(refund_line(session, policy, reader)))
    if way_in and reader.now <= session.starts_at:
        lines.append(say("Cancel or reschedule: {link}", link=way_in))
    return lines


def _plain(words: str) -> str:
    return unescape(unmarked(words))
