"""A message that can no longer be edited by the relay, without the buttons that no longer work."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from coaching.sessions import Session
from handlers import parse
from handlers.ids import Action
from handlers.views.decide import before_words
from handlers.views.kit import Json, clip_lines, context
from handlers.views.words import Reader

_OF_ONE = frozenset({Action.LATE_REFUND, Action.LATE_KEEP})
_OF_SEVERAL = frozenset({Action.LATE_REFUND_ALL, Action.LATE_KEEP_ALL, Action.LATE_DECIDE})


def offered(blocks: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return the sessions that a message has decision buttons for."""
    return set().union(*map(_decides, blocks))


def outdated(blocks: Sequence[Mapping[str, Any]], settled: Sequence[Session], reader: Reader) -> list[Json] | None:
    """Return a message's blocks with outcomes in place of the buttons of settled sessions, or None without any."""
    by_id = {session.id: session for session in settled}
    named = [_decides(block) for block in blocks]
    gone = [number for number, ids in enumerate(named) if ids and by_id.keys() >= ids]
    shown: list[Json] = []
    said: set[str] = set()
    for number, (block, ids) in enumerate(zip(blocks, named, strict=True)):
        if number not in gone:
            shown.append(dict(block))
            continue
        new = [session for session in settled if session.id in ids - said]
        said |= ids
        words = [clip_lines([before_words(session, reader) for session in new], 1900, reader.say)] if new else []
        if number == gone[-1]:
            words.append(reader.say("What this message says besides is older."))
        if words:
            shown.append(context(*words))
    return shown if gone else None


def _decides(block: Mapping[str, Any]) -> set[str]:
    """Return the sessions that a block's buttons decide about."""
    elements = block.get("elements")
    found: set[str] = set()
    for element in elements if block.get("type") == "actions" and isinstance(elements, list) else ():
        if not isinstance(element, Mapping):
            continue
        action_id, value = element.get("action_id"), element.get("value")
        if not isinstance(action_id, str) or not isinstance(value, str):
            continue
        if action_id in _OF_ONE:
            found.add(value)
        elif action_id in _OF_SEVERAL:
            with suppress(parse.BadRequest):
                found.update(parse.ids(value))
    return found
