"""Drafts of open dialogs, and the requests that were carried out."""

from datetime import datetime

from sqlalchemy import bindparam, select

from coaching.drafts import Draft
from coaching.errors import DialogExpired, Replayed
from storage.clock import database_now
from storage.repositories.base import Repository
from storage.repositories.codec import dump_draft, load_draft
from storage.tables import drafts, inbound

_DRAFT = select(drafts.c.body).where(
    drafts.c.workspace_id == bindparam("ws"), drafts.c.id == bindparam("id"), drafts.c.user_id == bindparam("user")
)
_CLAIMED = select(inbound.c.key).where(inbound.c.workspace_id == bindparam("ws"), inbound.c.key == bindparam("key"))
LONGEST_KEY = 128


class DraftReads(Repository):
    """Read operations."""

    async def find(self, draft_id: str, user_id: str) -> Draft | None:
        """Return this person's draft, or None if it does not exist or belongs to another person."""
        row = (await self._run(_DRAFT, {"ws": self._ws, "id": draft_id, "user": user_id})).first()
        return None if row is None else load_draft(draft_id, user_id, row.body)


class DraftWrites(DraftReads):
    """Write operations."""

    async def lock(self, draft_id: str, user_id: str) -> Draft | None:
        """Lock and return this person's draft, so that two clicks in one dialog are handled one after the other."""
        statement = _DRAFT if self._sqlite else _DRAFT.with_for_update()
        row = (await self._run(statement, {"ws": self._ws, "id": draft_id, "user": user_id})).first()
        return None if row is None else load_draft(draft_id, user_id, row.body)

    async def save(self, draft: Draft, now: datetime) -> None:
        """Insert or replace a draft. Raises DialogExpired when it belongs to another person."""
        upsert = self._upsert(drafts, "body", "updated_at", where=drafts.c.user_id == draft.user_id)
        result = await self._write(
            upsert,
            {
                "workspace_id": self._ws,
                "id": draft.id,
                "user_id": draft.user_id,
                "body": dump_draft(draft),
                "updated_at": now,
            },
        )
        if result.rowcount == 0:
            raise DialogExpired(draft.id)

    async def has_claimed(self, key: str) -> bool:
        """Return whether a request was recorded before."""
        return (await self._run(_CLAIMED, {"ws": self._ws, "key": key[:LONGEST_KEY]})).first() is not None

    async def claim_request(self, key: str) -> None:
        """Record that a request is being carried out. Raises Replayed when it was recorded before."""
        row = {"workspace_id": self._ws, "key": key[:LONGEST_KEY]}
        statement = self._insert_or_ignore(inbound).values(at=database_now(sqlite=self._sqlite))
        if (await self._write(statement, row)).rowcount == 0:
            raise Replayed(key)
