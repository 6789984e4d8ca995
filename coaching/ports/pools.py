"""Companies' pools of credits."""

from collections.abc import Sequence
from typing import Protocol

from coaching.packages import Pool


class PoolReads(Protocol):
    """What can be asked."""

    async def all(self) -> list[Pool]:
        """Return the company pools by name, with their members."""
        ...

    async def of_contact(self, contact_id: str) -> list[Pool]:
        """Return the pools that somebody is the contact of, by name, with their members."""
        ...

    async def find(self, pool_id: str) -> Pool | None:
        """Return one pool with its members."""
        ...


class PoolWrites(PoolReads, Protocol):
    """What can be changed."""

    async def save(self, pool_id: str, name: str, contact_id: str | None, member_ids: Sequence[str]) -> None:
        """Add a pool or replace its name, contact and members; its credits and their history stay."""
        ...
