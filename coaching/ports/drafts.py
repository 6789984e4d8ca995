"""Drafts of open dialogs."""

from datetime import datetime
from typing import Protocol

from coaching.drafts import Draft


class DraftReads(Protocol):
    """Read operations."""

    async def find(self, draft_id: str, user_id: str) -> Draft | None:
        """Return this person's draft, or None if it does not exist or belongs to another person."""
        ...


class DraftWrites(DraftReads, Protocol):
    """Write operations."""

    async def lock(self, draft_id: str, user_id: str) -> Draft | None:
        """Lock and return this person's draft, so that two clicks in one dialog are handled one after the other."""
        ...

    async def save(self, draft: Draft, now: datetime) -> None:
        """Insert or replace a draft. Raises DialogExpired when it belongs to another person."""
        ...
