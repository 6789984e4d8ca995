"""Companies' pools of credits."""

from collections.abc import Sequence
from typing import Protocol

from coaching.packages import Pool


class PoolReads(Protocol):
    """Read operations."""

    async def all(self) -> list[Pool]:
        """Return the company pools by name, with their members."""
        ...

    async def of_contact(self, contact_id: str) -> list[Pool]:
        """Return the pools whose contact this person is, by name, with their members."""
        ...

    async def find(self, pool_id: str) -> Pool | None:
        """Return one pool with its members."""
        ...


class PoolWrites(PoolReads, Protocol):
    """Write operations."""

    async def save(self, pool_id: str, name: str, contact_id: str | None, member_ids: Sequence[str]) -> None:
        """Add a pool, or replace its name, contact and members. Its credits and their history stay."""
        ...
