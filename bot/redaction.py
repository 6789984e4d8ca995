"""Takes secrets, addresses and personal words out of whatever is about to be logged.

Two nets, because either alone has holes: keys that hold personal text lose their whole value, and every string (messages,
tracebacks, keys) is searched for what looks like a token, a password, an address or an exactly known secret.
It errs on the side of hiding too much: a log that cannot be read is a nuisance, a leaked token is not.
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
_SHORTEST_KNOWN_SECRET = 6  # anything shorter would blot out ordinary words

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
# Keys made of such a word that hold no person's words: our own vocabulary of what happened.
_PUBLIC_KEYS = frozenset({"event_name", "job_name", "task_name", "view_kind"})

_NAMED = "|".join(sorted(PRIVATE_WORDS - {"value", "values", "url", "urls", "message", "title", "names", "words"}))
# Possessive and anchored below: a long run without an @ must not be searched again from each of its characters.
_ADDRESS = r"[^\s@<>\"'(),;:=/|\\\[\]{}]"
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, flags), replacement)
    for pattern, flags, replacement in (
        # What SQLAlchemy and PostgreSQL add to a message: the bound values, the offending row.
        (r"\[parameters:.*?(?=\(Background on this error|\Z)", re.DOTALL, f"[parameters: {HIDDEN}]\n"),
        (r"(Failing row contains|Key \([^)\n]*\)=)\s*\(.*", 0, rf"\1 {HIDDEN}"),
        # A repr or JSON of a payload inside a message. Where a quoted value ends cannot be told once it was quoted twice,
        # so it hides the rest of its line, and a nested value, which may be printed over many lines, all that follows.
        (rf"(?i)\b(\w*(?:{_NAMED})\w*)[\\'\"]*\s*[:=]\s*[\[{{(].*", re.DOTALL, rf"\1: {HIDDEN}"),
        (rf"(?i)\b(\w*(?:{_NAMED})\w*)[\\'\"]*\s*[:=]\s*[\\'\"].*", 0, rf"\1: {HIDDEN}"),
        (r"(?i)\b(authorization['\"]?\s*[:=]\s*['\"]?)(?:(?:bearer|basic|token)\s+)?[^\s'\",}]+", 0, rf"\1{HIDDEN}"),
        (r"(?i)\b(bearer)\s+[^\s'\",}]+", 0, rf"\1 {HIDDEN}"),
        (r"(?i)x(?:ox[a-z]|app|oxe\.xox[a-z])-[\w.%-]+", 0, HIDDEN),
        (r"\bv0=[0-9a-fA-F]{16,}", 0, HIDDEN),
        # response_url and incoming webhooks: whoever holds the path may post.
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
    """Cleans values for the log; `secrets` are this process's own, found by exact match wherever they stand."""

    def __init__(self, secrets: Collection[str] = ()) -> None:
        known = sorted({s for s in secrets if len(s) >= _SHORTEST_KNOWN_SECRET}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def text(self, text: str) -> str:
        """The text without anything secret or personal that can be recognised in it."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        if len(text) > MAX_TEXT:  # after the exact matches, so that none is cut in two and passes
            text = text[:MAX_TEXT] + "…"
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text

    def value(self, value: object, depth: int = 0) -> object:
        """The same value cleaned, with everything but plain JSON shapes turned into cleaned text."""
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
        """A cleaned copy whose private keys keep their name and lose their value."""
        cleaned: dict[str, object] = {}
        for key, value in list(mapping.items())[:MAX_ITEMS]:
            name = self.text(str(key))
            cleaned[name] = HIDDEN if is_private(name) and value is not None else self.value(value, depth + 1)
        return cleaned


def is_private(key: str) -> bool:
    """Whether a key's value is somebody's words, address or secret, judged by the words of the key."""
    if key.lower() in _PUBLIC_KEYS:
        return False
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key)
    return not PRIVATE_WORDS.isdisjoint(re.split(r"[^a-z0-9]+", spaced.lower()))
