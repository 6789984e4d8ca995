"""What is to become of a session that is booked in a time off."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from coaching.clock import utc


class Becomes(StrEnum):
    """The ways in which a session in a time off can go on."""

    KEEP = "keep"
    CANCEL = "cancel"
    HAND = "hand"
    MOVE = "move"


@dataclass(frozen=True, slots=True)
class Fate:
    """What is to become of one session.

    `coach_id` is who is to give it, where it is handed over. `starts_at` (aware UTC) is its new start, where it is moved.
    """

    becomes: Becomes = Becomes.KEEP
    coach_id: str = ""
    starts_at: datetime | None = None

    def __str__(self) -> str:
        about = self.coach_id if self.starts_at is None else self.starts_at.isoformat()
        return f"{self.becomes}:{about}" if about else str(self.becomes)

    @classmethod
    def of(cls, written: str) -> "Fate":
        """Return the fate that was written as text. Raises ValueError."""
        word, _, about = written.partition(":")
        becomes = Becomes(word)
        if becomes is Becomes.MOVE:
            return cls(becomes, starts_at=utc(datetime.fromisoformat(about)))
        if bool(about) is not (becomes is Becomes.HAND):
            raise ValueError(f"{becomes} names somebody, or nobody, where it must not")
        return cls(becomes, about)


KEPT = Fate()
"""It stays as it is."""
