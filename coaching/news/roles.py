"""News of roles: somebody is a coach, an admin, or in a pool from now on, or is no more."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from coaching.news.announcement import Announcement
from coaching.news.kinds import NoticeKind, useful_until
from coaching.news.notice import Notice, named
from coaching.packages import Pool
from coaching.sessions import Person


def of_role(kind: NoticeKind, person_id: str, about_id: str, action: str, now: datetime) -> Notice:
    """Notify a person of a role, once per `action`. `about_id` is the admin who did it, or the pool."""
    return Notice(
        kind=kind,
        dedupe_key=named(str(kind), action, person_id),
        recipient=person_id,
        due_at=now,
        expires_at=useful_until(kind, now),
        about_id=about_id,
    )


def of_pool(before: Pool | None, after: Pool, by: str, action: str, now: datetime) -> list[Notice]:
    """Notify whoever came into a pool, as a member or its contact, or left it: each once, and nobody of what they did."""
    were = _people(before) if before is not None else set()
    are = _people(after)
    kinds = {who: NoticeKind.POOL_LEFT for who, _ in were - are} | {
        who: NoticeKind.POOL_JOINED for who, _ in are - were
    }
    return [of_role(kind, who, after.id, action, now) for who, kind in sorted(kinds.items()) if who != by]


def of_list(
    before: Collection[str],
    after: Collection[str],
    kinds: tuple[NoticeKind, NoticeKind],
    by: str,
    action: str,
    now: datetime,
) -> list[Notice]:
    """Notify whoever came on a list (the first of `kinds`) or left it, but not whoever did it."""
    came, left = kinds
    told = dict.fromkeys(set(after) - set(before), came) | dict.fromkeys(set(before) - set(after), left)
    return [of_role(kind, who, by, action, now) for who, kind in sorted(told.items()) if who != by]


def _people(pool: Pool) -> set[tuple[str, bool]]:
    contact = {(pool.contact.id, True)} if pool.contact is not None else set()
    return {(person.id, False) for person in pool.members} | contact


@dataclass(frozen=True, slots=True, kw_only=True)
class CoachRole(Announcement):
    """To a person who is a coach from now on, or no longer (`gone`): who named or removed them, and how they are set up.

    `ahead` is how many sessions they still have to give. `home_link` as in `Booked`.
    """

    by: Person
    gone: bool
    has_hours: bool = False
    channel: str | None = None
    ahead: int = 0
    home_link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminRole(Announcement):
    """To a person who is an admin from now on, or no longer (`gone`), and who named or removed them."""

    by: Person
    gone: bool
    home_link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolRole(Announcement):
    """To a person who came into a pool, or left it (`gone`): whether they book from it, or are its contact, now."""

    pool: Pool
    gone: bool
    member: bool
    contact: bool
