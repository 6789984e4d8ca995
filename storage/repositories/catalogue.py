"""What can be booked and sold: session types and packages."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, bindparam, case, delete, func, select, true

from coaching.ids import new_id
from coaching.packages import CatalogPackage
from coaching.workspace import Audience, SessionType
from storage.repositories.base import Repository
from storage.repositories.grants import money_of
from storage.repositories.names import name_key, package_key
from storage.tables import packages, session_type_clients, session_type_coaches, session_types

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
)
_OFFERED = and_(packages.c.sessions.is_not(None), packages.c.retired.is_not(true()))
_FIRST = _PACKAGES.order_by(case((_OFFERED, 0), else_=1), packages.c.retired, packages.c.name, packages.c.id).limit(
    bindparam("most")
)
_NUMBER = select(func.count()).select_from(packages).where(packages.c.workspace_id == bindparam("ws"))
_ALL = _PACKAGES.order_by(packages.c.name, packages.c.id)
_ONE = _PACKAGES.where(packages.c.id == bindparam("id"))
_NAMES = select(packages.c.id, packages.c.name).where(
    packages.c.workspace_id == bindparam("ws"),
    packages.c.session_type_id == bindparam("type"),
    packages.c.sessions.is_not(None),
)

_MINUTE = timedelta(minutes=1)
_g = session_type_coaches.c
_BETWEEN = "\n"
_COACHES = (
    select(func.aggregate_strings(_g.coach_id, _BETWEEN))
    .where(_g.workspace_id == session_types.c.workspace_id, _g.session_type_id == session_types.c.id)
    .correlate(session_types)
    .scalar_subquery()
    .label("coach_ids")
)
_ANY_TYPE = select(session_types, _COACHES).where(session_types.c.workspace_id == bindparam("ws"))
_TYPES = _ANY_TYPE.order_by(session_types.c.name)
# Two types may have the same name for a moment. The first one counts, as for bookings (`names.type_id_of`).
_NAMED = _ANY_TYPE.where(session_types.c.name == bindparam("name")).order_by(session_types.c.id).limit(1)
_SOME = select(_g.session_type_id, _g.coach_id).where(
    _g.workspace_id == bindparam("ws"), _g.session_type_id.in_(bindparam("ids", expanding=True))
)
_c = session_type_clients.c
_CLIENTS = select(_c.client_id).where(_c.workspace_id == bindparam("ws"), _c.session_type_id == bindparam("type"))
_NAMES_THEM = select(_c.session_type_id).where(
    _c.workspace_id == bindparam("ws"),
    _c.session_type_id.in_(bindparam("ids", expanding=True)),
    _c.client_id == bindparam("client"),
)


class CatalogueReads(Repository):
    """Read operations."""

    async def packages(self, most: int) -> tuple[list[CatalogPackage], int]:
        """Return the first `most` packages, those on offer first, then by name, and how many there are."""
        rows = (await self._run(_FIRST, {"ws": self._ws, "most": most})).all()
        total = len(rows) if len(rows) < most else (await self._run(_NUMBER, {"ws": self._ws})).scalar_one()
        return [_package(row) for row in rows], total

    async def all_packages(self) -> list[CatalogPackage]:
        """Return all packages by name, for an import: it has all of their names to know."""
        return [_package(row) for row in await self._run(_ALL, {"ws": self._ws})]

    async def package(self, package_id: str) -> CatalogPackage | None:
        """Return one package."""
        row = (await self._run(_ONE, {"ws": self._ws, "id": package_id})).first()
        return None if row is None else _package(row)

    async def package_names(self, type_id: str) -> Mapping[str, str]:
        """Return the names of the packages for a session type that have a size, by their ids."""
        return {row.id: row.name for row in await self._run(_NAMES, {"ws": self._ws, "type": type_id})}

    async def session_types(self) -> list[SessionType]:
        """Return the session types by name."""
        return [_type(row) for row in await self._run(_TYPES, {"ws": self._ws})]

    async def session_type(self, name: str) -> SessionType | None:
        """Return the session type with this name."""
        row = (await self._run(_NAMED, {"ws": self._ws, "name": name})).first()
        return None if row is None else _type(row)

    async def givers(self, type_ids: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Return the ids of the coaches who give each of these types, where not every coach does."""
        found: dict[str, set[str]] = {}
        for row in await self._run(_SOME, {"ws": self._ws, "ids": sorted(type_ids)}) if type_ids else ():
            found.setdefault(row.session_type_id, set()).add(row.coach_id)
        return {type_id: frozenset(coaches) for type_id, coaches in found.items()}

    async def clients(self, type_id: str) -> frozenset[str]:
        """Return the ids of the clients who are named for a type."""
        return frozenset(row.client_id for row in await self._run(_CLIENTS, {"ws": self._ws, "type": type_id}))

    async def naming(self, client_id: str, type_ids: Collection[str]) -> frozenset[str]:
        """Return which of these types name a client."""
        if not type_ids:
            return frozenset()
        rows = await self._run(_NAMES_THEM, {"ws": self._ws, "ids": sorted(type_ids), "client": client_id})
        return frozenset(row.session_type_id for row in rows)


