"""What can be booked and sold: session types and packages."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import and_, bindparam, select

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
    .order_by(packages.c.name, packages.c.id)
)

_MINUTE = timedelta(minutes=1)
_TYPES = select(session_types).where(session_types.c.workspace_id == bindparam("ws")).order_by(session_types.c.name)


class CatalogueReads(Repository):
    """Read operations."""

    async def packages(self) -> list[CatalogPackage]:
        """Return all packages by name, including retired ones and those from imports."""
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
            for row in await self._run(_PACKAGES, {"ws": self._ws})
        ]

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
            taken = {one.id for one in await self.packages() if one.sessions is not None}
            if package_id in taken:
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
