"""Admins: coaches who left or cannot be told, and sessions that cannot follow new zone rules."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from coaching.news.announcement import Announcement
from coaching.news.kinds import NoticeKind, useful_until
from coaching.news.notice import Notice, named
from coaching.sessions import Person, Session


class LostWhy(StrEnum):
    """Our words, beside Slack's own, for why a coach's news was given up."""

    NO_ANSWER = "no_answer"
    SERVER_ERRORS = "server_errors"
    CRASHED = "crashed"
    EXPIRED = "expired"


def coach_left_key(coach_id: str) -> str:
    """Name the news that a coach has left Slack; while it exists, they are known to be gone."""
    return named("coach_left", coach_id)


def coach_left(coach_id: str, now: datetime) -> Notice:
    """Tell the admins that a coach has left Slack: once for each time they leave."""
    return _for_admins(NoticeKind.COACH_LEFT, coach_left_key(coach_id), coach_id, now)


def channel_trouble_key(coach_id: str, channel: str, at: datetime) -> str:
    """Name the news of the week around `at` (UTC) that a coach's channel takes nothing."""
    return named("channel_trouble", coach_id, channel, str(at.toordinal() // 7))


def channel_trouble(coach_id: str, channel: str, code: str, now: datetime) -> Notice:
    """Tell the admins that a coach's alert channel takes nothing: once per coach, channel and week."""
    told = _for_admins(NoticeKind.CHANNEL_TROUBLE, channel_trouble_key(coach_id, channel, now), coach_id, now)
    return replace(told, trouble=code, trouble_channel=channel)


def alert_lost(
    key: str, coach_id: str, code: str, now: datetime, *, action_id: str | None, session_id: str | None
) -> Notice:
    """Tell the admins what a coach could not be told; `key` names the coach's own notice."""
    told = _for_admins(NoticeKind.ALERT_LOST, named("alert_lost", key), coach_id, now)
    return replace(told, action_id=action_id, session_id=session_id, trouble=code)


def not_shifted(session_id: str, coach_id: str, rules: str, now: datetime) -> Notice:
    """Tell the admins that a session could not follow new zone rules: once for each release of them."""
    told = _for_admins(NoticeKind.NOT_SHIFTED, named("not_shifted", session_id, rules), coach_id, now)
    return replace(told, session_id=session_id)


def _for_admins(kind: NoticeKind, key: str, coach_id: str, now: datetime) -> Notice:
    return Notice(
        kind=kind,
        dedupe_key=key,
        recipient="",
        due_at=now,
        expires_at=useful_until(kind, now),
        about_id=coach_id,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CoachLeft(Announcement):
    """To an admin: a coach has left Slack, with so many sessions `ahead`."""

    coach: Person
    ahead: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTrouble(Announcement):
    """To an admin: a coach's alert channel takes nothing; `why` is Slack's code for that, where it is known.

    `copies`: it is no alert channel, but one that is told besides the coach.
    """

    coach: Person
    channel: str
    why: str | None
    copies: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLost(Announcement):
    """To an admin: what a coach could not be told, by the sessions it is about, as they are now."""

    coach: Person
    sessions: Sequence[Session]
    why: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotShifted(Announcement):
    """To an admin: a session was meant for a time that new zone rules put where it would overlap, so it stays.

    `settled`: it was moved or canceled since, or is over.
    """

    session: Session
    settled: bool = False
