"""People whose last session was long ago, to be erased where the operator has set for how long people are kept."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, exists, literal, or_, select, true, tuple_

from storage.engine import Engines
from storage.tables import admins, coaches, members, pools, sessions
from storage.types import Instant
from storage.unit_of_work import busy_as_typed_error

_PAGE = (
    select(members.c.workspace_id, members.c.id, members.c.is_admin)
    .where(tuple_(members.c.workspace_id, members.c.id) > tuple_(bindparam("after_ws"), bindparam("after_id")))
    .order_by(members.c.workspace_id, members.c.id)
    .limit(bindparam("most"))
    .subquery("page")
)
_m, _s = _PAGE.c, sessions.c
_BEFORE = bindparam("before", type_=Instant)


def _given_or_taken(*since: ColumnElement[bool]) -> ColumnElement[bool]:
    return or_(
        *(
            exists(select(literal(1)).where(_s.workspace_id == _m.workspace_id, role == _m.id, *since))
            for role in (_s.client_id, _s.coach_id)
        )
    )


_IN_CHARGE = or_(
    _m.is_admin.is_(true()),
    exists(select(literal(1)).where(admins.c.workspace_id == _m.workspace_id, admins.c.member_id == _m.id)),
    exists(
        select(literal(1)).where(
            coaches.c.workspace_id == _m.workspace_id, coaches.c.member_id == _m.id, coaches.c.removed.is_not(true())
        )
    ),
    exists(select(literal(1)).where(pools.c.workspace_id == _m.workspace_id, pools.c.contact_id == _m.id)),
)
_LOOK = select(
    _m.workspace_id,
    _m.id,
    and_(_given_or_taken(), ~_given_or_taken(_s.starts_at >= _BEFORE), ~_IN_CHARGE).label("due"),
).order_by(_m.workspace_id, _m.id)


class LongGone:
    """People without a session for long. Methods raise StorageBusy."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines

    async def next(self, before: datetime, after: tuple[str, str], most: int) -> list[tuple[tuple[str, str], bool]]:
        """Return the next `most` people after a place, sorted, each with whether they are due.

        A place is a workspace and a person. Due are those whose last session began before `before`, but no coaches,
        admins or contacts of pools, and nobody who never had a session.
        """
        given = {"before": before, "after_ws": after[0], "after_id": after[1], "most": most}
        with busy_as_typed_error():
            async with self._engines.reader.connect() as connection:
                rows = await connection.execute(_LOOK, given)
                return [((row.workspace_id, row.id), bool(row.due)) for row in rows]
