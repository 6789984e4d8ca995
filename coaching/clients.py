"""A coach's clients: the people who have or had a session with them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from coaching.clock import require_utc
from coaching.credits import Grant
from coaching.sessions import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A client of a coach, with the start of their next session together, and of the last one (aware UTC)."""

    person: Person
    next_at: datetime | None = None
    last_at: datetime | None = None

    def __post_init__(self) -> None:
        require_utc(self.next_at)
        require_utc(self.last_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What became of a client's sessions, as numbers. `in_time` and `late` are the client's own cancellations.

    `by_coach` are the coach's, and `by_admin` those of admins. `cut`: only the latest sessions were counted.
    """

    over: int = 0
    no_shows: int = 0
    in_time: int = 0
    late: int = 0
    by_coach: int = 0
    by_admin: int = 0
    cut: bool = False


def in_order(found: Collection[Client]) -> list[Client]:
    """Return clients in the order in which a coach looks for them: who comes next first, then who was there last."""
    ahead = sorted((one for one in found if one.next_at), key=lambda one: (one.next_at, one.person.id))
    others = [one for one in found if not one.next_at]
    # Twice, because the later sort leaves the order of equals as it is.
    others.sort(key=lambda one: one.person.id)
    others.sort(key=lambda one: one.last_at.timestamp() if one.last_at else 0, reverse=True)
    return [*ahead, *others]


def payable(grants: Sequence[Grant], types: Collection[str], now: datetime) -> list[Grant]:
    """Return the grants that can pay for sessions of these types (names) now."""
    return [one for one in grants if one.usable(now) and (one.session_type is None or one.session_type in types)]
