"""What people have chosen: how they hear, and what they do not want."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from coaching.notifications import Preferences


class NotificationReads(Protocol):
    """Read operations."""

    async def chosen(self, person_ids: Collection[str]) -> Mapping[str, Preferences]:
        """Return what each of these people has chosen. Who has chosen nothing is left out."""
        ...


class NotificationWrites(NotificationReads, Protocol):
    """Write operations."""

    async def choose(self, person_id: str, chosen: Preferences, at: datetime) -> None:
        """Store a person's choice in place of the one before."""
        ...

    async def forget(self, person_id: str) -> None:
        """Remove a person's choice."""
        ...
