"""Slack's text rules: which people a text notifies, and how typed text is encoded for an app."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from playground.json_types import Json

_SPECIAL = re.compile(
    r"<!(channel|here|everyone)(?:\|[^>]*)?>|<@([UW][A-Z0-9]+)(?:\|[^>]*)?>|<!subteam\^(S[A-Z0-9]+)[^>]*>"
)
_NAME = re.compile(r"(?<![\w<&])@([a-z0-9][\w.-]*)", re.IGNORECASE)
_CHANNEL = re.compile(r"(?<![\w<&])#([\w-]+)")


_SILENT = frozenset({"plain_text", "text", "raw_text"})
_PINGING = {"broadcast": "range", "user": "user_id", "usergroup": "usergroup_id"}


def escape(text: str) -> str:
    """Encode typed text for sending: `&`, `<` and `>` become entities."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """Decode entities for display."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def pings(text: str) -> list[str]:
    """Return the targets that markup in `text` notifies: `channel`, `here`, `everyone`, user ids, user group ids."""
    if "<" not in text:
        return []
    return [next(group for group in match.groups() if group) for match in _SPECIAL.finditer(text)]


def message_pings(text: str, blocks: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the targets that a message notifies, by its top-level text and its blocks, each once.

    Plain text objects and text runs in rich text notify nobody. Rich text's user, usergroup and broadcast elements do.
    """
    found = pings(text)
    for block in blocks:
        _collect(block, found)
    return list(dict.fromkeys(found))


def _collect(node: Json, found: list[str]) -> None:
    if isinstance(node, list):
        for item in node:
            _collect(item, found)
        return
    kind = node.get("type")
    if kind in _SILENT:
        return
    if kind in ("mrkdwn", "markdown"):
        found.extend(pings(str(node.get("text", ""))))
        return
    field = _PINGING.get(kind)
    if field is not None and field in node:
        found.append(str(node[field]))
    for value in node.values():
        if isinstance(value, list | dict):
            _collect(value, found)


def command_text(typed: str, *, should_escape: bool, users: Mapping[str, str], channels: Mapping[str, str]) -> str:
    """Return the `text` field of a slash command for a typed text.

    Args:
        typed: the words after the command.
        should_escape: the manifest's switch: names become `<@U…|name>` and `<#C…|name>`.
        users: ids by user name.
        channels: ids by channel name.
    """
    text = escape(typed)
    if not should_escape:
        return text

    def user(match: re.Match[str]) -> str:
        name = match[1].rstrip(".")
        return f"<@{users[name]}|{name}>{match[1][len(name) :]}" if name in users else match[0]

    def channel(match: re.Match[str]) -> str:
        return f"<#{channels[match[1]]}|{match[1]}>" if match[1] in channels else match[0]

    return _CHANNEL.sub(channel, _NAME.sub(user, text))
