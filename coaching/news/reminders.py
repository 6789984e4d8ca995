"""Reminders: the countdown to the cutoff, and the one before the start. `coaching/plans.py` plans when each is due."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from coaching.news.announcement import Announcement
from coaching.news.kinds import NoticeKind
from coaching.news.notice import Notice
from coaching.policy import Policy
from coaching.reminders import ReminderStep
from coaching.sessions import Session


def planned(session: Session, steps: Iterable[ReminderStep]) -> list[Notice]:
    """Return the notices of a session's reminders.

    A countdown's message is rendered again at the cutoff, because what it offers ends then.
    """
    return [
        Notice(
            kind=NoticeKind.STARTING if step.starting else NoticeKind.REMINDER,
            dedupe_key=step.key(session.version),
            recipient=session.client.id,
            due_at=step.due_at,
            expires_at=step.expires_at,
            session_id=session.id,
            cutoff=step.cutoff,
            lead=step.offset,
            planned_version=session.version,
            refresh_at=None if step.starting else step.cutoff,
        )
        for step in steps
    ]


class Countdown(StrEnum):
    """The present state of one session in a reminder message."""

    OPEN = "open"
    KEPT = "kept"
    CANCELED = "canceled"
    MOVED = "moved"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderItem:
    """One session of a reminder message; `cutoff` is the instant (UTC) to which it counts down."""

    session: Session
    policy: Policy
    cutoff: datetime
    state: Countdown


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder(Announcement):
    """To a client: full refund of these sessions ends soon."""

    items: Sequence[ReminderItem]


@dataclass(frozen=True, slots=True, kw_only=True)
class Starting(Announcement):
    """To a client: a session starts soon, at `at` (aware UTC); or what happened to it since."""

    session: Session
    at: datetime
