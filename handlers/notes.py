"""Private notes on a client: opened from their page or from a session's details."""

from dataclasses import replace

from coaching.actions import notes
from coaching.errors import NotYours, Replayed
from coaching.notes import MAX_NOTE, PrivateNote
from coaching.sessions import Actor
from handlers import parse
from handlers.client_meta import NotesMeta, client_or_session
from handlers.deps import Deps
from handlers.ids import Action, Block, Callback
from handlers.press import Press, on_action, on_submit
from handlers.records import client_page, from_home
from handlers.views.kit import Json
from handlers.views.notes import note_form, notes_view


class NotesFeature:
    """The notes, the form for a new one, and the form that changes one."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    @on_action(Action.NOTES_OPEN)
    async def open(self, press: Press) -> None:
        """Open the notes on the client that a button names, or on the client of a session."""
        client_id, session_id = client_or_session(parse.value(press.body, 2 * parse.MAX_ID))
        if client_id is None:
            async with self._deps.store.read(press.actor.workspace_id) as queries:
                session = await queries.sessions.find(session_id or "")
            if session is None:
                raise NotYours("session", [session_id or ""], press.actor.user_id)
            client_id = session.client.id
        under = ""
        if parse.surface(press.body) == "modal" and parse.view(press.body).get("callback_id") == Callback.CLIENT:
            under = parse.view_id(press.body)
        meta = NotesMeta(client=client_id, session=session_id or "", under=under, home=from_home(press))
        await press.show(await self._page(press.actor, meta))
        await press.ack()

    @on_action(Action.NOTES_EARLIER, Action.NOTES_LATER)
    async def turn(self, press: Press) -> None:
        """Show another page."""
        meta = NotesMeta.load(press.body)
        step = 1 if press.action_id == Action.NOTES_EARLIER else -1
        await press.redraw(await self._page(press.actor, replace(meta, page=max(0, meta.page + step))))
        await press.ack()

    @on_submit(Callback.NOTES)
    async def write(self, press: Press) -> None:
        """Write the note that was typed, and show it among the others."""
        meta = NotesMeta.load(press.body)
        block = parse.first_block(press.body, Block.PRIVATE_NOTE) or Block.PRIVATE_NOTE
        typed = parse.typed_text(press.body, block, MAX_NOTE + 1) or ""
        notice = None
        try:
            written = await self._write(press, meta, typed)
        except Replayed:
            written = None
        except NotYours as error:
            if error.what != "session" or not await self._handed_over(press.actor, meta):
                raise
            # It was handed over while they typed. What they know of the client is worth as much.
            meta = replace(meta, session="")
            written = await self._write(press, meta, typed)
            say = await self._deps.say_to(press.actor)
            notice = say("That session is no longer one of yours. Your note is about the client now.")
        if written is not None:
            # Another id for the input, so that Slack empties it.
            meta = replace(meta, page=0, round=meta.round + 1)
        await press.replace(await self._page(press.actor, meta, notice))
        if written is not None:
            self._deps.later(self._redraw_page(press, meta, meta.under), "redraw a client's page")

    async def _handed_over(self, actor: Actor, meta: NotesMeta) -> bool:
        """Return whether the session of a note is the client's still: it is another coach's then."""
        async with self._deps.store.read(actor.workspace_id) as queries:
            session = await queries.sessions.find(meta.session)
        return session is not None and session.client.id == meta.client

    async def _write(self, press: Press, meta: NotesMeta, typed: str) -> PrivateNote | None:
        return await notes.write_note(
            self._deps.store,
            self._deps.clock,
            press.actor,
            parse.request_key(press.body),
            meta.client,
            typed,
            session_id=meta.session or None,
        )

    @on_action(Action.NOTE_EDIT)
    async def edit(self, press: Press) -> None:
        """Open the form that changes one's own note."""
        meta = NotesMeta.load(press.body)
        note_id = parse.value(press.body)
        found = await notes.open_note(self._deps.store, self._deps.clock, press.actor, note_id)
        form = replace(meta, note=note_id, under=parse.view_id(press.body), beneath=meta.under)
        await press.show(note_form(found, form))
        await press.ack()

    @on_submit(Callback.NOTE)
    async def change(self, press: Press) -> None:
        """Change one's own note, and redraw the notes and the page beneath."""
        meta = NotesMeta.load(press.body)
        typed = parse.typed_text(press.body, f"{Block.PRIVATE_NOTE}:0", MAX_NOTE + 1) or ""
        key = parse.request_key(press.body)
        await notes.change_note(self._deps.store, self._deps.clock, press.actor, key, meta.note, typed)
        below = replace(meta, note="", under=meta.beneath, beneath="")
        if meta.under and parse.view(press.body).get("previous_view_id") == meta.under:
            await press.redraw_beneath(lambda actor: self._page(actor, below))
        await press.ack()
        self._deps.later(self._redraw_page(press, meta, meta.beneath), "redraw a client's page")

    @on_action(Action.NOTE_DELETE)
    async def delete(self, press: Press) -> None:
        """Delete one's own note, and redraw the notes and the page beneath."""
        meta = NotesMeta.load(press.body)
        await notes.delete_note(self._deps.store, press.actor, parse.value(press.body))
        await press.redraw(await self._page(press.actor, meta))
        await press.ack()
        self._deps.later(self._redraw_page(press, meta, meta.under), "redraw a client's page")

    async def _page(self, actor: Actor, meta: NotesMeta, notice: str | None = None) -> Json:
        found = await notes.open_notes(
            self._deps.store,
            self._deps.clock,
            actor,
            meta.client,
            session_id=meta.session or None,
            page=meta.page,
        )
        return notes_view(found, replace(meta, page=found.page), notice=notice)

    async def _redraw_page(self, press: Press, meta: NotesMeta, view_id: str) -> None:
        # At the height of Slack's stack the notes take the place of the page: there is none beneath.
        shown = {parse.view_id(press.body), meta.under if meta.note else ""}
        if view_id and view_id not in shown:
            await press.redraw_beneath(
                lambda _: client_page(self._deps, press, meta.client, home=meta.home), view_id=view_id
            )
