"""The lines of the table for requests to move a session: a client's, and those of whoever decides."""

from tests.access import forms
from tests.access.forms import in_message, menu
from tests.access.line import DECIDE, OWN, A, C, Line, _id, _only

REQUESTS = (
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
)
