"""The record of a session: what happened, and which notices went out."""

from collections.abc import Sequence
from typing import Protocol

from coaching.news.notice import NoticeLine
from coaching.sessions import Person, Session
from coaching.timeline import Entry


class TimelineReads(Protocol):
    """Read operations."""

    async def of(self, session_id: str) -> list[tuple[Entry, Person]]:
        """Return a session's timeline, oldest first, each entry with its actor."""
        ...

    async def notice_lines(self, session: Session) -> list[NoticeLine]:
        """Return the notices about a session, by due time."""
        ...


class TimelineWrites(TimelineReads, Protocol):
    """Write operations."""

    async def add(self, entries: Sequence[Entry]) -> None:
        """Append timeline entries."""
        ...
