"""Private notes on a client: reading them page by page, writing one, changing and deleting one's own."""

from coaching.actions.notes import Notes, OneNote
from coaching.notes import MAX_NOTE, PrivateNote
from handlers.client_meta import NotesMeta
from handlers.ids import Action, Block, Callback
from handlers.views.kit import (
    Json,
    actions,
    alert,
    button,
    confirm,
    context,
    divider,
    field,
    modal,
    section,
    text_input,
    typed,
    verbatim,
)
from handlers.views.note_heads import note_head
from handlers.views.words import Reader, reader_for


def notes_view(found: Notes, meta: NotesMeta, *, notice: str | None = None) -> Json:
    """Build a page of the notes on a client, with the form for a new one. `notice` (mrkdwn) stands at the top."""
    reader = reader_for(found.viewer, [*found.about.values()], found.now)
    say, client = reader.say, reader.name(found.client)
    blocks = [context(say("Only coaches of {client} see these notes; {client} does not.", client=client))]
    if notice:
        blocks.append(alert(notice, say))
    label = say("New note")
    if found.session is not None:
        label = say("New note about this session")
        about = say(
            "About {session}, {time}", session=typed(found.session.session_type), time=reader.when(found.session)
        )
        blocks.append(section(f"*{about}*"))
    blocks.append(
        field(
            label,
            text_input(Action.INPUT, most=MAX_NOTE, multiline=True),
            f"{Block.PRIVATE_NOTE}:{meta.round}",
            optional=True,
        )
    )
    if found.notes:
        blocks.append(divider())
    for note in found.notes:
        blocks += _note(note, found, reader)
    if pager := _pager(found, reader):
        blocks.append(actions(pager))
    return modal(
        say.title("Private notes"),
        Callback.NOTES,
        blocks,
        metadata=meta,
        submit=say.title("Save"),
        close=say.title("Close"),
    )


def note_form(found: OneNote, meta: NotesMeta) -> Json:
    """Build the form that changes one's own note."""
    reader = reader_for(found.viewer, [], found.now)
    say = reader.say
    blocks = [
        context(say("Only coaches of {client} see these notes; {client} does not.", client=reader.name(found.client))),
        field(
            say("Note"),
            text_input(Action.INPUT, initial=found.note.text, most=MAX_NOTE, multiline=True),
            f"{Block.PRIVATE_NOTE}:0",
        ),
    ]
    return modal(
        say.title("Change note"),
        Callback.NOTE,
        blocks,
        metadata=meta,
        submit=say.title("Save"),
        close=say.title("Back"),
    )


def _note(note: PrivateNote, found: Notes, reader: Reader) -> list[Json]:
    say = reader.say
    blocks: list[Json] = [context(note_head(note, found.about, reader)), verbatim(note.text)]
    if note.author.id != found.viewer.person.id:
        return blocks
    when = reader.instant(note.at)
    ask = confirm(say("Delete this note?"), say("It cannot be brought back."), say("Delete"), say("Not now"))
    row = [
        button(say("Change…"), Action.NOTE_EDIT, note.id, label=say("Change your note of {time}", time=when)),
        button(
            say("Delete"), Action.NOTE_DELETE, note.id, confirm=ask, label=say("Delete your note of {time}", time=when)
        ),
    ]
    return [*blocks, actions(row)]


def _pager(found: Notes, reader: Reader) -> list[Json]:
    say, row = reader.say, []
    if found.page:
        row.append(button(f"‹ {say('Later')}", Action.NOTES_LATER, label=say("Later notes")))
    if found.more:
        row.append(button(f"{say('Earlier')} ›", Action.NOTES_EARLIER, label=say("Earlier notes")))
    return row
