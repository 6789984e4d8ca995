"""Input values: initial values, a person's choices checked as Slack's client would, and `state.values`."""

import secrets
from collections.abc import Iterable
from datetime import datetime

from playground.blocks import elements_of
from playground.errors import PersonError
from playground.json_types import Json, JsonObject
from playground.objects import chosen
from playground.workspace import Values, Workspace

# type → (field in a value, field of the initial value, value when empty)
_FIELDS: dict[str, tuple[str, str, Json]] = {
    "plain_text_input": ("value", "initial_value", None),
    "email_text_input": ("value", "initial_value", None),
    "url_text_input": ("value", "initial_value", None),
    "number_input": ("value", "initial_value", None),
    "rich_text_input": ("rich_text_value", "initial_value", None),
    "file_input": ("files", "", []),
    "checkboxes": ("selected_options", "initial_options", []),
    "radio_buttons": ("selected_option", "initial_option", None),
    "static_select": ("selected_option", "initial_option", None),
    "external_select": ("selected_option", "initial_option", None),
    "multi_static_select": ("selected_options", "initial_options", []),
    "multi_external_select": ("selected_options", "initial_options", []),
    "users_select": ("selected_user", "initial_user", None),
    "multi_users_select": ("selected_users", "initial_users", []),
    "channels_select": ("selected_channel", "initial_channel", None),
    "multi_channels_select": ("selected_channels", "initial_channels", []),
    "conversations_select": ("selected_conversation", "initial_conversation", None),
    "multi_conversations_select": ("selected_conversations", "initial_conversations", []),
    "datepicker": ("selected_date", "initial_date", None),
    "timepicker": ("selected_time", "initial_time", None),
    "datetimepicker": ("selected_date_time", "initial_date_time", None),
}
BUTTONS = frozenset({"button", "workflow_button", "icon_button", "feedback_buttons"})
_INTERACTIVE = frozenset(_FIELDS) | BUTTONS | {"overflow"}


def completed(blocks: list[JsonObject]) -> list[JsonObject]:
    """Complete blocks in place as Slack stores them: add missing ids, and fill in `emoji` and `verbatim`."""
    _fill_in(blocks)
    for block in blocks:
        if "block_id" not in block:
            block["block_id"] = _short_id()
        for element, _ in elements_of(block):
            if "action_id" not in element and element["type"] in _INTERACTIVE:
                element["action_id"] = _short_id()
    return blocks


def _short_id() -> str:
    return secrets.token_urlsafe(4)[:5]


def _fill_in(node: Json) -> None:
    if isinstance(node, list):
        for item in node:
            if isinstance(item, dict | list):
                _fill_in(item)
        return
    kind = node.get("type")
    if kind == "plain_text":
        node.setdefault("emoji", True)
    elif kind == "mrkdwn":
        node.setdefault("verbatim", False)
    else:
        for value in node.values():
            if isinstance(value, dict | list):
                _fill_in(value)


def initial(element: JsonObject) -> JsonObject | None:
    """Return the value of an element before any input, or None for an element without a value."""
    fields = _FIELDS.get(element["type"])
    if fields is None:
        return None
    name, start, empty = fields
    value = element.get(start, empty)
    return {"type": element["type"], name: list(value) if isinstance(value, list) else value}


def state_of(blocks: Iterable[JsonObject], filled: Values) -> Values:
    """Return `state.values`: every element with a value, as filled in or as it started."""
    state: Values = {}
    for block in blocks:
        for element, _ in elements_of(block):
            start = initial(element)
            if start is not None:
                kept = filled.get(block["block_id"], {}).get(element["action_id"])
                state.setdefault(block["block_id"], {})[element["action_id"]] = kept or start
    return state


def carried(old: Iterable[JsonObject], new: Iterable[JsonObject], filled: Values) -> Values:
    """Return the values that survive an update: those whose block id, action id and type are all unchanged."""
    before = {(b["block_id"], e["action_id"], e["type"]) for b in old for e, _ in elements_of(b) if "action_id" in e}
    kept: Values = {}
    for block in new:
        for element, _ in elements_of(block):
            block_id, action_id = block["block_id"], element.get("action_id", "")
            value = filled.get(block_id, {}).get(action_id)
            if value is not None and (block_id, action_id, element["type"]) in before:
                kept.setdefault(block_id, {})[action_id] = value
    return kept


def is_empty(value: JsonObject) -> bool:
    """Return whether nothing is filled in."""
    content = next((v for k, v in value.items() if k != "type"), None)
    return content in (None, "", [])


