"""What a notice has to say, loaded from the present state when it is delivered, before it becomes words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from coaching.ports import Viewer
from coaching.sessions import Session
from coaching.workspace import Settings


class Countdown(StrEnum):
    """Where one session of a reminder message stands now."""

    OPEN = "open"
    KEPT = "kept"
    CANCELED = "canceled"
    MOVED = "moved"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """To a client: what was canceled and what came back. The sessions are of one action and this client."""

    viewer: Viewer
    settings: Settings
    sessions: Sequence[Session]
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CoachAlert:
    """To a coach: what was canceled, with the state of late decisions. The sessions are of one action and this coach.

    `unreachable_channel` is the alert channel that could not be posted to, when this goes by direct message instead;
    `unreachable_why` is Slack's code for that.
    """

    viewer: Viewer
    settings: Settings
    sessions: Sequence[Session]
    now: datetime
    in_channel: bool
    unreachable_channel: str | None = None
    unreachable_why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LateDecision:
    """To a client: what the coach decided about late cancellations."""

    viewer: Viewer
    settings: Settings
    sessions: Sequence[Session]
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderItem:
    """One session of a reminder message; `cutoff` is the instant (UTC) this countdown runs to."""

    session: Session
    cutoff: datetime
    state: Countdown


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """To a client: free cancellation of these sessions ends soon."""

    viewer: Viewer
    settings: Settings
    items: Sequence[ReminderItem]
    now: datetime


Announcement = Receipt | CoachAlert | LateDecision | Reminder
