"""Erasing a person: what there is of them, what stands in the way, and what their id becomes."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from coaching.sessions import ERASED


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What there is of a person: their sessions in either role, those of them that are scheduled, and their lists.

    `last` is when the last of them began or begins (aware UTC).
    """

    sessions: int
    ahead: int
    last: datetime | None
    coach: bool
    admin: bool


def pseudonym() -> str:
    """Return an id that tells nothing of whom it stands for, and that nobody can find out again."""
    return f"{ERASED}{secrets.token_hex(10)}"
