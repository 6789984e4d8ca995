"""The workspace's data: who may take it out."""

from handlers.ids import EXPORT_ALL, Action, Block, Callback
from tests.access.estate import Estate
from tests.access.forms import in_setup, option, set_up
from tests.access.line import ADMINS, SAVES, Line
from tests.access.roles import ADA, NELL

A, C = Action, Callback


def _askers(_e: Estate) -> set[str]:
    return {ADA, NELL}


DATA = (
    Line(A.DATA, "", ADMINS, in_setup(A.DATA), "CSV files"),
    Line(A.EXPORT, "", ADMINS, in_setup(A.EXPORT), "Everything"),
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
