"""Checkpoints: what a grant's account holds after its first so many movements, so that later sums are short.

Whoever holds a grant's lock and had to add up many movements writes down the sum. Nothing else writes to the account
meanwhile, and whatever comes later has a higher number. So a checkpoint stays true for ever: it only repeats what
immutable transfers say, and can be thrown away at any time.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row

from storage.repositories.base import Repository
from storage.tables import checkpoints

EVERY = 100
"""How many movements are added up before their sum is written down."""


class CheckpointWrites(Repository):
    """Write operations."""

    async def draw(self, locked: Iterable[Row[Any]]) -> None:
        """Write down the sums in rows of `GRANTS` that took long to add up. The grants must have been locked before."""
        rows = [
            {
                "workspace_id": self._ws,
                "grant_id": row.id,
                "number": int(row.newest),
                "balance": int(row.balance),
            }
            for row in locked
            if row.newest is not None and row.newest - row.drawn >= EVERY
        ]
        if rows:
            await self._write(self._upsert(checkpoints, "number", "balance"), rows)
