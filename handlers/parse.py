"""From Slack's payloads to typed values. Anything malformed, missing, of the wrong type or too long is a BadRequest."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from coaching.clock import utc
from coaching.errors import CoachingError
from coaching.sessions import Actor, Hat
from coaching.texts import storable
from coaching.written_times import FIRST_YEAR, LAST_YEAR

MAX_ID = 260
MAX_KEY = 200
MAX_PLAIN_KEY = 100
MAX_PAGE = 10_000
MAX_IDS = 1000
MAX_SESSION_ID = 64
_SLACKS = re.compile(r"[A-Za-z0-9_-]+")
_PERSONS = re.compile(r"[UW][A-Z0-9_-]+")
Body = Mapping[str, Any]
_Kind = TypeVar("_Kind", bound=StrEnum)


class BadRequest(CoachingError):
    """A payload that none of our views produces. The message says what is odd but quotes none of it."""


def actor(body: Body, context: Mapping[str, Any]) -> Actor:
    """Return the person who did this. Raises BadRequest."""
    return Actor(workspace_id(body, context), user_id(body))


def workspace_id(body: Body, context: Mapping[str, Any]) -> str:
    """Return the workspace's id: as the process determined it, else from the body. Raises BadRequest."""
    given = context.get("workspace_id")
    if isinstance(given, str) and given:
        return given
    enterprise = body.get("is_enterprise_install") in (True, "true")
    names = ("enterprise", "team") if enterprise else ("team", "enterprise")
    for name in names:
        nested = body.get(name)
        found = body.get(f"{name}_id") or (nested.get("id") if isinstance(nested, Mapping) else None)
        if isinstance(found, str) and found:
            return _id(found, "workspace", 32)
    raise BadRequest("no workspace")


def user_id(body: Body) -> str:
    """Return the id of the person who did this, in commands, interactions and events. Raises BadRequest."""
    for place in (body, body.get("event")):
        if not isinstance(place, Mapping):
            continue
        user = place.get("user_id") or place.get("user")
        found = user.get("id") if isinstance(user, Mapping) else user
        if found:
            return _id(found, "user", 64, _PERSONS)
    raise BadRequest("no user")


def _id(value: object, what: str, most: int, shape: re.Pattern[str] = _SLACKS) -> str:
    """Return an id of Slack's own, which goes into calls of the Web API. Raises BadRequest."""
    found = text(value, what, most)
    if not shape.fullmatch(found):
        raise BadRequest(f"{what} is no id")
    return found


def text(value: object, what: str, most: int = MAX_ID) -> str:
    """Return a non-empty string of at most `most` characters. Raises BadRequest."""
    if not isinstance(value, str) or not value or len(value) > most:
        raise BadRequest(f"{what} is no text of 1 to {most} characters")
    return value


def request_key(body: Body) -> str:
    """Return the name of this request, so that it is carried out once. Raises BadRequest.

    If Slack's own names are missing, the name is a hash of the whole content: a dialog's view id, round and inputs
    distinguish requests.
    """
    actions = body.get("actions")
    stamp = actions[0].get("action_ts") if isinstance(actions, list) and actions and _mapping(actions[0]) else None
    view = body.get("view")
    seen = f"{view.get('id')}:{view.get('hash')}" if isinstance(view, Mapping) and view.get("hash") else None
    for prefix, found in (("trigger", body.get("trigger_id")), ("action", stamp), ("view", seen)):
        if isinstance(found, str) and found:
            key = text(found, "request key", MAX_KEY)
            # Slack's own names are short. A longer one is hashed whole, because no part of it may represent it.
            return f"{prefix}:{key if len(key) <= MAX_PLAIN_KEY else _digest(key)}"
    return f"body:{_digest(json.dumps(body, sort_keys=True))}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def trigger(body: Body) -> str:
    """Return the trigger id that opens a view. Raises BadRequest."""
    return text(body.get("trigger_id"), "trigger_id", MAX_KEY)


def action(body: Body) -> Mapping[str, Any]:
    """Return the one action of an interaction. Raises BadRequest."""
    actions = body.get("actions")
    if not isinstance(actions, list) or not actions or not isinstance(actions[0], Mapping):
        raise BadRequest("no action")
    return actions[0]


