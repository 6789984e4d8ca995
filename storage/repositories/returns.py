"""What a session was paid with, what it forfeited, and the grants that are opened for what comes back."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    insert,
    literal,
    null,
    select,
    type_coerce,
)

from coaching.credits import FORFEITED, Part, TransferKind
from coaching.returns import Payment, Returned, Source
from storage.repositories.base import Repository
from storage.repositories.ledger import LedgerWrites, expiry_row, last_day_of
from storage.tables import grants, members, pools, sessions, transfers, workspaces
from storage.types import Instant

_t, _g = transfers.c, grants.c
_DAY = 86_400_000_000
_DAY_COLUMNS = ("expires_on", "expires_zone", "expires_rules")
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
# What one grant still has in a session's account: paid in, less what was returned or forfeited.
_HELD = (
    select(
        _t.session_id,
        _t.grant_id,
        func.sum(
            case((_t.target == ("session:" + _t.session_id), _t.amount), else_=0)
            - case((_t.source == ("session:" + _t.session_id), _t.amount), else_=0)
        ).label("amount"),
        func.min(_t.at).label("since"),
    )
    .where(_t.workspace_id == bindparam("ws"), _t.session_id.in_(_IDS), _t.grant_id.is_not(None))
    .group_by(_t.session_id, _t.grant_id)
    .order_by(_t.session_id, func.min(_t.at), _t.grant_id)
)
# What the latest cancellation forfeited: its transfers' keys name session, cancellation and grant (coaching.returns.settle).
_FORFEITED = (
    select(_t.session_id, _t.grant_id, _t.amount, _t.at.label("since"))
    .join(sessions, and_(sessions.c.workspace_id == _t.workspace_id, sessions.c.id == _t.session_id))
    .where(
        _t.workspace_id == bindparam("ws"),
        _t.session_id.in_(_IDS),
        _t.target == FORFEITED,
        _t.key
        == "cancel:"
        + _t.session_id
        + ":"
        + cast(sessions.c.cancellation_no, String)
        + ":"
        + _t.grant_id
        + (":" + TransferKind.FORFEIT),
    )
)


def _with_sources(parts: Select[Any]) -> Select[Any]:
    """Add what is known of the grants, and whose calendar their credits end on: their client's or their pool's contact's."""
    part, owner = parts.order_by(None).subquery("part"), members.alias("owner")
    return (
        select(
            part.c.session_id,
            part.c.amount,
            _g.id,
            _g.label,
            _g.expires_at,
            _g.closed_at,
            _g.parent_id,
            _g.expires_on,
            _g.expires_zone,
            _g.expires_rules,
            pools.c.name.label("pool_name"),
            owner.c.time_zone,
        )
        .select_from(part)
        .join(grants, and_(_g.workspace_id == bindparam("ws"), _g.id == part.c.grant_id))
        .outerjoin(pools, and_(pools.c.workspace_id == bindparam("ws"), pools.c.id == _g.pool_id))
        .outerjoin(
            owner,
            and_(
                owner.c.workspace_id == bindparam("ws"), owner.c.id == func.coalesce(_g.client_id, pools.c.contact_id)
            ),
        )
        .where(part.c.amount != 0)
        .order_by(part.c.session_id, part.c.since, _g.id)
    )


