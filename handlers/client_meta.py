"""The data that views about clients carry, and how their buttons name a client or a session."""

from dataclasses import dataclass

from handlers import parse
from handlers.meta import SHORT, _AsJson, _texts
from handlers.parse import MAX_ID, BadRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class NotesMeta(_AsJson):
    """The state of the notes on a client, and of the form that changes one of them (`note`). No text is in it.

    `session` is the one that a new note is about. `under` is the id of the view beneath: of the client's page, or of the
    notes beneath the form, and then `beneath` is that of the page beneath those. `page` and `round` count as in `Meta`.
    """

    client: str = _texts(MAX_ID, least=1)
    session: str = _texts(MAX_ID)
    note: str = _texts(SHORT)
    page: int = 0
    round: int = 0
    under: str = _texts(MAX_ID)
    beneath: str = _texts(MAX_ID)
    home: bool = False


def client_value(client_id: str) -> str:
    """Return the name of a client for a button's value: "client:ID"."""
    return f"client:{client_id}"


def session_value(session_id: str) -> str:
    """Return the name of a session for a button's value beside clients: "session:ID"."""
    return f"session:{session_id}"


def client_or_session(value: str) -> tuple[str | None, str | None]:
    """Return the client or the session that such a value names. Raises BadRequest."""
    of, _, given = value.partition(":")
    found = parse.text(given, "client or session")
    if of not in {"client", "session"}:
        raise BadRequest("neither a client nor a session")
    return (found, None) if of == "client" else (None, found)
