"""Grants that expire, in all workspaces."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Row, and_, bindparam, cast, func, literal, select, type_coerce

from coaching.packages import Holding
from storage.repositories.base import Sweeps
from storage.repositories.grant_rows import BALANCE, CHECKPOINT
from storage.repositories.grants import GrantWrites
from storage.tables import checkpoints, grants, transfers, workspaces
from storage.types import Instant, to_micros

_g, _t = grants.c, transfers.c
_DAY = 86_400_000_000


_NOT_CLOSED = and_(_g.expires_at.is_not(None), _g.closed_at.is_(None))
_every = workspaces.alias("every")
_LONGEST_NOTICE = select(func.coalesce(func.max(_every.c.expiry_days), 0)).scalar_subquery()


def _within(days: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return SQL for the grants that expire within so many days from now."""
    notice = cast(days, BigInteger) * literal(_DAY, BigInteger)
    return type_coerce(_g.expires_at, BigInteger) <= bindparam("micros", type_=BigInteger) + notice


_EXPIRING = (
    select(_g.workspace_id, _g.id)
    .join(workspaces, workspaces.c.workspace_id == _g.workspace_id)
    .outerjoin(checkpoints, CHECKPOINT)
    .where(
        _NOT_CLOSED,
        _g.warned_at.is_(None),
        _g.expires_at > bindparam("now", type_=Instant),
        # The first bound, for the index, is the longest notice of any workspace. The second is the workspace's own.
        _within(_LONGEST_NOTICE),
        workspaces.c.expiry_days > 0,
        _within(workspaces.c.expiry_days),
        BALANCE > 0,
    )
    .order_by(_g.workspace_id, _g.client_id, _g.pool_id, _g.expires_at, _g.id)
    .limit(bindparam("limit"))
)
_EXPIRED = (
    select(_g.workspace_id, _g.id)
    .where(_NOT_CLOSED, _g.expires_at <= bindparam("before", type_=Instant))
    .order_by(_g.expires_at, _g.workspace_id, _g.id)
    .limit(bindparam("limit"))
)


class GrantSweeps(Sweeps):
    """Operations on due rows, in all workspaces."""

    async def lock_expiring(self, now: datetime, limit: int) -> list[tuple[str, Holding]]:
        """Lock grants of all workspaces that expire within their workspace's notice, not empty and not announced."""
        given = {"now": now, "micros": to_micros(now), "limit": limit}
        return await self._lock_all(await self._run(_EXPIRING, given))

    async def lock_expired(self, before: datetime, limit: int) -> list[tuple[str, Holding]]:
        """Lock grants of all workspaces that expired at `before` or earlier and are not closed."""
        return await self._lock_all(await self._run(_EXPIRED, {"before": before, "limit": limit}))

    async def _lock_all(self, found: Iterable[Row[Any]]) -> list[tuple[str, Holding]]:
        by_workspace: dict[str, list[str]] = defaultdict(list)
        for row in found:
            by_workspace[row.workspace_id].append(row.id)
        return [
            (workspace_id, holding)
            for workspace_id in sorted(by_workspace)
            for holding in await self._within(workspace_id, GrantWrites).lock_all(by_workspace[workspace_id])
        ]
