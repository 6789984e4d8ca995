"""What waits for a coach, or for an admin in the place of coaches who have left."""

from datetime import datetime
from typing import Protocol

from coaching.waiting import Queue


class WaitingReads(Protocol):
    """Read operations."""

    async def queue(self, person_id: str, now: datetime, *, coach: bool, admin: bool, most: int) -> Queue:
        """Return the first `most` things that wait for a person: as a `coach`, and as an `admin` who stands in.

        Nothing that they are the client of waits for them. What can still be undone does not wait yet.
        """
        ...
