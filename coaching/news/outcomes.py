"""Outcomes: a session recorded as missed."""

from dataclasses import dataclass
from datetime import datetime

from coaching.news.announcement import Announcement
from coaching.news.kinds import NoticeKind, useful_until
from coaching.news.notice import Notice, named
from coaching.sessions import Session


def missed(session_id: str, client_id: str, by_id: str, now: datetime) -> Notice:
    """Notify a client that their session is recorded as missed, and by whom (`by_id`); edited if that is corrected."""
    return Notice(
        kind=NoticeKind.NO_SHOW,
        dedupe_key=named(str(NoticeKind.NO_SHOW), session_id),
        recipient=client_id,
        due_at=now,
        expires_at=useful_until(NoticeKind.NO_SHOW, now),
        session_id=session_id,
        about_id=by_id,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed(Announcement):
    """To a client: a session of theirs is recorded as missed, by its coach or else an admin; or this was corrected.

    `gone`: its coach was removed or has left since.
    """

    session: Session
    by_coach: bool = True
    gone: bool = False