def pick(
    element: JsonObject, choice: Json, workspace: Workspace, offered: list[JsonObject] | None = None
) -> JsonObject:
    """Return the value after a person's choice in an element.

    Args:
        element: the element on the screen.
        choice: the choice: option values, ids, a date, a text, or None clears the element.
        workspace: for checks of people and channels.
        offered: options that were loaded from the app, for external selects.

    Raises:
        PersonError: Slack's client would not allow this choice.
    """
    kind = element["type"]
    name, _, empty = _FIELDS[kind]
    if choice is None:
        return {"type": kind, name: list(empty) if isinstance(empty, list) else empty}
    if name in ("selected_option", "selected_options"):
        return {"type": kind, name: _options(element, choice, offered, many=name == "selected_options")}
    many = name.endswith("s") and kind.startswith("multi_")
    ids = choice if many else [choice]
    if "users" in kind:
        _known(ids, workspace.users, "person")
    elif "channels" in kind or "conversations" in kind:
        _known(ids, _conversations(element, workspace), "channel")
    elif kind in _TYPED:
        _TYPED[kind](element, choice)
    if many:
        _at_most(element, ids)
    return {"type": kind, name: choice}


def _options(element: JsonObject, choice: Json, offered: list[JsonObject] | None, *, many: bool) -> Json:
    options = chosen(element.get("options", ()), element.get("option_groups", ())) if offered is None else offered
    by_value = {item["value"]: item for item in options}
    picked = []
    for value in choice if many else [choice]:
        if value not in by_value:
            raise PersonError("no_such_option", f"{value!r} is not among the options: {', '.join(by_value)}")
        picked.append(by_value[value])
    if not many:
        return picked[0]
    _at_most(element, picked)
    return picked


def _at_most(element: JsonObject, picked: list[Json]) -> None:
    most = element.get("max_selected_items")
    if most is not None and len(picked) > most:
        raise PersonError("too_many_options", f"at most {most} can be chosen")


def _conversations(element: JsonObject, workspace: Workspace) -> Iterable[str]:
    """Return the conversations that an element's filter allows. A person's id is the direct conversation with them."""
    include = element.get("filter", {}).get("include")
    if include is None:
        return {**workspace.channels, **workspace.users}
    found = {channel.id for channel in workspace.channels.values() if channel.kind in include}
    return found | set(workspace.users) if "im" in include else found


def _known(ids: Iterable[Json], known: Iterable[str], what: str) -> None:
    for item in ids:
        if item not in known:
            raise PersonError("no_such_option", f"there is no {what} {item}")


def _check_text(element: JsonObject, text: Json) -> None:
    if not isinstance(text, str):
        raise PersonError("not_text", "a text is typed here")
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if text and len(text) < least:
        raise PersonError("too_short", f"at least {least} characters are needed")
    if len(text) > most:
        raise PersonError("too_long", f"at most {most} characters can be typed")


def _check_date(_: JsonObject, text: Json) -> None:
    try:
        datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007 - a calendar day has no zone
    except (TypeError, ValueError):
        raise PersonError("not_a_date", f"{text!r} is not a date like 2026-01-31") from None


def _check_time(_: JsonObject, text: Json) -> None:
    try:
        datetime.strptime(text, "%H:%M")  # noqa: DTZ007 - a time of day has no zone here
    except (TypeError, ValueError):
        raise PersonError("not_a_time", f"{text!r} is not a time like 09:30") from None


def _check_instant(_: JsonObject, instant: Json) -> None:
    if isinstance(instant, bool) or not isinstance(instant, int):
        raise PersonError("not_an_instant", "a date and time is chosen as Unix seconds")


def _check_email(_: JsonObject, text: Json) -> None:
    name, at, host = str(text).partition("@")
    if not (name and at and "." in host):
        raise PersonError("not_an_email", f"{text!r} is not an e-mail address")


def _check_url(_: JsonObject, text: Json) -> None:
    if not str(text).startswith(("http://", "https://")):
        raise PersonError("not_a_url", f"{text!r} is not a web address")


def _check_number(element: JsonObject, text: Json) -> None:
    try:
        value = float(text)
    except (TypeError, ValueError):
        raise PersonError("not_a_number", f"{text!r} is not a number") from None
    if not element["is_decimal_allowed"] and "." in str(text):
        raise PersonError("not_a_number", "only whole numbers can be typed here")
    if "min_value" in element and value < float(element["min_value"]):
        raise PersonError("too_small", f"at least {element['min_value']}")
    if "max_value" in element and value > float(element["max_value"]):
        raise PersonError("too_large", f"at most {element['max_value']}")


_TYPED = {
    "plain_text_input": _check_text,
    "datepicker": _check_date,
    "timepicker": _check_time,
    "datetimepicker": _check_instant,
    "email_text_input": _check_email,
    "url_text_input": _check_url,
    "number_input": _check_number,
}