_PAYMENTS, _FORFEITS = _with_sources(_HELD), _with_sources(_FORFEITED)
_PAYING = select(_t.grant_id).where(_t.workspace_id == bindparam("ws"), _t.session_id.in_(_IDS))
_LOCK_PAYING = (
    select(_g.id).where(_g.workspace_id == bindparam("ws"), _g.id.in_(_PAYING)).order_by(_g.id).with_for_update()
)
# The owner, and what it is for, are the parent's. Whoever gets it back is told until when right away: where that is so soon
# that a warning would follow at once, there is none. A pool's contact is not told, and so is warned.
_ENDS, _NOW = bindparam("ends", type_=Instant), bindparam("now", type_=Instant)
_SOON = and_(
    _g.client_id.is_not(None),
    type_coerce(_ENDS, BigInteger) - type_coerce(_NOW, BigInteger)
    <= cast(workspaces.c.expiry_days, BigInteger) * literal(_DAY, BigInteger),
)
_OPENED = (
    select(
        _g.workspace_id,
        bindparam("new", type_=String),
        _g.client_id,
        _g.pool_id,
        _g.package_id,
        _g.id,
        _g.label,
        _g.size,
        _NOW,
        _ENDS,
        case((_SOON, _NOW), else_=null()),
        *(bindparam(name, type_=String) for name in _DAY_COLUMNS),
    )
    .join(workspaces, workspaces.c.workspace_id == _g.workspace_id)
    .where(_g.workspace_id == bindparam("ws"), _g.id == bindparam("parent"))
)
_OPEN = insert(grants).from_select(
    [
        "workspace_id",
        "id",
        "client_id",
        "pool_id",
        "package_id",
        "parent_id",
        "label",
        "size",
        "granted_at",
        "expires_at",
        "warned_at",
        *_DAY_COLUMNS,
    ],
    _OPENED,
)


class PaymentReads(Repository):
    """What sessions were paid with."""

    async def payments(self, workspace_id: str, session_ids: Collection[str]) -> Mapping[str, list[Payment]]:
        """Return what each grant has in each session's account now."""
        return await self._payments(_PAYMENTS, workspace_id, session_ids)

    async def _payments(
        self, statement: Select[Any], workspace_id: str, session_ids: Collection[str]
    ) -> Mapping[str, list[Payment]]:
        found: dict[str, list[Payment]] = {}
        if not session_ids:
            return found
        for row in await self._run(statement, {"ws": workspace_id, "ids": list(session_ids)}):
            source = Source(
                id=row.id,
                label=row.label,
                expires_at=row.expires_at,
                closed=row.closed_at is not None,
                parent_id=row.parent_id,
                pool=row.pool_name,
                time_zone=row.time_zone,
                last_day=last_day_of(row),
            )
            found.setdefault(row.session_id, []).append(Payment(source, int(row.amount)))
        return found


class ReturnWrites(LedgerWrites, PaymentReads):
    """Returns."""

    async def held(self, workspace_id: str, session_ids: Collection[str]) -> Mapping[str, list[Part]]:
        """Return how much of each grant is in each session's account now."""
        parts: dict[str, list[Part]] = {}
        for row in await self._run(_HELD, {"ws": workspace_id, "ids": list(session_ids)}):
            if row.amount:
                parts.setdefault(row.session_id, []).append(Part(row.grant_id, int(row.amount)))
        return parts

    async def lock_payments(self, workspace_id: str, session_ids: Collection[str]) -> Mapping[str, list[Payment]]:
        """Lock the grants that paid, in id order, and return what each has in each session's account now."""
        await self._lock_paying(workspace_id, session_ids)
        return await self._payments(_PAYMENTS, workspace_id, session_ids)

    async def lock_forfeits(self, workspace_id: str, session_ids: Collection[str]) -> Mapping[str, list[Payment]]:
        """Lock the grants that paid, in id order, and return what each session's latest cancellation forfeited of them."""
        await self._lock_paying(workspace_id, session_ids)
        return await self._payments(_FORFEITS, workspace_id, session_ids)

    async def _lock_paying(self, workspace_id: str, session_ids: Collection[str]) -> None:
        # What they hold, and until when, is read afterwards: by then whoever held the lock has changed it.
        if session_ids and not self._sqlite:
            await self._run(_LOCK_PAYING, {"ws": workspace_id, "ids": list(session_ids)})

    async def open_returned(self, workspace_id: str, opened: Sequence[Returned], now: datetime) -> None:
        """Insert grants for what comes back, each with the owner and the package of its parent; they hold nothing yet."""
        await self._write(
            _OPEN,
            [
                {"ws": workspace_id, "new": one.id, "parent": one.parent_id, "now": now}
                | {"ends": one.last_day.end(), **expiry_row(one.last_day)}
                for one in opened
            ],
        )