def value(body: Body, most: int = MAX_ID) -> str:
    """Return the value of the pressed button or menu option. Raises BadRequest."""
    pressed = action(body)
    chosen = pressed.get("selected_option")
    found = chosen.get("value") if isinstance(chosen, Mapping) else pressed.get("value")
    return text(found, "value", most)


def ids(listed: str) -> list[str]:
    """Return the session ids in a button's value. Raises BadRequest.

    They are a JSON list, because an id may contain any character.
    """
    found = loads(listed)
    if not isinstance(found, list) or not 0 < len(found) <= MAX_IDS:
        raise BadRequest("no list of ids")
    return [text(part, "session id", MAX_SESSION_ID) for part in found]


def menu(joined: str) -> tuple[str, Hat, str]:
    """Return verb, hat and id of a session menu's option, "cancel:client:ID". Raises BadRequest."""
    verb, _, rest = joined.partition(":")
    hat, _, session_id = rest.partition(":")
    return text(verb, "verb", 16), hat_of(hat), text(session_id, "session id")


def view(body: Body) -> Mapping[str, Any]:
    """Return the view that an interaction came from. Raises BadRequest."""
    found = body.get("view")
    if not isinstance(found, Mapping):
        raise BadRequest("no view")
    return found


def instant(value: object) -> datetime:
    """Return an instant (aware UTC) from ISO 8601 text with an offset.

    Raises BadRequest, also outside the years in which something can be booked (a day of them can begin or end in the
    next one): near the ends of the calendar, another zone or the end of a session cannot be reckoned.
    """
    try:
        found = utc(datetime.fromisoformat(text(value, "time", 64)))
    except (ValueError, OverflowError):
        raise BadRequest("an odd time") from None
    if not FIRST_YEAR - 1 <= found.year <= LAST_YEAR + 1:
        raise BadRequest("an odd time")
    return found


def view_id(body: Body, name: str = "id") -> str:
    """Return an id of the view: its own, its root's or its predecessor's. Raises BadRequest."""
    return text(view(body).get(name), f"view {name}", 64)


def surface(body: Body) -> str:
    """Return where a person pressed: modal, home or message."""
    found = body.get("view")
    kind = found.get("type") if isinstance(found, Mapping) else None
    return kind if isinstance(kind, str) and kind in {"modal", "home"} else "message"


def message(body: Body) -> tuple[str, str] | None:
    """Return the channel and ts of the pressed message, or None if the press was elsewhere."""
    found = body.get("container")
    if not isinstance(found, Mapping) or surface(body) != "message":
        return None
    channel, ts = found.get("channel_id"), found.get("message_ts")
    return (channel, ts) if isinstance(channel, str) and isinstance(ts, str) and channel and ts else None


def message_blocks(body: Body) -> list[Mapping[str, Any]]:
    """Return the blocks of the pressed message, as Slack has them."""
    found = body.get("message")
    blocks = found.get("blocks") if isinstance(found, Mapping) else None
    return [block for block in blocks if isinstance(block, Mapping)] if isinstance(blocks, list) else []


def metadata(body: Body) -> str:
    """Return the raw private_metadata of the view. Raises BadRequest."""
    return text(view(body).get("private_metadata"), "private_metadata", 3000)


def state(body: Body, block_id: str) -> Mapping[str, Any] | None:
    """Return an input's state (one element to a block), or None if the view has no such input. Raises BadRequest."""
    values = _part(_part(view(body), "state"), "values")
    block = values.get(block_id)
    if block is None:
        return None
    if not isinstance(block, Mapping) or not block:
        raise BadRequest("an odd input")
    held = next(iter(block.values()))
    if not isinstance(held, Mapping):
        raise BadRequest("an odd input")
    return held


def typed_text(body: Body, block_id: str, most: int) -> str | None:
    """Return the text of an input, or None if there is none. Raises BadRequest."""
    held = state(body, block_id)
    found = held.get("value") if held else None
    if found is None or found == "":
        return None
    # Slack counts UTF-16 units in places, so the action judges the length. Only absurd sizes are refused here.
    return text(found, "text", most * 4)


def chosen(body: Body, block_id: str) -> str | None:
    """Return the value of the chosen option, or None if there is no such input or nothing is chosen.

    Raises BadRequest.
    """
    held = state(body, block_id)
    option = held.get("selected_option") if held else None
    if option is None:
        return None
    if not isinstance(option, Mapping):
        raise BadRequest("an odd choice")
    return text(option.get("value"), "choice")


