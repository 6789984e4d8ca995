"""The workspace itself: its settings, and the lock that its set-up takes."""

from typing import Protocol

from coaching.workspace import Settings


class WorkspaceReads(Protocol):
    """What can be asked."""

    async def settings(self) -> Settings:
        """Return the workspace's settings, or the defaults where nothing was set up."""
        ...


class WorkspaceWrites(WorkspaceReads, Protocol):
    """What can be changed."""

    async def ensure(self, name: str | None = None) -> None:
        """Create the workspace with default settings where it is missing."""
        ...

    async def lock(self) -> None:
        """Wait until nobody else changes the set-up: what is read and then replaced must not lose another admin's change."""
        ...

    async def save_settings(self, settings: Settings) -> None:
        """Replace the workspace's settings; a changed policy becomes a new immutable row."""
        ...

    async def move_channel(self, old: str, new: str) -> None:
        """Replace a channel's id everywhere: alert channels, stakeholders, notices to come and messages that were sent."""
        ...
