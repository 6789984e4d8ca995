"""Meeting links: where sessions take place."""

from typing import Protocol

from coaching.meetings import LinkScope


class MeetingWrites(Protocol):
    """Write operations. The links are read with what they belong to."""

    async def save(self, scope: LinkScope, link: str | None) -> None:
        """Give a session, a session type or a coach another link, or none."""
        ...
