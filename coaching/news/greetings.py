"""Greetings: a welcome to whoever opens the app for the first time, and an answer to whoever writes to it."""

from dataclasses import dataclass
from datetime import datetime

from coaching.news.announcement import Announcement
from coaching.news.kinds import NoticeKind, useful_until
from coaching.news.notice import Notice, named


def welcome(person_id: str, now: datetime) -> Notice:
    """Welcome a person."""
    return _to(person_id, NoticeKind.WELCOME, person_id, now)


def answer(person_id: str, message: str, now: datetime) -> Notice:
    """Answer a person's message; `message` is its id, and not what it says."""
    return _to(person_id, NoticeKind.ANSWER, message, now)


def _to(person_id: str, kind: NoticeKind, name: str, now: datetime) -> Notice:
    return Notice(
        kind=kind,
        dedupe_key=named(str(kind), name),
        recipient=person_id,
        due_at=now,
        expires_at=useful_until(kind, now),
        about_id=person_id,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome(Announcement):
    """To a person: what the app is for, and what they can begin with. `home_link` as in `Booked`."""

    home_link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Announcement):
    """To a person who wrote to the app: what they can do instead. `home_link` as in `Booked`."""

    home_link: str | None = None
