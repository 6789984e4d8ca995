"""The history of credits: pages of movements, each with the balance after it.

A page costs the same wherever it is. It begins beside a movement that was read before (`Turn`), and reads on from there
in indexes that are in the order of time: in that of each grant of the account, and in that of what a person used of
pools. The balance comes from the checkpoints for the newest page, and from page to page after that.
"""

from enum import Enum
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Row,
    Select,
    String,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from coaching.credits import TransferKind
from coaching.packages import Holder, Movement, Movements, Turn
from coaching.sessions import Person
from storage.repositories.base import Repository
from storage.repositories.grant_rows import BALANCE, CHECKPOINT, change
from storage.tables import checkpoints, grants, members, pools, session_types, sessions, transfers
from storage.tables.ledger import is_line
from storage.types import Instant

_g, _t = grants.c, transfers.c
_giver, _holder, _coach = members.alias("giver"), members.alias("holder"), members.alias("coach")
_taker = members.alias("taker")
_ROWS = (
    select(
        _t.key,
        _t.number,
        _t.by_id,
        _t.at,
        _t.kind,
        _t.amount,
        change(_t, _g).label("change"),
        _g.label,
        _g.pool_id,
        pools.c.name.label("pool_name"),
        _g.granted_by,
        _giver.c.name.label("giver_name"),
        _taker.c.name.label("taker_name"),
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
    .outerjoin(_taker, and_(_taker.c.workspace_id == _t.workspace_id, _taker.c.id == _t.by_id))
    .outerjoin(sessions, and_(sessions.c.workspace_id == _t.workspace_id, sessions.c.id == _t.session_id))
    .outerjoin(_holder, and_(_holder.c.workspace_id == _t.workspace_id, _holder.c.id == sessions.c.client_id))
    .outerjoin(_coach, and_(_coach.c.workspace_id == _t.workspace_id, _coach.c.id == sessions.c.coach_id))
    .outerjoin(
        session_types,
        and_(session_types.c.workspace_id == _t.workspace_id, session_types.c.id == sessions.c.session_type_id),
    )
    .where(_t.workspace_id == bindparam("ws"), _t.key.in_(bindparam("keys", expanding=True)))
)


class _Part(Enum):
    """The part of a history that a page is read from."""

    ALL = "all"
    OLDER = "older"
    NEWER = "newer"


_h, _k = grants.alias("held"), transfers.alias("k")
_AT, _NUMBER, _KEY = bindparam("at", type_=Instant), bindparam("number", type_=Integer), bindparam("key", type_=String)


def _number(t: ReadOnlyColumnCollection[str, Any]) -> ColumnElement[int]:
    return func.coalesce(t.number, literal_column("0"))


def _order(part: _Part, t: ReadOnlyColumnCollection[str, Any]) -> list[ColumnElement[Any]]:
    """Return the order of a part. An index has the instants in order; what is of one instant is sorted: an import."""
    order = (t.at, _number(t), t.key)
    return [one.asc() if part is _Part.NEWER else one.desc() for one in order]


_SAME = tuple_(_number(_k.c), _k.c.key)
_BEYOND = {
    _Part.ALL: (),
    _Part.OLDER: (_k.c.at <= _AT, or_(_k.c.at < _AT, tuple_(_NUMBER, _KEY) > _SAME)),
    _Part.NEWER: (_k.c.at >= _AT, or_(_k.c.at > _AT, tuple_(_NUMBER, _KEY) < _SAME)),
}


def _first(part: _Part, *which: ColumnElement[bool]) -> Select[Any]:
    """Return SQL for the movements of one index that come first in a part of the history."""
    found = select(_k.c.key, _k.c.at, _k.c.number).where(*which, *_BEYOND[part])
    return found.order_by(*_order(part, _k.c))


def _of_grants(part: _Part, mine: ColumnElement[bool], *, lite: bool) -> Select[Any]:
    """Return SQL for what comes first of an account's grants.

    Of many grants only those with the first movements are read further: a page of so many lines is from as many at most.
    """
    most: ColumnElement[int] = bindparam("most")
    its = _first(part, _k.c.workspace_id == _h.c.workspace_id, _k.c.grant_id == _h.c.id, is_line(_k.c))
    begin = _beside(_h, its.limit(1), "begin", lite=lite)
    order = _order(part, begin[0].c)
    held = select(_h.c.workspace_id, _h.c.id).join_from(_h, *begin).where(mine).order_by(*order).limit(most)
    first = held.subquery("first_of_them")
    its = _first(part, _k.c.workspace_id == first.c.workspace_id, _k.c.grant_id == first.c.id, is_line(_k.c))
    lines = _beside(first, its.limit(most), "lines_of", lite=lite)
    return select(*(lines[0].c[name] for name in _COLUMNS)).join_from(first, *lines)


_COLUMNS = ("key", "at", "number")


def _beside(of: FromClause, found: Select[Any], name: str, *, lite: bool) -> tuple[FromClause, ColumnElement[bool]]:
    """Return a join with the transfers that a statement finds for each row of `of`. SQLite finds their keys."""
    if not lite:
        return found.correlate(of).lateral(name), true()
    one, keys = transfers.alias(name), found.with_only_columns(_k.c.key).correlate(of)
    return one, and_(one.c.workspace_id == of.c.workspace_id, one.c.key.in_(keys))


@cache
def _page(part: _Part, *, pool: bool, lite: bool) -> Select[Any]:
    """Return the statement for the keys of a page and one more, with the account's balance if it is the newest page."""
    owner = "pool_id" if pool else "client_id"
    found = _of_grants(part, and_(_h.c.workspace_id == bindparam("ws"), _h.c[owner] == bindparam("holder")), lite=lite)
    if not pool:
        # What somebody used of pools, even of pools they have left since.
        used = _first(part, _k.c.workspace_id == bindparam("ws"), _k.c.client_id == bindparam("holder"))
        shared = used.limit(bindparam("most")).subquery("shared")
        found = union_all(found, select(*(shared.c[name] for name in _COLUMNS)))  # type: ignore[assignment]
    lines = found.subquery("lines")
    page = select(lines.c.key).order_by(*_order(part, lines.c)).limit(bindparam("most"))
    if part is not _Part.ALL:
        return page
    balance = (
        select(func.coalesce(func.sum(BALANCE), literal_column("0")))
        .select_from(grants.outerjoin(checkpoints, CHECKPOINT))
        .where(_g.workspace_id == bindparam("ws"), _g[owner] == bindparam("holder"))
        .scalar_subquery()
    )
    return page.add_columns(balance.label("balance"))


class MovementReads(Repository):
    """Read operations."""

    async def movements(self, holder: Holder, most: int, turn: Turn | None = None) -> Movements:
        """Return `most` movements of a person's or a pool's credits: the newest, or those beside `turn`."""
        part = _Part.ALL if turn is None else _Part.NEWER if turn.newer else _Part.OLDER
        pool = holder.pool_id is not None
        given: dict[str, Any] = {"ws": self._ws, "holder": holder.pool_id or holder.client_id, "most": most + 1}
        if turn is not None:
            given |= {"at": turn.at, "number": turn.number, "key": turn.key}
        found = (await self._run(_page(part, pool=pool, lite=self._sqlite), given)).all()
        if not found:
            return Movements()
        keys = [row.key for row in found[:most]]
        rows = {row.key: row for row in await self._run(_ROWS, {"ws": self._ws, "keys": keys})}
        more = len(found) > most
        balance = int(found[0].balance) if turn is None else turn.balance
        # The same number of the account before the first of these rows, read in their order, and after the last one.
        lines, beside = [], balance
        for row in (rows[key] for key in keys):
            counts = pool or row.pool_id is None
            moved = int(row.change) if counts else 0
            after = beside + moved if part is _Part.NEWER else beside
            lines.append(_movement(row, after if counts else None))
            beside = after if part is _Part.NEWER else beside - moved
        first, last = rows[keys[0]], rows[keys[-1]]
        if part is _Part.NEWER:
            return Movements(lines[::-1], _turn(last, beside, newer=True) if more else None, _turn(first, balance))
        return Movements(
            lines,
            None if turn is None else _turn(first, balance, newer=True),
            _turn(last, beside) if more else None,
        )


def _turn(row: Row[Any], balance: int, *, newer: bool = False) -> Turn:
    return Turn(row.at, row.number or 0, row.key, balance, newer)


def _movement(row: Row[Any], balance: int | None) -> Movement:
    kind = TransferKind(row.kind)
    who = None
    if kind is TransferKind.ISSUE and row.granted_by is not None:
        who = Person(row.granted_by, row.giver_name)
    elif row.by_id is not None:
        who = Person(row.by_id, row.taker_name)
    elif row.client_id is not None:
        who = Person(row.client_id, row.client_name)
    return Movement(
        at=row.at,
        kind=kind,
        amount=row.amount,
        change=int(row.change),
        label=row.label,
        balance=balance,
        pool=row.pool_name,
        who=who,
        session_type=row.type_name,
        coach=None if row.coach_id is None else Person(row.coach_id, row.coach_name),
        starts_at=row.starts_at,
    )
