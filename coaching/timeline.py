"""The timeline: what happened to a session, when, and by whom. Append-only."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from coaching.clock import require_utc
from coaching.sessions import Hat


class Event(StrEnum):
    """What can happen to a session."""

    BOOKED = "booked"
    IMPORTED = "imported"
    CANCELED = "canceled"
    REFUNDED_LATE = "refunded_late"
    KEPT_LATE = "kept_late"
    REMINDERS_KEPT = "reminders_kept"
    LINKED = "linked"
    UNDONE = "undone"
    MOVED = "moved"
    HANDED_OVER = "handed_over"
    LINK_CHANGED = "link_changed"
    LATE_MOVE_ALLOWED = "late_move_allowed"
    EXCEPTION_ASKED = "exception_asked"
    EXCEPTION_KEPT = "exception_kept"
    REFUNDED_PARTLY = "refunded_partly"
    MOVE_ASKED = "move_asked"
    MOVE_WITHDRAWN = "move_withdrawn"
    MOVE_DECLINED = "move_declined"
    MOVE_EXPIRED = "move_expired"
    MOVE_TIMES_TAKEN = "move_times_taken"
    COMPLETED = "completed"
    NO_SHOW = "no_show"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a session's timeline. `amount` is in hundredths of a credit, where credits moved.

    `detail` is what the actor said with it. `old_starts_at` is the start before a move. Instants are aware UTC.
    """

    session_id: str
    at: datetime
    event: Event
    actor_id: str
    role: Hat
    amount: int | None = None
    detail: str | None = None
    old_starts_at: datetime | None = None

    def __post_init__(self) -> None:
        require_utc(self.at, self.old_starts_at)
