"""Bookings: the confirmation to the client, and the notice to the coach."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from coaching.news.announcement import Announcement, ToCoach
from coaching.news.kinds import NoticeKind, useful_until
from coaching.news.notice import Notice, named
from coaching.policy import Policy
from coaching.sessions import Hat, Person, Session


def booked(session_id: str, client_id: str, coach_id: str, now: datetime) -> list[Notice]:
    """Confirm a booking to the client (C0) and notify the coach."""
    return [
        Notice(
            kind=kind,
            dedupe_key=named(str(kind), session_id),
            recipient=recipient,
            due_at=now,
            expires_at=useful_until(kind, now),
            session_id=session_id,
        )
        for kind, recipient in ((NoticeKind.BOOKED, client_id), (NoticeKind.COACH_BOOKED, coach_id))
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked(Announcement):
    """To a client: the confirmation of a booking (C0). `home_link` opens the app's Home, where the link is known.

    `by` is the person who booked for them, with their role; None: the client booked.
    """

    session: Session
    policy: Policy
    home_link: str | None = None
    by: tuple[Person, Hat] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CoachBooked(ToCoach):
    """To a coach: a session with them was booked; `by` as in `Booked`."""

    session: Session
    by: tuple[Person, Hat] | None = None

    @property
    def about(self) -> Sequence[Session]:
        return [self.session]