def chosen_of_many(body: Body, block_id: str) -> list[str]:
    """Return the values of the chosen options of a menu that allows several. Raises BadRequest."""
    return _ticked(body, block_id)


def picker(body: Body, block_id: str, name: str) -> str | None:
    """Return the value of a picker (`name` is Slack's field for it). Raises BadRequest."""
    held = state(body, block_id)
    found = held.get(name) if held else None
    return None if not found else text(found, name, 64)


def pickers(body: Body, block_id: str, name: str) -> list[str]:
    """Return the values of a multi-picker. Raises BadRequest."""
    held = state(body, block_id)
    found = held.get(name) if held else None
    return [text(item, name, 64) for item in items(found or [])]


def offered(body: Body, prefix: str) -> tuple[list[str] | None, list[str]]:
    """Return the values that check boxes in blocks `prefix:…` offer, and those that are ticked. Raises BadRequest.

    The first is None if the view comes back without its blocks, as from some stand-ins.
    """
    shown: list[str] = []
    ticked: list[str] = []
    if view(body).get("blocks") is None:
        for name in _inputs(body):
            if name.startswith(f"{prefix}:"):
                ticked += _ticked(body, name)
        return None, ticked
    for block in items(view(body).get("blocks")):
        block_id = block.get("block_id") if isinstance(block, Mapping) else None
        if not isinstance(block_id, str) or not block_id.startswith(f"{prefix}:"):
            continue
        shown += _values(_part(block, "element").get("options"))
        ticked += _ticked(body, block_id)
    if not set(ticked) <= set(shown):
        raise BadRequest("a pick that was not offered")
    return shown, ticked


def first_block(body: Body, prefix: str) -> str | None:
    """Return the id of the view's first input `prefix` or `prefix:…`, to attach an error to. Raises BadRequest."""
    blocks = view(body).get("blocks")
    listed = items(blocks) if blocks is not None else [{"block_id": block_id} for block_id in _inputs(body)]
    for block in listed:
        block_id = block.get("block_id") if isinstance(block, Mapping) else None
        if isinstance(block_id, str) and (block_id == prefix or block_id.startswith(f"{prefix}:")):
            return block_id
    return None


def inputs(body: Body, prefix: str) -> list[str]:
    """Return the ids of the view's inputs that begin with `prefix`. Raises BadRequest."""
    return [block_id for block_id in _inputs(body) if block_id.startswith(prefix)]


def _inputs(body: Body) -> list[str]:
    return [block_id for block_id in _part(_part(view(body), "state"), "values") if isinstance(block_id, str)]


def _ticked(body: Body, block_id: str) -> list[str]:
    held = state(body, block_id)
    return _values((held.get("selected_options") if held else None) or [])


def _values(options: object) -> list[str]:
    found = items(options)
    return [text(item.get("value") if isinstance(item, Mapping) else None, "option") for item in found]


def loads(text: str) -> Any:  # noqa: ANN401 - JSON
    """Return JSON from a text. Its escapes were not decoded yet when the payload was made storable.

    Raises BadRequest.
    """
    try:
        return storable(json.loads(text))
    except (ValueError, RecursionError):
        raise BadRequest("no JSON") from None


def items(value: object) -> Sequence[Any]:
    """Return a list from JSON. Raises BadRequest."""
    if not isinstance(value, list) or len(value) > MAX_IDS:
        raise BadRequest("no list")
    return value


def _part(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    if not isinstance(found, Mapping):
        raise BadRequest(f"no {name}")
    return found


def counted(value: object) -> int:
    """Return a page or another count from a view. Raises BadRequest."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_PAGE:
        raise BadRequest("no page")
    return value


def _mapping(value: object) -> bool:
    return isinstance(value, Mapping)


def hat_of(value: object) -> Hat:
    """Return the hat with this name. Raises BadRequest, also for the system's: no person acts under it."""
    hat = one_of(Hat, value, "hat")
    if hat is Hat.SYSTEM:
        raise BadRequest("nobody acts as the system")
    return hat


def one_of(kind: type[_Kind], value: object, what: str) -> _Kind:
    """Return the member of an enum with this name. Raises BadRequest."""
    if not isinstance(value, str):
        raise BadRequest(f"no {what}")
    try:
        return kind(value)
    except ValueError:
        raise BadRequest(f"unknown {what}") from None
