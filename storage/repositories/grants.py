"""Grants as people deal with them: who gave what to whom, and when it expires."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Row,
    Select,
    and_,
    bindparam,
    case,
    cast,
    func,
    insert,
    literal,
    select,
    type_coerce,
    union_all,
    update,
)

from coaching.credits import ISSUED, Grant, Transfer, TransferKind, grant_account
from coaching.localtime import LocalDay
from coaching.packages import Holder, Holding
from coaching.sessions import Money, Person
from storage.repositories.base import Repository
from storage.repositories.history import change
from storage.repositories.ledger import GRANTS, LedgerWrites, expiry_row, grant_of
from storage.repositories.names import package_key, type_id_of
from storage.tables import (
    grants,
    members,
    packages,
    pool_members,
    pools,
    session_types,
    transfers,
    workspaces,
)
from storage.types import Instant, to_micros

_t, _g = transfers.c, grants.c
_DAY = 86_400_000_000
LONGEST_NOTICE = timedelta(days=366)
"""No workspace tells its people earlier than this that credits expire."""

_giver = members.alias("giver")
_HOLDINGS: Select[Any] = (
    GRANTS.add_columns(
        _g.client_id,
        _g.pool_id,
        _g.granted_at,
        _g.granted_by,
        _giver.c.name.label("giver_name"),
        _g.price_cents,
        _g.currency,
        _g.note,
        _g.warned_at,
        pools.c.contact_id,
        func.coalesce(func.sum(case((_t.kind == TransferKind.ISSUE, _t.amount), else_=0)), 0).label("issued"),
    )
    .outerjoin(_giver, and_(_giver.c.workspace_id == _g.workspace_id, _giver.c.id == _g.granted_by))
    .group_by(
        _g.client_id,
        _g.pool_id,
        _g.granted_at,
        _g.granted_by,
        _giver.c.name,
        _g.price_cents,
        _g.currency,
        _g.note,
        _g.warned_at,
        pools.c.contact_id,
    )
)
# By the holder in one go: a person's own and their pools', or one pool's. An alias, so that nothing is correlated.
_h = grants.alias("held")
_HELD = select(_h.c.id).where(_h.c.workspace_id == bindparam("ws"))
_OF_POOL = _HELD.where(_h.c.pool_id == bindparam("pool"))
_OWN = _HELD.where(_h.c.client_id == bindparam("client"))
_SHARED = _HELD.join(
    pool_members, and_(pool_members.c.workspace_id == _h.c.workspace_id, pool_members.c.pool_id == _h.c.pool_id)
).where(pool_members.c.member_id == bindparam("client"))
_CLIENTS_HOLDINGS = _HOLDINGS.where(_g.id.in_(union_all(_OWN, _SHARED)))
_POOLS_HOLDINGS = _HOLDINGS.where(_g.id.in_(_OF_POOL))
_HOLDINGS_BY_ID = _HOLDINGS.where(_g.id.in_(bindparam("ids", expanding=True)))
_looked_after = pools.alias("looked_after")
_TOLD_TOGETHER = _HOLDINGS.where(
    _g.id.in_(
        union_all(
            _HELD.where(_h.c.client_id == bindparam("who")),
            _HELD.join(
                _looked_after,
                and_(_looked_after.c.workspace_id == _h.c.workspace_id, _looked_after.c.id == _h.c.pool_id),
            ).where(_looked_after.c.contact_id == bindparam("who")),
        )
    ),
    _g.warned_at == bindparam("at", type_=Instant),
)


_LEFT = (
    select(func.sum(change(_t, _g)))
    .where(_t.workspace_id == _g.workspace_id, _t.grant_id == _g.id)
    .correlate(grants)
    .scalar_subquery()
)
_NOT_CLOSED = and_(_g.expires_at.is_not(None), _g.closed_at.is_(None))
_EXPIRING = (
    select(_g.workspace_id, _g.id)
    .join(workspaces, workspaces.c.workspace_id == _g.workspace_id)
    .where(
        _NOT_CLOSED,
        _g.warned_at.is_(None),
        _g.expires_at > bindparam("now", type_=Instant),
        # The index finds what any workspace may want to tell; each workspace's own notice decides.
        _g.expires_at <= bindparam("horizon", type_=Instant),
        workspaces.c.expiry_days > 0,
        type_coerce(_g.expires_at, BigInteger)
        <= bindparam("micros", type_=BigInteger)
        + cast(workspaces.c.expiry_days, BigInteger) * literal(_DAY, BigInteger),
        _LEFT > 0,
    )
    .order_by(_g.workspace_id, _g.client_id, _g.pool_id, _g.expires_at, _g.id)
    .limit(bindparam("limit"))
)
_EXPIRED = (
    select(_g.workspace_id, _g.id)
    .where(_NOT_CLOSED, _g.expires_at <= bindparam("before", type_=Instant))
    .order_by(_g.expires_at, _g.workspace_id, _g.id)
    .limit(bindparam("limit"))
)


def holding_of(row: Row[Any]) -> Holding:
    """Return the holding in a row of `_HOLDINGS`."""
    return Holding(
        grant=grant_of(row),
        holder=Holder(row.client_id, row.pool_id),
        issued=int(row.issued),
        granted_at=row.granted_at,
        granted_by=None if row.granted_by is None else Person(row.granted_by, row.giver_name),
        money=money_of(row),
        note=row.note,
        warned_at=row.warned_at,
        closed_at=row.closed_at,
        told_id=row.client_id or row.contact_id,
    )


def money_of(row: Row[Any]) -> Money | None:
    """Return the price in a row of `grants` or `packages`, for the record."""
    return None if row.price_cents is None else Money(int(row.price_cents), row.currency)


def _soonest(rows: Iterable[Row[Any]]) -> list[Holding]:
    """First to expire first."""
    held = [holding_of(row) for row in rows]
    return sorted(held, key=lambda h: (h.grant.expires_at is None, h.grant.expires_at, h.granted_at, h.grant.id))


class GrantReads(Repository):
    """Holdings."""

    async def holdings(self, workspace_id: str, holder: Holder) -> list[Holding]:
        """Return what a person may spend (their own and their pools') or what a pool holds, first to expire first."""
        if holder.client_id is not None:
            rows = await self._run(_CLIENTS_HOLDINGS, {"ws": workspace_id, "client": holder.client_id})
        else:
            rows = await self._run(_POOLS_HOLDINGS, {"ws": workspace_id, "pool": holder.pool_id})
        return _soonest(rows)

    async def holdings_by_id(self, workspace_id: str, grant_ids: Collection[str]) -> list[Holding]:
        """Return grants by id, first to expire first; unknown ids are left out."""
        return _soonest(await self._run(_HOLDINGS_BY_ID, {"ws": workspace_id, "ids": sorted(grant_ids)}))

    async def told_together(self, workspace_id: str, person_id: str, at: datetime) -> list[Holding]:
        """Return the grants of a person, or of pools they are the contact of, of whose expiry they are told at `at`."""
        return _soonest(await self._run(_TOLD_TOGETHER, {"ws": workspace_id, "who": person_id, "at": at}))


class GrantWrites(LedgerWrites, GrantReads):
    """Giving, taking back, expiring."""

    async def lock_grant(self, workspace_id: str, grant_id: str) -> Holding | None:
        """Lock and return one grant, None where it does not exist."""
        held = await self._lock(workspace_id, [grant_id])
        return held[0] if held else None

    async def _lock(self, workspace_id: str, grant_ids: Collection[str]) -> list[Holding]:
        ids = await self._lock_grants(workspace_id, grant_ids)
        # Balances are read by a statement of their own: it sees what was written while the lock was waited for.
        return await self.holdings_by_id(workspace_id, ids)

    async def lock_expiring(self, now: datetime, limit: int) -> list[tuple[str, Holding]]:
        """Lock grants of all workspaces that expire within their workspace's notice and hold something nobody was told of."""
        given = {"now": now, "micros": to_micros(now), "horizon": now + LONGEST_NOTICE, "limit": limit}
        return await self._lock_all(await self._run(_EXPIRING, given))

    async def lock_expired(self, before: datetime, limit: int) -> list[tuple[str, Holding]]:
        """Lock grants of all workspaces that expired at `before` or earlier and are not closed."""
        return await self._lock_all(await self._run(_EXPIRED, {"before": before, "limit": limit}))

    async def _lock_all(self, found: Iterable[Row[Any]]) -> list[tuple[str, Holding]]:
        by_workspace: dict[str, list[str]] = defaultdict(list)
        for row in found:
            by_workspace[row.workspace_id].append(row.id)
        return [
            (workspace_id, holding)
            for workspace_id in sorted(by_workspace)
            for holding in await self._lock(workspace_id, by_workspace[workspace_id])
        ]

    async def mark_warned(self, workspace_id: str, grant_ids: Collection[str], at: datetime | None) -> None:
        """Remember when the holders of these grants are told that they expire."""
        await self._write(
            update(grants).where(_g.workspace_id == workspace_id, _g.id.in_(sorted(grant_ids))).values(warned_at=at)
        )

    async def mark_closed(self, workspace_id: str, grant_ids: Collection[str], at: datetime) -> None:
        """Remember that nothing is left in these expired grants."""
        await self._write(
            update(grants).where(_g.workspace_id == workspace_id, _g.id.in_(sorted(grant_ids))).values(closed_at=at)
        )

    async def save_expiry(self, workspace_id: str, grant_id: str, last_day: LocalDay | None) -> None:
        """Change which day is a grant's last (None: it never expires); its holder is told again."""
        ends = None if last_day is None else last_day.end()
        await self._write(
            update(grants)
            .where(_g.workspace_id == workspace_id, _g.id == grant_id)
            .values(expires_at=ends, warned_at=None, **expiry_row(last_day))
        )

    async def give(self, workspace_id: str, holding: Holding) -> None:
        """Insert a grant and issue its balance, to a person or to a pool."""
        grant, holder = holding.grant, holding.holder
        if holder.client_id is not None:
            # Credits may be all that is known of an e-mail person: without a row, linking would not find them.
            await self._know_of(workspace_id, [holder.client_id])
        await self._write(
            insert(grants),
            {
                "workspace_id": workspace_id,
                "id": grant.id,
                "client_id": holder.client_id,
                "pool_id": holder.pool_id,
                "package_id": grant.package_id,
                "label": grant.label,
                "size": grant.size,
                "granted_at": holding.granted_at,
                "granted_by": holding.granted_by.id if holding.granted_by else None,
                "price_cents": holding.money.cents if holding.money else None,
                "currency": holding.money.currency if holding.money else None,
                "note": holding.note,
                "expires_at": grant.expires_at,
                **expiry_row(grant.last_day),
                "warned_at": holding.warned_at,
            },
        )
        if grant.balance:
            source, target = ISSUED, grant_account(grant.id)
            key, at = f"issue:{grant.id}", holding.granted_at
            issue = Transfer(key, TransferKind.ISSUE, source, target, grant.balance, at, grant_id=grant.id)
            await self.post(workspace_id, [issue])

    async def add_grant(
        self, workspace_id: str, client_id: str, grant: Grant, *, package: str | None, now: datetime
    ) -> None:
        """Give a person a grant; `package` names the package it is (then for `grant.session_type` only), made if missing."""
        package_id = None
        if package is not None:
            type_id = None
            if grant.session_type:
                type_id = await type_id_of(self._run, workspace_id, grant.session_type)
                row = {"id": type_id, "name": grant.session_type, "minutes": 60, "price": 100}
                await self._write(self._insert_or_ignore(session_types), {"workspace_id": workspace_id, **row})
            package_id = package_key(package, type_id)
            named = {"id": package_id, "name": package, "session_type_id": type_id}
            await self._write(self._insert_or_ignore(packages), {"workspace_id": workspace_id, **named})
        # What a grant is for follows from its package.
        given = replace(grant, package_id=package_id, pool=None)
        await self.give(
            workspace_id, Holding(grant=given, holder=Holder(client_id), issued=grant.balance, granted_at=now)
        )
