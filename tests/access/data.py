"""The workspace's data: who may take it out, and who may erase people."""

from handlers.ids import EXPORT_ALL, Action, Block, Callback
from tests.access.estate import ASKED_ADDRESS, Estate
from tests.access.forms import in_setup, option, set_up, text
from tests.access.line import ADMINS, SAVES, THINGS, Line
from tests.access.roles import ADA, NELL

A, C = Action, Callback


def _askers(_e: Estate) -> set[str]:
    return {ADA, NELL}


DATA = (
    Line(A.DATA, "", ADMINS, in_setup(A.DATA), "CSV files"),
    Line(A.EXPORT, "", ADMINS, in_setup(A.EXPORT), "Everything"),
    Line(A.ERASE, "", ADMINS, in_setup(A.ERASE), "Nothing is erased yet"),
    Line(C.ERASE, "", THINGS, set_up(C.ERASE, {Block.ERASED_ADDRESS: text(ASKED_ADDRESS)}), "cannot be undone"),
    Line(
        C.ERASE_CONFIRM,
        "",
        THINGS,
        set_up(
            C.ERASE_CONFIRM, {Block.ERASED_TYPED: text(ASKED_ADDRESS.removeprefix("mail:"))}, lambda _e: ASKED_ADDRESS
        ),
        "Eras",  # erased, or still being erased where the machine is slow
        "members stakeholders stakeholder_addresses",
        lambda _e: {ASKED_ADDRESS},
    ),
    *(
        Line(
            C.EXPORT,
            what,
            SAVES,
            set_up(C.EXPORT, {Block.EXPORT_WHAT: option(what)}),
            "/export/",
            "exports",
            _askers,
        )
        for what in (EXPORT_ALL, "sessions", "ledger", "timeline")
    ),
)
