"""Closing of sessions by the passing of time."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, insert, select, union, update

from coaching.ids import new_id
from coaching.news.kinds import Change, refreshed_by
from coaching.outcomes import complete
from coaching.sessions import SYSTEM_ID, Hat, Status
from coaching.timeline import Event
from storage.repositories.base import Sweeps
from storage.repositories.ledger import LedgerWrites
from storage.repositories.notices import NoticeWrites
from storage.repositories.payments import PaymentWrites
from storage.tables import moves, notices, sessions, timeline
from storage.types import Instant, word

_n, _s = notices.c, sessions.c
_SCHEDULED = _s.status == word("scheduled")
_DUE = (
    select(_s.workspace_id, _s.id, _s.version, _s.price)
    .where(_SCHEDULED, _s.ends_at <= bindparam("ended", type_=Instant))
    .order_by(_s.ends_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
# One row at a time, by its whole key: just after an import PostgreSQL has no statistics on the rows yet, takes a list
# of ids for most of the workspace, and reads all of it.
_COMPLETE = (
    update(sessions)
    .where(_s.workspace_id == bindparam("ws"), _s.id == bindparam("session"), _SCHEDULED)
    .values(status=str(Status.COMPLETED), version=_s.version + 1, unconfirmed=True)
)

_TOLD = union(
    select(_n.session_id).where(
        _n.workspace_id == bindparam("ws"),
        _n.session_id.in_(bindparam("ids", expanding=True)),
        _n.kind.in_(sorted(refreshed_by(Change.OVER))),
        _n.sent_revision.is_not(None),
    ),
    select(moves.c.session_id).where(
        moves.c.workspace_id == bindparam("ws"), moves.c.session_id.in_(bindparam("ids", expanding=True))
    ),
)


class SessionSweeps(Sweeps):
    """Operations on due rows, in all workspaces."""

    async def complete_over(self, ended_by: datetime, now: datetime, limit: int) -> int:
        """Close up to `limit` scheduled sessions of all workspaces that ended by an instant. Return how many.

        Sessions locked by another transaction are skipped: their coach may be recording a no-show at this moment.
        """
        due = list(await self._run(_DUE, {"ended": ended_by, "most": limit}))
        if not due:
            return 0
        versions: dict[str, dict[str, int]] = defaultdict(dict)
        for row in due:
            versions[row.workspace_id][row.id] = row.version
        for workspace_id, of_ids in versions.items():
            paid = await self._within(workspace_id, PaymentWrites).held(of_ids)
            moves = [move for one, parts in paid.items() for move in complete(one, of_ids[one], parts, now)]
            await self._within(workspace_id, LedgerWrites).post(moves)
        # All of them are locked, so nothing changes them before this commits.
        await self._write(_COMPLETE, [{"ws": row.workspace_id, "session": row.id} for row in due])
        entry = {
            "id": new_id(now),
            "at": now,
            "event": str(Event.COMPLETED),
            "actor_id": SYSTEM_ID,
            "role": str(Hat.SYSTEM),
        }
        entries = [
            {**entry, "workspace_id": row.workspace_id, "session_id": row.id, "amount": row.price or None}
            for row in due
        ]
        await self._write(insert(timeline), entries)
        for workspace_id, of_ids in versions.items():
            await self._say_over(workspace_id, list(of_ids), now)
        return len(due)

    async def _say_over(self, workspace_id: str, ids: Sequence[str], now: datetime) -> None:
        """Have clients' messages about these sessions edited, because they are over.

        Past imported sessions have no messages.
        """
        told = {row.session_id for row in await self._run(_TOLD, {"ws": workspace_id, "ids": ids})}
        if told:
            await self._within(workspace_id, NoticeWrites).refresh(refreshed_by(Change.OVER), told, now)
