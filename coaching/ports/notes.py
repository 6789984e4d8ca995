"""Private notes on clients. Who may read them is checked by the actions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from coaching.notes import PrivateNote


class NoteReads(Protocol):
    """Read operations."""

    async def of_client(self, client_id: str, limit: int, offset: int = 0) -> Sequence[PrivateNote]:
        """Return up to `limit` notes on a client after the first `offset`, the latest first."""
        ...

    async def find(self, note_id: str) -> PrivateNote | None:
        """Return one note."""
        ...


class NoteWrites(NoteReads, Protocol):
    """Write operations."""

    async def add(self, note: PrivateNote) -> None:
        """Insert a note. Raises NotYours if its client became known by another id meanwhile, or was erased."""
        ...

    async def change(self, note_id: str, author_id: str, text: str, at: datetime) -> bool:
        """Replace the text of a note of this author. Return False if there is none."""
        ...

    async def remove(self, note_id: str, author_id: str) -> bool:
        """Delete a note of this author. Return False if there is none."""
        ...
