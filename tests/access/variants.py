"""Every variant of a form: new things beside those that are there, and each option; with `matrix.LINES`, all that is tried."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from handlers.ids import LEAVE_CANCEL, MODE_KEEP, NO, Action, Block, Callback
from tests.access import forms
from tests.access.clients import CLIENTS
from tests.access.door import Press, Submit
from tests.access.estate import ASKED_ADDRESS, CREDITS, OFFERED, PACKAGE, POOL, POOLED, Estate
from tests.access.forms import Form, option, text, ticks
from tests.access.line import _UNDONE, ADAS, DECIDE, SAVES, THINGS, UNHEARD, Line, _only
from tests.access.matrix import LINES
from tests.access.roles import ANNA, CARLA, CONRAD, MIA, NELL, SAM, Holding, Role

A, C, B = Action, Callback, Block


def _form(callback: Callback, state: dict[str, Any], meta: Callable[[Estate], str] = lambda _e: "") -> Form:
    return lambda e, _r, _h: Submit(callback, meta(e), state)


def _people(kind: str, *who: str) -> dict[str, Any]:
    return {"type": kind, "selected_users": list(who)} if "multi" in kind else {"type": kind, "selected_user": who[0]}


def _carla(_e: Estate) -> str:
    return CARLA


def _typed_package(name: str, **more: Any) -> Callable[[Estate], dict[str, Any]]:
    def state(e: Estate) -> dict[str, Any]:
        return {B.PACKAGE_NAME: text(name), B.PACKAGE_SESSIONS: text("5"), B.PACKAGE_TYPE: option(e.type_id), **more}

    return state


def _package(name: str, meta: Callable[[Estate], str] = lambda _e: "", **more: Any) -> Form:
    return lambda e, _r, _h: Submit(C.PACKAGE, meta(e), _typed_package(name, **more)(e))


def _ahead(e: Estate) -> set[str]:
    held = {e.undone.id, e.by_coach.id, e.by_admin.id}
    return {CARLA, PACKAGE, e.open.id, *held, e.past.id, e.wish.id, e.wished.id}


def _other_admins(_e: Estate, role: Role, _h: Holding) -> Submit:
    """The admins' form: nobody any more; or, from one of those who are named, one more, since they hear nothing of themselves."""
    return Submit(C.SETUP_ADMINS, "", forms.admins(*([NELL, CONRAD] if role.user == NELL else [])))


_OF_CARLA = {"type": "multi_conversations_select", "selected_conversations": ["C0OTHER"]}
_GIVEN = "grants transfers notices"

