"""What a notice has to say, loaded from the present state when it is delivered, before it becomes words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from coaching.packages import Holding
from coaching.policy import Policy
from coaching.records import Move, Viewer
from coaching.sessions import Hat, Person, Session
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
    """To a client: what was canceled and what came back. The sessions are of this one action and this client."""

    viewer: Viewer
    settings: Settings
    sessions: Sequence[Session]
    now: datetime
    action_id: str = ""

    @property
    def undone(self) -> bool:
        """Whether the cancellation was taken back: all of it, or nothing. The session may have been canceled again since."""
        return bool(self.action_id) and any(
            s.cancellation is None or s.cancellation.action_id != self.action_id for s in self.sessions
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _ToCoach:
    """What all news to coaches has, whether it goes to their channel or directly.

    `unreachable_channel` is the alert channel that could not be posted to, when this goes by direct message instead;
    `unreachable_why` is Slack's code for that. `copy_of` is the coach when this is a stakeholder's copy (K7),
    and `by_type` says that its reader is named for the session types in it, and not for the coach.
    """

    viewer: Viewer
    settings: Settings
    now: datetime
    in_channel: bool
    unreachable_channel: str | None = None
    unreachable_why: str | None = None
    copy_of: Person | None = None
    by_type: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CoachAlert(_ToCoach):
    """To a coach: what was canceled, with the state of late decisions. The sessions are of one action and this coach."""

    sessions: Sequence[Session]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionAsked(_ToCoach):
    """To a coach: an exception was asked for, and what became of it. The sessions are of one request and this coach.

    `withdrawn`: the cancellation was taken back, and the request with it. `policies` by id. `to_admin`: the viewer is an admin
    who decides as the coach has left.
    """

    sessions: Sequence[Session]
    policies: Mapping[str, Policy]
    withdrawn: bool = False
    to_admin: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LateDecision:
    """To a client: what the coach decided about late cancellations.

    `stays`: it answers a request that came after a decision, and nothing more was returned.
    """

    viewer: Viewer
    settings: Settings
    sessions: Sequence[Session]
    now: datetime
    stays: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderItem:
    """One session of a reminder message; `cutoff` is the instant (UTC) this countdown runs to."""

    session: Session
    policy: Policy
    cutoff: datetime
    state: Countdown


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """To a client: full refund of these sessions ends soon."""

    viewer: Viewer
    settings: Settings
    items: Sequence[ReminderItem]
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """To a client: the confirmation of a booking (C0). `home_link` opens the app's Home, where it is known.

    `by` is who booked for them, with their hat; None: they did.
    """

    viewer: Viewer
    settings: Settings
    session: Session
    policy: Policy
    now: datetime
    home_link: str | None = None
    by: tuple[Person, Hat] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CoachBooked(_ToCoach):
    """To a coach: somebody booked a session with them; `by` as in `Booked`."""

    session: Session
    by: tuple[Person, Hat] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """To a client: sessions have new times. They are of one action and this client; `policies` by id."""

    viewer: Viewer
    settings: Settings
    moves: Sequence[tuple[Session, Move]]
    policies: Mapping[str, Policy]
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CoachMoved(_ToCoach):
    """To a coach: sessions have new times."""

    moves: Sequence[tuple[Session, Move]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """To a client: a session of theirs is noted as missed, by its coach or else an admin; or that this was corrected."""

    viewer: Viewer
    settings: Settings
    session: Session
    now: datetime
    by_coach: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveAllowed:
    """To a client: they may move a session once, by its coach's word or else an admin's; or what became of it since.

    `at` is when it was to start then (aware UTC).
    """

    viewer: Viewer
    settings: Settings
    session: Session
    now: datetime
    at: datetime
    by_coach: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Starting:
    """To a client: a session starts soon, `at` that instant (aware UTC); or what became of it since."""

    viewer: Viewer
    settings: Settings
    session: Session
    now: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CoachLeft:
    """To an admin: a coach has left Slack, with so many sessions `ahead`."""

    viewer: Viewer
    settings: Settings
    coach: Person
    ahead: int
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTrouble:
    """To an admin: a coach's alert channel takes nothing; `why` is Slack's code for that, where it is known.

    `copies`: it is no alert channel, but one that is told besides the coach.
    """

    viewer: Viewer
    settings: Settings
    coach: Person
    channel: str
    why: str | None
    now: datetime
    copies: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLost:
    """To an admin: what a coach could not be told, by the sessions it is about, as they are now."""

    viewer: Viewer
    settings: Settings
    coach: Person
    sessions: Sequence[Session]
    why: str | None
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NotShifted:
    """To an admin: a session was meant for a time that new zone rules put where it would overlap, so it stays.

    `settled`: it was moved or canceled since, or is over.
    """

    viewer: Viewer
    settings: Settings
    session: Session
    now: datetime
    settled: bool = False


AdminNews = CoachLeft | ChannelTrouble | AlertLost | NotShifted
"""What goes to the admins, each of them directly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """To a person or a pool's contact: they got credits, and these are what is left of them now."""

    viewer: Viewer
    settings: Settings
    holding: Holding
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiring:
    """To a person or a pool's contact: what is left of these grants expires soon, the first of them first."""

    viewer: Viewer
    settings: Settings
    holdings: Sequence[Holding]
    now: datetime


CoachNews = CoachAlert | ExceptionAsked | CoachBooked | CoachMoved
"""What goes to a coach's channel, and directly where that cannot be posted to."""

Announcement = (
    Receipt
    | LateDecision
    | Reminder
    | Booked
    | Moved
    | Starting
    | MoveAllowed
    | Missed
    | Granted
    | Expiring
    | CoachNews
    | AdminNews
)
