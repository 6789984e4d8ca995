"""Coaches' days: sessions whose reminder and question are to be planned, and agendas that are due."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import and_, bindparam, false, func, select, update

from coaching.news.days import Ahead
from coaching.notifications import EIGHT
from coaching.ports.days import AgendaDue
from storage.repositories.base import Repository, Sweeps
from storage.tables import coaches, members, notifications, sessions
from storage.types import EPOCH, Instant, word

_c, _m, _s, _w = coaches.c, members.c, sessions.c, notifications.c
_UNPLANNED = (
    select(_s.workspace_id, _s.id, _s.coach_id, _s.starts_at, _s.ends_at)
    .where(
        _s.status == word("scheduled"),
        _s.coach_planned.is_(false()),
        _s.starts_at <= bindparam("until", type_=Instant),
    )
    .order_by(_s.starts_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
# One row at a time, by its whole key: see `outcomes`.
_PLANNED = (
    update(sessions).where(_s.workspace_id == bindparam("ws"), _s.id == bindparam("session")).values(coach_planned=True)
)
_DUE = (
    select(
        _c.workspace_id,
        _c.member_id,
        _c.agenda_due,
        _m.time_zone,
        func.coalesce(_w.agenda_minute, EIGHT).label("minute"),
    )
    .outerjoin(members, and_(_m.workspace_id == _c.workspace_id, _m.id == _c.member_id))
    .outerjoin(notifications, and_(_w.workspace_id == _c.workspace_id, _w.member_id == _c.member_id))
    .where(_c.agenda_due <= bindparam("now", type_=Instant))
    .order_by(_c.agenda_due)
    .limit(bindparam("most"))
    .with_for_update(of=coaches, skip_locked=True)
)
_PLAN = (
    update(coaches)
    .where(_c.workspace_id == bindparam("ws"), _c.member_id == bindparam("who"))
    .values(agenda_due=bindparam("due", type_=Instant))
)


class DaySweeps(Sweeps):
    """Operations on due rows, in all workspaces."""

    async def unplanned(self, until: datetime, limit: int) -> Sequence[Ahead]:
        """Lock and return scheduled sessions that start by `until` and are not planned, soonest first."""
        rows = await self._run(_UNPLANNED, {"until": until, "most": limit})
        return [Ahead(row.workspace_id, row.id, row.coach_id, row.starts_at, row.ends_at) for row in rows]

    async def planned(self, some: Collection[Ahead]) -> None:
        """Record that these sessions are planned for their present time."""
        if some:
            await self._write(_PLANNED, [{"ws": one.workspace_id, "session": one.session_id} for one in some])

    async def agendas(self, now: datetime, limit: int) -> Sequence[AgendaDue]:
        """Lock and return coaches whose agenda is due."""
        return [
            AgendaDue(
                row.workspace_id,
                row.member_id,
                row.agenda_due if row.agenda_due > EPOCH else None,
                row.minute,
                row.time_zone,
            )
            for row in await self._run(_DUE, {"now": now, "most": limit})
        ]

    async def plan_agendas(self, due: Mapping[tuple[str, str], datetime]) -> None:
        """Store when the next agenda of each coach (workspace, id) is due."""
        if due:
            await self._write(_PLAN, [{"ws": ws, "who": who, "due": at} for (ws, who), at in sorted(due.items())])


class DayWrites(Repository):
    """Write operations in one workspace."""

    async def plan_again(self, coach_id: str) -> None:
        """Have a coach's next agenda planned again: their clock or their wish changed."""
        await self._write(_PLAN, {"ws": self._ws, "who": coach_id, "due": EPOCH})
