"""An appointment: what a calendar keeps of a session, in the words of the person whose calendar it is."""

from dataclasses import dataclass
from datetime import datetime

from coaching.clock import require_utc


@dataclass(frozen=True, slots=True)
class Address:
    """A name and an e-mail address."""

    name: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """One session in one person's calendar. Instants are aware UTC, `zone` is the zone in which it was agreed.

    `uid` is the same for as long as the session exists. `sequence` rises with every change of its time or state and
    never goes down. `stamp` says when this state of it came to be known. `where` is a meeting link or a place.
    """

    uid: str
    sequence: int
    stamp: datetime
    starts_at: datetime
    ends_at: datetime
    zone: str
    title: str
    description: str
    where: str | None = None
    url: str | None = None

    def __post_init__(self) -> None:
        require_utc(self.stamp, self.starts_at, self.ends_at)


def uid_of(workspace_id: str, session_id: str) -> str:
    """Return the id under which all calendars know a session."""
    return f"{session_id}@{workspace_id}.sessions-for-slack".lower()
