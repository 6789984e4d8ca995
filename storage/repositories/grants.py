"""Grants as people deal with them: who gave what to whom, the catalogue of packages, pools, history, expiry."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Case,
    CompoundSelect,
    Row,
    Select,
    and_,
    bindparam,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    type_coerce,
    union_all,
    update,
)
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from coaching.credits import ISSUED, Grant, Transfer, TransferKind, grant_account
from coaching.ids import new_id
from coaching.packages import CatalogPackage, Holder, Holding, Movement, Pool
from coaching.sessions import Money, Person
from storage.repositories.base import Repository
from storage.repositories.ledger import GRANTS, LedgerWrites, grant_of
from storage.repositories.names import package_key, type_id_of
from storage.tables import (
    grants,
    members,
    packages,
    pool_members,
    pools,
    session_types,
    sessions,
    transfers,
    workspaces,
)
from storage.types import Instant, to_micros

_t, _g = transfers.c, grants.c
_DAY = 86_400_000_000
LONGEST_NOTICE = timedelta(days=366)
"""No workspace tells its people earlier than this that credits expire."""

_giver, _holder, _coach = members.alias("giver"), members.alias("holder"), members.alias("coach")
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


def _change(transfer: ReadOnlyColumnCollection[str, Any], grant: ReadOnlyColumnCollection[str, Any]) -> Case[Any]:
    """What a transfer adds to what its grant holds."""
    account = "grant:" + grant.id
    return case((transfer.target == account, transfer.amount), (transfer.source == account, -transfer.amount), else_=0)


_CHANGE = _change(_t, _g)
_MOVEMENTS = (
    select(
        _t.key,
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
        or_(_change(_k.c, _h.c) != 0, _k.c.kind.in_((TransferKind.FORFEIT, TransferKind.MISS))),
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

_PACKAGES = (
    select(
        packages,
        session_types.c.name.label("type_name"),
        session_types.c.price.label("unit"),
    )
    .join(
        session_types,
        and_(session_types.c.workspace_id == packages.c.workspace_id, session_types.c.id == packages.c.session_type_id),
    )
    .where(packages.c.workspace_id == bindparam("ws"))
    .order_by(packages.c.name, packages.c.id)
)
_POOLS = (
    select(pools, members.c.name.label("contact_name"), members.c.time_zone)
    .outerjoin(members, and_(members.c.workspace_id == pools.c.workspace_id, members.c.id == pools.c.contact_id))
    .where(pools.c.workspace_id == bindparam("ws"))
    .order_by(pools.c.name, pools.c.id)
)
_MEMBERS = (
    select(pool_members.c.pool_id, pool_members.c.member_id, members.c.name)
    .outerjoin(
        members,
        and_(members.c.workspace_id == pool_members.c.workspace_id, members.c.id == pool_members.c.member_id),
    )
    .where(pool_members.c.workspace_id == bindparam("ws"))
    .order_by(members.c.name, pool_members.c.member_id)
)
_POOLS_OF_CONTACT = _POOLS.where(pools.c.contact_id == bindparam("contact"))
_ONE_POOL = _POOLS.where(pools.c.id == bindparam("pool"))
_MEMBERS_OF = _MEMBERS.where(pool_members.c.pool_id.in_(bindparam("pools", expanding=True)))
_LEFT = (
    select(func.sum(_CHANGE))
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
        money=_money(row),
        note=row.note,
        warned_at=row.warned_at,
        closed_at=row.closed_at,
        told_id=row.client_id or row.contact_id,
    )


def _money(row: Row[Any]) -> Money | None:
    return None if row.price_cents is None else Money(int(row.price_cents), row.currency)


def _soonest(rows: Iterable[Row[Any]]) -> list[Holding]:
    """First to expire first."""
    held = [holding_of(row) for row in rows]
    return sorted(held, key=lambda h: (h.grant.expires_at is None, h.grant.expires_at, h.granted_at, h.grant.id))


class GrantReads(Repository):
    """Holdings, history, catalogue, pools."""

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

    async def movements(self, workspace_id: str, holder: Holder, *, limit: int, offset: int) -> list[Movement]:
        """Return the history of a person's or a pool's credits, newest first."""
        page = {"ws": workspace_id, "limit": limit, "offset": offset}
        if holder.client_id is not None:
            found = await self._run(_PAGE_OF_CLIENT, page | {"client": holder.client_id})
        else:
            found = await self._run(_PAGE_OF_POOL, page | {"pool": holder.pool_id})
        rows = list(await self._run(_MOVEMENTS, {"ws": workspace_id, "keys": [row.key for row in found]}))
        takers = {taker_of(row.key) for row in rows if row.kind == TransferKind.REVOKE}
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

    async def packages(self, workspace_id: str) -> list[CatalogPackage]:
        """Return the catalogue by name, with what is not offered any more and what came in with imports."""
        return [
            CatalogPackage(
                id=row.id,
                name=row.name,
                type_id=row.session_type_id,
                session_type=row.type_name,
                unit=row.unit,
                sessions=row.sessions,
                valid_days=row.valid_days,
                money=_money(row),
                retired=bool(row.retired),
                policy_id=row.policy_id,
            )
            for row in await self._run(_PACKAGES, {"ws": workspace_id})
        ]

    async def pools(self, workspace_id: str) -> list[Pool]:
        """Return the company pools by name, with their members."""
        return _pools_of(await self._run(_POOLS, {"ws": workspace_id}), await self._run(_MEMBERS, {"ws": workspace_id}))

    async def looked_after(self, workspace_id: str, contact_id: str) -> list[Pool]:
        """Return the pools that somebody is the contact of, by name, with their members."""
        found = await self._run(_POOLS_OF_CONTACT, {"ws": workspace_id, "contact": contact_id})
        return await self._with_members(workspace_id, found.all())

    async def pool(self, workspace_id: str, pool_id: str) -> Pool | None:
        """Return one pool with its members."""
        found = await self._run(_ONE_POOL, {"ws": workspace_id, "pool": pool_id})
        return next(iter(await self._with_members(workspace_id, found.all())), None)

    async def _with_members(self, workspace_id: str, rows: Sequence[Row[Any]]) -> list[Pool]:
        if not rows:
            return []
        return _pools_of(rows, await self._run(_MEMBERS_OF, {"ws": workspace_id, "pools": [row.id for row in rows]}))


def _pools_of(rows: Iterable[Row[Any]], member_rows: Iterable[Row[Any]]) -> list[Pool]:
    inside: dict[str, list[Person]] = defaultdict(list)
    for row in member_rows:
        inside[row.pool_id].append(Person(row.member_id, row.name))
    return [
        Pool(
            id=row.id,
            name=row.name,
            contact=None
            if row.contact_id is None
            else Person(row.contact_id, row.contact_name, time_zone=row.time_zone),
            members=tuple(inside[row.id]),
        )
        for row in rows
    ]


def taker_of(key: str) -> str:
    """Return who took credits back: the end of the transfer's key (`coaching.actions.credits`)."""
    return key.rpartition(":")[2]


