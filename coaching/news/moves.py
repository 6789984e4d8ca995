"""Moves: new times, and permissions to move once more."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from coaching.news.announcement import Announcement, ToCoach
from coaching.news.kinds import NoticeKind, useful_until
from coaching.news.notice import Notice, named
from coaching.policy import Policy
from coaching.records import Move
from coaching.sessions import Session


def moved(action_id: str, clients: Iterable[str], coaches: Iterable[str], now: datetime) -> list[Notice]:
    """Notify clients and coaches that sessions have new times: one per action and person."""
    told = [(NoticeKind.MOVED, client) for client in dict.fromkeys(clients)]
    told += [(NoticeKind.COACH_MOVED, coach) for coach in dict.fromkeys(coaches)]
    return [
        Notice(
            kind=kind,
            dedupe_key=named(str(kind), action_id, recipient),
            recipient=recipient,
            due_at=now,
            expires_at=useful_until(kind, now),
            action_id=action_id,
        )
        for kind, recipient in told
    ]


def move_allowed(session: Session, by_id: str, now: datetime) -> Notice:
    """Notify a client that they may move a session once although its policy forbids it; `by_id` is who allowed that."""
    return Notice(
        kind=NoticeKind.MOVE_ALLOWED,
        dedupe_key=named(str(NoticeKind.MOVE_ALLOWED), session.id, str(session.version)),
        recipient=session.client.id,
        due_at=now,
        expires_at=session.starts_at,
        session_id=session.id,
        about_id=by_id,
        cutoff=session.starts_at,
        refresh_at=session.starts_at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved(Announcement):
    """To a client: sessions have new times. They are of one action and this client; `policies` by id."""

    moves: Sequence[tuple[Session, Move]]
    policies: Mapping[str, Policy]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoachMoved(ToCoach):
    """To a coach: sessions have new times."""

    moves: Sequence[tuple[Session, Move]]

    @property
    def about(self) -> Sequence[Session]:
        return [session for session, _ in self.moves]


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveAllowed(Announcement):
    """To a client: they may move a session once, permitted by its coach or else an admin; or what happened to it since.

    `at` is the session's start when that was permitted (aware UTC).
    """

    session: Session
    at: datetime
    by_coach: bool = True
