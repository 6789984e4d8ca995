"""A client's page, a coach's clients in their Home, and the menu of all of them."""

from collections.abc import Sequence

from coaching.actions.browse import Row, SessionPage
from coaching.actions.clients import ClientList, ClientPage
from coaching.clients import Client, History
from coaching.notes import PrivateNote
from coaching.packages import Holder
from coaching.records import COUNTED
from coaching.sessions import Hat, Person
from handlers.button_values import holder_key
from handlers.client_meta import client_value
from handlers.ids import Action, Callback
from handlers.meta import Meta
from handlers.views.client_buttons import book_button, client_button, notes_of_client_button
from handlers.views.coach_buttons import decision_buttons
from handlers.views.command_words import Command, as_typed
from handlers.views.grant_lines import grant_line
from handlers.views.kit import (
    OPTION,
    SELECT,
    Json,
    actions,
    bare,
    button,
    clip,
    clip_lines,
    context,
    divider,
    header,
    modal,
    option,
    section,
    select,
    verbatim,
)
from handlers.views.list import number_of
from handlers.views.note_heads import note_head
from handlers.views.rows import day_rows
from handlers.views.words import Reader, namesakes, reader_for
from language.say import Say

NAMED = 10
"""Clients who are named in a coach's Home."""
MOST = 400
"""The most options of a menu: as many as fit into a view."""
VALUE = 150
"""The most characters in an option's value."""
NOTE_SHOWN = 300
"""The most characters of a note on the page. The notes themselves show all of it."""


def client_view(page: ClientPage, *, home: bool = False) -> Json:
    """Build a client's page. `home`: it was opened from the App Home."""
    rows = [*page.ahead.rows, *page.behind.rows]
    reader = reader_for(page.viewer, [row.session for row in rows], page.now)
    say, client = reader.say, reader.name(page.client)
    whose = (
        say("You see all sessions and credits of {client}, as an *admin*.", client=client)
        if page.hat is Hat.ADMIN
        else say("You see what {client} has with you, as their *coach*.", client=client)
    )
    blocks = [
        context(whose),
        section(f"*{client}*\n{_history(page.history, say)}"),
        actions(_toolbar(page, reader)),
        divider(),
        header(say("Booked sessions")),
        *_sessions(page.ahead, reader, say("Nothing is booked.")),
    ]
    if page.behind.rows:
        blocks += [divider(), header(say("Past sessions")), *_sessions(page.behind, reader, "")]
    blocks += [divider(), header(say("Credits")), section(_credits(page, reader))]
    if page.coaches and not page.client.erased:
        blocks += [divider(), header(say("Private notes")), *_notes(page, reader)]
    blocks.extend(map(context, reader.zone_if_needed([row.session for row in rows])))
    return modal(
        say.title("Client"), Callback.CLIENT, blocks, metadata=page_meta(page, home=home), close=say.title("Close")
    )


def page_meta(page: ClientPage, *, home: bool) -> Meta:
    """Return what the page stores. It is what the list of the same sessions would store, so the same buttons work."""
    if page.hat is Hat.ADMIN:
        return Meta(hat=Hat.ADMIN, subject=page.client.id, home=home)
    return Meta(hat=Hat.COACH, subject=page.viewer.person.id, other=page.client.id, home=home)


def client_of(meta: Meta) -> str:
    """Return the client whose page stores this."""
    return meta.other if meta.hat is Hat.COACH else meta.subject


def _toolbar(page: ClientPage, reader: Reader) -> list[Json]:
    say = reader.say
    row = []
    gone = page.client.erased  # nothing new can be theirs
    if page.coaches and not gone:
        row += [
            book_button(client_value(page.client.id), page.client, reader),
            notes_of_client_button(page.client, say),
        ]
    elif page.client.id != page.viewer.person.id and not gone:
        label = say("Book the next session for {client}", client=reader.plain_name(page.client, 30))
        row.append(button(say("Book for Them…"), Action.SCHEDULE, label=label))
    row.append(button(say("Sessions…"), Action.CLIENT_SESSIONS, label=say("Show all these sessions as a list")))
    if page.hat is Hat.ADMIN and not gone:
        row.append(button(say("Credits…"), Action.CREDITS, holder_key(Holder(page.client.id))))
    return row


def _history(history: History, say: Say) -> str:
    parts = [
        say.plural("{n} session took place", "{n} sessions took place", history.over),
        say.plural("{n} canceled in time", "{n} canceled in time", history.in_time),
        say.plural("{n} canceled late", "{n} canceled late", history.late),
        say.plural("{n} no-show", "{n} no-shows", history.no_shows),
    ]
    if history.by_coach:
        parts.append(say.plural("{n} canceled by the coach", "{n} canceled by the coach", history.by_coach))
    if history.by_admin:
        parts.append(say.plural("{n} canceled by an admin", "{n} canceled by an admin", history.by_admin))
    words = " · ".join(parts)
    if history.cut:
        words += "\n" + say("Counted are the latest {n} sessions.", n=say.number(COUNTED))
    return words


