"""What can be booked and sold: session types and packages."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, bindparam, case, func, select, true

from coaching.ids import new_id
from coaching.packages import CatalogPackage
from coaching.workspace import SessionType
from storage.repositories.base import Repository
from storage.repositories.grants import money_of
from storage.repositories.names import name_key, package_key
from storage.tables import packages, session_types

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
_TYPES = select(session_types).where(session_types.c.workspace_id == bindparam("ws")).order_by(session_types.c.name)


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
        rows = await self._run(_TYPES, {"ws": self._ws})
        return [
            SessionType(
                row.id,
                row.name,
                timedelta(minutes=row.minutes),
                row.price,
                row.policy_id,
                bool(row.retired),
                row.meeting_link,
            )
            for row in rows
        ]


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

    async def save_session_type(self, session_type: SessionType) -> None:
        """Add a session type or change its name, length and price for new bookings. Its id never changes."""
        type_id = session_type.id
        if not type_id:
            type_id = name_key(session_type.name)
            taken = {one.id for one in await self.session_types()}
            if type_id in taken:
                # A type once had this name and was renamed since. Its sessions must not change their name.
                type_id = new_id(datetime.now(UTC))
        await self._write(
            self._upsert(session_types, "name", "minutes", "price", "retired"),
            {
                "workspace_id": self._ws,
                "id": type_id,
                "name": session_type.name,
                "minutes": session_type.length // _MINUTE,
                "price": session_type.price,
                "retired": session_type.retired,
            },
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
