"""A notice: something to tell a person, written in the commit that causes it and delivered afterwards."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from coaching.clock import require_utc
from coaching.news.kinds import NoticeKind
from coaching.sessions import Person
from coaching.why import Why

LONGEST_KEY = 120
"""The longest key in characters; longer ones are hashed.

E-mail addresses are long, and an admin's id may follow the key.
"""


class NoticeState(StrEnum):
    """The state of a notice's delivery."""

    PENDING = "pending"
    LEASED = "leased"
    SENT = "sent"
    DROPPED = "dropped"
    FAILED = "failed"


class Medium(StrEnum):
    """How a notice reaches its reader. What goes to people known by e-mail only goes by mail, where there is mail."""

    SLACK = "slack"
    MAIL = "mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notice to enqueue. `recipient` is a person's id; a coach's alert goes to that coach's channel.

    `dedupe_key` is unique per workspace: whatever is retried, one notice goes out. At `refresh_at` the message is
    rendered and edited once more (a receipt loses its Undo button, a reminder its buttons). `about_id` is the id of
    what else it is about: a coach, a grant. `copy_of` is the coach when this is a stakeholder's copy of their news, and
    `only_types` the session types it is limited to. For a notice of failed delivery, `trouble` is the cause (Slack's
    error code, or a LostWhy) and `trouble_channel` the channel. For a reminder, `lead` is how long before its cutoff or
    start it was planned, and `planned_version` the session's version then. Instants are aware UTC.
    """

    kind: NoticeKind
    dedupe_key: str
    recipient: str
    due_at: datetime
    expires_at: datetime
    session_id: str | None = None
    action_id: str | None = None
    cutoff: datetime | None = None
    refresh_at: datetime | None = None
    about_id: str | None = None
    copy_of: str | None = None
    only_types: frozenset[str] | None = None
    lead: timedelta | None = None
    planned_version: int | None = None
    trouble: str | None = None
    trouble_channel: str | None = None

    def __post_init__(self) -> None:
        require_utc(self.due_at, self.expires_at, self.cutoff, self.refresh_at)


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """A notice as the timeline shows it. Instants are aware UTC.

    `why_code` is the error code that goes with `why`; `words` are those of an earlier release, where `why` is
    OTHER.
    """

    kind: NoticeKind
    recipient: Person
    due_at: datetime
    state: NoticeState
    finished_at: datetime | None
    why: Why | None = None
    why_code: str | None = None
    words: str | None = None
    medium: Medium = Medium.SLACK

    def __post_init__(self) -> None:
        require_utc(self.due_at, self.finished_at)


def to_admins(told: Notice, admins: Sequence[str]) -> list[Notice]:
    """Address a notice for the admins to each of them.

    The first admin's notice keeps the key, so that it can be found again.
    """
    first = [replace(told, recipient=who) for who in admins[:1]]
    return first + [replace(told, recipient=who, dedupe_key=named(told.dedupe_key, who)) for who in admins[1:]]


def named(*parts: str) -> str:
    """Return a notice's key. Equal parts give equal keys, so a notice is written once, however often it is tried."""
    name = ":".join(parts)
    return name if len(name) <= LONGEST_KEY else f"{parts[0]}:{hashlib.sha256(name.encode()).hexdigest()[:40]}"
