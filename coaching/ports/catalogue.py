"""What can be booked and sold: session types and packages."""

from typing import Protocol

from coaching.packages import CatalogPackage
from coaching.workspace import SessionType


class CatalogueReads(Protocol):
    """What can be asked."""

    async def packages(self) -> list[CatalogPackage]:
        """Return the catalogue by name, with what is not offered any more and what came in with imports."""
        ...

    async def session_types(self) -> list[SessionType]:
        """Return what can be booked, by name."""
        ...


class CatalogueWrites(CatalogueReads, Protocol):
    """What can be changed."""

    async def save_package(self, package: CatalogPackage) -> str:
        """Add a package (its id is empty) or change it; return its id, which never changes."""
        ...

    async def save_session_type(self, session_type: SessionType) -> None:
        """Add a session type or change its length and price for bookings from now on."""
        ...
