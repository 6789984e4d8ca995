"""The ledger: transfers and balances. Balances are sums, never columns."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import (
    String,
    and_,
    bindparam,
    case,
    func,
    insert,
    null,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy.exc import IntegrityError

from coaching.credits import FORFEITED, Ruling, Transfer, TransferKind, grant_account
from coaching.errors import ChangedMeanwhile
from coaching.kindness import Forgiven
from coaching.records import Refund
from coaching.sessions import Session
from storage.repositories.checkpoints import CheckpointWrites
from storage.repositories.codec import dump_usable
from storage.repositories.grant_rows import GRANTS
from storage.repositories.movements import MovementReads
from storage.repositories.session_changes import SessionWrites
from storage.tables import grants, members, refunds, sessions, transfers

_g, _t = grants.c, transfers.c

_BY_IDS = GRANTS.where(_g.id.in_(bindparam("ids", expanding=True)))
_SETTLED = select(transfers).where(
    _t.workspace_id == bindparam("ws"),
    _t.session_id.in_(bindparam("ids", expanding=True)),
    _t.kind.in_((TransferKind.REFUND, TransferKind.FORFEIT)),
)


_FORGIVEN = (
    select(sessions.c.client_id, refunds.c.at, members.c.time_zone)
    .select_from(refunds)
    .join(sessions, and_(sessions.c.workspace_id == refunds.c.workspace_id, sessions.c.id == refunds.c.session_id))
    .outerjoin(members, and_(members.c.workspace_id == sessions.c.workspace_id, members.c.id == sessions.c.client_id))
    .where(
        refunds.c.workspace_id == bindparam("ws"),
        text("refunds.forgiven"),  # as the index says it: SQLite compares the words
        refunds.c.at >= bindparam("since"),
        refunds.c.undone_at.is_(None),
        sessions.c.client_id.in_(bindparam("clients", expanding=True)),
        # Nothing is canceled after its start. So a client's index leaves out the sessions before, however many there are.
        sessions.c.starts_at >= bindparam("since"),
    )
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
_paying, _of = grants.alias("paying"), sessions.alias("of")
_CLIENT = (
    select(_of.c.client_id)
    .join(_paying, _paying.c.workspace_id == _of.c.workspace_id)
    .where(
        _of.c.workspace_id == bindparam("workspace_id", type_=String),
        _of.c.id == bindparam("session_id", type_=String),
        _paying.c.id == bindparam("grant_id", type_=String),
        _paying.c.pool_id.is_not(None),
        or_(bindparam("kind", type_=String) != TransferKind.EARN, bindparam("source", type_=String) == FORFEITED),
    )
    .scalar_subquery()
)
_POST = insert(transfers).values(
    {
        column.name: bindparam(column.name, type_=column.type)
        for column in _t
        if column.name not in ("number", "came_with", "client_id")
    }
    | {"number": case((_numbered.is_not(None), _NEXT), else_=null()), "client_id": _CLIENT}
)


class LedgerReads(MovementReads):
    """Read operations."""

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

    async def forgiven(
        self, client_ids: Collection[str], since: datetime, *, lock: bool = False
    ) -> Mapping[str, Forgiven]:
        """Return when late cancellations of these clients were forgiven since then (aware UTC), without undone ones.

        With `lock`, nobody else adds one until the end of the transaction. Lock grants before: a booking does.
        """
        if lock:
            await self._with(SessionWrites).lock_people(client_ids)
        found: dict[str, Forgiven] = {}
        for row in await self._run(_FORGIVEN, {"ws": self._ws, "clients": list(client_ids), "since": since}):
            before = found.get(row.client_id, Forgiven(time_zone=row.time_zone))
            found[row.client_id] = replace(before, at=(*before.at, row.at))
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
                "forgiven": refund.forgiven,
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
