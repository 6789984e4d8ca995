"""Notices: something to tell somebody, written in the commit that causes it and delivered afterwards."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from coaching.clock import require_utc
from coaching.sessions import Session

RECEIPT_USEFUL = timedelta(days=7)
"""How long a receipt, alert or decision is worth delivering; after an outage longer than that it is recorded as stale."""


class NoticeKind(StrEnum):
    """What a notice says. Its words are rendered from the present state when it is sent, so it is never out of date."""

    RECEIPT = "receipt"
    COACH_ALERT = "coach_alert"
    LATE_DECISION = "late_decision"
    REMINDER = "reminder"
    STARTING = "starting"
    BOOKED = "booked"
    COACH_BOOKED = "coach_booked"
    EXCEPTION = "exception"
    ADMIN_EXCEPTION = "admin_exception"
    MOVED = "moved"
    COACH_MOVED = "coach_moved"
    GRANTED = "granted"
    EXPIRING = "expiring"
    NO_SHOW = "no_show"
    MOVE_ALLOWED = "move_allowed"
    COACH_LEFT = "coach_left"
    CHANNEL_TROUBLE = "channel_trouble"
    ALERT_LOST = "alert_lost"
    NOT_SHIFTED = "not_shifted"


TO_COACHES = frozenset({NoticeKind.COACH_ALERT, NoticeKind.EXCEPTION, NoticeKind.COACH_BOOKED, NoticeKind.COACH_MOVED})
"""Kinds that go to a coach's channel where there is one."""

TO_ADMINS = frozenset(
    {NoticeKind.COACH_LEFT, NoticeKind.CHANNEL_TROUBLE, NoticeKind.ALERT_LOST, NoticeKind.NOT_SHIFTED}
)
"""Kinds that go to the workspace's admins, each of them directly; `about_id` is the coach."""

REQUESTS = frozenset({NoticeKind.EXCEPTION, NoticeKind.ADMIN_EXCEPTION})
"""Kinds that ask for a decision about an exception: the coach, or each admin where the coach (`about_id`) has left."""

OF_REMINDERS = frozenset({NoticeKind.REMINDER})
"""The countdown."""

OF_ENDINGS = frozenset(
    {
        NoticeKind.COACH_ALERT,
        NoticeKind.EXCEPTION,
        NoticeKind.ADMIN_EXCEPTION,
        NoticeKind.RECEIPT,
        NoticeKind.LATE_DECISION,
        NoticeKind.ALERT_LOST,
    }
)
"""What tells of cancellations and of what became of them."""

OF_SESSIONS = OF_REMINDERS | {
    NoticeKind.BOOKED,
    NoticeKind.COACH_BOOKED,
    NoticeKind.MOVED,
    NoticeKind.COACH_MOVED,
    NoticeKind.STARTING,
    NoticeKind.NO_SHOW,
    NoticeKind.MOVE_ALLOWED,
    NoticeKind.ALERT_LOST,
    NoticeKind.NOT_SHIFTED,
}
"""What tells of sessions that are booked, moved, ahead or over."""

OF_ANYTHING = OF_SESSIONS | OF_ENDINGS
"""Everything that a change of a session's state may make untrue."""

ADMINS_USEFUL = timedelta(days=14)
"""How long the admins' notices are worth delivering."""
LONGEST_KEY = 120
"""Longest key in characters before it goes by its hash: e-mail addresses are long, and the admin's id follows it."""


class LostWhy(StrEnum):
    """Our words, beside Slack's own, for why a coach's news was given up."""

    NO_ANSWER = "no_answer"
    SERVER_ERRORS = "server_errors"
    CRASHED = "crashed"
    EXPIRED = "expired"


class NoticeState(StrEnum):
    """Where a notice stands. AMBIGUOUS: Slack may or may not have taken it; sent once more at most."""

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
    a coach, a grant; `detail` is Slack's word for what went wrong, where that is what it tells. Instants are aware UTC.
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
    detail: str | None = None

    def __post_init__(self) -> None:
        require_utc(self.due_at, self.expires_at, self.cutoff, self.refresh_at)


