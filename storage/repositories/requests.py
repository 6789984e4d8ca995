"""Requests. The decision on an exception is a refund (`sessions.py`)."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, String, and_, bindparam, false, insert, not_, or_, select, update
from sqlalchemy.exc import IntegrityError

from coaching.errors import ChangedMeanwhile
from coaching.news.asking import ASKING
from coaching.news.kinds import REQUESTS, NoticeKind
from coaching.requests import Request, RequestKind, RequestState, ToBook
from coaching.sessions import Session
from coaching.why import Why
from storage.repositories.base import Repository, Sweeps
from storage.repositories.coaches import left_slack, listed
from storage.repositories.pairs import in_pairs, pairs_given
from storage.repositories.request_rows import request_of
from storage.tables import notices, requests, sessions
from storage.types import Instant, from_micros, to_micros, word

_n, _q, _s = notices.c, requests.c, sessions.c
_REQUESTED = select(_q.action_id, _q.subject_id).where(
    _q.workspace_id == bindparam("ws"), _q.action_id.in_(bindparam("ids", expanding=True))
)
_BY_IDS = (
    select(requests)
    .where(_q.workspace_id == bindparam("ws"), _q.action_id.in_(bindparam("ids", expanding=True)))
    .order_by(_q.action_id, _q.subject_id, _q.number)
)
_LATEST = (
    select(requests)
    .where(
        _q.workspace_id == bindparam("ws"),
        _q.subject_id == bindparam("subject"),
        _q.kind == bindparam("kind", type_=String),
    )
    .order_by(_q.number.desc())
    .limit(1)
)
_CLOSE = (
    update(requests)
    .where(
        _q.workspace_id == bindparam("ws"),
        _q.kind == bindparam("of", type_=String),
        _q.state == word("open"),
        in_pairs(_q.subject_id, _q.number),
    )
    .values(
        state=bindparam("closed", type_=String),
        answered_by=bindparam("who", type_=String),
        answered_at=bindparam("now", type_=Instant),
    )
)
_LEAVE_OUT = (
    update(requests)
    .where(_q.workspace_id == bindparam("ws"), _q.action_id == bindparam("request"), _q.state == word("open"))
    .values(times=bindparam("left", type_=String), decide_by=bindparam("until", type_=Instant))
)
# Sorted by the caller: with an order, SQLite would read all requests of the workspace in it.
_OPEN_MOVES = select(requests).where(
    _q.workspace_id == bindparam("ws"),
    _q.subject_id.in_(bindparam("ids", expanding=True)),
    _q.kind == word(RequestKind.MOVE),
    _q.state == word("open"),
)
_OVERDUE = (
    select(_q.workspace_id, _q.action_id)
    .where(
        _q.kind == bindparam("kind", type_=String),
        _q.state == word("open"),
        _q.decide_by < bindparam("now", type_=Instant),
    )
    .order_by(_q.decide_by, _q.workspace_id, _q.action_id)
    .limit(bindparam("limit"))
)
_AT, _WS, _ACTION = (bindparam(name, type_=kind) for name, kind in (("at", Instant), ("ws", String), ("id", String)))
# What follows a place in the order of deadlines. The first bound is for the index. The second continues within rows of
# the same deadline.
BEHIND = (
    _q.decide_by >= _AT,
    or_(_q.decide_by > _AT, _q.workspace_id > _WS, and_(_q.workspace_id == _WS, _q.action_id > _ACTION)),
)
_LEFT_BEHIND = (
    select(_q.decide_by, _q.workspace_id, _q.action_id)
    .join(sessions, and_(_s.workspace_id == _q.workspace_id, _s.id == _q.subject_id))
    .where(
        _q.state == word("open"),
        *BEHIND,
        _q.by_admins.is_(false()),
        or_(
            not_(listed(_s.workspace_id, _s.coach_id, sessions)),
            left_slack(_s.workspace_id, _s.coach_id, sessions),
        ),
    )
    .order_by(_q.decide_by, _q.workspace_id, _q.action_id)
    .limit(bindparam("limit"))
)
_TO_ADMINS = (
    update(requests)
    .where(
        _q.workspace_id == bindparam("ws"),
        _q.action_id.in_(bindparam("ids", expanding=True)),
        _q.state == word("open"),
    )
    .values(by_admins=True)
)
_WITHDRAW = (
    update(notices)
    .where(
        _n.workspace_id == bindparam("ws"),
        _n.kind.in_(sorted(REQUESTS)),
        _n.action_id.in_(bindparam("ids", expanding=True)),
        _n.state == word("pending"),
        _n.sent_revision.is_(None),
        # A message that may have arrived is not dropped: delivery sends it again, or reports it as doubtful.
        _n.ambiguous == 0,
    )
    .values(state="dropped", why=str(Why.TAKEN_BACK), finished_at=bindparam("now", type_=Instant))
)
_OVERTAKEN = select(requests).where(
    _q.workspace_id == bindparam("ws"),
    _q.subject_id.in_(bindparam("ids", expanding=True)),
    _q.kind == word(RequestKind.MOVE),
    _q.state == word("withdrawn"),
)
_WITHDRAWN_MOVES = (
    _q.workspace_id == bindparam("ws"),
    _q.kind == word(RequestKind.MOVE),
    _q.state == word("withdrawn"),
    in_pairs(_q.subject_id, _q.number),
)
_REOPEN = update(requests).where(*_WITHDRAWN_MOVES).values(state="open", answered_by=None, answered_at=None)
_STAY_WITHDRAWN = (
    update(requests)
    .where(*_WITHDRAWN_MOVES)
    .values(answered_by=bindparam("who", type_=String), answered_at=bindparam("now", type_=Instant))
)
_TELL_AFTER_ALL = (
    update(notices)
    .where(
        _n.workspace_id == bindparam("ws"),
        _n.kind.in_(sorted(REQUESTS)),
        _n.action_id.in_(bindparam("ids", expanding=True)),
        _n.state == word("dropped"),
        _n.why == word(Why.TAKEN_BACK),
        _n.sent_revision.is_(None),
    )
    .values(state="pending", why=None, finished_at=None, leader_key=None)
)
_DROP_COACHS = (
    update(notices)
    .where(
        _n.workspace_id == bindparam("ws"),
        _n.kind == NoticeKind.NUDGE,
        _n.action_id.in_(bindparam("ids", expanding=True)),
        _n.state == word("pending"),
        _n.sent_revision.is_(None),
        _n.ambiguous == 0,
    )
    .values(state="dropped", why=str(Why.ADMINS_DECIDE), finished_at=bindparam("now", type_=Instant))
)

_open = requests.alias("open")
_ANSWERED = (
    update(notices)
    .where(
        _n.workspace_id == bindparam("ws"),
        _n.kind.in_(sorted(REQUESTS)),
        _n.action_id.in_(
            select(_q.action_id).where(
                _q.workspace_id == bindparam("ws"), _q.subject_id.in_(bindparam("ids", expanding=True))
            )
        ),
        ~select(_open.c.action_id)
        .where(
            _open.c.workspace_id == _n.workspace_id, _open.c.action_id == _n.action_id, _open.c.state == word("open")
        )
        .correlate(notices)
        .exists(),
        _n.state == word("pending"),
        _n.sent_revision.is_(None),
        _n.ambiguous == 0,
    )
    .values(state="dropped", why=str(Why.DECIDED), finished_at=bindparam("now", type_=Instant))
)


def _request_of(row: Row[Any]) -> Request:
    return request_of(
        row,
        kind=RequestKind(row.kind),
        subject_id=row.subject_id,
        number=row.number,
        times=tuple(from_micros(at) for at in json.loads(row.times or "[]")),
        amount=row.amount,
        pool_id=row.pool_id,
        to_book=ToBook(row.coach_id, row.type_id, row.rebooks),
        passed_by=row.passed_by,
        reply=row.reply,
        grant_id=row.grant_id,
        answered_at=row.answered_at,
        answered_by=row.answered_by,
    )


def _dump(times: Sequence[datetime]) -> str | None:
    return json.dumps([to_micros(at) for at in times]) if times else None


_ASKED_FIRST = select(notices.c.action_id, notices.c.recipient).where(
    notices.c.workspace_id == bindparam("ws"),
    notices.c.action_id.in_(bindparam("ids", expanding=True)),
    notices.c.kind == bindparam("first"),
    notices.c.copy_of.is_(None),
    notices.c.repeats.is_(None),
)


class RequestReads(Repository):
    """Read operations."""

    async def requested(self, request_ids: Collection[str]) -> Mapping[str, set[str]]:
        """Return the ids of what each request is about, such as its sessions."""
        found: dict[str, set[str]] = defaultdict(set)
        if request_ids:
            for row in await self._run(_REQUESTED, {"ws": self._ws, "ids": list(request_ids)}):
                found[row.action_id].add(row.subject_id)
        return found

    async def by_ids(self, request_ids: Collection[str]) -> list[Request]:
        """Return the rows of these requests, one for each thing they are about, in the order of the requests' ids."""
        if not request_ids:
            return []
        return [_request_of(row) for row in await self._run(_BY_IDS, {"ws": self._ws, "ids": list(request_ids)})]

    async def asked_first(self, kind: RequestKind, request_ids: Collection[str]) -> Mapping[str, str]:
        """Return who was asked about these requests before the admins, by the requests' ids."""
        if not request_ids:
            return {}
        given = {"ws": self._ws, "ids": sorted(request_ids), "first": str(ASKING[kind].first)}
        return {row.action_id: row.recipient for row in await self._run(_ASKED_FIRST, given)}

    async def latest(self, kind: RequestKind, subject_id: str) -> Request | None:
        """Return the last request of this kind about a subject, whatever its state, or None if there was none."""
        row = (await self._run(_LATEST, {"ws": self._ws, "kind": str(kind), "subject": subject_id})).first()
        return None if row is None else _request_of(row)

    async def open_moves(self, session_ids: Collection[str]) -> list[Request]:
        """Return the open requests to move these sessions, at most one for each, in the order of the requests' ids."""
        if not session_ids:
            return []
        found = await self._run(_OPEN_MOVES, {"ws": self._ws, "ids": list(session_ids)})
        return sorted((_request_of(row) for row in found), key=lambda one: one.action_id)

    async def overtaken(self, session_ids: Collection[str]) -> list[Request]:
        """Return the requests to move these sessions that were taken back or overtaken, each session's first to last."""
        if not session_ids:
            return []
        rows = await self._run(_OVERTAKEN, {"ws": self._ws, "ids": sorted(session_ids)})
        return sorted(map(_request_of, rows), key=lambda one: (one.subject_id, one.number))


