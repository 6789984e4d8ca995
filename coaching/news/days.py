"""A coach's day: the agenda in the morning, a reminder before each session, and the question how it went after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from coaching.news.announcement import Announcement
from coaching.news.kinds import NoticeKind
from coaching.news.notice import Notice, named
from coaching.sessions import Session, Status
from coaching.waiting import CONFIRM_WITHIN, EMPTY, Queue
from coaching.why import Why

BEFORE = timedelta(minutes=15)
"""How long before a session its coach is reminded."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """A session of which its coach is to be told: its times (aware UTC)."""

    workspace_id: str
    session_id: str
    coach_id: str
    starts_at: datetime
    ends_at: datetime


def around(one: Ahead, now: datetime) -> list[Notice]:
    """Return the reminder before a session and the question after it. Their keys name its time and its coach.

    What is out of date before it is written is written too, and recorded as such when it would be sent (R3). Of what
    ended long ago nobody is asked.
    """
    if one.ends_at + CONFIRM_WITHIN < now:
        return []
    return [
        Notice(
            kind=kind,
            dedupe_key=named(str(kind), one.session_id, one.coach_id, str(int(at.timestamp()))),
            recipient=one.coach_id,
            due_at=due_at,
            expires_at=expires_at,
            session_id=one.session_id,
            cutoff=at,
        )
        for kind, at, due_at, expires_at in (
            (NoticeKind.COACH_STARTING, one.starts_at, one.starts_at - BEFORE, one.starts_at),
            (NoticeKind.OUTCOME_ASKED, one.ends_at, one.ends_at, one.ends_at + CONFIRM_WITHIN),
        )
    ]


def out_of_date(kind: NoticeKind, coach_id: str, at: datetime | None, session: Session) -> Why | None:
    """Return why a reminder or question for a coach about the start or end `at` is not sent any more (R2), or None.

    A reminder of what was canceled waits for the time in which that can be undone. A coach who is also the session's
    client decides nothing about it.
    """
    asks = kind is NoticeKind.OUTCOME_ASKED
    if at != (session.ends_at if asks else session.starts_at):
        return Why.SESSION_MOVED
    if session.coach.id != coach_id:
        return Why.NOT_NAMED
    if not asks:
        return None
    if session.status is Status.CANCELED:
        return Why.SESSION_CANCELED
    told = session.status is Status.NO_SHOW or (session.status is Status.COMPLETED and not session.unconfirmed)
    return Why.SETTLED if told or session.client.id == coach_id else None


def agenda(coach_id: str, day: date, due_at: datetime, ends_at: datetime) -> Notice:
    """Tell a coach what a day of their calendar brings, once. It is of use until the day `ends_at`."""
    return Notice(
        kind=NoticeKind.AGENDA,
        dedupe_key=named(str(NoticeKind.AGENDA), coach_id, day.isoformat()),
        recipient=coach_id,
        due_at=due_at,
        expires_at=ends_at,
        about_id=coach_id,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Agenda(Announcement):
    """To a coach: the first sessions that they give today, of `total` in all, and what waits for them."""

    sessions: Sequence[Session]
    total: int
    queue: Queue = EMPTY


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming(Announcement):
    """To a coach: sessions that they give soon, each with the start (aware UTC) that was announced; or what became of them."""

    items: Sequence[tuple[Session, datetime]]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeAsked(Announcement):
    """To a coach: whether a session took place; or what was said of that since."""

    session: Session