def receipt(action_id: str, client_id: str, now: datetime, undo_until: datetime | None = None) -> Notice:
    """Tell a client what was canceled and what came back: one per action and client (C9, K4)."""
    return Notice(
        kind=NoticeKind.RECEIPT,
        dedupe_key=_key("receipt", action_id, client_id),
        recipient=client_id,
        due_at=now,
        expires_at=now + RECEIPT_USEFUL,
        action_id=action_id,
        refresh_at=undo_until,
    )


def coach_alert_key(action_id: str, coach_id: str) -> str:
    """Name the alert of an action to a coach."""
    return _key("alert", action_id, coach_id)


def coach_alert(action_id: str, coach_id: str, due_at: datetime) -> Notice:
    """Tell a coach what was canceled: one per action and coach (K1), edited in place later (K2).

    `due_at` is now, or the end of the undo window: what may still be taken back is not announced.
    """
    return Notice(
        kind=NoticeKind.COACH_ALERT,
        dedupe_key=coach_alert_key(action_id, coach_id),
        recipient=coach_id,
        due_at=due_at,
        expires_at=due_at + RECEIPT_USEFUL,
        action_id=action_id,
    )


def exception(request_id: str, coach_id: str, due_at: datetime) -> Notice:
    """Tell a coach that an exception was asked for: a message of its own, which Slack notifies them of (C6), edited later."""
    return Notice(
        kind=NoticeKind.EXCEPTION,
        dedupe_key=_key("exception", request_id, coach_id),
        recipient=coach_id,
        due_at=due_at,
        expires_at=due_at + RECEIPT_USEFUL,
        action_id=request_id,
    )


def admin_exceptions(request_id: str, coach_id: str, admins: Sequence[str], due_at: datetime) -> list[Notice]:
    """Tell each of some admins that an exception was asked for whose coach has left; edited later as the coach's own is."""
    told = exception(request_id, coach_id, due_at)
    key = _key(str(NoticeKind.ADMIN_EXCEPTION), request_id, coach_id)
    return to_admins(replace(told, kind=NoticeKind.ADMIN_EXCEPTION, dedupe_key=key, about_id=coach_id), admins)


def late_decision(decision_id: str, client_id: str, now: datetime) -> Notice:
    """Tell a client what the coach decided about their late cancellation (K3)."""
    return Notice(
        kind=NoticeKind.LATE_DECISION,
        dedupe_key=_key("decision", decision_id, client_id),
        recipient=client_id,
        due_at=now,
        expires_at=now + RECEIPT_USEFUL,
        action_id=decision_id,
    )


def booked(session_id: str, client_id: str, coach_id: str, now: datetime) -> list[Notice]:
    """Confirm a booking to the client (C0) and tell the coach."""
    return [
        Notice(
            kind=kind,
            dedupe_key=f"{kind}:{session_id}",
            recipient=recipient,
            due_at=now,
            expires_at=now + RECEIPT_USEFUL,
            session_id=session_id,
        )
        for kind, recipient in ((NoticeKind.BOOKED, client_id), (NoticeKind.COACH_BOOKED, coach_id))
    ]


def missed(session_id: str, client_id: str, by_id: str, now: datetime) -> Notice:
    """Tell a client that their session is noted as missed, by whom (`by_id`); edited when that is corrected."""
    return Notice(
        kind=NoticeKind.NO_SHOW,
        dedupe_key=f"{NoticeKind.NO_SHOW}:{session_id}",
        recipient=client_id,
        due_at=now,
        expires_at=now + RECEIPT_USEFUL,
        session_id=session_id,
        about_id=by_id,
    )


def move_allowed(session: Session, by_id: str, now: datetime) -> Notice:
    """Tell a client that they may move a session once although its policy does not allow it, by whose word (`by_id`)."""
    return Notice(
        kind=NoticeKind.MOVE_ALLOWED,
        dedupe_key=_key(str(NoticeKind.MOVE_ALLOWED), session.id, str(session.version)),
        recipient=session.client.id,
        due_at=now,
        expires_at=session.starts_at,
        session_id=session.id,
        about_id=by_id,
        cutoff=session.starts_at,
        refresh_at=session.starts_at,
    )


