"""What can be booked and sold: session types and packages."""

from typing import Protocol

from coaching.packages import CatalogPackage
from coaching.workspace import SessionType


class CatalogueReads(Protocol):
    """Read operations."""

    async def packages(self) -> list[CatalogPackage]:
        """Return all packages by name, including retired ones and those from imports."""
        ...

    async def session_types(self) -> list[SessionType]:
        """Return the session types by name."""
        ...


class CatalogueWrites(CatalogueReads, Protocol):
    """Write operations."""

    async def save_package(self, package: CatalogPackage) -> str:
        """Add a package (with an empty id) or change it. Return its id, which never changes."""
        ...

    async def save_session_type(self, session_type: SessionType) -> None:
        """Add a session type or change its name, length and price for new bookings. Its id never changes."""
        ...
