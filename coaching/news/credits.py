"""Credits: those that were given, and those that expire soon."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from coaching.news.announcement import Announcement
from coaching.news.kinds import NoticeKind, useful_until
from coaching.news.notice import Notice, named
from coaching.packages import Holding


def granted(grant_id: str, recipient: str, now: datetime) -> Notice:
    """Tell whoever got credits what they got: a person, or a pool's contact."""
    return Notice(
        kind=NoticeKind.GRANTED,
        dedupe_key=named("granted", grant_id),
        recipient=recipient,
        due_at=now,
        expires_at=useful_until(NoticeKind.GRANTED, now),
        about_id=grant_id,
    )


def expiring(grant_id: str, recipient: str, due_at: datetime, last: datetime) -> Notice:
    """Tell somebody which of their credits expire soon, the first of them `grant_id`; of no use after `last` has expired.

    The others of which they are told with it are those that were marked as warned at `due_at`, so that person and instant are
    its key: what is found later in a quiet night joins it.
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
    """To a person or a pool's contact: they got credits, and these are what is left of them now."""

    holding: Holding


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiring(Announcement):
    """To a person or a pool's contact: what is left of these grants expires soon, the first of them first."""

    holdings: Sequence[Holding]
