"""Removes secrets, addresses and personal words from everything that is logged.

There are two nets, because each alone has holes. Keys that hold personal text lose their whole value. Every string
(messages, tracebacks, keys) is searched for tokens, passwords, addresses and exactly known secrets. In doubt too much
is hidden: an unreadable log is a nuisance, a leaked token is a harm.
"""

import dataclasses
import enum
import re
from collections.abc import Collection, Mapping
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

HIDDEN = "[redacted]"
MAX_TEXT = 20_000
MAX_DEPTH = 8
MAX_ITEMS = 200
_SHORTEST_KNOWN_SECRET = 6  # anything shorter would hide ordinary words

# A key is judged by its words: `cancel_reason`, `real_name` and `X-Slack-Signature` are all covered.
PRIVATE_WORDS = frozenset(
    {
        "authorization",
        "blocks",
        "body",
        "comment",
        "cookie",
        "description",
        "email",
        "emails",
        "mail",
        "message",
        "name",
        "names",
        "note",
        "notes",
        "parameters",
        "params",
        "password",
        "payload",
        "phone",
        "private",
        "profile",
        "reason",
        "reasons",
        "secret",
        "secrets",
        "signature",
        "text",
        "ticket",
        "title",
        "token",
        "tokens",
        "url",
        "urls",
        "value",
        "values",
        "view",
        "words",
    }
)
# Keys with such a word that hold no personal text: they are our own vocabulary of events.
_PUBLIC_KEYS = frozenset({"event_name", "job_name", "task_name", "view_kind"})

_NAMED = "|".join(sorted(PRIVATE_WORDS - {"value", "values", "url", "urls", "message", "title", "names", "words"}))
# Possessive and anchored below: a long run without an @ must not be searched again from each of its characters.
_ADDRESS = r"[^\s@<>\"'(),;:=/|\\\[\]{}]"
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, flags), replacement)
    for pattern, flags, replacement in (
        # What SQLAlchemy and PostgreSQL add to a message: the bound values and the offending row.
        (r"\[parameters:.*?(?=\(Background on this error|\Z)", re.DOTALL, f"[parameters: {HIDDEN}]\n"),
        (r"(Failing row contains|Key \([^)\n]*\)=)\s*\(.*", 0, rf"\1 {HIDDEN}"),
        # The repr or JSON of a payload inside a message. The end of a value that was quoted twice cannot be found. So a
        # quoted value hides the rest of its line, and a nested value, which may span many lines, hides all that
        # follows.
        (rf"(?i)\b(\w*(?:{_NAMED})\w*)[\\'\"]*\s*[:=]\s*[\[{{(].*", re.DOTALL, rf"\1: {HIDDEN}"),
        (rf"(?i)\b(\w*(?:{_NAMED})\w*)[\\'\"]*\s*[:=]\s*[\\'\"].*", 0, rf"\1: {HIDDEN}"),
        (r"(?i)\b(authorization['\"]?\s*[:=]\s*['\"]?)(?:(?:bearer|basic|token)\s+)?[^\s'\",}]+", 0, rf"\1{HIDDEN}"),
        (r"(?i)\b(bearer)\s+[^\s'\",}]+", 0, rf"\1 {HIDDEN}"),
        (r"(?i)x(?:ox[a-z]|app|oxe\.xox[a-z])-[\w.%-]+", 0, HIDDEN),
        (r"\bv0=[0-9a-fA-F]{16,}", 0, HIDDEN),
        # A response_url or an incoming webhook: anyone who has the path may post.
        (r"(?i)(https?://hooks\.[^\s/'\"<>]+)/[^\s'\"<>]+", 0, rf"\1/{HIDDEN}"),
        (
            r"(?i)(https?://[^\s'\"<>]{1,300}?/(?:services|commands|actions|hooks?|response_urls?))/[^\s'\"<>]+",
            0,
            rf"\1/{HIDDEN}",
        ),
        (r"(?i)([?&](?:ticket|token|code|state|secret|signature|password|key|sig)=)[^&\s'\"<>]+", 0, rf"\1{HIDDEN}"),
        (r"(?<![A-Za-z0-9+.-])([A-Za-z][A-Za-z0-9+.-]*+://[^\s:/@'\"]*+):[^\s/'\"]+@", 0, rf"\1:{HIDDEN}@"),
        (rf"(?<!{_ADDRESS}){_ADDRESS}++@{_ADDRESS}+\.{_ADDRESS}+", 0, "[e-mail]"),
    )
)


class Redactor:
    """Redacts values for the log. `secrets` are this process's own. Exact matches are hidden everywhere."""

    def __init__(self, secrets: Collection[str] = ()) -> None:
        known = sorted({s for s in secrets if len(s) >= _SHORTEST_KNOWN_SECRET}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def text(self, text: str) -> str:
        """Return the text without anything recognizably secret or personal."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        if len(text) > MAX_TEXT:  # after the exact matches, so that none is cut in two and missed
            text = text[:MAX_TEXT] + "…"
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text

    def value(self, value: object, depth: int = 0) -> object:
        """Return the value redacted. Anything but plain JSON types becomes redacted text."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, str) and not isinstance(value, enum.Enum):
            return self.text(value)
        if isinstance(value, date | time | timedelta | UUID):
            return str(value)
        if isinstance(value, enum.Enum):
            return self.value(value.value, depth + 1)
        if isinstance(value, bytes | bytearray):
            return self.text(value.decode("utf-8", "replace"))
        if depth >= MAX_DEPTH:
            return "[…]"
        return self._compound(value, depth)

    def _compound(self, value: object, depth: int) -> object:
        if isinstance(value, Mapping):
            return self.mapping(value, depth)
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(item, depth + 1) for item in list(value)[:MAX_ITEMS]]
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
            return {"type": type(value).__name__, **self.mapping(fields, depth)}
        if isinstance(value, BaseException):
            return self.text(f"{type(value).__name__}: {value}")
        return self.text(repr(value))

    def mapping(self, mapping: Mapping[Any, object], depth: int = 0) -> dict[str, object]:
        """Return a redacted copy. Private keys keep their name and lose their value."""
        cleaned: dict[str, object] = {}
        for key, value in list(mapping.items())[:MAX_ITEMS]:
            name = self.text(str(key))
            cleaned[name] = HIDDEN if is_private(name) and value is not None else self.value(value, depth + 1)
        return cleaned


def is_private(key: str) -> bool:
    """Return whether a key's value is personal text, an address or a secret, judged by the words of the key."""
    if key.lower() in _PUBLIC_KEYS:
        return False
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key)
    return not PRIVATE_WORDS.isdisjoint(re.split(r"[^a-z0-9]+", spaced.lower()))
