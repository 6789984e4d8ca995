"""Companies' pools of credits."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from coaching.packages import Pool


class PoolReads(Protocol):
    """Read operations."""

    async def first(self, most: int) -> tuple[list[Pool], int]:
        """Return the first `most` company pools without their members, and how many there are.

        Those that get credits come first, then by name.
        """
        ...

    async def names(self) -> Mapping[str, str]:
        """Return the names of all pools by their ids."""
        ...

    async def of_contact(self, contact_id: str) -> list[Pool]:
        """Return the pools whose contact this person is, by name, with their members."""
        ...

    async def of_member(self, person_id: str) -> list[Pool]:
        """Return the pools from which this person books, by name, without their members."""
        ...

    async def find(self, pool_id: str) -> Pool | None:
        """Return one pool with its members."""
        ...


class PoolWrites(PoolReads, Protocol):
    """Write operations."""

    async def save(
        self, pool_id: str, name: str, contact_id: str | None, member_ids: Sequence[str], *, retired: bool = False
    ) -> None:
        """Add a pool, or replace its name, contact and members. Its credits and their history stay."""
        ...
