"""Drafts of open dialogs."""

from datetime import datetime
from typing import Protocol

from coaching.drafts import Draft


class DraftReads(Protocol):
    """What can be asked."""

    async def find(self, draft_id: str, user_id: str) -> Draft | None:
        """Return this person's draft; somebody else's does not exist for them."""
        ...


class DraftWrites(DraftReads, Protocol):
    """What can be changed."""

    async def lock(self, draft_id: str, user_id: str) -> Draft | None:
        """Lock and return this person's draft: two clicks on one dialog are carried out one after the other."""
        ...

    async def save(self, draft: Draft, now: datetime) -> None:
        """Insert or replace a draft. Raises DialogExpired when it is somebody else's."""
        ...
