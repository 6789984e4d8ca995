"""The workspace itself: its settings, and the lock for changing its set-up."""

from collections.abc import Sequence
from typing import Protocol

from coaching.blocks import KnownBlock
from coaching.workspace import Settings


class WorkspaceReads(Protocol):
    """Read operations."""

    async def settings(self) -> Settings:
        """Return the workspace's settings, or the defaults where nothing was set up."""
        ...

    async def known_blocks(self) -> Sequence[KnownBlock]:
        """Return what Slack's answers showed about newer blocks."""
        ...


class WorkspaceWrites(WorkspaceReads, Protocol):
    """Write operations."""

    async def ensure(self, name: str | None = None) -> None:
        """Create the workspace with default settings if it is missing."""
        ...

    async def lock(self) -> None:
        """Wait until no other transaction changes the set-up.

        What is read and then replaced must not lose another admin's change.
        """
        ...

    async def save_settings(self, settings: Settings) -> None:
        """Replace the workspace's settings. A changed policy becomes a new immutable row."""
        ...

    async def remember_blocks(self, known: Sequence[KnownBlock]) -> None:
        """Keep what an answer of Slack's showed, in place of what earlier ones did."""
        ...

    async def move_channel(self, old: str, new: str) -> None:
        """Replace a channel's id everywhere: in alert channels, stakeholders, pending notices and sent messages."""
        ...