class RequestWrites(RequestReads):
    """Write operations."""

    async def add(self, rows: Sequence[Request]) -> None:
        """Record a request, one row for each thing it is about. Raises ChangedMeanwhile when there is one already."""
        given = [
            {
                "workspace_id": self._ws,
                "subject_id": row.subject_id,
                "kind": str(row.kind),
                "number": row.number,
                "action_id": row.action_id,
                "asked_at": row.at,
                "asked_by": row.by_id,
                "note": row.note,
                "decide_by": row.decide_by,
                "state": str(row.state),
                "by_admins": row.by_admins,
                "times": _dump(row.times),
                "amount": row.amount,
                "pool_id": row.pool_id,
                "coach_id": row.to_book.coach_id,
                "type_id": row.to_book.type_id,
                "rebooks": row.to_book.rebooks,
            }
            for row in rows
        ]
        try:
            await self._write(insert(requests), given)
        except IntegrityError as error:
            raise ChangedMeanwhile("this was asked for before") from error

    async def close(self, rows: Collection[Request], state: RequestState, by_id: str, now: datetime) -> None:
        """Close those of these rows that are open."""
        kinds: dict[RequestKind, list[tuple[str, int]]] = defaultdict(list)
        for row in rows:
            kinds[row.kind].append((row.subject_id, row.number))
        given = {"ws": self._ws, "closed": str(state), "who": by_id, "now": now}
        for kind in sorted(kinds):
            await self._write(_CLOSE, {**given, "of": str(kind), **pairs_given(sorted(kinds[kind]))})

    async def withdraw(self, rows: Collection[Request], by_id: str, now: datetime) -> None:
        """Close requests that are taken back or overtaken, and drop their unsent messages.

        Have their messages refreshed first: that locks them, in order among all that are edited.
        """
        if rows:
            await self.close(rows, RequestState.WITHDRAWN, by_id, now)
            ids = sorted({row.action_id for row in rows})
            await self._write(_WITHDRAW, {"ws": self._ws, "ids": ids, "now": now})

    async def overtake(self, session_ids: Collection[str], by_id: str, now: datetime) -> None:
        """Withdraw open requests to move these sessions, which were moved or canceled, as `withdraw` does."""
        await self.withdraw(await self.open_moves(session_ids), by_id, now)

    async def reopen(self, canceled: Collection[Session]) -> None:
        """Open the requests again that the cancellation of these sessions withdrew, with their unsent messages."""
        ended = {s.id: (s.cancellation.at, s.cancellation.by.id) for s in canceled if s.cancellation}
        latest = {one.subject_id: one for one in await self.overtaken(ended)}
        found = [one for one in latest.values() if one.withdrawn_with(*ended[one.subject_id])]
        if found:
            await self._write(_REOPEN, {"ws": self._ws, **pairs_given(sorted((q.subject_id, q.number) for q in found))})
            await self._write(_TELL_AFTER_ALL, {"ws": self._ws, "ids": sorted({one.action_id for one in found})})

    async def stay_withdrawn(self, asked: Request, by_id: str, now: datetime) -> None:
        """Record that a request to move, which was overtaken, is taken back: no undo opens it again."""
        given = {"ws": self._ws, "who": by_id, "now": now, **pairs_given([(asked.subject_id, asked.number)])}
        await self._write(_STAY_WITHDRAWN, given)

    async def leave_out(self, asked: Request, starts_at: datetime, now: datetime) -> Request:
        """Take a time that is no longer free, and those that have passed, out of an open request for a move.

        Return the request as it is now. It can be decided until the last of the times that are left.
        """
        left = tuple(at for at in asked.times if at != starts_at and at > now)
        until = min(asked.decide_by, max(left, default=asked.decide_by))
        given = {"ws": self._ws, "request": asked.action_id, "left": json.dumps([to_micros(at) for at in left])}
        await self._write(_LEAVE_OUT, {**given, "until": until})
        return replace(asked, times=left, decide_by=until)

    async def give_to_admins(self, request_ids: Collection[str]) -> None:
        """Record that admins decide on open requests."""
        await self._write(_TO_ADMINS, {"ws": self._ws, "ids": list(request_ids)})

    async def drop_coachs(self, request_ids: Collection[str], now: datetime) -> None:
        """Drop unsent reminders to coaches of requests that admins decide now."""
        await self._write(_DROP_COACHS, {"ws": self._ws, "ids": list(request_ids), "now": now})

    async def drop_answered(self, session_ids: Collection[str], now: datetime) -> None:
        """Drop unsent messages that ask for a decision on these sessions, for requests with nothing open any more."""
        await self._write(_ANSWERED, {"ws": self._ws, "ids": list(session_ids), "now": now})


class RequestSweeps(Sweeps):
    """Operations on due rows, in all workspaces."""

    async def left_behind(self, after: tuple[datetime, str, str], limit: int) -> list[tuple[datetime, str, str]]:
        """Return (deadline, workspace, request) of open requests of coaches who have left, sorted, in all workspaces.

        Only those after `after` are returned. An instant with two empty strings comes before all deadlines from that
        instant on.
        """
        at, workspace_id, request = after
        rows = await self._run(_LEFT_BEHIND, {"at": at, "ws": workspace_id, "id": request, "limit": limit})
        return [(row.decide_by, row.workspace_id, row.action_id) for row in rows]

    async def overdue(self, kind: RequestKind, now: datetime, limit: int) -> list[tuple[str, str]]:
        """Return (workspace, request) of open rows in all workspaces whose deadline has passed, oldest first."""
        rows = await self._run(_OVERDUE, {"kind": str(kind), "now": now, "limit": limit})
        return [(row.workspace_id, row.action_id) for row in rows]
