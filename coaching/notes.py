"""Private notes: what a client's coaches write down for themselves, about the client or one of their sessions."""

from dataclasses import dataclass
from datetime import datetime

from coaching.clock import require_utc
from coaching.sessions import Person

MAX_NOTE = 3000
"""The most characters of a private note: what one text in Slack holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateNote:
    """A private note on a client. `session_id`: it is about this session of theirs. Instants are aware UTC.

    `changed_at` is when its author last changed it, if they did.
    """

    id: str
    client_id: str
    author: Person
    at: datetime
    text: str
    session_id: str | None = None
    changed_at: datetime | None = None

    def __post_init__(self) -> None:
        require_utc(self.at)
        require_utc(self.changed_at)
