"""A notice: something to tell somebody, written in the commit that causes it and delivered afterwards."""

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
"""Longest key in characters before it goes by its hash: e-mail addresses are long, and the admin's id follows it."""


class NoticeState(StrEnum):
    """Where a notice stands."""

    PENDING = "pending"
    LEASED = "leased"
    SENT = "sent"
    DROPPED = "dropped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notice to enqueue. `recipient` is a person's id; a coach alert goes to that coach's channel.

    `dedupe_key` is UNIQUE per workspace: whatever is retried, one notice goes out. At `refresh_at` the message is rendered
    and edited once more (a receipt loses its Undo, a reminder its buttons). `about_id` names whom or what else it is about:
    a coach, a grant. `copy_of` is the coach where this is a stakeholder's copy of their news, `only_types` the session types
    that it is limited to. `trouble` is why something could not be delivered, where that is what it tells: Slack's word, or a
    LostWhy; `trouble_channel` is where. `lead`, of a reminder, is how long before its cutoff or start it was planned for,
    `planned_version` the session's version then. Instants are aware UTC.
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

    `why_code` is Slack's word that belongs to `why`; `words` are an earlier release's, where `why` is OTHER.
    """

    kind: NoticeKind
    recipient: Person
    due_at: datetime
    state: NoticeState
    finished_at: datetime | None
    why: Why | None = None
    why_code: str | None = None
    words: str | None = None

    def __post_init__(self) -> None:
        require_utc(self.due_at, self.finished_at)


def to_admins(told: Notice, admins: Sequence[str]) -> list[Notice]:
    """Address what was written for the admins to each of them; the first one's keeps the key, by which it is found again."""
    first = [replace(told, recipient=who) for who in admins[:1]]
    return first + [replace(told, recipient=who, dedupe_key=named(told.dedupe_key, who)) for who in admins[1:]]


def named(*parts: str) -> str:
    """Name a notice, so that it is written once however often it is tried."""
    name = ":".join(parts)
    return name if len(name) <= LONGEST_KEY else f"{parts[0]}:{hashlib.sha256(name.encode()).hexdigest()[:40]}"
