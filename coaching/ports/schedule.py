"""Coaches' hours and time off, and who is busy when."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from coaching.availability import Availability, TimeOff
from coaching.records import Busy
from coaching.sessions import Person


class ScheduleReads(Protocol):
    """What can be asked."""

    async def availability(self, coach_id: str) -> Availability | None:
        """Return a coach's weekly hours with their time off that has not ended; None when they give none."""
        ...

    async def coaches(self) -> list[Person]:
        """Return the coaches who give hours, by name."""
        ...

    async def busy(self, person_ids: Collection[str], since: datetime, until: datetime, now: datetime) -> list[Busy]:
        """Return what these people have between two instants, each once, as coaches and as clients, soonest first."""
        ...


class ScheduleWrites(ScheduleReads, Protocol):
    """What can be changed."""

    async def save(self, coach_id: str, availability: Availability) -> None:
        """Replace a coach's hours, buffers, notice and horizon; their time off is kept."""
        ...

    async def add_time_off(self, coach_id: str, time_off: TimeOff) -> None:
        """Add a time in which a coach takes no bookings."""
        ...

    async def remove_time_off(self, coach_id: str, starts_at: datetime) -> None:
        """Take a time off back."""
        ...
