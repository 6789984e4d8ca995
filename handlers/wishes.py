"""Credits that are asked for, in a button's value: how many, and to book what."""

import json

from coaching.requests import ToBook
from handlers import parse
from handlers.button_values import MAX_TURN
from handlers.meta import SHORT
from handlers.parse import MAX_ID, BadRequest


def ask_value(wanted: int, to_book: ToBook | None) -> str:
    """Return how many credits (hundredths) are asked for to book what, for a button's value, as JSON."""
    of = to_book or ToBook()
    return json.dumps(
        [wanted, of.coach_id or "", of.type_id or "", of.rebooks or ""], ensure_ascii=False, separators=(",", ":")
    )


def asked_for(value: object) -> tuple[int, ToBook]:
    """Return how many credits a button's value asks for, and for what. Raises BadRequest."""
    match parse.loads(parse.text(value, "wish", MAX_TURN)):
        case [int(wanted), str(coach), str(kind), str(rebooks)] if not isinstance(wanted, bool) and wanted >= 0:
            sizes = ((coach, MAX_ID), (kind, SHORT), (rebooks, MAX_ID))
            if all(len(one) <= most for one, most in sizes):
                return wanted, ToBook(coach or None, kind or None, rebooks or None)
    raise BadRequest("no wish")
