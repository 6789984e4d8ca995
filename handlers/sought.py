"""What everybody's sessions are narrowed down to, and a place among them, as text for views and buttons."""

import json
from datetime import UTC, date, datetime, timedelta

from coaching.every import EVERYTHING, Sought, Turn
from coaching.sessions import Status
from handlers import parse
from handlers.meta import MAX_SOUGHT
from handlers.parse import MAX_ID, MAX_SESSION_ID, BadRequest

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
Place = tuple[Sought, Turn | None]


def placed(sought: Sought, turn: Turn | None = None) -> str:
    """Return what is sought, and where a page begins (None: the first one), as text."""
    if not sought and turn is None:
        return ""
    days = (one.isoformat() if one else "" for one in (sought.first, sought.last))
    state = str(sought.status) if sought.status else ""
    place = [(turn.at - _EPOCH) // _MICROSECOND, turn.id, turn.back] if turn else []
    return json.dumps([sought.coach_id, sought.client_id, *days, state, *place], ensure_ascii=False)


def place_of(text: str) -> Place:
    """Return what `placed` made text of. Raises BadRequest."""
    if not text:
        return EVERYTHING, None
    found = parse.loads(parse.text(text, "place", MAX_SOUGHT))
    if not isinstance(found, list) or len(found) not in {5, 8}:
        raise BadRequest("no place among sessions")
    coach, client, first, last, state = (_text(one, MAX_ID) for one in found[:5])
    sought = Sought(
        coach_id=coach,
        client_id=client,
        first=day_of(first),
        last=day_of(last),
        status=parse.one_of(Status, state, "state") if state else None,
    )
    if len(found) == 5:
        return sought, None
    at, id_, back = found[5:]
    if not isinstance(back, bool) or isinstance(at, bool) or not isinstance(at, int):
        raise BadRequest("no place among sessions")
    try:
        return sought, Turn(_EPOCH + timedelta(microseconds=at), _text(id_, MAX_SESSION_ID), back)
    except OverflowError:
        raise BadRequest("an odd place among sessions") from None


def day_of(text: str | None) -> date | None:
    """Return a day from "2026-11-30", or None for an empty text. Raises BadRequest, also for years that nothing is in."""
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise BadRequest("an odd day") from None
    if not 1900 <= found.year < 2200:
        raise BadRequest("an odd year")
    return found


def _text(value: object, most: int) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise BadRequest("an odd text in a place")
    return value
