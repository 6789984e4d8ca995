"""The ledger: transfers, their history, and balances. Balances are sums, never columns."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Row,
    Select,
    String,
    and_,
    bindparam,
    case,
    func,
    insert,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.exc import IntegrityError

from coaching.credits import Ruling, Transfer, TransferKind, grant_account
from coaching.errors import ChangedMeanwhile
from coaching.packages import Holder, Movement
from coaching.records import Refund
from coaching.sessions import Person, Session
from storage.repositories.base import Repository
from storage.repositories.checkpoints import CheckpointWrites
from storage.repositories.codec import dump_usable
from storage.repositories.grant_rows import GRANTS, change
from storage.tables import grants, members, pools, refunds, session_types, sessions, transfers

_g, _t = grants.c, transfers.c


_CHANGE = change(_t, _g)
_giver, _holder, _coach = members.alias("giver"), members.alias("holder"), members.alias("coach")
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
_h = grants.alias("held")
# First find the keys of a page by the indexes of grants and transfers. Then read the full rows of these alone.
_k, _used = transfers.alias("k"), sessions.alias("used")
_KEY = (_k.c.key, _k.c.at)
_ITS_LINES = and_(
    _k.c.workspace_id == _h.c.workspace_id,
    _k.c.grant_id == _h.c.id,
    # A transfer from a session's account to another does not change the holder's balance. Only these two kinds get a
    # line.
    or_(_k.c.number.is_not(None), _k.c.kind.in_((TransferKind.FORFEIT, TransferKind.MISS))),
)
_NEWEST = select(*_KEY).where(_ITS_LINES).order_by(_k.c.at.desc(), _k.c.key.desc()).limit(bindparam("most"))
# What somebody used of pools, even of pools they have left since. The sessions are found first, by their client.
_USED = select(_used.c.id).where(_used.c.workspace_id == bindparam("ws"), _used.c.client_id == bindparam("client"))
_LINES_OF_POOLS = (
    select(*_KEY)
    .join(_h, _ITS_LINES)
    .where(_k.c.workspace_id == bindparam("ws"), _k.c.session_id.in_(_USED), _h.c.pool_id.is_not(None))
)


def _newest_of(mine: ColumnElement[bool], *, lite: bool) -> Select[Any]:
    """Return SQL for the newest lines of each grant: no page needs more of any, however long its history is."""
    if lite:
        one, keys = transfers.alias("one"), _NEWEST.with_only_columns(_k.c.key).correlate(_h)
        found = select(one.c.key, one.c.at).join_from(
            _h, one, and_(one.c.workspace_id == _h.c.workspace_id, one.c.key.in_(keys))
        )
    else:
        newest = _NEWEST.correlate(_h).lateral("newest")
        found = select(newest.c.key, newest.c.at).join_from(_h, newest, true())
    return found.where(_h.c.workspace_id == bindparam("ws"), mine)


def _page(lines: Select[Any] | CompoundSelect[Any]) -> Select[Any]:
    found = lines.subquery("lines")
    newest = (found.c.at.desc(), found.c.key.desc())
    return select(found.c.key).order_by(*newest).limit(bindparam("limit")).offset(bindparam("offset"))


_PAGE_OF_POOL = {lite: _page(_newest_of(_h.c.pool_id == bindparam("pool"), lite=lite)) for lite in (True, False)}
_PAGE_OF_CLIENT = {
    lite: _page(union_all(_newest_of(_h.c.client_id == bindparam("client"), lite=lite), _LINES_OF_POOLS))
    for lite in (True, False)
}
_BY_IDS = GRANTS.where(_g.id.in_(bindparam("ids", expanding=True)))
_SETTLED = select(transfers).where(
    _t.workspace_id == bindparam("ws"),
    _t.session_id.in_(bindparam("ids", expanding=True)),
    _t.kind.in_((TransferKind.REFUND, TransferKind.FORFEIT)),
)


_p = transfers.alias("posted")
_numbered = bindparam("numbered", type_=String)
# Each statement of a batch sees the rows of those before it.
_NEXT = (
    select(func.coalesce(func.max(_p.c.number), 0) + 1)
    .where(
        _p.c.workspace_id == bindparam("workspace_id", type_=String),
        _p.c.grant_id == _numbered,
        _p.c.number.is_not(None),
    )
    .scalar_subquery()
)
_POST = insert(transfers).values(
    {
        column.name: bindparam(column.name, type_=column.type)
        for column in _t
        if column.name not in ("number", "came_with")
    }
    | {"number": case((_numbered.is_not(None), _NEXT), else_=null())}
)


class LedgerReads(Repository):
    """Read operations."""

    async def movements(self, holder: Holder, *, limit: int, offset: int) -> list[Movement]:
        """Return the history of a person's or a pool's credits, newest first."""
        page = {"ws": self._ws, "limit": limit, "offset": offset, "most": limit + offset}
        if holder.client_id is not None:
            found = await self._run(_PAGE_OF_CLIENT[self._sqlite], page | {"client": holder.client_id})
        else:
            found = await self._run(_PAGE_OF_POOL[self._sqlite], page | {"pool": holder.pool_id})
        rows = list(await self._run(_MOVEMENTS, {"ws": self._ws, "keys": [row.key for row in found]}))
        takers = {row.by_id for row in rows if row.by_id is not None}
        named = (
            await self._run(
                select(members.c.id, members.c.name).where(members.c.workspace_id == self._ws, members.c.id.in_(takers))
            )
            if takers
            else ()
        )
        names = {row.id: row.name for row in named}
        return [_movement(row, names) for row in rows]

    async def balances(self) -> dict[str, int]:
        """Return all accounts' balances in hundredths. They sum to zero."""
        moves = union_all(
            select(_t.target.label("account"), _t.amount).where(_t.workspace_id == self._ws),
            select(_t.source.label("account"), (-_t.amount).label("amount")).where(_t.workspace_id == self._ws),
        ).subquery()
        rows = await self._run(
            select(moves.c.account, func.sum(moves.c.amount).label("balance")).group_by(moves.c.account)
        )
        return {row.account: int(row.balance) for row in rows}


