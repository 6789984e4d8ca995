"""What waits for a coach: decisions on late cancellations, requests, and sessions whose outcome nobody has told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from coaching.clock import require_utc
from coaching.requests import Request
from coaching.sessions import Session

CONFIRM_WITHIN = timedelta(days=2)
"""How long after its end a session waits for its coach to say how it went.

What time said counts after that. It can still be corrected, but nobody is asked any more.
"""
UNDECIDED_WITHIN = timedelta(days=30)
"""How long after it a late cancellation without a request waits. It has no deadline: its credits stay kept."""


class WaitKind(StrEnum):
    """Why something waits."""

    EXCEPTION = "exception"
    """A client asks for what a late cancellation kept."""
    LATE = "late"
    """Nobody has decided about a late cancellation, and its client has not asked."""
    MOVE = "move"
    """A client asks to move a session."""
    OUTCOME = "outcome"
    """A session is over, and nobody has said how it went."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One thing that waits: since when, and until when somebody can decide (aware UTC; `until` None: no deadline).

    `asked` is the request, of an exception or a move.
    """

    kind: WaitKind
    session: Session
    since: datetime
    until: datetime | None = None
    asked: Request | None = None

    def __post_init__(self) -> None:
        require_utc(self.since, self.until)


@dataclass(frozen=True, slots=True)
class Queue:
    """The first of what waits, what ends soonest first, and the total. `more`: there is more than the total.

    `others` are the first of `open_elsewhere` things that coaches have not decided, for an admin, who may decide as well:
    requests, and late cancellations without one. `more_elsewhere`: there are more than these.
    """

    items: Sequence[Waiting] = ()
    total: int = 0
    more: bool = False
    others: Sequence[Waiting] = ()
    open_elsewhere: int = 0
    more_elsewhere: bool = False

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return self.total > 0


EMPTY = Queue()
"""Nothing waits."""
