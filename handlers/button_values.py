"""The names of things in buttons' values: what terms and links belong to, holders of credits, places in a history."""

import json
import re

from coaching.meetings import LinkOf, LinkScope
from coaching.packages import Holder, Turn
from coaching.policy import TermsOf, TermsScope
from handlers import parse
from handlers.parse import MAX_ID, BadRequest

MAX_HOLDER = MAX_ID + 40
"""The longest name of a holder in a button's value."""
MAX_TURN = 1000
"""The longest place in a history in a button's value."""


def scope_value(scope: TermsScope) -> str:
    """Return a scope's name for a button's value: "type:ID"."""
    return f"{scope.of}:{scope.id}"


def scope_of(value: str) -> TermsScope:
    """Return the scope that `scope_value` names. Raises BadRequest."""
    of, _, given = value.partition(":")
    try:
        scope = TermsScope(TermsOf(of), given)
    except ValueError:
        raise BadRequest("terms of something else") from None
    if (scope.of is TermsOf.WORKSPACE) == bool(scope.id):
        raise BadRequest("terms of nothing")
    return scope


def link_value(scope: LinkScope) -> str:
    """Return the name of a meeting link's owner for a button's value: "session:ID"."""
    return f"{scope.of}:{scope.id}"


def link_scope(value: str) -> LinkScope:
    """Return the owner that `link_value` names. Raises BadRequest."""
    of, _, given = value.partition(":")
    return LinkScope(parse.one_of(LinkOf, of, "link"), parse.text(given, "link"))


def holder_key(holder: Holder) -> str:
    """Return the name of a holder for a button's value: "client:ID" or "pool:ID"."""
    return f"client:{holder.client_id}" if holder.client_id is not None else f"pool:{holder.pool_id}"


def holder_of(value: object) -> Holder:
    """Return the holder that `holder_key` names. Raises BadRequest."""
    kind, _, found = parse.text(value, "holder", MAX_HOLDER).partition(":")
    found = parse.text(found, "holder")
    if kind not in {"client", "pool"}:
        raise BadRequest("an odd holder")
    return Holder(client_id=found) if kind == "client" else Holder(pool_id=found)


def turn_value(holder: Holder, turn: Turn) -> str:
    """Return a place in the history of somebody's credits for a button's value, as JSON."""
    place = [holder_key(holder), turn.at.isoformat(), turn.number, turn.key, turn.balance, turn.newer]
    return json.dumps(place, ensure_ascii=False, separators=(",", ":"))


def turn_of(value: str) -> tuple[Holder, Turn | None]:
    """Return whose history a button's value names, and the place in it, if any. Raises BadRequest."""
    if not value.startswith("["):
        # Buttons of earlier releases named a page by its number.
        return holder_of(re.sub(r"\|[0-9]{1,4}$", "", value)), None
    match parse.loads(value):
        case [str(holder), str(at), int(number), str(key), int(balance), bool(newer)]:
            try:
                return holder_of(holder), Turn(parse.instant(at), number, key, balance, newer)
            except ValueError:
                raise BadRequest("no such time") from None
    raise BadRequest("no place in a history")
