"""Payloads of every kind, bent: odd text and odd shapes in any place of them, and inside the JSON that stands in their texts."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
Path = tuple[str | int, ...]
TEXTS = (
    "",
    "\x00",
    "\ud800",
    "a\udfffb\x00c",
    "\u202egnp.exe\u2066",
    "0",
    "-1",
    "[]",
    "{}",
    "null",
    '["\\ud800"]',
    '{"a": "\\u0000"}',
    "é" * 300,
    "x" * 5000,
    "U0SAM\x00",
    "client:\ud800",
    "back:",
    "NaN",
    "9" * 400,
    "2026-13-45",
)
SHAPES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    10**40,
    1.5,
    float("inf"),
    [],
    {},
    [[]],
    [None],
    {"id": []},
    {"value": {}},
    ["\ud800"],
    {"\ud800\x00": "\x00"},
)
WHO = frozenset(
    {"user", "user_id", "team", "team_id", "enterprise", "enterprise_id", "authorizations", "is_enterprise_install"}
)
"""What says who acts, and where: signed by Slack, so whoever stands there acts."""

READ = frozenset(
    """
    value values state private_metadata text id callback_id action_id selected_option selected_options selected_user
    selected_users selected_conversation selected_conversations selected_date selected_time view actions message blocks
    elements options element block_id profile real_name name email tz locale teams trigger_id hash previous_view_id
    container channel_id message_ts event tab type response_url old_channel_id new_channel_id command
    """.split()  # noqa: SIM905 - a list of as many lines would say no more
)
"""What somebody here reads: most of what is bent is that."""


def places(value: Any, at: Path = ()) -> Iterator[Path]:
    """Yield every place in parsed JSON but the whole."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in parts:
        yield (*at, name)
        yield from places(one, (*at, name))


def bent(payload: Json, dice: random.Random, *, who: bool) -> Json:
    """Return a copy with one to three places changed, taken out or nested; who acts stays unless `who`."""
    changed: Json = json.loads(json.dumps(payload))
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        found = [place for place in places(changed) if who or not WHO.intersection(map(str, place))]
        read = [place for place in found if READ.intersection(map(str, place[-2:]))]
        if not found:
            return changed
        _bend(changed, dice.choice(read if read and dice.random() < 0.7 else found), dice)
    return changed


def _bend(whole: Any, place: Path, dice: random.Random) -> None:
    holder = whole
    for name in place[:-1]:
        holder = holder[name]
    last: Any = place[-1]
    old = holder[last]
    inner = _inner(old)
    if inner is not None and dice.random() < 0.8:
        found = list(places(inner))
        if found:
            _bend(inner, dice.choice(found), dice)
        holder[last] = json.dumps(inner)
    elif dice.random() < 0.15:
        del holder[last]
    elif dice.random() < 0.1:
        holder[last] = [old]
    elif dice.random() < 0.1 and isinstance(old, str):
        holder[last] = old[: len(old) // 2] + dice.choice(TEXTS) + old[len(old) // 2 :]
    else:
        # A copy: what is bent twice must not change the shapes, nor come to hold itself.
        holder[last] = copy.deepcopy(dice.choice(TEXTS if dice.random() < 0.6 else SHAPES))


def _inner(value: object) -> Any:
    """Return the JSON that stands in a text: what a view remembers, what a button names."""
    if not isinstance(value, str) or not value.startswith(("{", "[")):
        return None
    try:
        return json.loads(value)
    except ValueError:
        return None