class LedgerWrites(LedgerReads):
    """Write operations."""

    async def settled(self, canceled: Sequence[Session]) -> Mapping[str, list[Transfer]]:
        """Return the transfers of each session's latest cancellation: what it returned and what it forfeited."""
        numbers = {session.id: session.cancellation_no for session in canceled}
        found: dict[str, list[Transfer]] = {}
        for row in await self._run(_SETTLED, {"ws": self._ws, "ids": list(numbers)}):
            if row.cancellation_no != numbers[row.session_id]:
                continue
            found.setdefault(row.session_id, []).append(
                Transfer(
                    row.key,
                    TransferKind(row.kind),
                    row.source,
                    row.target,
                    row.amount,
                    row.at,
                    row.session_id,
                    row.grant_id,
                    row.cancellation_no,
                    Ruling(row.ruling),
                    row.paid_by,
                )
            )
        return found

    async def lock_grants(self, grant_ids: Collection[str]) -> list[str]:
        """Lock grants in the common order, by id, and return the ids so sorted. Read balances only afterwards."""
        ids = sorted(grant_ids)
        if not self._sqlite:
            await self._run(
                select(_g.id).where(_g.workspace_id == self._ws, _g.id.in_(ids)).order_by(_g.id).with_for_update()
            )
        return ids

    async def balances_of(self, grant_ids: Collection[str]) -> Mapping[str, int]:
        """Lock grants in id order and return their balances."""
        ids = await self.lock_grants(grant_ids)
        rows = list(await self._run(_BY_IDS, {"ws": self._ws, "ids": ids}))
        await self._with(CheckpointWrites).draw(rows)
        return {row.id: int(row.balance) for row in rows}

    async def post(self, moves: Sequence[Transfer]) -> None:
        """Append transfers to the ledger. Raises ChangedMeanwhile when a key exists.

        The grants that they move credits of must be locked. If one were not, two movements could get the same number,
        which the index refuses.
        """
        if not moves:
            return
        rows = [
            {
                "workspace_id": self._ws,
                "key": move.key,
                "kind": str(move.kind),
                "source": move.source,
                "target": move.target,
                "amount": move.amount,
                "at": move.at,
                "session_id": move.session_id,
                "grant_id": move.grant_id,
                "cancellation_no": move.cancellation_no,
                "ruling": None if move.ruling is None else str(move.ruling),
                "paid_by": move.paid_by,
                "by_id": move.by_id,
                "numbered": move.grant_id if _moves_its_grant(move) else None,
            }
            for move in moves
        ]
        try:
            await self._write(_POST, rows)
        except IntegrityError as error:
            raise ChangedMeanwhile("a transfer was made before") from error

    async def add_refunds(self, refunds_: Sequence[Refund]) -> None:
        """Record what cancellations or decisions returned. Raises ChangedMeanwhile when one is recorded already."""
        rows = [
            {
                "workspace_id": self._ws,
                "session_id": refund.session_id,
                "cancellation_no": refund.cancellation_no,
                "decision": "policy" if refund.decision is None else "later" if refund.later else "late",
                "outcome": None if refund.decision is None else str(refund.decision),
                "action_id": refund.action_id,
                "at": refund.at,
                "by": refund.by,
                "late": refund.late,
                "percent": refund.percent,
                "amount": refund.amount,
                "note": refund.note,
                "usable": dump_usable(refund.usable),
            }
            for refund in refunds_
        ]
        try:
            await self._write(insert(refunds), rows)
        except IntegrityError as error:
            raise ChangedMeanwhile("a refund was recorded before") from error


def _moves_its_grant(move: Transfer) -> bool:
    """Return whether a transfer changes the balance of the grant that it names."""
    return move.grant_id is not None and grant_account(move.grant_id) in (move.source, move.target)


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
