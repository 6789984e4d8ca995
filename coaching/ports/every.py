"""Everybody's sessions, for admins."""

from datetime import datetime
from typing import Protocol

from coaching.every import Sought, Turn
from coaching.sessions import Session


class EveryReads(Protocol):
    """Read operations."""

    async def page(self, sought: Sought, within: tuple[datetime, datetime], turn: Turn, limit: int) -> list[Session]:
        """Return up to `limit` of the sessions sought that start within two instants, the nearest behind (or before) a place.

        Soonest first. The second instant is not included.
        """
        ...

    async def cancelable(
        self, sought: Sought, within: tuple[datetime, datetime], besides: str, *, limit: int, offset: int, most: int
    ) -> tuple[list[Session], int]:
        """Return scheduled sessions among those sought that start within two instants, and the total, counted up to `most`.

        Soonest first, without those that `besides` takes as a client. Behind the last session the total is 0.
        """
        ...
