"""News for admins: coaches who left or cannot be notified, and sessions that cannot follow new zone rules."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from coaching.news.announcement import Announcement
from coaching.news.kinds import NoticeKind, useful_until
from coaching.news.notice import Notice, named
from coaching.sessions import Person, Session


class LostWhy(StrEnum):
    """Codes, in addition to Slack's own, for why a coach's notice was given up."""

    NO_ANSWER = "no_answer"
    SERVER_ERRORS = "server_errors"
    CRASHED = "crashed"
    EXPIRED = "expired"
    MAIL_REFUSED = "mail_refused"
    MAIL_UNCONFIRMED = "mail_unconfirmed"


class LockedWhy(StrEnum):
    """Codes for why a mail server takes nothing from us until an operator changes something."""

    LOGIN = "login_refused"
    TLS = "tls_failed"
    SENDER = "sender_refused"


def coach_left_key(coach_id: str) -> str:
    """Return the key of the notice that a coach has left Slack.

    While the notice exists, the coach is known to be gone.
    """
    return named("coach_left", coach_id)


def coach_left(coach_id: str, now: datetime) -> Notice:
    """Notify the admins that a coach has left Slack: once for each time they leave."""
    return _for_admins(NoticeKind.COACH_LEFT, coach_left_key(coach_id), coach_id, now)


COPIES = "copies"
"""In place of a coach in the key of trouble with a channel that gets copies of several coaches' news."""


def channel_trouble_key(coach_id: str, channel: str, at: datetime) -> str:
    """Return the key of the notice, for the week around `at` (UTC), that posting to a coach's channel fails."""
    return named("channel_trouble", coach_id, channel, str(at.toordinal() // 7))


def channel_trouble(coach_id: str, channel: str, code: str, now: datetime) -> Notice:
    """Notify the admins that posting to a coach's alert channel fails: once per coach, channel and week."""
    told = _for_admins(NoticeKind.CHANNEL_TROUBLE, channel_trouble_key(coach_id, channel, now), coach_id, now)
    return replace(told, trouble=code, trouble_channel=channel)


def alert_lost(
    key: str, coach_id: str, code: str, now: datetime, *, action_id: str | None, session_id: str | None
) -> Notice:
    """Notify the admins of what a coach could not be notified of; `key` is that of the coach's own notice."""
    told = _for_admins(NoticeKind.ALERT_LOST, named("alert_lost", key), coach_id, now)
    return replace(told, action_id=action_id, session_id=session_id, trouble=code)


def not_shifted(session_id: str, coach_id: str, rules: str, now: datetime) -> Notice:
    """Notify the admins that a session could not follow new zone rules: once per release of the rules."""
    told = _for_admins(NoticeKind.NOT_SHIFTED, named("not_shifted", session_id, rules), coach_id, now)
    return replace(told, session_id=session_id)


def mail_locked(code: str, now: datetime) -> Notice:
    """Notify the admins that the mail server takes nothing from us: once, from the first refusal to the next success.

    At most once in ten minutes, if some processes are let in and others are not.
    """
    since = now.replace(minute=now.minute - now.minute % 10, second=0, microsecond=0)
    told = _for_admins(NoticeKind.MAIL_LOCKED, named("mail_locked", since.isoformat()), None, now)
    return replace(told, trouble=code)


def _for_admins(kind: NoticeKind, key: str, coach_id: str | None, now: datetime) -> Notice:
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
    """To an admin: a coach has left Slack, with `ahead` sessions still to come."""

    coach: Person
    ahead: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTrouble(Announcement):
    """To an admin: posting to a coach's alert channel fails. `why` is Slack's error code, where it is known.

    `copies`: it is not the alert channel, but a stakeholder channel.
    """

    coach: Person
    channel: str
    why: str | None
    copies: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLost(Announcement):
    """To an admin: what a coach could not be notified of, with the sessions concerned as they are now."""

    coach: Person
    sessions: Sequence[Session]
    why: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotShifted(Announcement):
    """To an admin: new zone rules move a session to a time at which it would overlap, so it stays.

    `settled`: it was moved or canceled since, or is over.
    """

    session: Session
    settled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MailLocked(Announcement):
    """To an admin: the mail server takes nothing from us. `why` is a LockedWhy."""

    why: str | None
