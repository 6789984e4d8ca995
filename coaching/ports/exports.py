"""What is exported, page by page, and who asked for it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from coaching.export_columns import What
from coaching.exports import Export, Exported

Place = tuple[str, ...]
"""The key of the last line of a page."""


class ExportReads(Protocol):
    """Read operations."""

    async def page(self, what: What, after: Place | None, most: int) -> tuple[Sequence[Exported], Place | None]:
        """Return up to `most` lines in the order of their keys, and the place after which the next page begins.

        No place: there are no more. Within one view of the database all pages are of one instant.
        """
        ...

    async def find(self, export_id: str) -> Export | None:
        """Return an export that was asked for in Slack."""
        ...

    async def latest(self, most: int) -> Sequence[Export]:
        """Return the exports that were asked for last, the newest first."""
        ...


class ExportWrites(ExportReads, Protocol):
    """Write operations."""

    async def add(self, export: Export) -> None:
        """Store what somebody asked for."""
        ...

    async def fetch(self, export_id: str, at: datetime) -> bool:
        """Record that an export is fetched. Return False if it was before."""
        ...
