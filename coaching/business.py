"""What an admin's App Home says of the whole business: what is broken, how many coaches there are, the present week."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from coaching import zones
from coaching.clock import require_utc
from coaching.first_steps import FirstSteps
from coaching.records import Viewer
from coaching.sessions import Person
from coaching.slots import day_bounds

WEEK = timedelta(days=7)
"""The days that are shown ahead, from today on."""
LOST_WITHIN = timedelta(days=14)
"""How long what could not be delivered is shown."""


REMOVED = "removed"
"""The code of a trouble with a coach who is no longer on the list."""


class TroubleKind(StrEnum):
    """What is broken, the most urgent first."""

    MAIL = "mail"
    """The mail server lets nobody in."""
    COACH_LEFT = "coach_left"
    """A coach has left Slack, and is still on the list or has sessions ahead."""
    CLIENT_LEFT = "client_left"
    """A client has left Slack and has sessions ahead."""
    CHANNEL = "channel"
    """A coach's alert channel took no message."""
    CAME_BACK = "came_back"
    """Mails to a person's present address come back."""
    LOST = "lost"
    """A message could not be delivered and was given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing that is broken: whom it is about, since when (aware UTC), and what helps to mend it.

    `code` is Slack's error code or ours, `channel` the alert channel, `session_id` the session to look at. `ahead` is how
    many sessions of somebody who left are still booked.
    """

    kind: TroubleKind
    since: datetime | None = None
    person: Person | None = None
    ahead: int = 0
    code: str | None = None
    channel: str | None = None
    session_id: str | None = None

    def __post_init__(self) -> None:
        require_utc(self.since)


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """What an admin's App Home says of the coaches: how many there are, which of them give no hours, what is broken.

    `without_hours` names the first of `idle` coaches. `troubles` are the first of each kind, and `more` names the kinds of
    which there are more. `booked` and `canceled` are the sessions that have not started and do until `week_ends`.
    `first_steps` is None from the first session on.
    """

    coaches: int
    booked: int = 0
    canceled: int = 0
    idle: int = 0
    without_hours: Sequence[Person] = ()
    troubles: Sequence[Trouble] = ()
    more: frozenset[TroubleKind] = frozenset()
    first_steps: FirstSteps | None = None


def week_ends(viewer: Viewer, now: datetime) -> datetime:
    """Return when the last of the days ahead ends on the viewer's calendar (aware UTC). Today is the first of them."""
    zone = zones.first_known(viewer.person.time_zone)
    return day_bounds(now.astimezone(zone).date() + WEEK, zone.key)[0]
