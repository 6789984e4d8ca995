"""Cleaning of text that people type or Slack sends, before it is stored or shown."""

import re
import unicodedata
from typing import Any, TypeVar

from coaching.errors import CoachingError
from coaching.naming import visible

_Any = TypeVar("_Any")
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def storable(value: _Any) -> _Any:
    """Return text, or parsed JSON with all its texts, without what no database stores: NUL and lone surrogates.

    JSON carries both as escapes, so call this on all JSON from outside. Raises RecursionError where it is nested too
    deep.
    """
    found: Any = value
    if isinstance(value, str):
        if not value.isascii():
            found = value.encode(errors="replace").decode()
        return found.replace("\x00", "")  # type: ignore[no-any-return]
    if isinstance(value, dict):
        found = {storable(name): storable(one) for name, one in value.items()}
    elif isinstance(value, list):
        found = [storable(one) for one in value]
    return found  # type: ignore[no-any-return]


def folded(text: str) -> str:
    """Return a word without differences of case, accent and width, and without invisible characters."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(char for char in apart if unicodedata.category(char) not in {"Mn", "Cf"})


def unspaced(word: str) -> bool:
    """Return whether a word is written without spaces around it: from Hangul on, which kana and Han follow."""
    return bool(word) and min(word) >= "\u1100"


def unturned(text: str) -> str:
    """Return text without characters that change text direction around them: overrides, embeddings, isolates, marks."""
    return _TURNING.sub("", text)


def shortened(text: str, most: int) -> str:
    """Return the beginning of a longer text and an ellipsis, `most` characters at most. An isolate that is cut is closed."""
    for room in range(most - 1, 0, -1):
        cut = text[:room].rstrip() + "…"
        cut += "\u2069" * max(0, cut.count("\u2068") - cut.count("\u2069"))
        if len(cut) <= most:
            return cut
    return "…"


def kept_text(text: str | None, most: int, too_long: type[CoachingError]) -> str | None:
    """Return a text as it is stored, or None when nothing of it can be seen.

    Raises `too_long` (length, limit) above `most` characters.
    """
    kept = storable(text).strip() if text else ""
    if len(kept) > most:
        raise too_long(len(kept), most)
    return kept if visible(kept) else None
