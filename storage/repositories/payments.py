"""What sessions were paid with, and what is left of it in their accounts."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import BindParameter, Select, String, and_, bindparam, case, cast, func, select

from coaching.credits import FORFEITED, Part, TransferKind
from coaching.returns import Payment, Source
from storage.repositories.base import Repository
from storage.repositories.grant_rows import last_day_of
from storage.tables import grants, members, pools, sessions, transfers

_g, _t = grants.c, transfers.c
_ACCOUNT = bindparam("account", type_=String)
_IN_ACCOUNT = func.sum(case((_t.target == _ACCOUNT, _t.amount), (_t.source == _ACCOUNT, -_t.amount), else_=0))
_PARTS = (
    select(_t.grant_id, _IN_ACCOUNT.label("amount"))
    .where(_t.workspace_id == bindparam("ws"), _t.session_id == bindparam("session"))
    .group_by(_t.grant_id)
    .order_by(func.min(_t.at), _t.grant_id)
)
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
# What one grant still has in a session's account: paid in, less what was returned, forfeited or earned.
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
# What the latest cancellation forfeited, by session, cancellation and grant.
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
    """Add the grants' columns and the owner's zone, by whose calendar credits end: the client's or pool contact's."""
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
_SOURCES = select(func.coalesce(_g.parent_id, _g.id).label("source")).where(
    _g.workspace_id == bindparam("ws"), _g.id.in_(_PAYING)
)
_LOCK_PAYING = (
    select(_g.id).where(_g.workspace_id == bindparam("ws"), _g.id.in_(_PAYING)).order_by(_g.id).with_for_update()
)


class PaymentReads(Repository):
    """Read operations."""

    async def of(self, session_ids: Collection[str]) -> Mapping[str, list[Payment]]:
        """Return what each grant has in each session's account now."""
        return await self._payments(_PAYMENTS, session_ids)

    async def sources(self, session_id: str) -> frozenset[str]:
        """Return the grants that have ever paid for a session. For what came back, the grant that had paid it."""
        rows = await self._run(_SOURCES, {"ws": self._ws, "ids": [session_id]})
        return frozenset(row.source for row in rows)

    async def _payments(self, statement: Select[Any], session_ids: Collection[str]) -> Mapping[str, list[Payment]]:
        found: dict[str, list[Payment]] = {}
        if not session_ids:
            return found
        for row in await self._run(statement, {"ws": self._ws, "ids": list(session_ids)}):
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


class PaymentWrites(PaymentReads):
    """Write operations."""

    async def parts_in(self, session_id: str, account: str) -> list[Part]:
        """Return how much of what each grant paid for a session is in `account` now."""
        rows = await self._run(_PARTS, {"ws": self._ws, "session": session_id, "account": account})
        return [Part(row.grant_id, int(row.amount)) for row in rows if row.amount]

    async def held(self, session_ids: Collection[str]) -> Mapping[str, list[Part]]:
        """Return how much of each grant is in each session's account now."""
        parts: dict[str, list[Part]] = {}
        for row in await self._run(_HELD, {"ws": self._ws, "ids": list(session_ids)}):
            if row.amount:
                parts.setdefault(row.session_id, []).append(Part(row.grant_id, int(row.amount)))
        return parts

    async def lock(self, session_ids: Collection[str]) -> Mapping[str, list[Payment]]:
        """Lock the grants that paid, in id order, and return what each has in each session's account now."""
        await self._lock_paying(session_ids)
        return await self._payments(_PAYMENTS, session_ids)

    async def lock_forfeits(self, session_ids: Collection[str]) -> Mapping[str, list[Payment]]:
        """Lock the grants that paid, in id order, and return what each session's latest cancellation forfeited of them."""
        await self._lock_paying(session_ids)
        return await self._payments(_FORFEITS, session_ids)

    async def _lock_paying(self, session_ids: Collection[str]) -> None:
        # Balances and expiries are read after locking, because the previous holder of the lock may have changed them.
        if session_ids and not self._sqlite:
            await self._run(_LOCK_PAYING, {"ws": self._ws, "ids": list(session_ids)})