VARIANTS = (
    Line(
        C.BOOK,
        "paid with other credits",
        "Y--- YY ----- ---",
        forms.booking(None, pays=CREDITS, seal="spared_seal"),
        "Booked",
        "sessions transfers timeline notices",
        lambda _e: {"new-owner", "new-admin", "new-named", CREDITS},
        selves=False,
    ),
    *(
        Line(C.BOOK, f"paid with {whose}", "o--- oo ----- ---", forms.booking(None, pays=grant), selves=False)
        for whose, grant in (
            ("somebody else's credits", "g0boris"),
            ("credits of another workspace", "g0away"),
            ("a pool that they do not book from", POOLED),
            ("credits that nobody has", "g0nothing"),
        )
    ),
    Line(
        C.SETUP_COACH,
        "new",
        SAVES,
        _form(C.SETUP_COACH, {B.COACH: _people("users_select", SAM), **forms.COACH_FORM}),
        "",
        "coaches members notices",
        lambda _e: {SAM},
    ),
    Line(
        C.SETUP_COACH,
        "direct messages",
        SAVES,
        _form(C.SETUP_COACH, {f"{B.CHANNEL_DROP}:0": ticks("C0CRIMSON")}, _carla),
        "",
        "coaches",
        lambda _e: {CARLA},
    ),
    Line(
        C.SETUP_REMOVE,
        "and cancel",
        SAVES,
        _form(C.SETUP_REMOVE, {B.LEAVE: option(LEAVE_CANCEL), B.REASON: text("Leaves")}, _carla),
        "canceled",
        "coaches sessions requests refunds transfers timeline notices",
        _ahead,
    ),
    Line(C.SETUP_ADMINS, "others", SAVES, _other_admins, "", "admins notices", lambda _e: {NELL, CONRAD}),
    Line(
        C.SETUP_TYPE,
        "new",
        SAVES,
        _form(C.SETUP_TYPE, {**forms.TYPE_FORM, B.TYPE_NAME: text("Malachite")}),
        "",
        "session_types",
        lambda _e: {"Malachite"},
    ),
    Line(
        C.SETUP_TYPE,
        "offered no more",
        THINGS,
        _form(C.SETUP_TYPE, {**forms.TYPE_FORM, B.TYPE_OFFERED: option(NO)}, lambda e: e.type_id),
        "",
        "session_types",
        lambda e: {e.type_id},
    ),
    Line(
        C.SETUP_TYPE,
        "given by one coach",
        THINGS,
        _form(
            C.SETUP_TYPE,
            {**forms.TYPE_FORM, B.TYPE_COACHES: _people("multi_users_select", CARLA)},
            lambda e: e.type_id,
        ),
        "",
        "session_types session_type_coaches",
        lambda e: {e.type_id, CARLA},
    ),
    Line(
        C.SETUP_TYPE,
        "for one client, one at a time",
        THINGS,
        _form(
            C.SETUP_TYPE,
            {
                **forms.TYPE_FORM,
                B.TYPE_COACHES: _people("multi_users_select"),
                B.TYPE_AUDIENCE: option("named"),
                B.TYPE_CLIENTS: _people("multi_users_select", ANNA),
                B.TYPE_AT_MOST: text("1"),
            },
            lambda e: e.type_id,
        ),
        "",
        "session_types session_type_clients",
        lambda e: {e.type_id, ANNA},
    ),
    Line(
        C.SETUP_PREFERENCES,
        "nothing",
        SAVES,
        _form(C.SETUP_PREFERENCES, {B.UNDO_WINDOW: text("0"), B.REASON_IN_CHANNEL: option(NO)}),
        "",
        "workspaces replans",
    ),
    Line(
        C.SETUP_TOLD,
        "a channel",
        SAVES,
        _form(C.SETUP_TOLD, {B.TOLD_CHANNELS: _OF_CARLA}, lambda _e: f"coach:{CARLA}"),
        "",
        "stakeholders",
        lambda _e: {CARLA},
    ),
    Line(
        C.SETUP_TOLD,
        "addresses",
        SAVES,
        _form(C.SETUP_TOLD, {B.TOLD_ADDRESSES: text("new@example.org")}, lambda _e: f"coach:{CARLA}"),
        "",
        "stakeholders stakeholder_addresses members notices",
        lambda _e: {CARLA, "mail:new@example.org", ASKED_ADDRESS},
    ),
    Line(
        A.TOLD_CONFIRM,
        "",
        SAVES,
        lambda _e, _r, _h: Press(A.TOLD_CONFIRM, ASKED_ADDRESS, on="modal", meta=f"coach:{CARLA}"),
        "Confirmed by",
        "stakeholder_addresses",
        lambda _e: {ASKED_ADDRESS},
    ),
    Line(C.PACKAGE, "new", THINGS, _package("Celestine"), "", "packages", lambda _e: {"Celestine"}),
    Line(
        C.PACKAGE,
        "offered no more",
        THINGS,
        _package("Celestine", lambda e: e.package_id, **{B.PACKAGE_OFFERED: option(NO)}),
        "",
        "packages",
        lambda e: {e.package_id},
    ),
    Line(
        C.POOL,
        "new",
        SAVES,
        _form(
            C.POOL,
            {
                B.POOL_NAME: text("Larimar"),
                B.POOL_CONTACT: _people("users_select", CONRAD),
                B.POOL_MEMBERS: _people("multi_users_select", MIA),
            },
        ),
        "Larimar",
        "pools pool_members notices",
        lambda _e: {"Larimar", CONRAD, MIA},
    ),
    Line(
        C.CREDITS_GIVE,
        "to somebody new",
        SAVES,
        _form(C.CREDITS_GIVE, {B.CREDIT_PERSON: _people("users_select", SAM), B.CREDIT_AMOUNT: text("3")}),
        "",
        f"{_GIVEN} members",
        lambda _e: {SAM, "issued"},
    ),
    Line(
        C.CREDITS_GIVE,
        "to a pool that is chosen",
        THINGS,
        _form(C.CREDITS_GIVE, {B.CREDIT_POOL: option(POOL), B.CREDIT_AMOUNT: text("3")}),
        "Umber Works",
        f"requests {_GIVEN}",
        lambda _e: {POOL, MIA, "issued"},
    ),
    Line(
        C.CREDITS_GIVE,
        "a package",
        THINGS,
        lambda e, _r, _h: Submit(C.CREDITS_GIVE, f"client:{ANNA}", {B.CREDIT_PACKAGE: option(e.offered_id)}),
        OFFERED,
        _GIVEN,
        lambda _e: {ANNA, "issued"},
    ),
    Line(
        C.LATE_DECIDE,
        "all",
        DECIDE,
        forms.decision("all"),
        "Refunded",
        "refunds timeline notices transfers",
        lambda e: {e.late.id, PACKAGE},
    ),
    *(
        Line(
            A.UNDO,
            f"what {whose} canceled",
            who,
            forms.in_message(A.UNDO, attrgetter(action)),
            "is booked as before",
            _UNDONE,
            _only(session),
        )
        for whose, who, action, session in (
            ("the coach", "--Y- -- ----- ---", "coachs_undoable", "by_coach"),
            ("an admin", ADAS, "admins_undoable", "by_admin"),
        )
    ),
    Line(C.CHOOSE, "to keep", UNHEARD, forms.keeping(MODE_KEEP)),
)
EVERY = (*LINES, *VARIANTS, *CLIENTS)