def _movement(row: Row[Any], names: dict[str, str | None]) -> Movement:
    kind = TransferKind(row.kind)
    who = None
    if kind is TransferKind.ISSUE and row.granted_by is not None:
        who = Person(row.granted_by, row.giver_name)
    elif kind is TransferKind.REVOKE:
        taker = taker_of(row.key)
        who = Person(taker, names.get(taker))
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


class GrantWrites(LedgerWrites, GrantReads):
    """Giving, taking back, expiring; catalogue and pools."""

    async def lock_grant(self, workspace_id: str, grant_id: str) -> Holding | None:
        """Lock and return one grant, None where it does not exist."""
        held = await self._lock(workspace_id, [grant_id])
        return held[0] if held else None

    async def _lock(self, workspace_id: str, grant_ids: Collection[str]) -> list[Holding]:
        ids = sorted(grant_ids)
        if not self._sqlite:
            await self._run(
                select(_g.id).where(_g.workspace_id == workspace_id, _g.id.in_(ids)).order_by(_g.id).with_for_update()
            )
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

    async def save_expiry(self, workspace_id: str, grant_id: str, expires_at: datetime | None) -> None:
        """Change when a grant expires; its holder is told again."""
        await self._write(
            update(grants)
            .where(_g.workspace_id == workspace_id, _g.id == grant_id)
            .values(expires_at=expires_at, warned_at=None)
        )

    async def save_package(self, workspace_id: str, package: CatalogPackage) -> str:
        """Add a package to the catalogue or change it; return its id, which never changes. Its type is that of its id."""
        package_id = package.id
        if not package_id:
            package_id = package_key(package.name, package.type_id)
            taken = {one.id for one in await self.packages(workspace_id) if one.sessions is not None}
            if package_id in taken:
                # Of that name once, and renamed since: grants of the other one must not become these.
                package_id = new_id(datetime.now(UTC))
        await self._write(
            self._upsert(packages, "name", "sessions", "valid_days", "price_cents", "currency", "retired"),
            {
                "workspace_id": workspace_id,
                "id": package_id,
                "name": package.name,
                "session_type_id": package.type_id,
                "sessions": package.sessions,
                "valid_days": package.valid_days,
                "price_cents": package.money.cents if package.money else None,
                "currency": package.money.currency if package.money else None,
                "retired": package.retired,
            },
        )
        return package_id

    async def save_pool(
        self, workspace_id: str, pool_id: str, name: str, contact_id: str | None, member_ids: Sequence[str]
    ) -> None:
        """Add a pool or replace its name, contact and members; its credits and their history stay."""
        people = list(dict.fromkeys(member_ids))
        if named := [*people, *([contact_id] if contact_id else [])]:
            await self._know_of(workspace_id, named)
        before = await self._run(
            select(pools.c.contact_id).where(pools.c.workspace_id == workspace_id, pools.c.id == pool_id)
        )
        await self._write(
            self._upsert(pools, "name", "contact_id"),
            {"workspace_id": workspace_id, "id": pool_id, "name": name, "contact_id": contact_id},
        )
        if contact_id is not None and before.scalar_one_or_none() != contact_id:
            await self._tell_anew(workspace_id, pool_id)
        await self._write(
            delete(pool_members).where(pool_members.c.workspace_id == workspace_id, pool_members.c.pool_id == pool_id)
        )
        if people:
            await self._write(
                insert(pool_members),
                [{"workspace_id": workspace_id, "pool_id": pool_id, "member_id": who} for who in people],
            )

    async def _tell_anew(self, workspace_id: str, pool_id: str) -> None:
        """Have a pool's new contact told of what expires soon: nobody, or somebody else, was told of it before."""
        told = select(_g.id).where(
            _g.workspace_id == workspace_id, _g.pool_id == pool_id, _g.warned_at.is_not(None), _g.closed_at.is_(None)
        )
        if ids := sorted(row.id for row in await self._run(told)):
            await self._lock(workspace_id, ids)
            await self.mark_warned(workspace_id, ids, None)

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
        given = Grant(
            grant.id, grant.label, grant.balance, grant.size, grant.expires_at, grant.session_type, package_id
        )
        await self.give(
            workspace_id, Holding(grant=given, holder=Holder(client_id), issued=grant.balance, granted_at=now)
        )
