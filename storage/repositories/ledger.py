"""The ledger: grants and transfers. Balances are sums, never columns."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, and_, bindparam, case, func, insert, select, union_all
from sqlalchemy.exc import IntegrityError

from coaching.credits import (
    Grant,
    Ruling,
    Transfer,
    TransferKind,
)
from coaching.errors import ChangedMeanwhile
from coaching.localtime import LocalDay
from coaching.sessions import Session
from storage.repositories.base import Repository
from storage.repositories.people import PeopleWrites
from storage.tables import grants, packages, pool_members, pools, session_types, transfers

_t, _g = transfers.c, grants.c
_BALANCE = func.coalesce(
    func.sum(
        case((_t.target == ("grant:" + _g.id), _t.amount), (_t.source == ("grant:" + _g.id), -_t.amount), else_=0)
    ),
    0,
)
GRANTS = (
    select(
        _g.id,
        _g.label,
        _g.size,
        _g.expires_at,
        _g.package_id,
        _g.closed_at,
        _g.expires_on,
        _g.expires_zone,
        _g.expires_rules,
        _g.parent_id,
        session_types.c.name.label("type_name"),
        pools.c.name.label("pool_name"),
        _BALANCE.label("balance"),
    )
    .select_from(grants)
    .outerjoin(packages, and_(packages.c.workspace_id == _g.workspace_id, packages.c.id == _g.package_id))
    .outerjoin(
        session_types,
        and_(session_types.c.workspace_id == packages.c.workspace_id, session_types.c.id == packages.c.session_type_id),
    )
    .outerjoin(pools, and_(pools.c.workspace_id == _g.workspace_id, pools.c.id == _g.pool_id))
    .outerjoin(transfers, and_(_t.workspace_id == _g.workspace_id, _t.grant_id == _g.id))
    .where(_g.workspace_id == bindparam("ws"))
    .group_by(
        _g.workspace_id,
        _g.id,
        _g.label,
        _g.size,
        _g.expires_at,
        _g.package_id,
        _g.closed_at,
        _g.expires_on,
        _g.expires_zone,
        _g.expires_rules,
        _g.parent_id,
        session_types.c.name,
        pools.c.name,
    )
)
_held = grants.alias("held")
# What somebody may spend: their own, and what their pools hold. By id, so that both ways in have an index.
_SPENDABLE = union_all(
    select(_held.c.id).where(_held.c.workspace_id == bindparam("ws"), _held.c.client_id == bindparam("client")),
    select(_held.c.id)
    .join(
        pool_members,
        and_(pool_members.c.workspace_id == _held.c.workspace_id, pool_members.c.pool_id == _held.c.pool_id),
    )
    .where(_held.c.workspace_id == bindparam("ws"), pool_members.c.member_id == bindparam("client")),
)
_OF_CLIENT = GRANTS.where(_g.id.in_(_SPENDABLE))
_LOCK_SPENDABLE = (
    select(_g.id).where(_g.workspace_id == bindparam("ws"), _g.id.in_(_SPENDABLE)).order_by(_g.id).with_for_update()
)
_BY_IDS = GRANTS.where(_g.id.in_(bindparam("ids", expanding=True)))
_SETTLED = select(transfers).where(
    _t.workspace_id == bindparam("ws"),
    _t.session_id.in_(bindparam("ids", expanding=True)),
    _t.kind.in_((TransferKind.REFUND, TransferKind.FORFEIT)),
)


def grant_of(row: Row[Any]) -> Grant:
    """Return the grant in a row of `GRANTS`."""
    return Grant(
        row.id,
        row.label,
        int(row.balance),
        row.size,
        row.expires_at,
        row.type_name,
        row.package_id,
        row.pool_name,
        last_day_of(row),
        row.parent_id,
    )


def last_day_of(row: Row[Any]) -> LocalDay | None:
    """Return which day is a grant's last, where one was meant."""
    if row.expires_on is None:
        return None
    return LocalDay(date.fromisoformat(row.expires_on), row.expires_zone, row.expires_rules)


def expiry_row(last_day: LocalDay | None) -> dict[str, str | None]:
    """Return the columns of a grant that say which day its expiry is."""
    if last_day is None:
        return {"expires_on": None, "expires_zone": None, "expires_rules": None}
    return {
        "expires_on": last_day.day.isoformat(),
        "expires_zone": last_day.zone,
        "expires_rules": last_day.rules,
    }


class LedgerReads(Repository):
    """Balances."""

    async def grants(self, workspace_id: str, client_id: str) -> list[Grant]:
        """Return what a client may spend, with balances, first to expire first: their own grants and their pools'."""
        rows = await self._run(_OF_CLIENT, {"ws": workspace_id, "client": client_id})
        found = [grant_of(row) for row in rows]
        return sorted(found, key=lambda g: (g.expires_at is None, g.expires_at, g.id))

    async def balances(self, workspace_id: str) -> dict[str, int]:
        """Return every account's balance in hundredths; they sum to zero."""
        moves = union_all(
            select(_t.target.label("account"), _t.amount).where(_t.workspace_id == workspace_id),
            select(_t.source.label("account"), (-_t.amount).label("amount")).where(_t.workspace_id == workspace_id),
        ).subquery()
        rows = await self._run(
            select(moves.c.account, func.sum(moves.c.amount).label("balance")).group_by(moves.c.account)
        )
        return {row.account: int(row.balance) for row in rows}


class LedgerWrites(PeopleWrites, LedgerReads):
    """Movements."""

    async def settled(self, workspace_id: str, canceled: Sequence[Session]) -> Mapping[str, list[Transfer]]:
        """Return the transfers of each session's latest cancellation: what it returned and what it forfeited."""
        numbers = {session.id: session.cancellation_no for session in canceled}
        found: dict[str, list[Transfer]] = {}
        for row in await self._run(_SETTLED, {"ws": workspace_id, "ids": list(numbers)}):
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

    async def _lock_grants(self, workspace_id: str, grant_ids: Collection[str]) -> list[str]:
        """Lock grants in id order, as everybody does, and return their ids so; what they hold is to be read afterwards."""
        ids = sorted(grant_ids)
        if not self._sqlite:
            await self._run(
                select(_g.id).where(_g.workspace_id == workspace_id, _g.id.in_(ids)).order_by(_g.id).with_for_update()
            )
        return ids

    async def balances_of(self, workspace_id: str, grant_ids: Collection[str]) -> Mapping[str, int]:
        """Lock grants in id order and return what they hold."""
        ids = await self._lock_grants(workspace_id, grant_ids)
        return {row.id: int(row.balance) for row in await self._run(_BY_IDS, {"ws": workspace_id, "ids": ids})}

    async def post(self, workspace_id: str, moves: Sequence[Transfer]) -> None:
        """Append transfers to the ledger. Raises ChangedMeanwhile when a key exists."""
        if not moves:
            return
        rows = [
            {
                "workspace_id": workspace_id,
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
            }
            for move in moves
        ]
        try:
            await self._write(insert(transfers), rows)
        except IntegrityError as error:
            raise ChangedMeanwhile("a transfer was made before") from error

    async def lock_client_grants(self, workspace_id: str, client_id: str) -> list[Grant]:
        """Lock and return a client's grants with their balances: two bookings must not spend the same credit."""
        if self._sqlite:
            return await self.grants(workspace_id, client_id)
        locked = {row.id for row in await self._run(_LOCK_SPENDABLE, {"ws": workspace_id, "client": client_id})}
        # What came to them while we waited (a gift, a pool they joined) is not locked: the next booking may spend it.
        return [grant for grant in await self.grants(workspace_id, client_id) if grant.id in locked]
