"""Notices: something to tell somebody, written in the commit that causes it and delivered afterwards."""

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

    `dedupe_key` is UNIQUE per workspace: whatever is retried, one notice goes out. Instants are aware UTC.
    """

    kind: NoticeKind
    dedupe_key: str
    recipient: str
    due_at: datetime
    expires_at: datetime
    session_id: str | None = None
    action_id: str | None = None
    cutoff: datetime | None = None

    def __post_init__(self) -> None:
        require_utc(self.due_at, self.expires_at, self.cutoff)


def receipt(action_id: str, client_id: str, now: datetime) -> Notice:
    """Tell a client what was canceled and what came back: one per action and client (C9, K4)."""
    return Notice(
        kind=NoticeKind.RECEIPT,
        dedupe_key=f"receipt:{action_id}:{client_id}",
        recipient=client_id,
        due_at=now,
        expires_at=now + RECEIPT_USEFUL,
        action_id=action_id,
    )


def coach_alert(action_id: str, coach_id: str, now: datetime) -> Notice:
    """Tell a coach what was canceled: one per action and coach (K1), edited in place later (K2)."""
    return Notice(
        kind=NoticeKind.COACH_ALERT,
        dedupe_key=f"alert:{action_id}:{coach_id}",
        recipient=coach_id,
        due_at=now,
        expires_at=now + RECEIPT_USEFUL,
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
