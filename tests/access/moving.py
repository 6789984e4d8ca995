"""Who may move sessions and hand them over to another coach: a part of the table in `matrix.py`."""

from handlers.ids import MODE_HAND, Block
from handlers.meta import Meta
from handlers.off_meta import FateMeta
from tests.access import forms
from tests.access.door import Knock, Press, Submit
from tests.access.estate import Estate
from tests.access.fates import DECIDING, TO_OTTO
from tests.access.forms import Form, choosing, in_dialog, in_message, menu, option, sent
from tests.access.line import _HANDED, ADAS, CARLAS, DECIDE, LISTS, NOBODY, OPEN, OWN, A, C, Line, _id
from tests.access.roles import CARLA, OTTO, Holding, Role


def handing(action: str | None, *, confirm: bool = False, theirs: Role | None = None) -> Form:
    """The dialog that hands Anna's session over to Otto: a button pressed in it, or sent (None)."""

    def form(e: Estate, r: Role, h: Holding) -> Knock:
        who = r.before if r.before in (Role.COACH, Role.ADMIN, Role.NAMED) else Role.COACH
        draft = f"handing-{(theirs or who).word}"
        meta = Meta(hat=h[0], subject=h[1], draft=draft, other=OTTO, seal=e.seals[draft]).dump()
        if action is not None:
            return Press(action, on="modal", meta=meta)
        if confirm:
            return Submit(C.HAND_CONFIRM, meta, {})
        return Submit(C.HAND_OVER, meta, {f"{Block.COACH}:1": option(OTTO)})

    return form


def arranging(
    action: str | None, *, confirm: bool = False, theirs: Role | None = None, option: str | None = None
) -> Form:
    """The dialog about what is booked in a time off of Carla's: a button pressed in it, or sent (None)."""

    def form(e: Estate, r: Role, _h: Holding) -> Knock:
        who = theirs or (r.before if r.before in DECIDING else Role.COACH)
        draft = f"fates-{who.word}"
        meta = FateMeta(coach=CARLA, draft=draft, seal=e.seals[draft]).dump()
        if action is not None:
            return Press(action, on="modal", meta=meta, option=option)
        if confirm:
            return Submit(C.OFF_CONFIRM, meta, {})
        return Submit(C.OFF_CHOOSE, meta, {f"{Block.FATE}:0:{e.open.id}": forms.option(str(TO_OTTO))})

    return form


MOVING = (
    # moving
    Line(A.MOVE_OPEN, "message", OPEN, menu(A.MOVE_OPEN, "move", on="message"), "", selves=False),
    Line(A.MOVE_OPEN, "details", OPEN, menu(A.MOVE_OPEN, "move"), "Nothing is moved", selves=False),
    Line(A.MOVE_DAY, "", OPEN, in_dialog(A.MOVE_DAY, "moving", option="2026-12-10"), "Nothing is moved"),
    Line(
        A.MOVE_DAY,
        "Anna's dialog",
        OWN,
        in_dialog(A.MOVE_DAY, "moving", theirs=Role.OWNER, option="2026-12-10"),
        "Nothing is",
    ),
    Line(A.MOVE_BACK, "", OPEN, in_dialog(A.MOVE_BACK, "moved", page=1), "Nothing is moved"),
    Line(A.MOVE_BACK, "to choosing", LISTS, in_dialog(A.MOVE_BACK, "moved"), "How would you like", selves=False),
    Line(A.MOVE_ALLOW, "", DECIDE, in_message(A.MOVE_ALLOW, _id("open")), "vermilion", "sessions timeline notices"),
    Line(C.MOVE, "", OPEN, forms.new_time(), "Confirm new times?"),
    Line(C.MOVE, "Anna's dialog", OWN, forms.new_time(theirs=Role.OWNER), "Confirm new times?"),
    Line(C.MOVE_CONFIRM, "", OPEN, sent(C.MOVE_CONFIRM, "moved"), "is moved", "sessions moves timeline notices"),
    Line(
        C.MOVE_CONFIRM,
        "Anna's",
        OWN,
        sent(C.MOVE_CONFIRM, "moved", theirs=Role.OWNER),
        "is moved",
        "sessions moves timeline notices",
    ),
    Line(
        C.MOVE_CONFIRM,
        "Ada's",
        ADAS,
        sent(C.MOVE_CONFIRM, "moved", theirs=Role.ADMIN),
        "is moved",
        "sessions moves timeline notices",
    ),
    # handing over
    Line(A.HAND_OPEN, "", DECIDE, menu(A.HAND_OPEN, "hand"), "Otto Ochre"),
    Line(A.SESSION_MENU, "hand", DECIDE, menu(A.SESSION_MENU, "hand"), "Otto Ochre"),
    Line(C.CHOOSE, "to hand over", DECIDE, choosing(None, mode=MODE_HAND), "Otto Ochre"),
    Line(C.CHOOSE, "to hand over, with Boris's", NOBODY, choosing(None, mode=MODE_HAND, mixed=True)),
    Line(A.HAND_BACK, "", DECIDE, handing(A.HAND_BACK), "Otto Ochre"),
    Line(C.HAND_OVER, "", DECIDE, handing(None), "Hand over?"),
    Line(C.HAND_OVER, "Carla's dialog", CARLAS, handing(None, theirs=Role.COACH), "Hand over?"),
    Line(C.HAND_CONFIRM, "", DECIDE, handing(None, confirm=True), "is handed over", _HANDED),
    Line(C.HAND_CONFIRM, "Carla's", CARLAS, handing(None, confirm=True, theirs=Role.COACH), "is handed", _HANDED),
    Line(C.HAND_CONFIRM, "Ada's", ADAS, handing(None, confirm=True, theirs=Role.ADMIN), "is handed", _HANDED),
    # what is booked in a time off
    Line(A.OFF_ALL, "", DECIDE, arranging(A.OFF_ALL, option=str(TO_OTTO)), "Quartz coaching"),
    Line(A.OFF_EARLIER, "", DECIDE, arranging(A.OFF_EARLIER), "Quartz coaching"),
    Line(A.OFF_LATER, "", DECIDE, arranging(A.OFF_LATER), "Quartz coaching"),
    Line(A.OFF_BACK, "", DECIDE, arranging(A.OFF_BACK), "Quartz coaching"),
    Line(A.OFF_LATE, "", DECIDE, arranging(A.OFF_LATE), "Confirm the changes?"),
    Line(C.OFF_CHOOSE, "", DECIDE, arranging(None), "Confirm the changes?"),
    Line(C.OFF_CHOOSE, "Carla's dialog", CARLAS, arranging(None, theirs=Role.COACH), "Confirm the changes?"),
    Line(C.OFF_CONFIRM, "", DECIDE, arranging(None, confirm=True), "is handed over", _HANDED),
    Line(C.OFF_CONFIRM, "Carla's", CARLAS, arranging(None, confirm=True, theirs=Role.COACH), "is handed", _HANDED),
    Line(C.OFF_CONFIRM, "Ada's", ADAS, arranging(None, confirm=True, theirs=Role.ADMIN), "is handed", _HANDED),
)
