"""Changed meeting links: the clients of booked sessions are told, and the coach where an admin changed it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from coaching.meetings import LinkChange
from coaching.news.announcement import Announcement, ToCoach
from coaching.news.kinds import NoticeKind, useful_until
from coaching.news.notice import Notice, named
from coaching.sessions import Session

SETTLES = timedelta(minutes=1)
"""How long news of a link waits, so that a link which is corrected at once is told once."""
SOON = timedelta(hours=1)
"""News of a session that starts this soon does not wait."""


def link_changed(
    action_id: str, clients: Mapping[str, datetime], coaches: Mapping[str, datetime], now: datetime
) -> list[Notice]:
    """Notify people that sessions take place elsewhere: one per action and person, who are given with the next start."""
    told = [(NoticeKind.LINK_CHANGED, client, starts_at) for client, starts_at in clients.items()]
    told += [(NoticeKind.COACH_LINK, coach, starts_at) for coach, starts_at in coaches.items()]
    notices = []
    for kind, recipient, starts_at in told:
        due_at = now if starts_at <= now + SOON else now + SETTLES
        notices.append(
            Notice(
                kind=kind,
                dedupe_key=named(str(kind), action_id, recipient),
                recipient=recipient,
                due_at=due_at,
                expires_at=useful_until(kind, due_at),
                action_id=action_id,
            )
        )
    return notices


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkChanged(Announcement):
    """To a client: sessions take place elsewhere. They are of one action and this client."""

    changes: Sequence[tuple[Session, LinkChange]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoachLinkChanged(ToCoach):
    """To a coach: an admin changed where sessions take place."""

    changes: Sequence[tuple[Session, LinkChange]]

    @property
    def about(self) -> Sequence[Session]:
        return [session for session, _ in self.changes]
