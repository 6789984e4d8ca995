"""The figures of a workspace, in bounded windows of time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from coaching.figures import CoachFigures


class FigureReads(Protocol):
    """Read operations."""

    async def days(self, bounds: Sequence[datetime]) -> Sequence[tuple[int, int]]:
        """Return, between each of these instants and the next one, how many sessions start, and how many canceled ones."""
        ...

    async def months(self, begins: Sequence[datetime]) -> Sequence[tuple[int, int, int, int]]:
        """Return, from each of these instants on, the cancellations as `MonthFigures` has them, without imported ones."""
        ...

    async def coaches(
        self, since: datetime, until: datetime, week_begins: datetime, week_ends: datetime
    ) -> Sequence[CoachFigures]:
        """Return, of each coach who is on the list or has sessions, their sessions in the week and their booked time."""
        ...

    async def credits(self, now: datetime, ends: Sequence[datetime]) -> tuple[int, Sequence[int]]:
        """Return the credits that are held, and those that expire before each of these instants and after the last one."""
        ...
