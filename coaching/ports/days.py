"""Coaches' days: what is to be planned of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from coaching.news.days import Ahead


@dataclass(frozen=True, slots=True)
class AgendaDue:
    """A coach whose agenda is due at `due_at` (aware UTC; None: it was never planned, or has to be planned again).

    `minute` is when they want it: minutes since midnight on the clocks of `time_zone`.
    """

    workspace_id: str
    coach_id: str
    due_at: datetime | None
    minute: int
    time_zone: str | None


class DaySweeps(Protocol):
    """Operations on due rows, in all workspaces."""

    async def unplanned(self, until: datetime, limit: int) -> Sequence[Ahead]:
        """Lock and return scheduled sessions that start by `until` and are not planned, soonest first."""
        ...

    async def planned(self, some: Collection[Ahead]) -> None:
        """Record that these sessions are planned for their present time."""
        ...

    async def agendas(self, now: datetime, limit: int) -> Sequence[AgendaDue]:
        """Lock and return coaches whose agenda is due."""
        ...

    async def plan_agendas(self, due: Mapping[tuple[str, str], datetime]) -> None:
        """Store when the next agenda of each coach (workspace, id) is due."""
        ...


class DayWrites(Protocol):
    """Write operations in one workspace."""

    async def plan_again(self, coach_id: str) -> None:
        """Have a coach's next agenda planned again: their clock or their wish changed."""
        ...
