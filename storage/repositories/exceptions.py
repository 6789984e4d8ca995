"""Requests for exceptions, which are late refunds. The decision on one is a refund (`sessions.py`)."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import String, and_, bindparam, false, insert, not_, or_, select, update
from sqlalchemy.exc import IntegrityError

from coaching.errors import ChangedMeanwhile
from coaching.news.kinds import REQUESTS, NoticeKind
from coaching.sessions import ExceptionRequest, Session
from coaching.why import Why
from storage.repositories.base import Repository, Sweeps
from storage.repositories.coaches import left_slack, listed
from storage.repositories.pairs import in_pairs, pairs_given
from storage.tables import exceptions, notices, sessions
from storage.types import Instant, word

_e, _n, _s = exceptions.c, notices.c, sessions.c
_REQUESTED = select(_e.action_id, _e.session_id).where(
    _e.workspace_id == bindparam("ws"), _e.action_id.in_(bindparam("ids", expanding=True))
)
_OVERDUE = (
    select(_e.workspace_id, _e.action_id)
    .where(_e.state == word("open"), _e.decide_by < bindparam("now", type_=Instant))
    .order_by(_e.decide_by, _e.workspace_id, _e.action_id)
    .limit(bindparam("limit"))
)
_AT, _WS, _ACTION = (bindparam(name, type_=kind) for name, kind in (("at", Instant), ("ws", String), ("id", String)))
_LEFT_BEHIND = (
    select(_e.decide_by, _e.workspace_id, _e.action_id)
    .join(sessions, and_(_s.workspace_id == _e.workspace_id, _s.id == _e.session_id))
    .where(
        _e.state == word("open"),
        # The first bound is for the index. The second continues within rows of the same deadline.
        _e.decide_by >= _AT,
        or_(_e.decide_by > _AT, _e.workspace_id > _WS, and_(_e.workspace_id == _WS, _e.action_id > _ACTION)),
        _e.by_admins.is_(false()),
        or_(
            not_(listed(_s.workspace_id, _s.coach_id, sessions)),
            left_slack(_s.workspace_id, _s.coach_id, sessions),
        ),
    )
    .order_by(_e.decide_by, _e.workspace_id, _e.action_id)
    .limit(bindparam("limit"))
)
_TO_ADMINS = (
    update(exceptions)
    .where(
        _e.workspace_id == bindparam("ws"),
        _e.action_id.in_(bindparam("ids", expanding=True)),
        _e.state == word("open"),
    )
    .values(by_admins=True)
)
_CLOSE = (
    update(exceptions)
    .where(
        _e.workspace_id == bindparam("ws"),
        _e.state == word("open"),
        in_pairs(_e.session_id, _e.cancellation_no),
    )
    .values(state=bindparam("closed", type_=String))
)
_OF_SESSIONS = select(_e.action_id).where(
    _e.workspace_id == bindparam("ws"), in_pairs(_e.session_id, _e.cancellation_no)
)
_WITHDRAW = (
    update(notices)
    .where(
        _n.workspace_id == bindparam("ws"),
        _n.kind.in_(sorted(REQUESTS)),
        _n.action_id.in_(bindparam("ids", expanding=True)),
        _n.state == word("pending"),
        _n.sent_revision.is_(None),
    )
    .values(state="dropped", why=str(Why.TAKEN_BACK), finished_at=bindparam("now", type_=Instant))
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

_open = exceptions.alias("open")
_ANSWERED = (
    update(notices)
    .where(
        _n.workspace_id == bindparam("ws"),
        _n.kind.in_(sorted(REQUESTS)),
        _n.action_id.in_(
            select(_e.action_id).where(
                _e.workspace_id == bindparam("ws"), _e.session_id.in_(bindparam("ids", expanding=True))
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
        # A message that may have arrived is not dropped: delivery sends it again, or reports it as doubtful.
        _n.ambiguous == 0,
    )
    .values(state="dropped", why=str(Why.DECIDED), finished_at=bindparam("now", type_=Instant))
)


def _latest(sessions: Sequence[Session]) -> dict[str, Any]:
    """Return the parameters for the latest cancellation of each session."""
    return pairs_given([(s.id, s.cancellation_no) for s in sessions])


class ExceptionReads(Repository):
    """Read operations."""

    async def requested(self, request_ids: Collection[str]) -> Mapping[str, set[str]]:
        """Return the session ids of each request."""
        found: dict[str, set[str]] = defaultdict(set)
        if request_ids:
            for row in await self._run(_REQUESTED, {"ws": self._ws, "ids": list(request_ids)}):
                found[row.action_id].add(row.session_id)
        return found


class ExceptionWrites(ExceptionReads):
    """Write operations."""

    async def add(self, sessions: Sequence[Session], asked: ExceptionRequest) -> None:
        """Record one request about the latest cancellation of each session. Raises ChangedMeanwhile when one exists."""
        rows = [
            {
                "workspace_id": self._ws,
                "session_id": session.id,
                "cancellation_no": session.cancellation_no,
                "action_id": asked.action_id,
                "asked_at": asked.at,
                "asked_by": asked.by_id,
                "note": asked.note,
                "decide_by": asked.decide_by,
                "state": "open",
                "by_admins": asked.by_admins,
            }
            for session in sessions
        ]
        try:
            await self._write(insert(exceptions), rows)
        except IntegrityError as error:
            raise ChangedMeanwhile("an exception was asked for before") from error

    async def close(self, sessions: Sequence[Session], *, withdrawn: bool) -> None:
        """Close the open requests about the latest cancellation of each session.

        Sessions without a request are ignored.
        """
        if not sessions:
            return
        closed = "withdrawn" if withdrawn else "decided"
        await self._write(_CLOSE, {"ws": self._ws, "closed": closed, **_latest(sessions)})

    async def withdraw(self, sessions: Sequence[Session], now: datetime) -> None:
        """Close the requests about cancellations that are undone, and drop their unsent messages."""
        requests = {row.action_id for row in await self._run(_OF_SESSIONS, {"ws": self._ws, **_latest(sessions)})}
        if not requests:
            return
        await self.close(sessions, withdrawn=True)
        await self._write(_WITHDRAW, {"ws": self._ws, "ids": list(requests), "now": now})

    async def give_to_admins(self, request_ids: Collection[str]) -> None:
        """Record that admins decide on open requests."""
        await self._write(_TO_ADMINS, {"ws": self._ws, "ids": list(request_ids)})

    async def drop_coachs(self, request_ids: Collection[str], now: datetime) -> None:
        """Drop unsent reminders to coaches of requests that admins decide now."""
        await self._write(_DROP_COACHS, {"ws": self._ws, "ids": list(request_ids), "now": now})

    async def drop_answered(self, session_ids: Collection[str], now: datetime) -> None:
        """Drop unsent messages that ask for a decision on these sessions, for requests with nothing open any more."""
        await self._write(_ANSWERED, {"ws": self._ws, "ids": list(session_ids), "now": now})


class ExceptionSweeps(Sweeps):
    """Operations on due rows, in all workspaces."""

    async def left_behind(self, after: tuple[datetime, str, str], limit: int) -> list[tuple[datetime, str, str]]:
        """Return (deadline, workspace, request) of open exceptions of coaches who have left, sorted, in all workspaces.

        Only those after `after` are returned. An instant with two empty strings comes before all deadlines from that
        instant on.
        """
        at, workspace_id, request = after
        rows = await self._run(_LEFT_BEHIND, {"at": at, "ws": workspace_id, "id": request, "limit": limit})
        return [(row.decide_by, row.workspace_id, row.action_id) for row in rows]

    async def overdue(self, now: datetime, limit: int) -> list[tuple[str, str]]:
        """Return (workspace, request) of open exceptions in all workspaces whose deadline has passed, oldest first."""
        rows = await self._run(_OVERDUE, {"now": now, "limit": limit})
        return [(row.workspace_id, row.action_id) for row in rows]
