"""The ways to a client's page, to the notes on them, and to their next booking, wherever one of their sessions is shown."""

from coaching.sessions import Hat, Person, Session, Status
from handlers.client_meta import client_value, session_value
from handlers.ids import Action
from handlers.views.kit import Json, button
from handlers.views.words import Reader
from language.say import Say


def client_button(client: Person, reader: Reader) -> Json:
    """Return the button that opens a client's page."""
    say = reader.say
    label = say("Open the page of {client}", client=reader.plain_name(client, 40))
    return button(say("Client…"), Action.CLIENT_OPEN, client.id, label=label)


def buttons_of_client(session: Session, hat: Hat, reader: Reader) -> list[Json]:
    """Return the buttons of a session's details that lead to its client, for its coach and for admins."""
    if hat is Hat.CLIENT or session.client.id == reader.person.id:
        return []
    row = [client_button(session.client, reader)]
    if hat is Hat.COACH:
        row.append(notes_button(session_value(session.id), reader.say))
        if session.status is not Status.SCHEDULED or reader.now >= session.starts_at:
            row.append(book_button(session_value(session.id), session.client, reader))
    return row


def book_button(value: str, client: Person, reader: Reader) -> Json:
    """Return the button that opens the booking dialog for a client, with the next time proposed."""
    say = reader.say
    label = say("Book the next session for {client}", client=reader.plain_name(client, 30))
    return button(say("Book for Them…"), Action.CLIENT_BOOK, value, label=label)


def notes_button(value: str, say: Say) -> Json:
    """Return the button that opens the private notes on a client."""
    return button(say("Notes…"), Action.NOTES_OPEN, value, label=say("Private notes, for coaches of this client only"))


def notes_of_client_button(client: Person, say: Say) -> Json:
    """Return the same for a client's page."""
    return notes_button(client_value(client.id), say)
