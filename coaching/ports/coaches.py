"""Coaches: the list of them, where they are alerted, and who has left."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from coaching.workspace import Coach


class CoachReads(Protocol):
    """What can be asked."""

    async def has_left(self, coach_id: str) -> bool:
        """Return whether Slack has said that this coach left, as the admins were told."""
        ...

    async def left(self, coach_ids: Collection[str]) -> set[str]:
        """Return which coaches have left Slack, as the admins were told."""
        ...

    async def listed(self, person_ids: Collection[str]) -> set[str]:
        """Return who of these is on the list of coaches."""
        ...

    async def sessions_ahead(self, coach_id: str, now: datetime) -> int:
        """Return how many scheduled sessions of a coach have not started."""
        ...

    async def ids_ahead(self, coach_id: str, now: datetime, most: int) -> list[str]:
        """Return some sessions of a coach that have not started, those of one client together."""
        ...

    async def ids_undecided(self, coach_id: str) -> list[str]:
        """Return the canceled sessions of a coach of which something was kept and nobody has decided since."""
        ...

    async def channels_refused(self, given: Sequence[Coach], now: datetime) -> Mapping[str, datetime]:
        """Return when the present alert channel of each coach last refused, if it did this week or the week before."""
        ...

    async def all(self) -> list[Coach]:
        """Return the coaches by name."""
        ...


class CoachWrites(CoachReads, Protocol):
    """What can be changed."""

    async def forget_left(self, coach_id: str) -> None:
        """A coach who had left Slack is back: the admins are told anew should they leave again."""
        ...

    async def save(self, person_id: str, alert_channel: str | None) -> None:
        """Add a coach or change their channel."""
        ...

    async def remove(self, person_id: str) -> None:
        """Take a coach off the list; their sessions stay."""
        ...
