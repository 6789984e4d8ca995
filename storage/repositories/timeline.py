"""The record of a session: what happened, and which notices went out."""

import json
from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, and_, bindparam, func, insert, or_, select, union

from coaching.ids import new_id
from coaching.news.kinds import NoticeKind
from coaching.news.notice import NoticeLine, NoticeState
from coaching.sessions import Hat, Person, Session
from coaching.timeline import Entry, Event
from coaching.why import Why
from storage.repositories.base import Repository
from storage.repositories.people import person_of
from storage.tables import link_changes, members, moves, notices, refunds, requests, timeline

_OF_SESSION = (timeline.c.workspace_id == bindparam("ws"), timeline.c.session_id == bindparam("session"))
# Ids sort by time, so the primary key has the latest entries at its end.
_LATEST = (
    select(timeline, *(members.c[name] for name in ("name", "email", "time_zone", "locale", "is_admin")))
    .outerjoin(members, and_(members.c.workspace_id == timeline.c.workspace_id, members.c.id == timeline.c.actor_id))
    .where(*_OF_SESSION)
    .order_by(timeline.c.id.desc())
    .limit(bindparam("limit"))
)
_ENTRIES = select(func.count()).select_from(timeline).where(*_OF_SESSION)
_NOTICE_LINES = (
    select(notices, *(members.c[name] for name in ("name", "email", "time_zone", "locale", "is_admin")))
    .outerjoin(members, and_(members.c.workspace_id == notices.c.workspace_id, members.c.id == notices.c.recipient))
    .order_by(func.coalesce(notices.c.finished_at, notices.c.due_at).desc(), notices.c.dedupe_key.desc())
    .limit(bindparam("limit"))
)
# A copy that is limited to session types covers the session if its type is one of them: see `coaching.stakeholders.shows`.
_types = notices.c.only_types
_SHOWN = (
    notices.c.workspace_id == bindparam("ws"),
    or_(
        notices.c.copy_of.is_(None),
        and_(
            notices.c.recipient != bindparam("client"),
            or_(_types.is_(None), func.replace(_types, bindparam("type"), "") != _types),
        ),
    ),
)
_TO_THEM = notices.c.recipient.in_(bindparam("them", expanding=True))
_BY_SESSION = (*_SHOWN, notices.c.session_id == bindparam("session"))
_ACTIONS_OF = union(
    select(refunds.c.action_id).where(
        refunds.c.workspace_id == bindparam("ws"), refunds.c.session_id == bindparam("session")
    ),
    select(moves.c.action_id).where(
        moves.c.workspace_id == bindparam("ws"), moves.c.session_id == bindparam("session")
    ),
    select(link_changes.c.action_id).where(
        link_changes.c.workspace_id == bindparam("ws"), link_changes.c.session_id == bindparam("session")
    ),
    select(requests.c.action_id).where(
        requests.c.workspace_id == bindparam("ws"), requests.c.subject_id == bindparam("session")
    ),
)
_BY_ACTION = (
    *_SHOWN,
    notices.c.action_id.in_(_ACTIONS_OF),
    or_(
        notices.c.recipient.in_(bindparam("people", expanding=True)),
        notices.c.about_id == bindparam("coach"),
        notices.c.copy_of == bindparam("coach"),
    ),
)


class TimelineReads(Repository):
    """Read operations."""

    async def of(self, session_id: str, most: int) -> tuple[list[tuple[Entry, Person]], int]:
        """Return the last `most` entries of a session's timeline, oldest first, and how many there are in all."""
        parameters = {"ws": self._ws, "session": session_id}
        rows = (await self._run(_LATEST, {**parameters, "limit": most + 1})).all()
        total = len(rows) if len(rows) <= most else (await self._run(_ENTRIES, parameters)).scalar_one()
        found = [
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
            for row in sorted(rows[:most], key=lambda row: (row.at, row.id))
        ]
        return found, total

    async def notice_lines(
        self, session: Session, most: int, only: Collection[str] | None = None, *, acted_on: bool = False
    ) -> tuple[list[NoticeLine], int]:
        """Return the last notices about a session, by due time, and how many there are in all.

        At most `most` of each kind of bond: those about it, and those about its actions. `only`: to these people.
        `acted_on`: it has such actions, even if it was never canceled or moved.
        """
        parameters: dict[str, object] = {
            "ws": self._ws,
            "session": session.id,
            "client": session.client.id,
            "type": json.dumps(session.type_id),
        }
        found, total = await self._lines(_BY_SESSION, parameters, most, only)
        if acted_on or session.version > 1 or session.cancellation is not None:
            # Most sessions that people look at are unchanged, and have no actions.
            parameters |= {"people": [session.client.id, session.coach.id], "coach": session.coach.id}
            of_actions, number = await self._lines(_BY_ACTION, parameters, most, only)
            found, total = found + of_actions, total + number
        return sorted(found, key=lambda line: line.due_at), total

    async def _lines(
        self,
        which: tuple[ColumnElement[bool], ...],
        parameters: dict[str, object],
        most: int,
        only: Collection[str] | None,
    ) -> tuple[list[NoticeLine], int]:
        if only is not None:
            which, parameters = (*which, _TO_THEM), {**parameters, "them": sorted(only)}
        rows = (await self._run(_NOTICE_LINES.where(*which), {**parameters, "limit": most + 1})).all()
        total = len(rows)
        if total > most:
            counted = select(func.count()).select_from(notices).where(*which)
            total = (await self._run(counted, parameters)).scalar_one()
        found = [
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
            for row in rows[:most]
        ]
        return found, total


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
