"""The record of a session: what happened, and which notices went out."""

from collections.abc import Collection, Sequence
from typing import Protocol

from coaching.news.notice import NoticeLine
from coaching.records import COUNTED
from coaching.sessions import Person, Session
from coaching.timeline import Entry


class TimelineReads(Protocol):
    """Read operations."""

    async def of(self, session_id: str, most: int, counted: int = COUNTED) -> tuple[list[tuple[Entry, Person]], int]:
        """Return the last `most` entries of a session's timeline, oldest first, and the total, up to `counted`.

        Each comes with its actor.
        """
        ...

    async def notice_lines(
        self,
        session: Session,
        most: int,
        only: Collection[str] | None = None,
        counted: int = COUNTED,
        *,
        arrived: bool = False,
        acted_on: bool = False,
    ) -> tuple[list[NoticeLine], int]:
        """Return the last notices about a session, by due time, and the total, up to `counted`.

        At least the last `most` are among them, if there are so many. `only`: those to these people.
        `arrived`: those whose message is in Slack, without those that wait, failed or were dropped.
        `acted_on`: there were actions on it, even if it was never canceled or moved.
        """
        ...

    async def booked_message(self, session_id: str, person_id: str) -> tuple[str, str] | None:
        """Return the channel and the time of the message that told a person of a booking, or None."""
        ...


class TimelineWrites(TimelineReads, Protocol):
    """Write operations."""

    async def add(self, entries: Sequence[Entry]) -> None:
        """Append timeline entries."""
        ...
