"""The catalogue of packages, and company pools. Admins only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from coaching.actions.access import require_admin, require_people
from coaching.clock import Clock
from coaching.credits import MOST_CREDITS, ONE_CREDIT
from coaching.errors import BadSetting
from coaching.fields import Field
from coaching.ids import new_id
from coaching.naming import kept_name, same_name
from coaching.news.roles import of_pool
from coaching.packages import CatalogPackage, Pool
from coaching.ports import Store
from coaching.records import Viewer
from coaching.sessions import Actor, Person
from coaching.workspace import SessionType

MAX_NAME = 80
MAX_SESSIONS = 1000
MAX_DAYS = 3660
MAX_MEMBERS = LISTED = 100
"""The capacity of one of Slack's menus."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The first packages and company pools, of so many that there are, and the session types. Those on offer come first."""

    viewer: Viewer
    packages: Sequence[CatalogPackage]
    pools: Sequence[Pool]
    types: Sequence[SessionType]
    all_packages: int
    all_pools: int


async def open_catalogue(store: Store, actor: Actor) -> Catalogue:
    """Return packages and pools, as many as a menu takes. Raises AdminsOnly."""
    async with store.read(actor.workspace_id) as queries:
        viewer = await require_admin(queries, actor)
        sold, all_packages = await queries.catalogue.packages(LISTED)
        pools, all_pools = await queries.pools.first(LISTED)
        return Catalogue(
            viewer=viewer,
            packages=sold,
            pools=pools,
            all_packages=all_packages,
            all_pools=all_pools,
            types=[one for one in await queries.catalogue.session_types() if not one.retired],
        )


async def open_offered(store: Store, actor: Actor) -> tuple[Viewer, Sequence[SessionType]]:
    """Return the session types that a new package can be for. Raises AdminsOnly."""
    async with store.read(actor.workspace_id) as queries:
        viewer = await require_admin(queries, actor)
        types = [one for one in await queries.catalogue.session_types() if not one.retired]
        return viewer, types


async def open_package(store: Store, actor: Actor, package_id: str) -> tuple[Viewer, CatalogPackage | None]:
    """Return one package, if it exists. Raises AdminsOnly."""
    async with store.read(actor.workspace_id) as queries:
        viewer = await require_admin(queries, actor)
        found = await queries.catalogue.package(package_id)
        return viewer, found


async def open_pool(store: Store, actor: Actor, pool_id: str) -> tuple[Viewer, Pool | None]:
    """Return one pool, if it exists. Raises AdminsOnly."""
    async with store.read(actor.workspace_id) as queries:
        viewer = await require_admin(queries, actor)
        return viewer, await queries.pools.find(pool_id)


async def save_package(store: Store, actor: Actor, request_key: str, package: CatalogPackage) -> None:
    """Add a package (with an empty id) or change it for future grants. A package keeps its session type.

    Raises AdminsOnly, Replayed, BadSetting.
    """
    name = _name(package.name, Field.PACKAGE_NAME)
    if package.sessions is None or not 0 < package.sessions <= MAX_SESSIONS:
        raise BadSetting(
            Field.PACKAGE_SESSIONS, "a package has 1 to {n} session", "a package has 1 to {n} sessions", n=MAX_SESSIONS
        )
    if package.valid_days is not None and not 0 < package.valid_days <= MAX_DAYS:
        raise BadSetting(
            Field.PACKAGE_DAYS,
            "1 to {n} day, or nothing for packages that do not expire",
            "1 to {n} days, or nothing for packages that do not expire",
            n=MAX_DAYS,
        )
    async with store.write(actor.workspace_id) as uow:
        await require_admin(uow, actor)
        await uow.claim_request(request_key)
        await uow.workspace.lock()
        old = await uow.catalogue.package(package.id) if package.id else None
        if package.id and old is None:
            raise BadSetting(Field.PACKAGE_NAME, "that package is gone; close this and open the set-up again")
        type_id = old.type_id if old else package.type_id
        kind = next((one for one in await uow.catalogue.session_types() if one.id == type_id), None)
        if old is None and kind is None:
            raise BadSetting(
                Field.PACKAGE_TYPE, "that kind of session is not offered any more; close this and open the set-up again"
            )
        unit = kind.price if kind else package.unit
        if not 0 < unit * package.sessions <= MOST_CREDITS * ONE_CREDIT:
            if not unit:
                raise BadSetting(Field.PACKAGE_SESSIONS, "that kind of session is free, so a package of it has no use")
            raise BadSetting(
                Field.PACKAGE_SESSIONS,
                "that is worth more than {n} credit",
                "that is worth more than {n} credits",
                n=MOST_CREDITS,
            )
        known = await uow.catalogue.package_names(type_id)
        if any(same_name(other) == same_name(name) and one != package.id for one, other in known.items()):
            raise BadSetting(Field.PACKAGE_NAME, "there is a package of that name for these sessions already")
        await uow.catalogue.save_package(replace(package, name=name, type_id=type_id))
        await uow.commit()


async def save_pool(
    store: Store,
    clock: Clock,
    actor: Actor,
    request_key: str,
    *,
    pool_id: str | None,
    name: str,
    contact_id: str | None,
    member_ids: Sequence[str],
    retired: bool = False,
) -> str:
    """Add a pool (no `pool_id`) or change its name, contact and members, retire it or bring it back. Return its id.

    Its credits, bookings and refunds stay. Whoever comes into it or leaves it is notified. Raises AdminsOnly, Replayed,
    BadSetting.
    """
    now = clock.now()
    name = _name(name, Field.POOL_NAME)
    if len(set(member_ids)) > MAX_MEMBERS:
        raise BadSetting(
            Field.POOL_MEMBERS, "a pool has at most {n} member", "a pool has at most {n} members", n=MAX_MEMBERS
        )
    async with store.write(actor.workspace_id) as uow:
        await require_admin(uow, actor)
        await require_people(uow, member_ids, Field.POOL_MEMBERS)
        await require_people(uow, [contact_id] if contact_id else [], Field.POOL_CONTACT)
        await uow.claim_request(request_key)
        await uow.workspace.ensure()
        await uow.workspace.lock()
        known = await uow.pools.names()
        if pool_id is not None and pool_id not in known:
            raise BadSetting(Field.POOL_NAME, "that pool is gone; close this and open the set-up again")
        if any(same_name(other) == same_name(name) and one != pool_id for one, other in known.items()):
            raise BadSetting(Field.POOL_NAME, "there is a pool of that name already")
        before = None if pool_id is None else await uow.pools.find(pool_id)
        saved = pool_id or new_id(now)
        await uow.pools.save(saved, name, contact_id, list(dict.fromkeys(member_ids)), retired=retired)
        contact = None if contact_id is None else Person(contact_id)
        after = Pool(id=saved, name=name, contact=contact, members=tuple(map(Person, member_ids)))
        await uow.notices.add(of_pool(before, after, actor.user_id, request_key, now))
        await uow.commit()
    return saved


def _name(text: str, field: Field) -> str:
    name = kept_name(text)
    if not 0 < len(name) <= MAX_NAME:
        raise BadSetting(
            field,
            "a name has 1 to {n} character that can be seen",
            "a name has 1 to {n} characters that can be seen",
            n=MAX_NAME,
        )
    return name
