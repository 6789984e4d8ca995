"""Stakeholders: people and channels that are notified in addition to coaches."""

from collections.abc import Collection, Sequence
from typing import Protocol

from coaching.stakeholders import NewsOf, Stakeholder


class StakeholderReads(Protocol):
    """Read operations."""

    async def all(self) -> list[Stakeholder]:
        """Return all stakeholders of the workspace."""
        ...

    async def of(self, coach_ids: Collection[str], type_ids: Collection[str]) -> list[Stakeholder]:
        """Return the stakeholders of these coaches or session types, with `own_of`."""
        ...


class StakeholderWrites(StakeholderReads, Protocol):
    """Write operations."""

    async def save(self, of: NewsOf, of_id: str, targets: Sequence[str]) -> None:
        """Replace the stakeholders of a coach or a session type."""
        ...
