"""Read operations on sessions."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, literal_column, not_, or_, select, union_all

from coaching.policy import Closed
from coaching.records import Glimpse, Move, Scope, Window
from coaching.sessions import Hat, Person, Session
from storage.repositories.base import Repository
from storage.repositories.session_rows import NAMED_MOVES, SELECT, move_of, select_of, session_of
from storage.tables import members, moves, refunds, session_types, sessions
from storage.types import Instant, word

_s = sessions.c

_LONGEST = timedelta(days=1)
"""No session is longer (ck_sessions_length), so this bounds the index range of sessions that have not ended."""

_ORDER = (_s.starts_at, _s.id)
_BY_IDS = SELECT.where(_s.id.in_(bindparam("ids", expanding=True))).order_by(*_ORDER)
_OF = {Hat.CLIENT: _s.client_id, Hat.ADMIN: _s.client_id, Hat.COACH: _s.coach_id}
_OTHER = {Hat.CLIENT: _s.coach_id, Hat.ADMIN: _s.coach_id, Hat.COACH: _s.client_id}
_GONE = or_(_s.status != word("scheduled"), _s.ends_at <= bindparam("now"))
_STILL_ON = and_(_s.status == word("scheduled"), _s.ends_at > bindparam("now"), _s.starts_at > bindparam("since"))
_WHICH = {Scope.UPCOMING: _STILL_ON, Scope.PAST: _GONE}
_LATEST = (_s.starts_at.desc(), _s.id.desc())


def _ids(number: int, theirs: tuple[ColumnElement[bool], ...], order: tuple[Any, ...], limit: int) -> Select[Any]:
    """Return the ids of up to `limit` sessions, their number in the statement, and the total: from an index alone.

    The limit is written out: what PostgreSQL plans for good must not expect thousands of rows.
    """
    counted = select(literal_column("1")).where(*theirs).limit(bindparam(f"most{number}")).subquery()
    return (
        select(
            literal_column(str(number)).label("number"),
            select(func.count()).select_from(counted).scalar_subquery().label("total"),
            _s.workspace_id,
            _s.id,
        )
        .where(*theirs)
        .order_by(*order)
        .limit(literal_column(str(limit)))
        .offset(bindparam(f"offset{number}"))
    )


def _of(hat: Hat, *, paired: bool = False) -> tuple[ColumnElement[bool], ...]:
    whose = (_s.workspace_id == bindparam("ws"), _OF[hat] == bindparam("who"))
    return (*whose, _OTHER[hat] == bindparam("other")) if paired else whose


@lru_cache(maxsize=64)
def _pages(windows: tuple[Window, ...], *, paired: bool) -> Select[Any]:
    """Return the statement for windows without their offsets. `paired`: on the sessions with one other person."""
    each = [
        _ids(
            number,
            (*_of(window.hat, paired=paired), _WHICH[window.scope]),
            _ORDER if window.scope is Scope.UPCOMING else _LATEST,
            window.limit,
        ).subquery()
        for number, window in enumerate(windows)
    ]
    shown = each[0] if len(each) == 1 else union_all(*(select(one) for one in each)).subquery()
    return select_of(shown).add_columns(shown.c.number, shown.c.total)


@lru_cache(maxsize=8)
def _glimpses(hat: Hat, scope: Scope, most: int) -> Select[Any]:
    """Return the statement for what one looks for sessions by: the ids from an index alone, then names."""
    order = _ORDER if scope is Scope.UPCOMING else _LATEST
    within = (_s.starts_at >= bindparam("first", type_=Instant), _s.starts_at < bindparam("last", type_=Instant))
    found = (
        select(_s.workspace_id, _s.id)
        .where(*_of(hat), _WHICH[scope], *within)
        .order_by(*order)
        .limit(literal_column(str(most)))
        .subquery()
    )
    other = _s.client_id if hat is Hat.COACH else _s.coach_id
    return (
        select(_s.id, _s.starts_at, other.label("other_id"), members.c.name, members.c.email, _s.session_type_id)
        .add_columns(session_types.c.name.label("type_name"))
        .select_from(found.join(sessions, and_(_s.workspace_id == found.c.workspace_id, _s.id == found.c.id)))
        .outerjoin(members, and_(members.c.workspace_id == _s.workspace_id, members.c.id == other))
        .outerjoin(
            session_types,
            and_(session_types.c.workspace_id == _s.workspace_id, session_types.c.id == _s.session_type_id),
        )
    )


def _offered(hat: Hat, closed: int) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of sessions that can be canceled, but for so many groups of terms that are closed."""
    counted_from = func.coalesce(_s.terms_start_at, _s.starts_at)
    late = [
        and_(
            _s.policy_id.in_(bindparam(f"policies{n}", expanding=True)),
            _s.refund_cutoff_at < bindparam("now"),
            counted_from < bindparam(f"before{n}", type_=Instant),
        )
        for n in range(closed)
    ]
    return (*_of(hat), _s.status == word("scheduled"), _s.starts_at >= bindparam("now"), *(not_(one) for one in late))


