"""People to ask Slack about: those never met, known by a Slack id or an e-mail only, and those met long ago."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, or_, select, update

from storage.engine import Engines
from storage.tables import members
from storage.types import WallInstant
from storage.unit_of_work import busy_as_typed_error

_m = members.c
_UNKNOWN = select(_m.workspace_id, _m.id).where(_m.fetched_at.is_(None)).limit(bindparam("limit"))
# Two statements, as PostgreSQL's index has those never asked about at its end: one would sort everyone unknown.
_NEVER_SOUGHT = _UNKNOWN.where(_m.sought_at.is_(None))
_SOUGHT_BEFORE = _UNKNOWN.where(_m.sought_at < bindparam("before", type_=WallInstant)).order_by(_m.sought_at)
_OLD = (
    select(_m.workspace_id, _m.id)
    .where(
        _m.fetched_at < bindparam("old", type_=WallInstant),
        or_(_m.sought_at.is_(None), _m.sought_at < bindparam("before", type_=WallInstant)),
    )
    .order_by(_m.fetched_at)
    .limit(bindparam("limit"))
)
_SOUGHT = (
    update(members)
    .where(_m.workspace_id == bindparam("ws"), _m.id == bindparam("who"))
    .values(sought_at=bindparam("at", type_=WallInstant))
)


class Strangers:
    """People to ask Slack about. Instants are wall time (UTC). Methods raise StorageBusy."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines

    async def next(self, before: datetime, limit: int) -> list[tuple[str, str]]:
        """Return (workspace, person) of those never asked about, then of those last asked about before `before`."""
        with busy_as_typed_error():
            async with self._engines.reader.connect() as connection:
                rows = list(await connection.execute(_NEVER_SOUGHT, {"limit": limit}))
                if len(rows) < limit:
                    rest = {"before": before, "limit": limit - len(rows)}
                    rows += await connection.execute(_SOUGHT_BEFORE, rest)
                return [(row.workspace_id, row.id) for row in rows]

    async def old(self, fetched_before: datetime, sought_before: datetime, limit: int) -> list[tuple[str, str]]:
        """Return (workspace, person) of those whose data is oldest, if it is older than `fetched_before`.

        People whom Slack did not know when asked after `sought_before` are left out.
        """
        given = {"old": fetched_before, "before": sought_before, "limit": limit}
        with busy_as_typed_error():
            async with self._engines.reader.connect() as connection:
                return [(row.workspace_id, row.id) for row in await connection.execute(_OLD, given)]

    async def sought(self, people: Sequence[tuple[str, str]], at: datetime) -> None:
        """Record that Slack was asked about these people and did not answer."""
        if not people:
            return
        with busy_as_typed_error():
            async with self._engines.writer.begin() as connection:
                await connection.execute(_SOUGHT, [{"ws": ws, "who": who, "at": at} for ws, who in people])