def _sessions(page: SessionPage, reader: Reader, none: str) -> list[Json]:
    if not page.rows:
        return [section(none)]

    def under(row: Row) -> list[Json]:
        own = row.session.client.id == reader.person.id
        buttons = [] if own else decision_buttons(row.session, reader)
        return [actions(buttons)] if buttons else []

    blocks = day_rows(page.rows, reader, page.hat, under)
    if page.total > len(page.rows):
        say, all_ = reader.say, number_of(page, reader.say)
        blocks.append(context(say("{n} of {all} sessions are shown here.", n=say.number(len(page.rows)), all=all_)))
    return blocks


def _credits(page: ClientPage, reader: Reader) -> str:
    say, client = reader.say, reader.name(page.client)
    if not page.grants:
        return say("{owner} has no credits right now.", owner=client)
    return clip_lines([f"• {grant_line(one, reader)}" for one in page.grants], 2900, say)


def _notes(page: ClientPage, reader: Reader) -> list[Json]:
    say = reader.say
    if not page.notes:
        return [context(say("No notes yet. Only coaches of {client} see them.", client=reader.name(page.client)))]
    blocks = [block for note in page.notes for block in _note(note, page, reader)]
    more = say("*Notes…* shows all of them.") if page.more_notes else None
    secret = say("Only coaches of {client} see them.", client=reader.name(page.client))
    return [*blocks, context(say.sentences(more, secret))]


def _note(note: PrivateNote, page: ClientPage, reader: Reader) -> list[Json]:
    return [context(note_head(note, page.about, reader)), verbatim(clip(note.text, NOTE_SHOWN))]


def home_clients(clients: Sequence[Client], reader: Reader) -> list[Json]:
    """Return the part of a coach's Home about their clients: who comes next or came last, and the menu to their pages."""
    if not clients:
        return []
    say = reader.say
    reader = _telling_apart(clients, reader)
    lines = [_line(one, reader) for one in clients[:NAMED]]
    blocks: list[Json] = [header(say("Your clients")), section("\n".join(lines), _menu(clients[:SELECT], reader))]
    if len(clients) > NAMED:
        label = say("Choose among all your clients")
        blocks.append(actions([button(say("All clients…"), Action.CLIENTS_ALL, label=label)], block_id="home:clients"))
    return blocks


def clients_view(found: ClientList) -> Json:
    """Build the menu of all clients."""
    reader = reader_for(found.viewer, [], found.now)
    say = reader.say
    listed = found.clients[:MOST]
    reader = _telling_apart(listed, reader)
    if not listed:
        blocks = [section(say("You have no clients yet: nobody has booked a session with you."))]
    else:
        number = say.plural("You have {n} client.", "You have {n} clients.", len(found.clients))
        if len(found.clients) > len(listed):
            number = say("The menu has the {n} clients whose sessions are nearest.", n=say.number(len(listed)))
        blocks = [section(f"*{number}*", _menu(listed, reader))]
        hint = say("Type a name in the menu to find somebody.")
        blocks.append(context(hint))
        if len(found.clients) > len(listed):
            whom = f"`{as_typed(say, Command.FOR)} @…`"
            blocks.append(context(say("For all others type {command}.", command=whom)))
    return modal(say.title("Your clients"), Callback.CLIENTS, blocks, close=say.title("Close"))


def _telling_apart(clients: Sequence[Client], reader: Reader) -> Reader:
    return Reader(
        person=reader.person,
        times=reader.times,
        now=reader.now,
        sees_mail=reader.sees_mail,
        coaches=reader.coaches,
        mark_dst=reader.mark_dst,
        namesakes=namesakes((one.person for one in clients), reader.person),
    )


def _line(one: Client, reader: Reader) -> str:
    return f"• {' · '.join([f'*{reader.name(one.person)}*', *_when(one, reader)])}"


def _when(one: Client, reader: Reader) -> list[str]:
    say = reader.say
    if one.next_at is not None:
        return [say("next session {time}", time=reader.instant(one.next_at))]
    return [say("last session {time}", time=reader.instant(one.last_at))] if one.last_at is not None else []


def _menu(clients: Sequence[Client], reader: Reader) -> Json:
    # Longer ids are e-mail addresses of people who are not in Slack yet. The details of their sessions lead to them.
    options = [option(_named(one.person, reader), one.person.id) for one in clients if len(one.person.id) <= VALUE]
    if not options:
        return client_button(clients[0].person, reader)
    return select(Action.CLIENT_OPEN, options, placeholder=reader.say("Open a client…"))


def _named(person: Person, reader: Reader) -> str:
    return bare(reader.plain_name(person, OPTION), OPTION)
