"""Notices: something to tell somebody, written in the commit that causes it and delivered afterwards."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from coaching.clock import require_utc

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
    MOVED = "moved"
    COACH_MOVED = "coach_moved"


TO_COACHES = frozenset({NoticeKind.COACH_ALERT, NoticeKind.COACH_BOOKED, NoticeKind.COACH_MOVED})
"""Kinds that go to a coach's channel where there is one."""


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
    a coach, a grant. Instants are aware UTC.
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

    def __post_init__(self) -> None:
        require_utc(self.due_at, self.expires_at, self.cutoff, self.refresh_at)


def receipt(action_id: str, client_id: str, now: datetime, undo_until: datetime | None = None) -> Notice:
    """Tell a client what was canceled and what came back: one per action and client (C9, K4)."""
    return Notice(
        kind=NoticeKind.RECEIPT,
        dedupe_key=f"receipt:{action_id}:{client_id}",
        recipient=client_id,
        due_at=now,
        expires_at=now + RECEIPT_USEFUL,
        action_id=action_id,
        refresh_at=undo_until,
    )


def coach_alert_key(action_id: str, coach_id: str) -> str:
    """Name the alert of an action to a coach."""
    return f"alert:{action_id}:{coach_id}"


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


def late_decision(decision_id: str, client_id: str, now: datetime) -> Notice:
    """Tell a client what the coach decided about their late cancellation (K3)."""
    return Notice(
        kind=NoticeKind.LATE_DECISION,
        dedupe_key=f"decision:{decision_id}:{client_id}",
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


def moved(action_id: str, clients: Iterable[str], coaches: Iterable[str], now: datetime) -> list[Notice]:
    """Tell clients and coaches that sessions have new times: one per action and person."""
    told = [(NoticeKind.MOVED, client) for client in dict.fromkeys(clients)]
    told += [(NoticeKind.COACH_MOVED, coach) for coach in dict.fromkeys(coaches)]
    return [
        Notice(
            kind=kind,
            dedupe_key=f"{kind}:{action_id}:{recipient}",
            recipient=recipient,
            due_at=now,
            expires_at=now + RECEIPT_USEFUL,
            action_id=action_id,
        )
        for kind, recipient in told
    ]