def granted(grant_id: str, recipient: str, now: datetime) -> Notice:
    """Tell whoever got credits what they got: a person, or a pool's contact."""
    return Notice(
        kind=NoticeKind.GRANTED,
        dedupe_key=f"granted:{grant_id}",
        recipient=recipient,
        due_at=now,
        expires_at=now + RECEIPT_USEFUL,
        about_id=grant_id,
    )


def expiring(grant_id: str, recipient: str, due_at: datetime, last: datetime) -> Notice:
    """Tell somebody which of their credits expire soon, the first of them `grant_id`; of no use after `last` has expired.

    The others of which they are told with it are those that were marked as warned at `due_at`, so that person and instant are
    its key: what is found later in a quiet night joins it.
    """
    return Notice(
        kind=NoticeKind.EXPIRING,
        dedupe_key=_key("expiring", recipient, due_at.isoformat()),
        recipient=recipient,
        due_at=due_at,
        expires_at=last,
        about_id=grant_id,
    )


def moved(action_id: str, clients: Iterable[str], coaches: Iterable[str], now: datetime) -> list[Notice]:
    """Tell clients and coaches that sessions have new times: one per action and person."""
    told = [(NoticeKind.MOVED, client) for client in dict.fromkeys(clients)]
    told += [(NoticeKind.COACH_MOVED, coach) for coach in dict.fromkeys(coaches)]
    return [
        Notice(
            kind=kind,
            dedupe_key=_key(str(kind), action_id, recipient),
            recipient=recipient,
            due_at=now,
            expires_at=now + RECEIPT_USEFUL,
            action_id=action_id,
        )
        for kind, recipient in told
    ]


def coach_left_key(coach_id: str) -> str:
    """Name the news that a coach has left Slack; while it exists, they are known to be gone."""
    return _key("coach_left", coach_id)


def coach_left(coach_id: str, now: datetime) -> Notice:
    """Tell the admins that a coach has left Slack: once for each time they leave."""
    return _for_admins(NoticeKind.COACH_LEFT, coach_left_key(coach_id), coach_id, now)


def channel_trouble_key(coach_id: str, channel: str, at: datetime) -> str:
    """Name the news of the week around `at` (UTC) that a coach's channel takes nothing."""
    return _key("channel_trouble", coach_id, channel, str(at.toordinal() // 7))


def channel_trouble(coach_id: str, channel: str, code: str, now: datetime) -> Notice:
    """Tell the admins that a coach's alert channel takes nothing: once per coach, channel and week."""
    told = _for_admins(NoticeKind.CHANNEL_TROUBLE, channel_trouble_key(coach_id, channel, now), coach_id, now)
    return replace(told, detail=f"{channel} {code}")


def alert_lost(
    key: str, coach_id: str, code: str, now: datetime, *, action_id: str | None, session_id: str | None
) -> Notice:
    """Tell the admins what a coach could not be told; `key` names the coach's own notice."""
    told = _for_admins(NoticeKind.ALERT_LOST, _key("alert_lost", key), coach_id, now)
    return replace(told, action_id=action_id, session_id=session_id, detail=code)


def not_shifted(session_id: str, coach_id: str, rules: str, now: datetime) -> Notice:
    """Tell the admins that a session could not follow new zone rules: once for each release of them."""
    told = _for_admins(NoticeKind.NOT_SHIFTED, _key("not_shifted", session_id, rules), coach_id, now)
    return replace(told, session_id=session_id)


def to_admins(told: Notice, admins: Sequence[str]) -> list[Notice]:
    """Address what was written for the admins to each of them; the first one's keeps the key, by which it is found again."""
    first = [replace(told, recipient=who) for who in admins[:1]]
    return first + [replace(told, recipient=who, dedupe_key=_key(told.dedupe_key, who)) for who in admins[1:]]


def _for_admins(kind: NoticeKind, key: str, coach_id: str, now: datetime) -> Notice:
    return Notice(
        kind=kind, dedupe_key=key, recipient="", due_at=now, expires_at=now + ADMINS_USEFUL, about_id=coach_id
    )


def _key(*parts: str) -> str:
    key = ":".join(parts)
    return key if len(key) <= LONGEST_KEY else f"{parts[0]}:{hashlib.sha256(key.encode()).hexdigest()[:40]}"
