"""Secret addresses under which people subscribe to their sessions, and what a calendar shows."""

from datetime import datetime
from typing import Protocol

from coaching.sessions import Hat, Session


class CalendarReads(Protocol):
    """Read operations."""

    async def owner(self, digest: str) -> str | None:
        """Return the person whose address has this digest, or None."""
        ...

    async def made_at(self, person_id: str) -> datetime | None:
        """Return when a person's address was made (aware UTC), or None if they have none."""
        ...

    async def sessions(self, hat: Hat, person_id: str, since: datetime, *, most: int) -> list[tuple[Session, datetime]]:
        """Return up to `most` of a person's sessions that start from `since` on and are not canceled, soonest first.

        Each comes with the instant of its booking, last move or restoration (aware UTC).
        """
        ...


class CalendarWrites(CalendarReads, Protocol):
    """Write operations."""

    async def keep(self, person_id: str, digest: str, at: datetime) -> None:
        """Store a person's address in place of the one before."""
        ...

    async def drop(self, person_id: str) -> bool:
        """Remove a person's address. Return False if they had none."""
        ...
