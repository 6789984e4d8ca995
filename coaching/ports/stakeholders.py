"""Who is told besides coaches."""

from collections.abc import Collection, Sequence
from typing import Protocol

from coaching.stakeholders import NewsOf, Stakeholder


class StakeholderReads(Protocol):
    """What can be asked."""

    async def all(self) -> list[Stakeholder]:
        """Return everybody who is told besides coaches, whatever about."""
        ...

    async def of(self, coach_ids: Collection[str], type_ids: Collection[str]) -> list[Stakeholder]:
        """Return who is told about these coaches or session types; `own_of` is filled in."""
        ...


class StakeholderWrites(StakeholderReads, Protocol):
    """What can be changed."""

    async def save(self, of: NewsOf, of_id: str, targets: Sequence[str]) -> None:
        """Replace who is told about a coach or a session type."""
        ...
