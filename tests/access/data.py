"""The workspace's data: who may take it out, and who may erase people."""

from handlers.bring_meta import BringMeta
from handlers.ids import BRING_ASKED, BRING_COLUMN, EXPORT_ALL, Action, Block, Callback
from tests.access.estate import ASKED_ADDRESS, Estate
from tests.access.forms import in_setup, option, set_up, text
from tests.access.line import ADMINS, SAVES, THINGS, Line
from tests.access.roles import ADA, NELL

A, C = Action, Callback


def _askers(_e: Estate) -> set[str]:
    return {ADA, NELL}


FILE = {"type": "file_input", "files": [{"id": "F0FILE"}]}
COLUMNS_KEY = "k" * 40


def _file(key: str) -> str:
    return BringMeta(file="F0FILE", key=key).dump()


def _columns(_e: Estate) -> set[str]:
    return {COLUMNS_KEY}


_EVERY_COLUMN = {
    f"{BRING_COLUMN}:{target}": option(name)
    for target, name in {
        "client": "Email",
        "coach": "Host",
        "session_type": "Service",
        "start": "Start",
        "end": "End",
        "time_zone": "Zone",
    }.items()
}

BRINGING = (
    Line(A.BRING, "", ADMINS, in_setup(A.BRING), "Semicolons"),
    Line(C.BRING, "", ADMINS, set_up(C.BRING, {Block.BRING_FILE: FILE}), "is being read"),
    Line(
        C.BRING_MAP,
        "",
        SAVES,
        set_up(C.BRING_MAP, _EVERY_COLUMN, lambda _e: _file(COLUMNS_KEY)),
        "is being read",
        "file_maps",
        _columns,
    ),
    Line(
        C.BRING_ASK,
        "",
        SAVES,
        set_up(C.BRING_ASK, {f"{BRING_ASKED}:status:open": option("scheduled")}, lambda _e: _file(COLUMNS_KEY)),
        "is being read",
        "file_maps",
        _columns,
    ),
    Line(C.BRING_SURE, "", ADMINS, set_up(C.BRING_SURE, {}, lambda _e: _file("own")), "are being brought in"),
)
DATA = (
    *BRINGING,
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
