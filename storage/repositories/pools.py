"""Companies' pools of credits."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, and_, bindparam, delete, func, insert, select

from coaching.packages import Pool
from coaching.sessions import Person
from storage.repositories.base import Repository
from storage.repositories.grants import GrantWrites
from storage.repositories.people import PeopleWrites
from storage.tables import grants, members, pool_members, pools

_g = grants.c
_POOLS = (
    select(pools, members.c.name.label("contact_name"), members.c.time_zone)
    .outerjoin(members, and_(members.c.workspace_id == pools.c.workspace_id, members.c.id == pools.c.contact_id))
    .where(pools.c.workspace_id == bindparam("ws"))
    .order_by(pools.c.name, pools.c.id)
)
_IN_ORDER = (pools.c.retired, pools.c.name, pools.c.id)
_in = pool_members.alias("inside")
_SIZE = (
    select(func.count())
    .where(_in.c.workspace_id == pools.c.workspace_id, _in.c.pool_id == pools.c.id)
    .correlate(pools)
    .scalar_subquery()
)
# The ids first: members are counted of those alone that are shown.
_few = select(pools.c.id).where(pools.c.workspace_id == bindparam("ws")).order_by(*_IN_ORDER).limit(bindparam("most"))
_FIRST = (
    _POOLS.where(pools.c.id.in_(_few.correlate(None)))
    .add_columns(_SIZE.label("size"))
    .order_by(None)
    .order_by(*_IN_ORDER)
)
_NUMBER = select(func.count()).select_from(pools).where(pools.c.workspace_id == bindparam("ws"))
_NAMES = select(pools.c.id, pools.c.name).where(pools.c.workspace_id == bindparam("ws"))
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
_POOLS_OF_MEMBER = _POOLS.where(
    pools.c.id.in_(
        select(pool_members.c.pool_id).where(
            pool_members.c.workspace_id == bindparam("ws"), pool_members.c.member_id == bindparam("member")
        )
    )
)
_ONE_POOL = _POOLS.where(pools.c.id == bindparam("pool"))
_MEMBERS_OF = _MEMBERS.where(pool_members.c.pool_id.in_(bindparam("pools", expanding=True)))


class PoolReads(Repository):
    """Read operations."""

    async def first(self, most: int) -> tuple[list[Pool], int]:
        """Return the first `most` company pools without their members, and how many there are.

        Those that get credits come first, then by name.
        """
        rows = (await self._run(_FIRST, {"ws": self._ws, "most": most})).all()
        total = len(rows) if len(rows) < most else (await self._run(_NUMBER, {"ws": self._ws})).scalar_one()
        return [_pool(row, (), row.size) for row in rows], total

    async def names(self) -> Mapping[str, str]:
        """Return the names of all pools by their ids."""
        return {row.id: row.name for row in await self._run(_NAMES, {"ws": self._ws})}

    async def of_contact(self, contact_id: str) -> list[Pool]:
        """Return the pools whose contact this person is, by name, with their members."""
        found = await self._run(_POOLS_OF_CONTACT, {"ws": self._ws, "contact": contact_id})
        return await self._with_members(found.all())

    async def of_member(self, person_id: str) -> list[Pool]:
        """Return the pools from which this person books, by name, without their members."""
        found = await self._run(_POOLS_OF_MEMBER, {"ws": self._ws, "member": person_id})
        return [_pool(row, (), 0) for row in found]

    async def find(self, pool_id: str) -> Pool | None:
        """Return one pool with its members."""
        found = await self._run(_ONE_POOL, {"ws": self._ws, "pool": pool_id})
        return next(iter(await self._with_members(found.all())), None)

    async def _with_members(self, rows: Sequence[Row[Any]]) -> list[Pool]:
        if not rows:
            return []
        return _pools_of(rows, await self._run(_MEMBERS_OF, {"ws": self._ws, "pools": [row.id for row in rows]}))


class PoolWrites(PoolReads):
    """Write operations."""

    async def save(
        self, pool_id: str, name: str, contact_id: str | None, member_ids: Sequence[str], *, retired: bool = False
    ) -> None:
        """Add a pool, or replace its name, contact and members. Its credits and their history stay."""
        people = list(dict.fromkeys(member_ids))
        if named := [*people, *([contact_id] if contact_id else [])]:
            await self._with(PeopleWrites).know_of(named)
        before = await self._run(
            select(pools.c.contact_id).where(pools.c.workspace_id == self._ws, pools.c.id == pool_id)
        )
        await self._write(
            self._upsert(pools, "name", "contact_id", "retired"),
            {
                "workspace_id": self._ws,
                "id": pool_id,
                "name": name,
                "contact_id": contact_id,
                "retired": retired,
            },
        )
        if contact_id is not None and before.scalar_one_or_none() != contact_id:
            await self._tell_anew(pool_id)
        await self._write(
            delete(pool_members).where(pool_members.c.workspace_id == self._ws, pool_members.c.pool_id == pool_id)
        )
        if people:
            await self._write(
                insert(pool_members),
                [{"workspace_id": self._ws, "pool_id": pool_id, "member_id": who} for who in people],
            )

    async def _tell_anew(self, pool_id: str) -> None:
        """Have a pool's new contact notified of what expires soon: so far nobody, or the previous contact, was."""
        told = select(_g.id).where(
            _g.workspace_id == self._ws, _g.pool_id == pool_id, _g.warned_at.is_not(None), _g.closed_at.is_(None)
        )
        if ids := sorted(row.id for row in await self._run(told)):
            await self._with(GrantWrites).lock_all(ids)
            await self._with(GrantWrites).mark_warned(ids, None)


def _pools_of(rows: Iterable[Row[Any]], member_rows: Iterable[Row[Any]]) -> list[Pool]:
    inside: dict[str, list[Person]] = defaultdict(list)
    for row in member_rows:
        inside[row.pool_id].append(Person(row.member_id, row.name))
    return [_pool(row, tuple(inside[row.id]), len(inside[row.id])) for row in rows]


def _pool(row: Row[Any], members: Sequence[Person], size: int) -> Pool:
    contact = None
    if row.contact_id is not None:
        contact = Person(row.contact_id, row.contact_name, time_zone=row.time_zone)
    return Pool(id=row.id, name=row.name, contact=contact, members=members, size=size, retired=bool(row.retired))
