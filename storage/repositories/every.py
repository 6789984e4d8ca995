"""Everybody's sessions: found by a key that every page continues from, whatever lies before it."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, literal_column, or_, select

from coaching.every import Sought, Turn
from coaching.sessions import Session, Status
from storage.repositories.base import Repository
from storage.repositories.session_rows import select_of, session_of
from storage.tables import sessions
from storage.types import Instant, word

_s = sessions.c
_ORDER = (_s.starts_at, _s.id)
_LATEST = (_s.starts_at.desc(), _s.id.desc())


def _sought(status: Status | None, *, coach: bool, client: bool) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of what is sought: the index of its client or coach finds it, or else that of all."""
    return (
        _s.workspace_id == bindparam("ws"),
        *((_s.client_id == bindparam("client"),) if client else ()),
        *((_s.coach_id == bindparam("coach"),) if coach else ()),
        _s.starts_at >= bindparam("first", type_=Instant),
        _s.starts_at < bindparam("last", type_=Instant),
        *((_s.status == word(status),) if status else ()),
    )


@lru_cache(maxsize=64)
def _page(status: Status | None, limit: int, *, coach: bool, client: bool, back: bool) -> Select[Any]:
    at: ColumnElement[Any] = bindparam("at", type_=Instant)
    place: ColumnElement[Any] = bindparam("place")
    # The instant alone bounds the range of the index. Of sessions with the same start, the id says which come next.
    behind = (
        (_s.starts_at <= at, or_(_s.starts_at < at, _s.id < place))
        if back
        else (_s.starts_at >= at, or_(_s.starts_at > at, _s.id > place))
    )
    shown = (
        select(_s.workspace_id, _s.id)
        .where(*_sought(status, coach=coach, client=client), *behind)
        .order_by(*(_LATEST if back else _ORDER))
        .limit(literal_column(str(limit)))
        .subquery()
    )
    return select_of(shown)


@lru_cache(maxsize=64)
def _cancelable(limit: int, *, coach: bool, client: bool) -> Select[Any]:
    theirs = (
        *_sought(Status.SCHEDULED, coach=coach, client=client),
        _s.client_id != bindparam("besides"),
    )
    counted = select(literal_column("1")).where(*theirs).limit(bindparam("most")).subquery()
    shown = (
        select(
            select(func.count()).select_from(counted).scalar_subquery().label("total"),
            _s.workspace_id,
            _s.id,
        )
        .where(*theirs)
        .order_by(*_ORDER)
        .limit(literal_column(str(limit)))
        .offset(bindparam("offset"))
        .subquery()
    )
    return select_of(shown).add_columns(shown.c.total)


class EveryReads(Repository):
    """Read operations."""

    async def page(self, sought: Sought, within: tuple[datetime, datetime], turn: Turn, limit: int) -> list[Session]:
        """Return up to `limit` of the sessions sought that start within two instants, the nearest behind (or before) a place.

        Soonest first. The second instant is not included.
        """
        statement = _page(
            sought.status, limit, coach=bool(sought.coach_id), client=bool(sought.client_id), back=turn.back
        )
        given = {**self._given(sought, within), "at": turn.at, "place": turn.id}
        found = [session_of(row) for row in await self._run(statement, given)]
        return sorted(found, key=lambda one: (one.starts_at, one.id))

    async def cancelable(
        self, sought: Sought, within: tuple[datetime, datetime], besides: str, *, limit: int, offset: int, most: int
    ) -> tuple[list[Session], int]:
        """Return scheduled sessions among those sought that start within two instants, and the total, counted up to `most`.

        Soonest first, without those that `besides` takes as a client. Behind the last session the total is 0.
        """
        statement = _cancelable(limit, coach=bool(sought.coach_id), client=bool(sought.client_id))
        given = {**self._given(sought, within), "besides": besides, "offset": offset, "most": most}
        rows = (await self._run(statement, given)).all()
        found = sorted(map(session_of, rows), key=lambda one: (one.starts_at, one.id))
        return found, rows[0].total if rows else 0

    def _given(self, sought: Sought, within: tuple[datetime, datetime]) -> dict[str, Any]:
        people = {"client": sought.client_id, "coach": sought.coach_id}
        named = {role: who for role, who in people.items() if who}
        return {"ws": self._ws, "first": within[0], "last": within[1], **named}
