"""Read operations on sessions."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, or_, select

from coaching.records import Move, Scope
from coaching.sessions import Hat, Session
from storage.repositories.base import Repository
from storage.repositories.session_rows import SELECT, move_of, session_of
from storage.tables import members, moves, refunds, sessions
from storage.types import word

_s = sessions.c

_LONGEST = timedelta(days=1)
"""No session is longer (ck_sessions_length), so this bounds the index range of sessions that have not ended."""

_ORDER = (_s.starts_at, _s.id)
_BY_IDS = SELECT.where(_s.id.in_(bindparam("ids", expanding=True))).order_by(*_ORDER)
_OF = {Hat.CLIENT: _s.client_id, Hat.ADMIN: _s.client_id, Hat.COACH: _s.coach_id}
_GONE = or_(_s.status != word("scheduled"), _s.ends_at <= bindparam("now"))
_STILL_ON = and_(_s.status == word("scheduled"), _s.ends_at > bindparam("now"), _s.starts_at > bindparam("since"))
_TOTAL = func.count().over().label("total")


def _page(hat: Hat, scope: Scope) -> Select[Any]:
    mine = SELECT.add_columns(_TOTAL).where(_OF[hat] == bindparam("who"))
    if scope is Scope.UPCOMING:
        return mine.where(_STILL_ON).order_by(*_ORDER).limit(bindparam("limit")).offset(bindparam("offset"))
    return (
        mine.where(_GONE)
        .order_by(_s.starts_at.desc(), _s.id.desc())
        .limit(bindparam("limit"))
        .offset(bindparam("offset"))
    )


_PAGES = {(hat, scope): _page(hat, scope) for hat in _OF for scope in Scope}
_CANCELABLE = {
    hat: SELECT.where(column == bindparam("who"), _s.status == word("scheduled"), _s.starts_at >= bindparam("now"))
    .order_by(*_ORDER)
    .limit(bindparam("limit"))
    for hat, column in _OF.items()
}
_IDS_OF_ACTION = (
    select(refunds.c.session_id)
    .distinct()
    .where(refunds.c.workspace_id == bindparam("ws"), refunds.c.action_id == bindparam("action"))
)


class SessionReads(Repository):
    """Read operations."""

    async def page(
        self, hat: Hat, person_id: str, scope: Scope, now: datetime, *, limit: int, offset: int
    ) -> tuple[list[Session], int]:
        """Return one page of a client's or coach's sessions (soonest first; past: latest first) and the total count."""
        parameters = {"ws": self._ws, "who": person_id, "now": now, "limit": limit, "offset": offset}
        if scope is Scope.UPCOMING:
            parameters["since"] = now - _LONGEST
        rows = (await self._run(_PAGES[hat, scope], parameters)).all()
        return [session_of(row) for row in rows], rows[0].total if rows else 0

    async def cancelable(self, hat: Hat, person_id: str, now: datetime, *, limit: int) -> list[Session]:
        """Return scheduled sessions that have not started, soonest first."""
        parameters = {"ws": self._ws, "who": person_id, "now": now, "limit": limit}
        return [session_of(row) for row in await self._run(_CANCELABLE[hat], parameters)]

    async def find(self, session_id: str) -> Session | None:
        """Return one session with its cancellation, if any."""
        found = await self.by_ids([session_id])
        return found[0] if found else None

    async def by_ids(self, session_ids: Collection[str]) -> list[Session]:
        """Return several sessions, soonest first. Unknown ids are left out."""
        if not session_ids:
            return []
        rows = await self._run(_BY_IDS, {"ws": self._ws, "ids": list(session_ids)})
        return [session_of(row) for row in rows]

    async def of_action(self, action_id: str) -> list[Session]:
        """Return the sessions of one cancellation or decision, soonest first."""
        # Two statements: given a subquery, PostgreSQL joins all sessions of the workspace before it filters them.
        rows = await self._run(_IDS_OF_ACTION, {"ws": self._ws, "action": action_id})
        return await self.by_ids([row.session_id for row in rows])

    async def next_cutoff(self, now: datetime) -> datetime | None:
        """Return the soonest cutoff ahead, for the demo's time machine. No list needs it."""
        statement = select(func.min(_s.refund_cutoff_at)).where(
            _s.workspace_id == self._ws, _s.status == word("scheduled"), _s.refund_cutoff_at > now
        )
        found: datetime | None = (await self._run(statement)).scalar_one()
        return found

    async def moves(self, action_id: str) -> list[tuple[Session, Move]]:
        """Return the sessions that one action moved, each with its move, soonest first."""
        rows = await self._run(
            select(moves, members.c.name)
            .outerjoin(members, and_(members.c.workspace_id == moves.c.workspace_id, members.c.id == moves.c.by))
            .where(moves.c.workspace_id == self._ws, moves.c.action_id == action_id)
        )
        found = {row.session_id: move_of(row) for row in rows}
        return [(session, found[session.id]) for session in await self.by_ids(list(found))]
