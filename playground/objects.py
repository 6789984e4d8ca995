"""Composition objects of Block Kit, and the small checks that all others are built from.

A check is a function of (value, JSON pointer, errors). It appends Slack's error messages. Sources: the reference pages
of Block Kit at docs.slack.dev. The messages are those of Slack's API.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from playground.json_types import Json

Errors = list[str]
Check = Callable[[Any, str, Errors], None]


def fail(errors: Errors, words: str, pointer: str) -> None:
    """Add one error message in Slack's form."""
    errors.append(f"{words} [json-pointer:{pointer}]")


def string(most: int, least: int = 0) -> Check:
    """Check a string of `least` to `most` characters."""

    def check(value: Json, pointer: str, errors: Errors) -> None:
        if not isinstance(value, str):
            fail(errors, "must be a string", pointer)
        elif len(value) > most:
            fail(errors, f"must be less than {most + 1} characters", pointer)
        elif len(value) < least:
            fail(errors, f"must be more than {least - 1} characters", pointer)

    return check


def pattern(expression: str, words: str) -> Check:
    """Check a string that must match the whole of `expression`."""
    compiled = re.compile(expression)

    def check(value: Json, pointer: str, errors: Errors) -> None:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            fail(errors, words, pointer)

    return check


def boolean(value: Json, pointer: str, errors: Errors) -> None:
    """Check a boolean."""
    if not isinstance(value, bool):
        fail(errors, "must be a boolean", pointer)


def integer(least: int | None = None, most: int | None = None) -> Check:
    """Check a whole number within bounds."""

    def check(value: Json, pointer: str, errors: Errors) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            fail(errors, "must be an integer", pointer)
        elif least is not None and value < least:
            fail(errors, f"must be greater than or equal to {least}", pointer)
        elif most is not None and value > most:
            fail(errors, f"must be less than or equal to {most}", pointer)

    return check


def number(value: Json, pointer: str, errors: Errors) -> None:
    """Check a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        fail(errors, "must be a number", pointer)


def one_of(*allowed: str) -> Check:
    """Check a value that must be one of these words."""

    def check(value: Json, pointer: str, errors: Errors) -> None:
        if value not in allowed:
            fail(errors, f"must be one of: {', '.join(allowed)}", pointer)

    return check


def items(each: Check, *, least: int = 1, most: int | None = None) -> Check:
    """Check a list of `least` to `most` items."""

    def check(value: Json, pointer: str, errors: Errors) -> None:
        if not isinstance(value, list):
            fail(errors, "must provide an array", pointer)
            return
        if len(value) < least:
            fail(errors, f"must provide at least {least} items", pointer)
        if most is not None and len(value) > most:
            fail(errors, f"no more than {most} items allowed", pointer)
            return
        for index, item in enumerate(value):
            each(item, f"{pointer}/{index}", errors)

    return check


def record(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """Check an object that has these fields and no others."""
    known = {**required, **(optional or {})}

    def check(value: Json, pointer: str, errors: Errors) -> None:
        if not isinstance(value, dict):
            fail(errors, "must provide an object", pointer)
            return
        for name in required:
            if name not in value:
                fail(errors, f"missing required field: {name}", pointer)
        for name, content in value.items():
            field = known.get(name)
            if field is None:
                fail(errors, f"invalid additional property: {name}", pointer)
            elif field is not anything:
                field(content, f"{pointer}/{name}", errors)

    return check


def by_type(kinds: Mapping[str, Check]) -> Check:
    """Check an object whose `type` names the check to use."""

    def check(value: Json, pointer: str, errors: Errors) -> None:
        if not isinstance(value, dict):
            fail(errors, "must provide an object", pointer)
            return
        kind = value.get("type")
        if kind is None:
            fail(errors, "missing required field: type", pointer)
            return
        found = kinds.get(kind) if isinstance(kind, str) else None
        if found is None:
            fail(errors, f"unsupported type: {kind}", f"{pointer}/type")
        else:
            found(value, pointer, errors)

    return check


def anything(value: Json, pointer: str, errors: Errors) -> None:
    """Accept a field whose content is checked elsewhere or not at all."""


TYPE = {"type": anything}
ACTION_ID = {"action_id": string(255, 1)}
BLOCK_ID = {"block_id": string(255, 1)}


def _plainly_fine(value: Json, most: int, kinds: frozenset[str]) -> bool:
    """Return whether a text object has only a type and a text that fits.

    This is a fast path: nearly all text objects are like that.
    """
    if not isinstance(value, dict) or len(value) != 2:
        return False
    content = value.get("text")
    return isinstance(content, str) and 0 < len(content) <= most and value.get("type") in kinds


_PLAIN = frozenset({"plain_text"})
_EITHER = frozenset({"plain_text", "mrkdwn"})


def plain(most: int) -> Check:
    """Check a plain text object of 1 to `most` characters."""
    slow = by_type({"plain_text": record({"type": anything, "text": string(most, 1)}, {"emoji": boolean})})

    def check(value: Json, pointer: str, errors: Errors) -> None:
        if not _plainly_fine(value, most, _PLAIN):
            slow(value, pointer, errors)

    return check


def text(most: int = 3000) -> Check:
    """Check a text object, plain or mrkdwn, of 1 to `most` characters."""
    content = string(most, 1)
    either = by_type(
        {
            "plain_text": record({"type": anything, "text": content}, {"emoji": boolean}),
            "mrkdwn": record({"type": anything, "text": content}, {"verbatim": boolean}),
        }
    )

    def check(value: Json, pointer: str, errors: Errors) -> None:
        if _plainly_fine(value, most, _EITHER):
            return
        before = len(errors)
        either(value, pointer, errors)
        if len(errors) > before:
            errors.insert(before, f"failed to match all allowed schemas [json-pointer:{pointer}]")

    return check


def option(*, mrkdwn: bool = False, url: bool = False) -> Check:
    """Check an option. Only checkboxes and radio buttons take mrkdwn, and only overflow menus take a URL."""
    optional: dict[str, Check] = {"description": text(75) if mrkdwn else plain(75)}
    if url:
        optional["url"] = string(3000, 1)
    return record({"text": text(75) if mrkdwn else plain(75), "value": string(150)}, optional)


OPTION = option()
OPTION_GROUP = record({"label": plain(75), "options": items(OPTION, most=100)})
CONFIRM = record(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": one_of("primary", "danger")},
)
DISPATCH = record({"trigger_actions_on": items(one_of("on_enter_pressed", "on_character_entered"), most=2)})
CONVERSATION_FILTER = record(
    {},
    {
        "include": items(one_of("im", "mpim", "private", "public")),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    },
)
SLACK_FILE = record({}, {"id": string(255, 1), "url": string(3000, 1)})
WORKFLOW = record(
    {
        "trigger": record(
            {"url": string(3000, 1)},
            {"customizable_input_parameters": items(record({"name": string(255, 1), "value": anything}))},
        )
    }
)


def chosen(options: Sequence[Any], groups: Sequence[Any]) -> list[Any]:
    """Return all options, whether flat or in groups."""
    flat = list(options)
    for group in groups:
        if isinstance(group, dict) and isinstance(group.get("options"), list):
            flat.extend(group["options"])
    return flat