@lru_cache(maxsize=64)
def _cancelable(hat: Hat, closed: int, limit: int) -> Select[Any]:
    shown = _ids(0, _offered(hat, closed), _ORDER, limit).subquery()
    return select_of(shown).add_columns(shown.c.total)


_IDS_OF_ACTION = (
    select(refunds.c.session_id)
    .distinct()
    .where(refunds.c.workspace_id == bindparam("ws"), refunds.c.action_id == bindparam("action"))
)


class SessionReads(Repository):
    """Read operations."""

    async def pages(
        self, person_id: str, windows: Sequence[Window], now: datetime, *, most: int, other_id: str | None = None
    ) -> list[tuple[list[Session], int]]:
        """Return what is in each window on a person's sessions, and the total, counted no further than `most`.

        With `other_id` they are those with this other person, the coach of a client or the client of a coach.

        For a window that ends behind `most` the total is what comes up to its end, and one more if there is more. A window
        behind the last session has nothing, and the total 0.
        """
        parameters = {"ws": self._ws, "who": person_id, "now": now, "since": now - _LONGEST}
        paired = other_id is not None
        if paired:
            parameters["other"] = other_id
        read = []
        for number, window in enumerate(windows):
            far = window.offset + window.limit >= most
            # Far back, one more row tells as much as a count, which would go through all sessions before it once more.
            read.append(replace(window, offset=0, limit=window.limit + far))
            parameters[f"offset{number}"] = window.offset
            parameters[f"most{number}"] = 0 if far else most
        found: list[tuple[list[Session], int]] = [([], 0) for _ in windows]
        for row in await self._run(_pages(tuple(read), paired=paired), parameters):
            sessions, _ = found[row.number]
            sessions.append(session_of(row))
            found[row.number] = (sessions, row.total or windows[row.number].offset + len(sessions))
        for window, (sessions, _) in zip(windows, found, strict=True):
            sessions.sort(key=lambda one: (one.starts_at, one.id), reverse=window.scope is Scope.PAST)
            del sessions[window.limit :]
        return found

    async def glimpses(
        self, hat: Hat, person_id: str, scope: Scope, now: datetime, *, first: datetime, last: datetime, most: int
    ) -> list[Glimpse]:
        """Return up to `most` of a person's sessions that start from `first` until before `last`, in the list's order."""
        parameters = {
            "ws": self._ws,
            "who": person_id,
            "now": now,
            "since": now - _LONGEST,
            "first": first,
            "last": last,
        }
        found = [
            Glimpse(
                row.id,
                row.starts_at,
                Person(row.other_id, row.name, row.email),
                row.session_type_id,
                row.type_name or row.session_type_id,
            )
            for row in await self._run(_glimpses(hat, scope, most), parameters)
        ]
        found.sort(key=lambda one: (one.starts_at, one.id), reverse=scope is Scope.PAST)
        return found

    async def cancelable(
        self,
        hat: Hat,
        person_id: str,
        now: datetime,
        closed: Sequence[Closed],
        *,
        limit: int,
        offset: int,
        most: int,
    ) -> tuple[list[Session], int]:
        """Return scheduled sessions that have not started, soonest first, and the total, counted up to `most`.

        Those in `closed` are left out. Behind the last session the total is 0.
        """
        parameters = {**self._offer(person_id, now, closed), "offset0": offset, "most0": most}
        rows = (await self._run(_cancelable(hat, len(closed), limit), parameters)).all()
        found = sorted(map(session_of, rows), key=lambda one: (one.starts_at, one.id))
        return found, rows[0].total if rows else 0

    def _offer(self, person_id: str, now: datetime, closed: Sequence[Closed]) -> dict[str, Any]:
        parameters: dict[str, Any] = {"ws": self._ws, "who": person_id, "now": now}
        for n, one in enumerate(closed):
            parameters |= {f"policies{n}": list(one.policies), f"before{n}": one.starts_before}
        return parameters

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
        rows = await self._run(NAMED_MOVES.where(moves.c.workspace_id == self._ws, moves.c.action_id == action_id))
        found = {row.session_id: move_of(row) for row in rows}
        return [(session, found[session.id]) for session in await self.by_ids(list(found))]
