"""What an admin sets up: coaches, their channels, and the workspace's terms."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from coaching.clock import require_utc
from coaching.policy import Policy
from coaching.quiet import QuietHours
from coaching.reminders import DEFAULT_OFFSETS
from coaching.sessions import Person


@dataclass(frozen=True, slots=True)
class Coach:
    """A person who gives sessions, and the channel their alerts go to (None: a direct message).

    `meeting_link` is where their sessions take place that have no other link.
    """

    person: Person
    alert_channel: str | None = None
    meeting_link: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Slack's last refusal to post in a channel: the first of its week (aware UTC), and Slack's code, where it is known."""

    at: datetime
    code: str | None = None

    def __post_init__(self) -> None:
        require_utc(self.at)


class Audience(StrEnum):
    """Who may book sessions of a type by themselves."""

    EVERYBODY = "everybody"
    CREDITS = "credits"
    """Clients who have credits left, of any kind."""
    NAMED = "named"
    """Clients whom an admin named."""


@dataclass(frozen=True, slots=True)
class SessionType:
    """What can be booked. `price` is in hundredths of a credit.

    `policy_id` names the type's own policy (None: the workspace's applies). A `retired` type is no longer offered.
    `meeting_link` is where its sessions take place that have no link of their own. `coaches` are the ids of the coaches who
    give it (empty: every coach does). `bookable_by` says who books it by themselves, and `at_most` how many of them a
    client may have booked ahead when they book one (None: any number).
    """

    id: str
    name: str
    length: timedelta
    price: int
    policy_id: str | None = None
    retired: bool = False
    meeting_link: str | None = None
    coaches: frozenset[str] = frozenset()
    bookable_by: Audience = Audience.EVERYBODY
    at_most: int | None = None

    def given_by(self, coach_id: str) -> bool:
        """Return whether a coach gives it."""
        return not self.coaches or coach_id in self.coaches


@dataclass(frozen=True, slots=True)
class Settings:
    """A workspace's settings. `policy` applies to sessions booked from now on. Booked sessions keep theirs.

    `undo_window`: how long whoever canceled may undo it. Others hear of it afterwards.
    `start_reminder`: how long before the start a client is reminded (None: no such reminder).
    `expiry_notice`: how long before credits expire their holder is notified (None: no such notice).
    `language`: the locale of stakeholders' copies, and of people whose own locale Slack has not reported (None: US
    English).
    """

    policy: Policy = field(default_factory=Policy)
    reminder_offsets: tuple[timedelta, ...] = DEFAULT_OFFSETS
    reason_in_channel: bool = True
    support_contact: str | None = None
    undo_window: timedelta = timedelta(seconds=60)
    quiet_hours: QuietHours | None = None
    start_reminder: timedelta | None = timedelta(hours=1)
    expiry_notice: timedelta | None = timedelta(days=14)
    language: str | None = None

    @property
    def plan(self) -> tuple[object, ...]:
        """The settings that decide when time-driven notices are due. When they change, notices are planned again."""
        return self.reminder_offsets, self.quiet_hours, self.start_reminder, self.expiry_notice
