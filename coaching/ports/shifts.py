"""Rows affected by new zone rules."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from coaching.availability import TimeOff
from coaching.localtime import LocalDay, LocalDays, LocalTime
from coaching.sessions import Session
from coaching.shifts import Around, Place


class ShiftWrites(Protocol):
    """Write operations."""

    async def lock(self, coach_id: str, rules: str, now: datetime, limit: int) -> list[Session]:
        """Lock the soonest of a coach's sessions ahead that were not reviewed under these rules."""
        ...

    async def around(
        self, people: Collection[str], since: datetime, until: datetime, rules: str, now: datetime
    ) -> Around:
        """Return what occupies these people's time between two instants, as clients and as coaches.

        No other transaction can book or move sessions of these people until this one ends.
        """
        ...

    async def apply(self, shifts: Sequence[tuple[Session, Session]], at: datetime, action_id: str) -> None:
        """Give sessions, as (before, after), their new instants, all or none.

        Raises ChangedMeanwhile, SlotTaken, ClientBusy.
        """
        ...

    async def note_rules(self, looked_at: Sequence[tuple[str, LocalTime]], rules: str) -> None:
        """Record that these sessions were reviewed under these rules, with their local times and the rules of each."""
        ...

    async def take_days_off(self, coach_id: str, rules: str, now: datetime) -> list[LocalDays]:
        """Remove a coach's time off ahead that was computed by older rules, and return its days."""
        ...

    async def put_days_off(self, coach_id: str, off: TimeOff) -> None:
        """Add time off. Of two times off that begin together, the longer one is kept."""
        ...

    async def move_expiry(self, grant_id: str, last_day: LocalDay) -> None:
        """Let a grant end with its last day by the present rules. The day its holder was given stays the same."""
        ...


class ShiftSweeps(Protocol):
    """Operations on due rows, in all workspaces."""

    async def coaches(
        self, rules: str, now: datetime, limit: int, after: Place | None
    ) -> tuple[list[tuple[str, str]], Place | None]:
        """Return (workspace, coach) of so many sessions ahead that were not reviewed under these rules.

        They are of all workspaces and come behind a place, with the place of the last one; None: there are no more.
        """
        ...

    async def days_off(self, rules: str, now: datetime, limit: int) -> list[tuple[str, str]]:
        """Return (workspace, coach) of days off ahead that were computed by older rules, in all workspaces."""
        ...

    async def expiries(self, rules: str, limit: int) -> list[tuple[str, str]]:
        """Return (workspace, id) of open grants whose end was computed by older rules, in all workspaces."""
        ...
