"""What new zone rules are about."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from coaching.availability import TimeOff
from coaching.localtime import LocalDay, LocalDays, LocalTime
from coaching.sessions import Session
from coaching.shifts import Around


class ShiftWrites(Protocol):
    """What can be changed."""

    async def lock(self, coach_id: str, rules: str, now: datetime, limit: int) -> list[Session]:
        """Lock a coach's sessions ahead that nobody has looked at under these rules, the soonest of them."""
        ...

    async def around(
        self, people: Collection[str], since: datetime, until: datetime, rules: str, now: datetime
    ) -> Around:
        """Return what takes these people's time between two instants, as clients and as coaches.

        None of them can be booked or moved by anybody else until this is committed.
        """
        ...

    async def apply(self, shifts: Sequence[tuple[Session, Session]], at: datetime, action_id: str) -> None:
        """Give sessions (as they were, as they shall be) their new instants, all or none.

        Raises ChangedMeanwhile, SlotTaken, ClientBusy.
        """
        ...

    async def note_rules(self, looked_at: Sequence[tuple[str, LocalTime]], rules: str) -> None:
        """Remember that these rules were looked at, and what each session's clocks show by which rules."""
        ...

    async def take_days_off(self, coach_id: str, rules: str, now: datetime) -> list[LocalDays]:
        """Take away a coach's days off ahead that were computed by older rules, and return them."""
        ...

    async def put_days_off(self, coach_id: str, off: TimeOff) -> None:
        """Add days off; of two times off that begin together the longer one stays."""
        ...

    async def move_expiry(self, grant_id: str, last_day: LocalDay) -> None:
        """Let a grant end with its last day by the rules of now; it stays the day that its holder was told."""
        ...


class ShiftSweeps(Protocol):
    """What is due, in all workspaces."""

    async def coaches(self, rules: str, now: datetime) -> list[tuple[str, str]]:
        """Return workspace and coach of sessions ahead that nobody has looked at under these rules, in all workspaces."""
        ...

    async def days_off(self, rules: str, now: datetime, limit: int) -> list[tuple[str, str]]:
        """Return workspace and coach of days off ahead that were computed by older rules, in all workspaces."""
        ...

    async def expiries(self, rules: str, limit: int) -> list[tuple[str, str]]:
        """Return workspace and id of open grants whose last day ends as older rules said, in all workspaces."""
        ...
