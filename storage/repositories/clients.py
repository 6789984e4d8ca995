"""Clients of a coach, and what became of their sessions."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, case, func, literal_column, null, select, type_coerce, union_all

from coaching.clients import Client, History, in_order
from coaching.sessions import ERASED, Hat, Person, Session, Status
from storage.repositories.base import Repository
from storage.repositories.session_rows import select_of, session_of
from storage.tables import members, refunds, sessions
from storage.types import Instant, word

_s, _r = sessions.c, refunds.c
_LONGEST = timedelta(days=1)
"""No session is longer (ck_sessions_length)."""
_NOW, _SINCE = bindparam("now", type_=Instant), bindparam("since", type_=Instant)
_THEIRS = (_s.workspace_id == bindparam("ws"), _s.coach_id == bindparam("coach"))
_NOT_ERASED = _s.client_id.not_like(literal_column(f"'{ERASED}%'"))
_PAIR = (*_THEIRS, _s.client_id == bindparam("client"))
KNOWS: Select[Any] = select(literal_column("1")).where(*_PAIR).limit(literal_column("1"))
_LATEST = (
    select(_s.workspace_id, _s.id)
    .where(*_PAIR, _s.status != word("canceled"))
    .order_by(_s.starts_at.desc(), _s.id.desc())
    .limit(literal_column("1"))
    .subquery()
)
_LATEST_SESSION = select_of(_LATEST)


@lru_cache(maxsize=4)
def _clients(most: int) -> Select[Any]:
    """Return the statement for the people in the next sessions of a coach and in the last ones, each person once."""
    ahead = (
        select(_s.client_id, _s.starts_at)
        .where(*_THEIRS, _s.status == word("scheduled"), _s.ends_at > _NOW, _s.starts_at > _SINCE)
        .order_by(_s.starts_at, _s.id)
        .limit(literal_column(str(most)))
        .subquery("ahead")
    )
    behind = (
        select(_s.client_id, case((_s.status != word("canceled"), _s.starts_at)).label("starts_at"))
        .where(*_THEIRS, _NOT_ERASED, _s.starts_at <= _NOW)
        .order_by(_s.starts_at.desc(), _s.id.desc())
        .limit(literal_column(str(most)))
        .subquery("behind")
    )
    # One whose only session ahead is canceled is a client too: there is a page about it.
    canceled = (
        select(_s.client_id, _s.starts_at)
        .where(*_THEIRS, _NOT_ERASED, _s.status == word("canceled"), _s.starts_at > _NOW)
        .order_by(_s.starts_at, _s.id)
        .limit(literal_column(str(most)))
        .subquery("canceled")
    )
    none = type_coerce(null(), Instant)
    each = union_all(
        select(ahead.c.client_id, ahead.c.starts_at.label("next_at"), none.label("last_at")),
        select(behind.c.client_id, none, behind.c.starts_at),
        select(canceled.c.client_id, none, none),
    ).subquery("each")
    found = (
        select(each.c.client_id, func.min(each.c.next_at).label("next_at"), func.max(each.c.last_at).label("last_at"))
        .group_by(each.c.client_id)
        .subquery("found")
    )
    who = and_(members.c.workspace_id == bindparam("ws"), members.c.id == found.c.client_id)
    return select(
        found.c.client_id,
        type_coerce(found.c.next_at, Instant).label("next_at"),
        type_coerce(found.c.last_at, Instant).label("last_at"),
        members.c.name,
        members.c.email,
    ).outerjoin(members, who)


@lru_cache(maxsize=8)
def _history(most: int, *, paired: bool) -> Select[Any]:
    """Return the statement for how the latest sessions of a client ended, counted by state, canceler and lateness."""
    whose = _PAIR if paired else (_s.workspace_id == bindparam("ws"), _s.client_id == bindparam("client"))
    latest = (
        select(_s.workspace_id, _s.id, _s.status, _s.ends_at, _s.canceled_role, _s.cancellation_no)
        .where(*whose)
        .order_by(_s.starts_at.desc(), _s.id.desc())
        .limit(literal_column(str(most)))
        .subquery("latest")
    )
    made = and_(
        latest.c.status == word("canceled"),
        _r.workspace_id == latest.c.workspace_id,
        _r.session_id == latest.c.id,
        _r.cancellation_no == latest.c.cancellation_no,
        _r.decision == word("policy"),
    )
    over = case((latest.c.ends_at <= _NOW, 1), else_=0).label("over")
    return (
        select(latest.c.status, over, latest.c.canceled_role, _r.late, func.count().label("n"))
        .select_from(latest)
        .outerjoin(refunds, made)
        .group_by(latest.c.status, over, latest.c.canceled_role, _r.late)
    )


class ClientReads(Repository):
    """Read operations."""

    async def of_coach(self, coach_id: str, now: datetime, most: int) -> list[Client]:
        """Return the clients in a coach's next `most` sessions and in the `most` last ones, as `clients.in_order`."""
        given = {"ws": self._ws, "coach": coach_id, "now": now, "since": now - _LONGEST}
        rows = await self._run(_clients(most), given)
        return in_order(
            [
                Client(
                    person=Person(row.client_id, row.name, row.email),
                    next_at=row.next_at,
                    last_at=row.last_at,
                )
                for row in rows
            ]
        )

    async def knows(self, coach_id: str, client_id: str) -> bool:
        """Return whether somebody has or had a session with this coach."""
        found = await self._run(KNOWS, {"ws": self._ws, "coach": coach_id, "client": client_id})
        return found.first() is not None

    async def latest(self, coach_id: str, client_id: str) -> Session | None:
        """Return the last session of a client with this coach that is not canceled, ahead or past."""
        given = {"ws": self._ws, "coach": coach_id, "client": client_id}
        row = (await self._run(_LATEST_SESSION, given)).first()
        return None if row is None else session_of(row)

    async def history(self, client_id: str, coach_id: str | None, now: datetime, most: int) -> History:
        """Return what became of the latest `most` sessions of a client: those with this coach, or all (None)."""
        given = {"ws": self._ws, "client": client_id, "now": now}
        if coach_id is not None:
            given["coach"] = coach_id
        counts = {"over": 0, "no_shows": 0, "in_time": 0, "late": 0, "by_coach": 0, "by_admin": 0}
        seen = 0
        for row in await self._run(_history(most + 1, paired=coach_id is not None), given):
            seen += row.n
            if (name := _what(Status(row.status), row)) is not None:
                counts[name] += row.n
        return History(**counts, cut=seen > most)


def _what(status: Status, row: Any) -> str | None:  # noqa: ANN401 - a row of `_history`
    """Return as what a session counts, or None for one that is ahead."""
    if status is Status.NO_SHOW:
        return "no_shows"
    if status is Status.CANCELED:
        if row.canceled_role == Hat.COACH:
            return "by_coach"
        if row.canceled_role == Hat.ADMIN:
            return "by_admin"
        return "late" if row.late else "in_time"
    return "over" if status is Status.COMPLETED or row.over else None
