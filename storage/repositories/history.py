"""What happened to credits, line by line, as people read it."""

from typing import Any

from sqlalchemy import (
    Case,
    CompoundSelect,
    Row,
    Select,
    and_,
    bindparam,
    case,
    or_,
    select,
    union_all,
)
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from coaching.credits import TransferKind
from coaching.packages import Holder, Movement
from coaching.sessions import Person
from storage.repositories.base import Repository
from storage.tables import (
    grants,
    members,
    pools,
    session_types,
    sessions,
    transfers,
)

_t, _g = transfers.c, grants.c
_giver, _holder, _coach = members.alias("giver"), members.alias("holder"), members.alias("coach")
_h = grants.alias("held")


def change(transfer: ReadOnlyColumnCollection[str, Any], grant: ReadOnlyColumnCollection[str, Any]) -> Case[Any]:
    """What a transfer adds to what its grant holds."""
    account = "grant:" + grant.id
    return case((transfer.target == account, transfer.amount), (transfer.source == account, -transfer.amount), else_=0)


_CHANGE = change(_t, _g)
_MOVEMENTS = (
    select(
        _t.by_id,
        _t.at,
        _t.kind,
        _t.amount,
        _CHANGE.label("change"),
        _g.label,
        pools.c.name.label("pool_name"),
        _g.granted_by,
        _giver.c.name.label("giver_name"),
        sessions.c.client_id,
        _holder.c.name.label("client_name"),
        sessions.c.coach_id,
        _coach.c.name.label("coach_name"),
        sessions.c.starts_at,
        session_types.c.name.label("type_name"),
    )
    .select_from(transfers)
    .join(grants, and_(_g.workspace_id == _t.workspace_id, _g.id == _t.grant_id))
    .outerjoin(pools, and_(pools.c.workspace_id == _g.workspace_id, pools.c.id == _g.pool_id))
    .outerjoin(_giver, and_(_giver.c.workspace_id == _g.workspace_id, _giver.c.id == _g.granted_by))
    .outerjoin(sessions, and_(sessions.c.workspace_id == _t.workspace_id, sessions.c.id == _t.session_id))
    .outerjoin(_holder, and_(_holder.c.workspace_id == _t.workspace_id, _holder.c.id == sessions.c.client_id))
    .outerjoin(_coach, and_(_coach.c.workspace_id == _t.workspace_id, _coach.c.id == sessions.c.coach_id))
    .outerjoin(
        session_types,
        and_(session_types.c.workspace_id == _t.workspace_id, session_types.c.id == sessions.c.session_type_id),
    )
    .where(_t.workspace_id == bindparam("ws"), _t.key.in_(bindparam("keys", expanding=True)))
    .order_by(_t.at.desc(), _t.key.desc())
)
# Which lines a page has is found first, by the indexes of grants and transfers; what they say is read for these alone.
_k, _used = transfers.alias("k"), sessions.alias("used")
_LINES = (
    select(_k.c.key, _k.c.at)
    .join(_h, and_(_h.c.workspace_id == _k.c.workspace_id, _h.c.id == _k.c.grant_id))
    .where(
        _k.c.workspace_id == bindparam("ws"),
        # What left an account when it was booked and then went elsewhere changes nothing in it; only these are worth a line.
        or_(change(_k.c, _h.c) != 0, _k.c.kind.in_((TransferKind.FORFEIT, TransferKind.MISS))),
    )
)
_LINES_OF_POOL = _LINES.where(_h.c.pool_id == bindparam("pool"))
# A person's own grants, and what they used of pools, of those too that they have left since.
_LINES_OF_CLIENT = union_all(
    _LINES.where(_h.c.client_id == bindparam("client")),
    _LINES.join(_used, and_(_used.c.workspace_id == _k.c.workspace_id, _used.c.id == _k.c.session_id)).where(
        _used.c.client_id == bindparam("client"), _h.c.pool_id.is_not(None)
    ),
)


def _page(lines: Select[Any] | CompoundSelect[Any]) -> Select[Any]:
    found = lines.subquery("lines")
    newest = (found.c.at.desc(), found.c.key.desc())
    return select(found.c.key).order_by(*newest).limit(bindparam("limit")).offset(bindparam("offset"))


_PAGE_OF_POOL, _PAGE_OF_CLIENT = _page(_LINES_OF_POOL), _page(_LINES_OF_CLIENT)


class HistoryReads(Repository):
    """History."""

    async def movements(self, workspace_id: str, holder: Holder, *, limit: int, offset: int) -> list[Movement]:
        """Return the history of a person's or a pool's credits, newest first."""
        page = {"ws": workspace_id, "limit": limit, "offset": offset}
        if holder.client_id is not None:
            found = await self._run(_PAGE_OF_CLIENT, page | {"client": holder.client_id})
        else:
            found = await self._run(_PAGE_OF_POOL, page | {"pool": holder.pool_id})
        rows = list(await self._run(_MOVEMENTS, {"ws": workspace_id, "keys": [row.key for row in found]}))
        takers = {row.by_id for row in rows if row.by_id is not None}
        named = (
            await self._run(
                select(members.c.id, members.c.name).where(
                    members.c.workspace_id == workspace_id, members.c.id.in_(takers)
                )
            )
            if takers
            else ()
        )
        names = {row.id: row.name for row in named}
        return [_movement(row, names) for row in rows]


def _movement(row: Row[Any], names: dict[str, str | None]) -> Movement:
    kind = TransferKind(row.kind)
    who = None
    if kind is TransferKind.ISSUE and row.granted_by is not None:
        who = Person(row.granted_by, row.giver_name)
    elif row.by_id is not None:
        who = Person(row.by_id, names.get(row.by_id))
    elif row.client_id is not None:
        who = Person(row.client_id, row.client_name)
    return Movement(
        at=row.at,
        kind=kind,
        amount=row.amount,
        change=int(row.change),
        label=row.label,
        pool=row.pool_name,
        who=who,
        session_type=row.type_name,
        coach=None if row.coach_id is None else Person(row.coach_id, row.coach_name),
        starts_at=row.starts_at,
    )
