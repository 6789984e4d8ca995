"""The record of a session: what happened, and which notices went out."""

import json
from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    FromClause,
    Select,
    and_,
    bindparam,
    func,
    insert,
    literal_column,
    or_,
    select,
    union,
    union_all,
)

from coaching.ids import new_id
from coaching.news.kinds import NoticeKind
from coaching.news.notice import Medium, NoticeLine, NoticeState
from coaching.records import COUNTED
from coaching.sessions import Hat, Person, Session
from coaching.timeline import Entry, Event
from coaching.why import Why
from storage.repositories.base import Repository
from storage.repositories.people import person_of
from storage.tables import link_changes, members, moves, notices, refunds, requests, timeline
from storage.types import word

_OF_SESSION = (timeline.c.workspace_id == bindparam("ws"), timeline.c.session_id == bindparam("session"))
# Ids sort by time, so the primary key has the latest entries at its end.
_LATEST = (
    select(timeline, *(members.c[name] for name in ("name", "email", "time_zone", "locale", "is_admin")))
    .outerjoin(members, and_(members.c.workspace_id == timeline.c.workspace_id, members.c.id == timeline.c.actor_id))
    .where(*_OF_SESSION)
    .order_by(timeline.c.id.desc())
    .limit(bindparam("limit"))
)
_MOST: BindParameter[int] = bindparam("most")
_ENTRIES: Select[Any] = select(literal_column("1")).where(*_OF_SESSION).limit(_MOST)
_n = notices.c
# A copy that is limited to session types covers the session if its type is one of them: see `coaching.stakeholders.shows`.
_SHOWN = (
    _n.workspace_id == bindparam("ws"),
    or_(
        _n.copy_of.is_(None),
        and_(
            _n.recipient != bindparam("client"),
            or_(_n.only_types.is_(None), func.replace(_n.only_types, bindparam("type"), "") != _n.only_types),
        ),
    ),
)
_TO_THEM = _n.recipient.in_(bindparam("them", expanding=True))
# A message that is pending for an edit has been sent before.
_ARRIVED = or_(_n.state == word(NoticeState.SENT), _n.sent_revision.is_not(None))
_BY_SESSION = (*_SHOWN, _n.session_id == bindparam("session"))
_ITS: BindParameter[str] = bindparam("session")
# What says which actions were on a session, and in which order.
_ACTED = (
    (refunds, refunds.c.session_id == _ITS, refunds.c.cancellation_no),
    (moves, moves.c.session_id == _ITS, moves.c.version),
    (link_changes, link_changes.c.session_id == _ITS, link_changes.c.action_id),
    (requests, and_(requests.c.subject_id == _ITS, requests.c.kind == word("exception")), requests.c.number),
    (requests, and_(requests.c.subject_id == _ITS, requests.c.kind == word("move")), requests.c.number),
)


def _last_actions() -> CompoundSelect[Any]:
    """Return SQL for the last actions on a session: so many of each kind."""
    each = [
        select(of.c.action_id).where(of.c.workspace_id == bindparam("ws"), its).order_by(number.desc()).limit(_MOST)
        for of, its, number in _ACTED
    ]
    return union(*(select(one.subquery().c.action_id) for one in each))


_BY_ACTION = (
    *_SHOWN,
    _n.action_id.in_(_last_actions()),
    or_(
        _n.recipient.in_(bindparam("people", expanding=True)),
        _n.about_id == bindparam("coach"),
        _n.copy_of == bindparam("coach"),
    ),
)


def _last(at: ColumnElement[Any], *which: ColumnElement[bool]) -> Select[Any]:
    """Return SQL for the notices that were last at an instant of theirs."""
    return select(_n.dedupe_key, at.label("at")).where(*which).order_by(at.desc(), _n.dedupe_key.desc()).limit(_MOST)


def _lines(found: FromClause) -> Select[Any]:
    """Return the statement for the lines of notices found: nothing else is read of the others."""
    return (
        select(notices, *(members.c[name] for name in ("name", "email", "time_zone", "locale", "is_admin")))
        .join_from(found, notices, and_(_n.workspace_id == bindparam("ws"), _n.dedupe_key == found.c.dedupe_key))
        .outerjoin(members, and_(members.c.workspace_id == _n.workspace_id, members.c.id == _n.recipient))
        .order_by(found.c.at.desc(), found.c.dedupe_key.desc())
        .limit(_MOST)
    )


def _chosen(which: Sequence[ColumnElement[bool]], *, only: bool, arrived: bool) -> tuple[ColumnElement[bool], ...]:
    return (*which, *([_TO_THEM] if only else []), *([_ARRIVED] if arrived else []))


