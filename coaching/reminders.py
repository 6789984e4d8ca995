"""Reminders count down to the cutoff: which are due when, and which still make sense."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from coaching.clock import require_utc
from coaching.quiet import QuietHours
from coaching.sessions import Session, Status
from coaching.zones import ZoneInfo

DEFAULT_OFFSETS = (timedelta(hours=24), timedelta(hours=2))
"""How long before the cutoff a client is reminded, by default."""

MERGE_WINDOW = timedelta(minutes=30)
"""Reminders of one client due within this share one message (R4)."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """One countdown step: (session, cutoff, offset), due at `due_at`, of no use after `expires_at` (both UTC)."""

    session_id: str
    cutoff: datetime
    offset: timedelta
    due_at: datetime

    def __post_init__(self) -> None:
        require_utc(self.cutoff, self.due_at)

    @property
    def expires_at(self) -> datetime:
        """The cutoff: after it there is nothing free to announce."""
        return self.cutoff

    @property
    def key(self) -> str:
        """Identity of the row: moving a session makes new reminders, repeating a booking does not."""
        return reminder_key(self.session_id, self.cutoff, self.offset)


def reminder_key(session_id: str, cutoff: datetime, offset: timedelta) -> str:
    """Name a reminder by session, cutoff (microseconds since 1970 UTC) and offset (seconds)."""
    micros = (cutoff - datetime.fromtimestamp(0, cutoff.tzinfo)) // timedelta(microseconds=1)
    return f"reminder:{session_id}:{micros}:{int(offset.total_seconds())}"


def plan(
    session_id: str,
    cutoff: datetime,
    offsets: Iterable[timedelta],
    now: datetime,
    *,
    quiet: QuietHours | None = None,
    zone: ZoneInfo | None = None,
) -> list[Reminder]:
    """Return the steps that still lie ahead: a late booking gets the next one that makes sense, or none.

    A step that would fall in the quiet hours of `zone` (the client's) comes at their beginning; two that would then come
    together are one, the one nearer to the cutoff.
    """
    steps: dict[datetime, Reminder] = {}
    for offset in sorted(set(offsets), reverse=True):
        due_at = cutoff - offset
        if quiet is not None and zone is not None:
            due_at = quiet.before(due_at, zone)
        if due_at > now:
            steps[due_at] = Reminder(session_id, cutoff, offset, due_at)
    return list(steps.values())


def stale(session: Session, cutoff: datetime, now: datetime) -> str | None:
    """Return why a reminder for `cutoff` must not go out at `now` (R2), or None when it still helps."""
    if session.status is Status.CANCELED:
        return "session canceled"
    if session.refund_cutoff_at != cutoff:
        return "session moved"
    if session.reminders_kept:
        return "client keeps the session"
    if now > cutoff:
        return "cutoff passed"
    return None


def newest_only(steps: Sequence[Reminder]) -> tuple[list[Reminder], list[Reminder]]:
    """Split steps that are due together into those to send and those a later step of the same session replaces (R3)."""
    last: dict[str, Reminder] = {}
    for step in sorted(steps, key=lambda s: s.due_at):
        last[step.session_id] = step
    send = [step for step in steps if last[step.session_id] is step]
    return send, [step for step in steps if last[step.session_id] is not step]