class CatalogueWrites(CatalogueReads):
    """Write operations."""

    async def save_package(self, package: CatalogPackage) -> str:
        """Add a package (with an empty id) or change it.

        Return its id, which never changes and determines the session type.
        """
        package_id = package.id
        if not package_id:
            package_id = package_key(package.name, package.type_id)
            taken = await self.package(package_id)
            if taken is not None and taken.sessions is not None:
                # A package once had this name and was renamed since. Its grants must not become those of the new one.
                package_id = new_id(datetime.now(UTC))
        await self._write(
            self._upsert(packages, "name", "sessions", "valid_days", "price_cents", "currency", "retired"),
            {
                "workspace_id": self._ws,
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

    async def save_session_type(self, session_type: SessionType) -> str:
        """Add a session type or change it for new bookings, and who gives it. Return its id, which never changes."""
        type_id = session_type.id
        if not type_id:
            type_id = name_key(session_type.name)
            taken = {one.id for one in await self.session_types()}
            if type_id in taken:
                # A type once had this name and was renamed since. Its sessions must not change their name.
                type_id = new_id(datetime.now(UTC))
        await self._write(
            self._upsert(session_types, "name", "minutes", "price", "retired", "bookable_by", "at_most"),
            {
                "workspace_id": self._ws,
                "id": type_id,
                "name": session_type.name,
                "minutes": session_type.length // _MINUTE,
                "price": session_type.price,
                "retired": session_type.retired,
                "bookable_by": str(session_type.bookable_by),
                "at_most": session_type.at_most,
            },
        )
        mine = and_(_g.workspace_id == self._ws, _g.session_type_id == type_id)
        await self._write(delete(session_type_coaches).where(mine))
        rows = [
            {"workspace_id": self._ws, "session_type_id": type_id, "coach_id": coach}
            for coach in sorted(session_type.coaches)
        ]
        if rows:
            await self._write(session_type_coaches.insert(), rows)
        return type_id

    async def name_clients(self, type_id: str, client_ids: Collection[str]) -> None:
        """Replace the clients who are named for a type."""
        await self._write(
            delete(session_type_clients).where(_c.workspace_id == self._ws, _c.session_type_id == type_id)
        )
        rows = [{"workspace_id": self._ws, "session_type_id": type_id, "client_id": who} for who in sorted(client_ids)]
        if rows:
            await self._write(session_type_clients.insert(), rows)


def _type(row: Row[Any]) -> SessionType:
    return SessionType(
        id=row.id,
        name=row.name,
        length=timedelta(minutes=row.minutes),
        price=row.price,
        policy_id=row.policy_id,
        retired=bool(row.retired),
        meeting_link=row.meeting_link,
        coaches=frozenset(row.coach_ids.split(_BETWEEN) if row.coach_ids else ()),
        bookable_by=Audience(row.bookable_by),
        at_most=row.at_most,
    )


def _package(row: Row[Any]) -> CatalogPackage:
    return CatalogPackage(
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
