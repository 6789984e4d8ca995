"""What can be booked and sold: session types and packages."""

from collections.abc import Collection, Mapping
from typing import Protocol

from coaching.packages import CatalogPackage
from coaching.workspace import SessionType


class CatalogueReads(Protocol):
    """Read operations."""

    async def packages(self, most: int) -> tuple[list[CatalogPackage], int]:
        """Return the first `most` packages, those on offer first, then by name, and how many there are.

        Retired ones and those from imports are among them.
        """
        ...

    async def package(self, package_id: str) -> CatalogPackage | None:
        """Return one package."""
        ...

    async def package_names(self, type_id: str) -> Mapping[str, str]:
        """Return the names of the packages for a session type that have a size, by their ids."""
        ...

    async def session_types(self) -> list[SessionType]:
        """Return the session types by name."""
        ...

    async def session_type(self, name: str) -> SessionType | None:
        """Return the session type with this name."""
        ...

    async def givers(self, type_ids: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Return the ids of the coaches who give each of these types, where not every coach does."""
        ...

    async def clients(self, type_id: str) -> frozenset[str]:
        """Return the ids of the clients who are named for a type."""
        ...

    async def naming(self, client_id: str, type_ids: Collection[str]) -> frozenset[str]:
        """Return which of these types name a client."""
        ...


class CatalogueWrites(CatalogueReads, Protocol):
    """Write operations."""

    async def save_package(self, package: CatalogPackage) -> str:
        """Add a package (with an empty id) or change it. Return its id, which never changes."""
        ...

    async def save_session_type(self, session_type: SessionType) -> str:
        """Add a session type or change it for new bookings, and who gives it. Return its id, which never changes."""
        ...

    async def name_clients(self, type_id: str, client_ids: Collection[str]) -> None:
        """Replace the clients who are named for a type."""
        ...
