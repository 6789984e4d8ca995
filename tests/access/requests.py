"""The lines of the table for requests, a client's and those of whoever decides, and for what waits for a coach."""

from coaching.requests import ToBook
from handlers.ids import OWN_CREDITS
from handlers.wishes import ask_value
from tests.access import forms
from tests.access.door import Press
from tests.access.estate import POOL, Estate
from tests.access.forms import in_message, menu
from tests.access.line import _ENDED, _KEPT, DECIDE, EVERYBODY, OWN, POOLS, THINGS, A, C, Line, _id, _only
from tests.access.roles import ANNA, MIA, Holding, Role

MIAS = "---- -- --Y-- ---"
ANNAS = "Y--- -- --o-- ---"  # Mia has asked, and is shown that
ALL = "wwww ww wwwww www"


def _asked(e: Estate) -> str:
    return e.credit_request


def _instead(e: Estate) -> str:
    return ask_value(300, ToBook(rebooks=e.canceled.id))


def _mia(_e: Estate) -> set[str]:
    return {MIA, POOL}


def _beside(action: str, of: str) -> forms.Form:
    """A button beside something that waits, in the App Home."""
    return lambda e, _r, _h: Press(action, _id(of)(e), on="home")


def _at_nine(_e: Estate, _r: Role, _h: Holding) -> Press:
    """The menu of times at which a coach's agenda comes."""
    return Press(A.AGENDA_AT, option=str(9 * 60), on="modal")


REQUESTS = (
    Line(A.WAITING, "", EVERYBODY, forms.at_home(A.WAITING)),
    Line(A.AGENDA_AT, "", EVERYBODY, _at_nine),
    Line(A.LATE_KEEP, "home", DECIDE, _beside(A.LATE_KEEP, "late"), "Kept", _KEPT, _only("late")),
    Line(A.COMPLETED, "home", DECIDE, _beside(A.COMPLETED, "past"), "ompleted", _ENDED, _only("past")),
    Line(A.SESSION_MENU, "wish", OWN, menu(A.SESSION_MENU, "wish", of="wish"), "Times you would take"),
    Line(A.ASK_MOVE, "", OWN, in_message(A.ASK_MOVE, _id("wish")), "Times you would take"),
    Line(A.ASK_MOVE, "asked", OWN, in_message(A.ASK_MOVE, _id("wished")), "Withdraw the request"),
    Line(C.ASK_MOVE, "", OWN, forms.wishes, "You asked to move", "requests timeline notices", _only("wish")),
    Line(A.MOVE_WITHDRAW, "", OWN, forms.withdrawal, "withdrawn", "requests timeline notices", _only("wished")),
    Line(
        A.MOVE_ACCEPT,
        "",
        DECIDE,
        in_message(A.MOVE_ACCEPT, forms.wished),
        "Moved",
        "requests sessions moves timeline notices",
        _only("wished"),
    ),
    Line(
        A.MOVE_DECLINE,
        "",
        DECIDE,
        in_message(A.MOVE_DECLINE, lambda e: e.wish_request),
        "declined",
        "requests timeline notices",
        _only("wished"),
    ),
    Line(A.ASK_CREDITS, "", EVERYBODY, forms.at_home(A.ASK_CREDITS)),
    Line(A.ASK_CREDITS, "instead of a session", ANNAS, in_message(A.ASK_CREDITS, _instead), "Umber Works"),
    Line(C.ASK_CREDITS, "", ALL, forms.plea(OWN_CREDITS)),
    Line(
        C.ASK_CREDITS,
        "for a pool",
        ANNAS,
        forms.plea(POOL),
        "Conrad Coral",
        "requests notices",
        lambda _e: {ANNA},
    ),
    Line(
        C.ASK_CREDITS,
        "instead of a session",
        ANNAS,
        forms.plea(OWN_CREDITS, rebooks=True),
        "You asked",
        "requests notices",
        lambda _e: {ANNA},
    ),
    Line(A.CREDITS_WITHDRAW, "", MIAS, forms.plea_withdrawal, "withdrawn", "requests notices", _mia),
    Line(A.BOOK_ASKED, "", MIAS, in_message(A.BOOK_ASKED, _asked), "Quartz coaching"),
    Line(
        A.CREDITS_ACCEPT,
        "",
        THINGS,
        in_message(A.CREDITS_ACCEPT, _asked),
        "Given",
        "requests grants transfers notices",
        lambda e: {*_mia(e), "issued"},
    ),
    Line(A.CREDITS_OTHER, "", THINGS, in_message(A.CREDITS_OTHER, _asked), "Give"),
    Line(
        C.CREDITS_GIVE,
        "as the answer",
        THINGS,
        forms.give(lambda e: f"{e.credit_request}|pool:{POOL}"),
        "Umber Works",
        "requests grants transfers notices",
        lambda e: {*_mia(e), "issued"},
    ),
    Line(A.CREDITS_FORWARD, "", POOLS, in_message(A.CREDITS_FORWARD, _asked), "Passed on", "requests notices", _mia),
    Line(A.CREDITS_DECLINE, "", POOLS, in_message(A.CREDITS_DECLINE, _asked), "Mia Mauve"),
    Line(C.CREDITS_DECLINE, "", POOLS, forms.refusal, "declined", "requests notices", _mia),
)
