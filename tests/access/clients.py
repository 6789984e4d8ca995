"""The lines of the table for a client's page, private notes, and bookings by a coach for their client."""

from collections.abc import Callable

from coaching.sessions import Hat
from handlers.client_meta import NotesMeta, client_value, session_value
from handlers.ids import Block
from handlers.meta import BookingMeta
from tests.access.door import Knock, Press, Submit
from tests.access.estate import Estate
from tests.access.forms import Form, at_home, in_list, in_message, option, stamp, text
from tests.access.line import _BOOKED, LISTS, A, C, Line, _new
from tests.access.roles import ANNA, Holding, Role

PAGE = "--Y- YY ----- ooo"  # in the other workspace, Anna is somebody of it
HERS = "--Y- -- ----- -o-"  # Carla coaches the other workspace's Anna too
HERS_HERE = "--Y- -- ----- ---"
WRITES = "--Y- -- ----- -w-"


def _anna(_e: Estate) -> str:
    return ANNA


def _client(_e: Estate) -> str:
    return client_value(ANNA)


def _session(e: Estate) -> str:
    return session_value(e.open.id)


def _past(e: Estate) -> str:
    return session_value(e.past.id)


def _in_notes(action: str, value: Callable[[Estate], str | None] = lambda _e: None) -> Form:
    """A button in the notes on Anna."""
    return lambda e, _r, _h: Press(action, value(e), on="modal", meta=NotesMeta(client=ANNA).dump())


def _sent(callback: C, *, note: bool = False, session: bool = False) -> Form:
    """The form for a new note on Anna (or on her open session), or the one that changes Carla's, sent."""

    def form(e: Estate, _r: Role, _h: Holding) -> Knock:
        meta = NotesMeta(client=ANNA, note=e.note if note else "", session=e.open.id if session else "")
        return Submit(callback, meta.dump(), {f"{Block.PRIVATE_NOTE}:0": text("note-jade")})

    return form


def _booking(e: Estate, r: Role, _h: Holding) -> Knock:
    """The dialog in which Carla books for Anna, sent."""
    meta = BookingMeta(hat=Hat.COACH, subject=ANNA, session=f"new-{r.word}", seal=e.booking_seals[ANNA])
    state = {
        f"{Block.BOOK_TYPE}:0": option(e.type_id),
        f"{Block.DAY}:0": option(e.free.date().isoformat()),
        f"{Block.TIME}:0": option(stamp(e.free)),
    }
    return Submit(C.BOOK, meta.dump(), state)


def _with_otto(e: Estate, r: Role, _h: Holding) -> Knock:
    """The same with Otto in place of herself."""
    knock = _booking(e, r, _h)
    assert isinstance(knock, Submit)
    return Submit(C.BOOK, knock.meta, {**knock.state, f"{Block.BOOK_COACH}:0": option("U0OTTO")})


def _note(e: Estate) -> str:
    return e.note


CLIENTS = (
    Line(A.CLIENT_OPEN, "", PAGE, in_message(A.CLIENT_OPEN, _anna), "Anna Amaranth"),
    Line(A.CLIENTS_ALL, "", "--Yo -- ----- -o-", at_home(A.CLIENTS_ALL), "Anna Amaranth"),
    Line(A.CLIENT_SESSIONS, "", LISTS, in_list(A.CLIENT_SESSIONS), "Quartz coaching", selves=False),
    Line(A.CLIENT_BOOK, "client", HERS, in_message(A.CLIENT_BOOK, _client), "You book for Anna Amaranth"),
    Line(A.CLIENT_BOOK, "session", HERS_HERE, in_message(A.CLIENT_BOOK, _session), "You book for Anna Amaranth"),
    Line(A.CLIENT_BOOK, "past", HERS_HERE, in_message(A.CLIENT_BOOK, _past), "You book for Anna Amaranth"),
    Line(C.BOOK, "for a client", HERS, _booking, "Booked", _BOOKED, _new),
    Line(C.BOOK, "for a client, with another coach", "---- -- ----- -o-", _with_otto),
    Line(A.NOTES_OPEN, "client", HERS, in_message(A.NOTES_OPEN, _client), "note-malachite"),
    Line(A.NOTES_OPEN, "session", HERS_HERE, in_message(A.NOTES_OPEN, _session), "note-malachite"),
    Line(A.NOTES_EARLIER, "", HERS, _in_notes(A.NOTES_EARLIER), "note-malachite"),
    Line(A.NOTES_LATER, "", HERS, _in_notes(A.NOTES_LATER), "note-malachite"),
    Line(A.NOTE_EDIT, "", HERS_HERE, _in_notes(A.NOTE_EDIT, _note), "note-malachite"),
    Line(A.NOTE_DELETE, "", HERS, _in_notes(A.NOTE_DELETE, _note), "Private notes", "notes", lambda e: {e.note}),
    Line(C.NOTES, "client", WRITES, _sent(C.NOTES), "note-jade", "notes", lambda _e: {ANNA}),
    Line(C.NOTES, "session", HERS_HERE, _sent(C.NOTES, session=True), "note-jade", "notes", lambda e: {e.open.id}),
    Line(C.NOTE, "", HERS_HERE, _sent(C.NOTE, note=True), "", "notes", lambda e: {e.note}),
)
