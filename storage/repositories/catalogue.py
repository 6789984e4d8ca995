"""The catalogue of packages, and companies' pools."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Row,
    and_,
    bindparam,
    delete,
    insert,
    select,
)

from coaching.ids import new_id
from coaching.packages import CatalogPackage, Pool
from coaching.sessions import Person
from storage.repositories.base import Repository
from storage.repositories.grants import GrantWrites, money_of
from storage.repositories.names import package_key
from storage.tables import (
    grants,
    members,
    packages,
    pool_members,
    pools,
    session_types,
)

_g = grants.c
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


class CatalogueReads(Repository):
    """Catalogue and pools."""

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
                money=money_of(row),
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


class CatalogueWrites(GrantWrites, CatalogueReads):
    """Changes to the catalogue and to pools."""

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
