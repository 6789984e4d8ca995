"""Everybody's sessions: who may see, find and change them. A part of the table in `matrix.py`."""

from typing import Literal

from coaching.every import Sought, Turn
from coaching.records import EVER
from coaching.sessions import EVERYBODY
from handlers.ids import Action, Block, Callback
from handlers.meta import Meta
from handlers.sought import placed
from tests.access.door import Knock, Press, Submit
from tests.access.estate import START, Estate
from tests.access.forms import Form, at_home, in_setup, typed
from tests.access.line import ADMINS, Line
from tests.access.roles import ANNA, CARLA, Holding, Role

A, C = Action, Callback
SEEN = "o-o- YY ----- ---"  # whoever takes or gives it is shown its details
OF_CARLA = Sought(coach_id=CARLA)
AHEAD = placed(OF_CARLA, Turn(START, ""))
BEHIND = placed(OF_CARLA, Turn(EVER[1].replace(year=2100), "", back=True))


def _meta(h: Holding) -> str:
    """What the list remembers, whatever hat is claimed."""
    return Meta(hat=h[0], subject=EVERYBODY, sought=placed(OF_CARLA)).dump()


def in_every(action: str, value: str | None = None) -> Form:
    """A button in the list."""
    return lambda _e, _r, h: Press(action, value, on="modal", meta=_meta(h))


def first(on: Literal["home", "modal"]) -> Form:
    """The menu of people among the first steps."""
    return lambda _e, _r, _h: Press(A.FIRST_BOOK, on=on, meta="0" if on == "modal" else "", person=ANNA)


def row(verb: str) -> Form:
    """The three dots of a session in the list."""

    def form(e: Estate, _r: Role, h: Holding) -> Knock:
        return Press(A.SESSION_MENU, None, f"{verb}:{h[0]}:{e.open.id}", on="modal", meta=_meta(h))

    return form


def finding(_e: Estate, _r: Role, h: Holding) -> Knock:
    """The dialog that narrows the list down, sent."""
    coach = {"type": "users_select", "selected_user": CARLA}
    return Submit(C.EVERY_FIND, _meta(h), {Block.FIND_COACH: coach})


EVERY = (
    Line("/sessions all", "", ADMINS, typed("all"), "Quartz coaching"),
    Line(A.EVERY, "home", ADMINS, at_home(A.EVERY), "Quartz coaching"),
    Line(A.EVERY, "set-up", ADMINS, in_setup(A.EVERY), "Quartz coaching"),
    Line(A.EVERY, "a coach's", ADMINS, in_every(A.EVERY, CARLA), "Quartz coaching"),
    Line(A.EVERY_TURN, "", ADMINS, in_every(A.EVERY_TURN, AHEAD), "Quartz coaching"),
    Line(A.EVERY_BACK, "", ADMINS, in_every(A.EVERY_BACK, BEHIND), "Quartz coaching"),
    Line(A.EVERY_ALL, "", ADMINS, in_every(A.EVERY_ALL), "Quartz coaching"),
    Line(A.EVERY_FIND, "", ADMINS, in_every(A.EVERY_FIND), "Find sessions"),
    Line(A.EVERY_BOOK, "", ADMINS, in_every(A.EVERY_BOOK, ANNA), "Carla Cobalt"),
    Line(A.FIRST_BOOK, "home", ADMINS, first("home"), "Carla Cobalt"),
    Line(A.FIRST_BOOK, "set-up", ADMINS, first("modal"), "Carla Cobalt"),
    Line(A.EVERY_TAKEN, "", ADMINS, in_every(A.EVERY_TAKEN, ANNA), "Quartz coaching"),
    # Nothing of theirs was given up: all that it says is that.
    Line(A.SEND_AGAIN, "", ADMINS, at_home(A.SEND_AGAIN, f'["{ANNA}", null]'), "nothing left to send"),
    Line(C.EVERY_FIND, "", "---- YY ----- .-.", finding),  # what it shows is the list beneath
    Line(A.CANCEL_OPEN, "everybody's", ADMINS, in_every(A.CANCEL_OPEN), "Quartz coaching"),
    Line(A.SESSION_MENU, "cancel, everybody's", SEEN, row("cancel"), "Confirm cancellation?"),
    Line(A.SESSION_MENU, "move, everybody's", SEEN, row("move"), "Nothing is moved"),
)
"""`details`, `hand` and `link` take the rights of each session: they are tried in `matrix.py` and `moving.py`."""
