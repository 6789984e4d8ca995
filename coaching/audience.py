"""Who may book sessions of a type by themselves (ADR 0060)."""

from collections.abc import Collection, Sequence
from datetime import datetime

from coaching.credits import Grant
from coaching.workspace import Audience, SessionType


def may_book(kind: SessionType, grants: Sequence[Grant], named: Collection[str], now: datetime) -> bool:
    """Return whether a client who can use these grants may book a type by themselves. `named`: the ids of the types that
    name them.

    Who holds a package for it may, whoever it is for: they paid for it.
    """
    usable = [one for one in grants if one.usable(now)]
    if kind.bookable_by is Audience.EVERYBODY or any(one.session_type == kind.name for one in usable):
        return True
    return bool(usable) if kind.bookable_by is Audience.CREDITS else kind.id in named
