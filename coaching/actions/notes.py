"""Private notes: written, read, changed and deleted by the coaches of a client, and by nobody else (ADR 0053)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from coaching.actions.access import require_coach_of
from coaching.clock import Clock
from coaching.errors import NoteEmpty, NoteGone, NoteTooLong, NotYours
from coaching.ids import new_id
from coaching.notes import MAX_NOTE, PrivateNote
from coaching.ports import Queries, Store
from coaching.records import Viewer
from coaching.sessions import Actor, Person, Session
from coaching.texts import kept_text

PAGE = 5
"""Notes on one page: as many as fit into a view, however long they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """One page of the notes on a client, the latest first. `page` counts from 0.

    `session` is the one that a new note would be about, if the page was opened from it. `about` are the sessions of the
    viewer's that notes are about, by id: notes on other coaches' sessions do not say which.
    """

    viewer: Viewer
    client: Person
    notes: Sequence[PrivateNote]
    page: int
    more: bool
    now: datetime
    session: Session | None = None
    about: Mapping[str, Session]


@dataclass(frozen=True, slots=True, kw_only=True)
class OneNote:
    """A note of the viewer's own."""

    viewer: Viewer
    client: Person
    note: PrivateNote
    now: datetime


async def open_notes(
    store: Store, clock: Clock, actor: Actor, client_id: str, *, session_id: str | None = None, page: int = 0
) -> Notes:
    """Return a page of the notes on a client, or the first one where there is none. Raises NotYours, CoachesOnly.

    `session_id`: a session of the client's with the actor, which a new note would be about.
    """
    now = clock.now()
    async with store.read(actor.workspace_id) as queries:
        viewer = await require_coach_of(queries, actor, client_id)
        session = await _own_session(queries, actor, client_id, session_id)
        found = await queries.notes.of_client(client_id, PAGE + 1, page * PAGE)
        if not found and page:
            page, found = 0, await queries.notes.of_client(client_id, PAGE + 1)
        shown = found[:PAGE]
        return Notes(
            viewer=viewer,
            client=(await queries.people.viewer(client_id)).person,
            notes=shown,
            page=page,
            more=len(found) > PAGE,
            now=now,
            session=session,
            about=await own_sessions(queries, actor, shown),
        )


async def open_note(store: Store, clock: Clock, actor: Actor, note_id: str) -> OneNote:
    """Return a note to change. Raises NotYours unless it is the actor's, on a client of theirs. Raises CoachesOnly."""
    async with store.read(actor.workspace_id) as queries:
        note = await _own_note(queries, actor, note_id)
        return OneNote(
            viewer=await queries.people.viewer(actor.user_id),
            client=(await queries.people.viewer(note.client_id)).person,
            note=note,
            now=clock.now(),
        )


async def write_note(
    store: Store,
    clock: Clock,
    actor: Actor,
    request_key: str,
    client_id: str,
    text: str,
    *,
    session_id: str | None = None,
) -> PrivateNote | None:
    """Write a note on a client, or on a session of theirs with the actor. Nothing is written where no text is seen.

    Raises NotYours, CoachesOnly, NoteTooLong, Replayed.
    """
    now = clock.now()
    async with store.write(actor.workspace_id) as uow:
        viewer = await require_coach_of(uow, actor, client_id)
        session = await _own_session(uow, actor, client_id, session_id)
        kept = kept_text(text, MAX_NOTE, NoteTooLong)
        if kept is None:
            return None
        await uow.claim_request(request_key)
        note = PrivateNote(
            id=new_id(now),
            client_id=client_id,
            author=viewer.person,
            at=now,
            text=kept,
            session_id=session.id if session else None,
        )
        await uow.notes.add(note)
        await uow.commit()
    return note


async def change_note(
    store: Store, clock: Clock, actor: Actor, request_key: str, note_id: str, text: str
) -> PrivateNote:
    """Change the text of one's own note.

    Raises NotYours, CoachesOnly, NoteGone if it was deleted, NoteEmpty, NoteTooLong, Replayed.
    """
    now = clock.now()
    async with store.write(actor.workspace_id) as uow:
        if await uow.notes.find(note_id) is None:
            raise NoteGone(note_id)
        note = await _own_note(uow, actor, note_id)
        kept = kept_text(text, MAX_NOTE, NoteTooLong)
        if kept is None:
            raise NoteEmpty(note_id)
        await uow.claim_request(request_key)
        if kept != note.text:
            await uow.notes.change(note_id, actor.user_id, kept, now)
            note = replace(note, text=kept, changed_at=now)
        await uow.commit()
    return note


async def delete_note(store: Store, actor: Actor, note_id: str) -> PrivateNote | None:
    """Delete one's own note, and return it. None: it is deleted already. Raises NotYours, CoachesOnly."""
    async with store.write(actor.workspace_id) as uow:
        if await uow.notes.find(note_id) is None:
            return None
        note = await _own_note(uow, actor, note_id)
        await uow.notes.remove(note_id, actor.user_id)
        await uow.commit()
    return note


async def own_sessions(queries: Queries, actor: Actor, notes: Sequence[PrivateNote]) -> Mapping[str, Session]:
    """Return the sessions that notes are about, as far as the actor gave or gives them, by id."""
    ids = sorted({note.session_id for note in notes if note.session_id})
    return {one.id: one for one in await queries.sessions.by_ids(ids) if one.coach.id == actor.user_id}


async def _own_session(queries: Queries, actor: Actor, client_id: str, session_id: str | None) -> Session | None:
    if session_id is None:
        return None
    session = await queries.sessions.find(session_id)
    if session is None or session.client.id != client_id or session.coach.id != actor.user_id:
        raise NotYours("session", [session_id], actor.user_id)
    return session


async def _own_note(queries: Queries, actor: Actor, note_id: str) -> PrivateNote:
    note = await queries.notes.find(note_id)
    if note is None or note.author.id != actor.user_id:
        raise NotYours("note", [note_id], actor.user_id)
    await require_coach_of(queries, actor, note.client_id)
    return note
