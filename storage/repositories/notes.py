"""Private notes on clients."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, bindparam, delete, insert, select, text, update

from coaching.errors import NotYours
from coaching.notes import PrivateNote
from coaching.sessions import PENDING, Person
from storage.constraints import LOCK_PEOPLE
from storage.repositories.base import Repository
from storage.repositories.clients import KNOWS
from storage.tables import members, notes

_n = notes.c
_READ = (
    select(*notes.c, members.c.name.label("author_name"), members.c.email.label("author_email"))
    .outerjoin(members, and_(members.c.workspace_id == _n.workspace_id, members.c.id == _n.author_id))
    .where(_n.workspace_id == bindparam("ws"))
)
_OF_CLIENT = (
    _READ.where(_n.client_id == bindparam("client"))
    .order_by(_n.at.desc(), _n.id.desc())
    .limit(bindparam("most"))
    .offset(bindparam("skip"))
)
_ONE = _READ.where(_n.id == bindparam("note"))
_OWN = (_n.workspace_id == bindparam("ws"), _n.id == bindparam("note"), _n.author_id == bindparam("author"))
_CHANGE = update(notes).where(*_OWN).values(text=bindparam("words"), changed_at=bindparam("now"))
_REMOVE = delete(notes).where(*_OWN)
# Whoever links a person known by e-mail deletes this row: one of the two waits for the other.
_STILL_THERE = (
    select(members.c.id)
    .where(members.c.workspace_id == bindparam("ws"), members.c.id == bindparam("client"))
    .with_for_update(read=True, key_share=True)
)


class NoteReads(Repository):
    """Read operations."""

    async def of_client(self, client_id: str, limit: int, offset: int = 0) -> Sequence[PrivateNote]:
        """Return up to `limit` notes on a client after the first `offset`, the latest first."""
        rows = await self._run(_OF_CLIENT, {"ws": self._ws, "client": client_id, "most": limit, "skip": offset})
        return [_note_of(row) for row in rows]

    async def find(self, note_id: str) -> PrivateNote | None:
        """Return one note."""
        row = (await self._run(_ONE, {"ws": self._ws, "note": note_id})).first()
        return None if row is None else _note_of(row)


class NoteWrites(NoteReads):
    """Write operations."""

    async def add(self, note: PrivateNote) -> None:
        """Insert a note. Raises NotYours if its client became known by another id meanwhile, or was erased."""
        people = sorted({note.client_id, note.author.id})
        if not self._sqlite:
            # Whoever erases or links somebody takes this lock too.
            await self._run(text(LOCK_PEOPLE), {"ws": self._ws, "people": people})
        there = (await self._run(KNOWS, {"ws": self._ws, "coach": note.author.id, "client": note.client_id})).first()
        if there is None:
            raise NotYours("client", [note.client_id], note.author.id)
        if note.client_id.startswith(PENDING):
            there = (await self._run(_STILL_THERE, {"ws": self._ws, "client": note.client_id})).first()
            if there is None:
                raise NotYours("client", [note.client_id], note.author.id)
        row = {
            "workspace_id": self._ws,
            "id": note.id,
            "client_id": note.client_id,
            "session_id": note.session_id,
            "author_id": note.author.id,
            "at": note.at,
            "changed_at": note.changed_at,
            "text": note.text,
        }
        await self._write(insert(notes), row)

    async def change(self, note_id: str, author_id: str, text: str, at: datetime) -> bool:
        """Replace the text of a note of this author. Return False if there is none."""
        given = {"ws": self._ws, "note": note_id, "author": author_id, "words": text, "now": at}
        return (await self._write(_CHANGE, given)).rowcount > 0

    async def remove(self, note_id: str, author_id: str) -> bool:
        """Delete a note of this author. Return False if there is none."""
        return (await self._write(_REMOVE, {"ws": self._ws, "note": note_id, "author": author_id})).rowcount > 0


def _note_of(row: Row[Any]) -> PrivateNote:
    return PrivateNote(
        id=row.id,
        client_id=row.client_id,
        author=Person(row.author_id, row.author_name, row.author_email),
        at=row.at,
        text=row.text,
        session_id=row.session_id,
        changed_at=row.changed_at,
    )
