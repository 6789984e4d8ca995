"""Reminders count down to the cutoff, and one to the start: the steps, their keys, and when they become useless."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from coaching.clock import require_utc
from coaching.sessions import Session, Status
from coaching.why import Why

DEFAULT_OFFSETS = (timedelta(hours=24), timedelta(hours=2))
"""How long before the cutoff a client is reminded, by default."""

MERGE_WINDOW = timedelta(minutes=30)
"""Reminders of one client due within this time share one message (R4)."""

_START = "start"


@dataclass(frozen=True, slots=True)
class ReminderStep:
    """One countdown step: (session, cutoff, offset), due at `due_at`, useless after `expires_at` (both UTC).

    `starting`: the step counts down to the start, and `cutoff` is the start.
    """

    session_id: str
    cutoff: datetime
    offset: timedelta
    due_at: datetime
    starting: bool = False

    def __post_init__(self) -> None:
        require_utc(self.cutoff, self.due_at)

    @property
    def expires_at(self) -> datetime:
        """The cutoff: after it there is no free cancellation left to announce."""
        return self.cutoff

    def key(self, version: int) -> str:
        """Return the row's key.

        A session that is moved away and back counts down again, so from version 2 on the key contains its version.
        """
        name = reminder_key(self.session_id, self.cutoff, self.offset)
        return name + (f":{_START}" if self.starting else "") + (f":{version}" if version > 1 else "")


def reminder_key(session_id: str, cutoff: datetime, offset: timedelta) -> str:
    """Return the key of a session, cutoff (in microseconds since 1970 UTC) and offset (in seconds)."""
    micros = (cutoff - datetime.fromtimestamp(0, cutoff.tzinfo)) // timedelta(microseconds=1)
    return f"reminder:{session_id}:{micros}:{int(offset.total_seconds())}"


def stale(session: Session, cutoff: datetime, now: datetime) -> Why | None:
    """Return why a reminder for `cutoff` must not go out at `now` (R2), or None when it is still useful."""
    if session.status is Status.CANCELED:
        return Why.SESSION_CANCELED
    if session.refund_cutoff_at != cutoff:
        return Why.SESSION_MOVED
    if session.reminders_kept:
        return Why.KEPT
    if now > cutoff:
        return Why.CUTOFF_PASSED
    return None


def newest_only(steps: Sequence[ReminderStep]) -> tuple[list[ReminderStep], list[ReminderStep]]:
    """Split steps due together into those to send and those replaced by a later step of the same session (R3)."""
    last: dict[str, ReminderStep] = {}
    for step in sorted(steps, key=lambda s: s.due_at):
        last[step.session_id] = step
    send = [step for step in steps if last[step.session_id] is step]
    return send, [step for step in steps if last[step.session_id] is not step]
