"""Credits: those that were granted, and those that expire soon."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from coaching.news.announcement import Announcement
from coaching.news.kinds import NoticeKind, useful_until
from coaching.news.notice import Notice, named
from coaching.packages import Holding
from coaching.requests import Request
from coaching.sessions import Person


def granted(grant_id: str, recipient: str, now: datetime, request_id: str | None = None) -> Notice:
    """Notify the holder of new credits of what they got: a person, or a pool's contact.

    `request_id` is the request that they answer, if there is one.
    """
    return Notice(
        kind=NoticeKind.GRANTED,
        dedupe_key=named("granted", grant_id),
        recipient=recipient,
        due_at=now,
        expires_at=useful_until(NoticeKind.GRANTED, now),
        action_id=request_id,
        about_id=grant_id,
    )


def expiring(grant_id: str, recipient: str, due_at: datetime, last: datetime) -> Notice:
    """Notify a person that credits expire soon, `grant_id` first of all.

    Useless after `last`, when all of them have expired. The notice covers all grants marked as warned at `due_at`. Its
    key is person and instant, so a grant that is found later in the same quiet hours joins it.
    """
    return Notice(
        kind=NoticeKind.EXPIRING,
        dedupe_key=named("expiring", recipient, due_at.isoformat()),
        recipient=recipient,
        due_at=due_at,
        expires_at=last,
        about_id=grant_id,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted(Announcement):
    """To a person or a pool's contact: they got credits. The holding shows what is left of them now.

    `asked` is the reader's own request that they answer, if there is one, and `coach` and `session_type` name what it
    was for.
    """

    holding: Holding
    asked: Request | None = None
    coach: Person | None = None
    session_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiring(Announcement):
    """To a person or a pool's contact: what is left of these grants expires soon, sorted by expiry."""

    holdings: Sequence[Holding]
