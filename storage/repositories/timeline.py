"""The record of a session: what happened, and which notices went out."""

from collections.abc import Sequence

from sqlalchemy import and_, bindparam, insert, or_, select, union

from coaching.ids import new_id
from coaching.news.kinds import NoticeKind
from coaching.news.notice import NoticeLine, NoticeState
from coaching.sessions import Hat, Person, Session
from coaching.stakeholders import shows
from coaching.timeline import Entry, Event
from coaching.why import Why
from storage.repositories.base import Repository
from storage.repositories.codec import load_types
from storage.repositories.people import person_of
from storage.tables import exceptions, members, moves, notices, refunds, timeline

_TIMELINE = (
    select(timeline, *(members.c[name] for name in ("name", "email", "time_zone", "locale", "is_admin")))
    .outerjoin(members, and_(members.c.workspace_id == timeline.c.workspace_id, members.c.id == timeline.c.actor_id))
    .where(timeline.c.workspace_id == bindparam("ws"), timeline.c.session_id == bindparam("session"))
    .order_by(timeline.c.at, timeline.c.id)
)
_NOTICE_LINES = (
    select(notices, *(members.c[name] for name in ("name", "email", "time_zone", "locale", "is_admin")))
    .outerjoin(members, and_(members.c.workspace_id == notices.c.workspace_id, members.c.id == notices.c.recipient))
    .where(notices.c.workspace_id == bindparam("ws"))
)
_LINES_BY_SESSION = _NOTICE_LINES.where(notices.c.session_id == bindparam("session"))
_ACTIONS_OF = union(
    select(refunds.c.action_id).where(
        refunds.c.workspace_id == bindparam("ws"), refunds.c.session_id == bindparam("session")
    ),
    select(moves.c.action_id).where(
        moves.c.workspace_id == bindparam("ws"), moves.c.session_id == bindparam("session")
    ),
    select(exceptions.c.action_id).where(
        exceptions.c.workspace_id == bindparam("ws"), exceptions.c.session_id == bindparam("session")
    ),
)
_LINES_BY_ACTION = _NOTICE_LINES.where(
    notices.c.action_id.in_(_ACTIONS_OF),
    or_(
        notices.c.recipient.in_(bindparam("people", expanding=True)),
        notices.c.about_id == bindparam("coach"),
        notices.c.copy_of == bindparam("coach"),
    ),
)


class TimelineReads(Repository):
    """Read operations."""

    async def of(self, session_id: str) -> list[tuple[Entry, Person]]:
        """Return a session's timeline, oldest first, each entry with its actor."""
        return [
            (
                Entry(
                    row.session_id,
                    row.at,
                    Event(row.event),
                    row.actor_id,
                    Hat(row.role),
                    row.amount,
                    row.detail,
                    row.old_starts_at,
                ),
                person_of(row, row.actor_id),
            )
            for row in await self._run(_TIMELINE, {"ws": self._ws, "session": session_id})
        ]

    async def notice_lines(self, session: Session) -> list[NoticeLine]:
        """Return the notices about a session, by due time."""
        parameters = {"ws": self._ws, "session": session.id}
        rows = list(await self._run(_LINES_BY_SESSION, parameters))
        if session.version > 1 or session.cancellation is not None:
            # Only a changed session has actions. Most sessions that people look at are unchanged.
            people = [session.client.id, session.coach.id]
            rows += await self._run(_LINES_BY_ACTION, {**parameters, "people": people, "coach": session.coach.id})
        return sorted(
            (
                NoticeLine(
                    NoticeKind(row.kind),
                    person_of(row, row.recipient),
                    row.due_at,
                    # A message that is pending for an edit has been sent before.
                    NoticeState(row.state) if row.sent_revision is None else NoticeState.SENT,
                    row.finished_at,
                    None if row.why is None else Why(row.why),
                    row.why_code,
                    row.detail,
                )
                for row in rows
                if row.copy_of is None or shows(load_types(row.only_types), row.recipient, session)
            ),
            key=lambda line: line.due_at,
        )


class TimelineWrites(TimelineReads):
    """Write operations."""

    async def add(self, entries: Sequence[Entry]) -> None:
        """Append timeline entries."""
        await self._write(
            insert(timeline),
            [
                {
                    "workspace_id": self._ws,
                    "session_id": entry.session_id,
                    "id": new_id(entry.at),
                    "at": entry.at,
                    "event": str(entry.event),
                    "actor_id": entry.actor_id,
                    "role": str(entry.role),
                    "amount": entry.amount,
                    "detail": entry.detail,
                    "old_starts_at": entry.old_starts_at,
                }
                for entry in entries
            ],
        )
