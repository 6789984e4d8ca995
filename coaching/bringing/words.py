"""People as files name them: by address, by Slack user id, or by a name that somebody explained."""

import re
from collections.abc import Mapping

from coaching.bringing.file_map import word_key

_BRACKETS = re.compile(r"[^<>]*<\s*([^<>\s]+@[^<>\s]+)\s*>")
_SLACK_ID = re.compile(r"[UW][A-Z0-9]{2,40}")


def person_in(text: str, said: Mapping[str, str]) -> str:
    """Return who a cell names: the address in `Anna Lee <anna@example.com>`, or whom somebody named for it."""
    bracketed = _BRACKETS.fullmatch(text)
    found = bracketed[1] if bracketed is not None else text
    return said.get(word_key(text), said.get(word_key(found), found))


def is_person(text: str) -> bool:
    """Return whether a text may be an address or a Slack user id."""
    return "@" in text or _SLACK_ID.fullmatch(text) is not None
