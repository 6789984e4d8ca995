"""Deletion of what is too old, in small batches so that no request waits for it."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Delete, Table, Update, bindparam, delete, null, select, tuple_, type_coerce, update

from storage.clock import database_micros
from storage.engine import SQLITE, Engines
from storage.tables import drafts, inbound, members
from storage.types import Instant
from storage.unit_of_work import busy_as_typed_error

DRAFTS_KEPT = timedelta(days=2)
"""A dialog left open longer than this has to be opened again."""

INBOUND_KEPT = timedelta(days=1)
"""How long handled requests are remembered. Slack's signatures are valid for five minutes."""

REFUSED_KEPT = timedelta(days=30)
"""After so long an address that was refused is tried once more. Perhaps it was the server's mistake, and is mended."""

BATCH = 500


class Housekeeping:
    """Purges old drafts, remembered requests and marks of refused addresses.

    Raises StorageBusy. What was deleted by then stays deleted.
    """

    def __init__(self, engines: Engines, *, batch: int = BATCH) -> None:
        self._engines = engines
        self._batch = batch
        age = int(INBOUND_KEPT / timedelta(microseconds=1))
        before = database_micros(sqlite=engines.dialect == SQLITE) - age
        self._inbound = _oldest(inbound, type_coerce(inbound.c.at, BigInteger) < before, inbound.c.at)

    async def purge(self, now: datetime) -> int:
        """Delete drafts untouched for two days of business time and requests older than a day. Return how many rows.

        Forget that an address was refused more than a month ago.
        """
        await self._delete(_REFUSED, {"before": now - REFUSED_KEPT})
        gone = await self._delete(_DRAFTS, {"before": now - DRAFTS_KEPT})
        return gone + await self._delete(self._inbound, {})

    async def _delete(self, statement: Delete | Update, parameters: dict[str, Any]) -> int:
        gone = 0
        while True:
            with busy_as_typed_error():
                async with self._engines.writer.begin() as connection:
                    result = await connection.execute(statement, {**parameters, "limit": self._batch})
            gone += result.rowcount
            if result.rowcount < self._batch:
                return gone


def _oldest(table: Table, old: Any, order: Any) -> Delete:  # noqa: ANN401 - SQLAlchemy's own expressions
    key = list(table.primary_key.columns)
    some = select(*key).where(old).order_by(order).limit(bindparam("limit"))
    return delete(table).where(tuple_(*key).in_(some))


_MARKED = (
    select(members.c.workspace_id, members.c.id)
    .where(members.c.refused_at < bindparam("before", type_=Instant))
    .order_by(members.c.refused_at)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
"""Everybody else locks people in the order of their ids. So this waits for nobody: whoever is locked comes next time."""
_REFUSED = (
    update(members)
    .where(tuple_(members.c.workspace_id, members.c.id).in_(_MARKED))
    .values(refused_address=null(), refused_at=null())
)
_DRAFTS = _oldest(drafts, drafts.c.updated_at < bindparam("before", type_=Instant), drafts.c.updated_at)