@cache
def _of_session(*, only: bool, arrived: bool) -> tuple[Select[Any], Select[Any]]:
    """Return the statements for the last notices about a session, each kind in the order of an index, and to count."""
    which = _chosen(_BY_SESSION, only=only, arrived=arrived)
    ended, ahead = (
        _last(at, *which, _n.finished_at.is_not(None) if at is _n.finished_at else _n.finished_at.is_(None)).subquery()
        for at in (_n.finished_at, _n.due_at)
    )
    both = union_all(*(select(one.c.dedupe_key, one.c.at) for one in (ended, ahead)))
    return _lines(both.subquery()), select(literal_column("1")).where(*which).limit(_MOST)


@cache
def _of_actions(*, only: bool, arrived: bool) -> tuple[Select[Any], Select[Any]]:
    """Return the statements for the last notices about the last actions on a session, and to count them.

    So many actions are looked at as notices are wanted: each is followed by one at least.
    """
    which = _chosen(_BY_ACTION, only=only, arrived=arrived)
    last = _last(func.coalesce(_n.finished_at, _n.due_at), *which).subquery()
    return _lines(last), select(literal_column("1")).where(*which).limit(_MOST)


_BOOKED_MESSAGE = (
    select(_n.channel, _n.message_ts)
    .where(
        _n.workspace_id == bindparam("ws"),
        _n.session_id == bindparam("session"),
        _n.recipient == bindparam("who"),
        _n.kind.in_([word(NoticeKind.BOOKED), word(NoticeKind.COACH_BOOKED)]),
        _n.message_ts.is_not(None),
    )
    .limit(1)
)


class TimelineReads(Repository):
    """Read operations."""

    async def booked_message(self, session_id: str, person_id: str) -> tuple[str, str] | None:
        """Return the channel and the time of the message that told a person of a booking, or None."""
        given = {"ws": self._ws, "session": session_id, "who": person_id}
        row = (await self._run(_BOOKED_MESSAGE, given)).first()
        return None if row is None else (row.channel, row.message_ts)

    async def of(self, session_id: str, most: int, counted: int = COUNTED) -> tuple[list[tuple[Entry, Person]], int]:
        """Return the last `most` entries of a session's timeline, oldest first, and the total, up to `counted`."""
        parameters = {"ws": self._ws, "session": session_id}
        rows = (await self._run(_LATEST, {**parameters, "limit": most + 1})).all()
        total = len(rows) if len(rows) <= most else await self._count(_ENTRIES, {**parameters, "most": counted})
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
        self,
        session: Session,
        most: int,
        only: Collection[str] | None = None,
        counted: int = COUNTED,
        *,
        arrived: bool = False,
        acted_on: bool = False,
    ) -> tuple[list[NoticeLine], int]:
        """Return the last notices about a session, by due time, and the total, each kind of bond up to `counted`.

        At most `most` of each kind of bond: those about it, and those about its actions. `only`: to these people.
        `arrived`: those whose message is in Slack. `acted_on`: it has such actions, even if it was never canceled or
        moved.
        """
        parameters: dict[str, object] = {
            "ws": self._ws,
            "session": session.id,
            "client": session.client.id,
            "type": json.dumps(session.type_id),
        }
        if only is not None:
            parameters["them"] = sorted(only)
        chosen = {"only": only is not None, "arrived": arrived}
        found, total = await self._lines(_of_session(**chosen), parameters, most, counted)
        if acted_on or session.version > 1 or session.cancellation is not None:
            # Most sessions that people look at are unchanged, and have no actions.
            parameters |= {"people": [session.client.id, session.coach.id], "coach": session.coach.id}
            of_actions, number = await self._lines(_of_actions(**chosen), parameters, most, counted - total)
            found, total = found + of_actions, total + number
        return sorted(found, key=lambda line: line.due_at), total

    async def _lines(
        self, statements: tuple[Select[Any], Select[Any]], parameters: dict[str, object], most: int, counted: int
    ) -> tuple[list[NoticeLine], int]:
        last, all_of_them = statements
        rows = (await self._run(last, {**parameters, "most": most + 1})).all()
        # Where enough is counted already, that there are more of these is all that matters.
        total = len(rows)
        if most < min(total, counted):
            total = await self._count(all_of_them, {**parameters, "most": counted})
        found = [
            NoticeLine(
                NoticeKind(row.kind),
                person_of(row, row.recipient),
                row.due_at,
                NoticeState(row.state) if row.sent_revision is None else NoticeState.SENT,
                row.finished_at,
                None if row.why is None else Why(row.why),
                row.why_code,
                row.detail,
                Medium(row.medium),
            )
            for row in rows[:most]
        ]
        return found, total

    async def _count(self, statement: Select[Any], parameters: dict[str, object]) -> int:
        count = select(func.count()).select_from(statement.subquery())
        return int((await self._run(count, parameters)).scalar_one())


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
