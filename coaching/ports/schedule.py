"""Coaches' hours and time off, and people's occupied time."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from coaching.availability import Availability, TimeOff
from coaching.records import Busy
from coaching.sessions import Person


class ScheduleReads(Protocol):
    """Read operations."""

    async def availability(self, coach_id: str) -> Availability | None:
        """Return a coach's weekly hours and the time off that has not ended, or None when they have no hours."""
        ...

    async def coaches(self, most: int) -> list[Person]:
        """Return the first `most` coaches, by name, who have hours."""
        ...

    async def coach(self, coach_id: str) -> Person | None:
        """Return a coach who has hours."""
        ...

    async def some(self, coach_ids: Collection[str]) -> list[Person]:
        """Return those of these people who are coaches with hours."""
        ...

    async def giving(self, coach_ids: Collection[str]) -> set[str]:
        """Return which of these people are coaches who have hours."""
        ...

    async def any_hours(self) -> bool:
        """Return whether any coach has hours."""
        ...

    async def busy(self, person_ids: Collection[str], since: datetime, until: datetime, now: datetime) -> list[Busy]:
        """Return these people's sessions between two instants, as coaches and as clients, each once, soonest first."""
        ...

    async def of_type_ahead(self, client_id: str, type_id: str, now: datetime) -> tuple[list[str], list[str]]:
        """Return a client's sessions of a type that have not started: those booked, and those that may come back."""
        ...


class ScheduleWrites(ScheduleReads, Protocol):
    """Write operations."""

    async def save(self, coach_id: str, availability: Availability) -> None:
        """Replace a coach's hours, buffers, notice and horizon. Their time off stays."""
        ...

    async def add_time_off(self, coach_id: str, time_off: TimeOff) -> None:
        """Add a period in which a coach takes no bookings. Of two that begin together, the longer one is kept."""
        ...

    async def remove_time_off(self, coach_id: str, starts_at: datetime) -> bool:
        """Remove a time off. Return whether there was one."""
        ...

    async def lock(self, people: Collection[str]) -> None:
        """Let nobody else book, move or restore a session of these people before the commit. Locks come in this order:
        sessions, grants, people.
        """
        ...
