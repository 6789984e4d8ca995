"""Meeting links: where sessions take place."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from coaching.meetings import LinkScope, Meeting
from coaching.sessions import Hat


class MeetingWrites(Protocol):
    """Operations on links. They are read with what they belong to."""

    async def of(self, scope: LinkScope, now: datetime) -> list[Meeting]:
        """Return the booked sessions that are not over and have no narrower link than this, soonest first."""
        ...

    async def save(self, scope: LinkScope, link: str | None) -> None:
        """Give a session, a session type or a coach another link, or none."""
        ...

    async def record(self, changed: Sequence[Meeting], action_id: str, at: datetime, by: str, role: Hat) -> None:
        """Record that an action changed the links of these sessions, which are given as they were before."""
        ...
