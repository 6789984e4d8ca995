"""Clients: the people who have or had a session with a coach."""

from datetime import datetime
from typing import Protocol

from coaching.clients import Client, History
from coaching.sessions import Session


class ClientReads(Protocol):
    """Read operations."""

    async def of_coach(self, coach_id: str, now: datetime, most: int) -> list[Client]:
        """Return the clients in a coach's next `most` sessions and in the `most` last ones, as `clients.in_order`."""
        ...

    async def knows(self, coach_id: str, client_id: str) -> bool:
        """Return whether somebody has or had a session with this coach."""
        ...

    async def latest(self, coach_id: str, client_id: str) -> Session | None:
        """Return the last session of a client with this coach that is not canceled, ahead or past."""
        ...

    async def history(self, client_id: str, coach_id: str | None, now: datetime, most: int) -> History:
        """Return what became of the latest `most` sessions of a client: those with this coach, or all (None)."""
        ...
