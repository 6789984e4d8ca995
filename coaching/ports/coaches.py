"""Coaches: the list of them, their alert channels, and who has left."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from coaching.workspace import Coach


class CoachReads(Protocol):
    """Read operations."""

    async def left(self, coach_ids: Collection[str]) -> set[str]:
        """Return which of these coaches have left Slack, as far as the admins were notified."""
        ...

    async def listed(self, person_ids: Collection[str]) -> set[str]:
        """Return which of these people are on the list of coaches."""
        ...

    async def gave(self, person_id: str) -> bool:
        """Return whether a person is or was the coach of any session."""
        ...

    async def sessions_ahead(self, coach_id: str, now: datetime) -> int:
        """Return how many scheduled sessions of a coach have not started."""
        ...

    async def ids_ahead(self, coach_id: str, now: datetime, most: int) -> list[str]:
        """Return up to `most` sessions of a coach that have not started, those of one client together.

        They are booked, or canceled in a way that can still be undone.
        """
        ...

    async def ids_undecided(self, coach_id: str, most: int) -> list[str]:
        """Return a coach's canceled sessions with kept credits on which nobody has decided: the `most` last made."""
        ...

    async def number(self) -> int:
        """Return how many coaches there are."""
        ...

    async def page(self, limit: int, offset: int) -> list[Coach]:
        """Return some of the coaches by name."""
        ...

    async def former(self, most: int) -> list[Coach]:
        """Return some of those who were taken off the list and are still in Slack, by name, as they were set up."""
        ...

    async def some(self, person_ids: Collection[str]) -> list[Coach]:
        """Return those of these people who are on the list of coaches."""
        ...

    async def as_before(self, person_id: str) -> Coach | None:
        """Return a coach as they are or were set up, whether or not they are on the list, or None if they never were."""
        ...

    async def all(self) -> list[Coach]:
        """Return the coaches by name."""
        ...


class CoachWrites(CoachReads, Protocol):
    """Write operations."""

    async def forget_left(self, coach_id: str) -> None:
        """Record that a coach who had left Slack is back, so that admins are notified again if they leave again."""
        ...

    async def save(self, person_id: str, alert_channel: str | None) -> None:
        """Add a coach or change their channel."""
        ...

    async def remove(self, person_id: str) -> None:
        """Remove a coach from the list. Their sessions stay."""
        ...
