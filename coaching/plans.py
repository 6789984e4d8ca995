"""Plans of reminders: one rule decides which reminders a session gets and when, at every planning and replanning."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from coaching.clock import require_utc
from coaching.news import reminders
from coaching.news.notice import Notice
from coaching.quiet import awake
from coaching.reminders import ReminderStep
from coaching.sessions import Session, Status
from coaching.why import Why
from coaching.workspace import Settings
from coaching.zones import ZoneInfo, first_known


class Cause(StrEnum):
    """Why a session's reminders are planned."""

    BOOKED = "booked"
    MOVED = "moved"
    HANDED = "handed"
    RESTORED = "restored"
    RULES = "rules"
    CHANGED = "changed"

    @property
    def why(self) -> Why:
        """The cause recorded on reminders that are dropped by this planning."""
        return {
            Cause.BOOKED: Why.REPLANNED_BOOKED,
            Cause.MOVED: Why.SESSION_MOVED,
            Cause.HANDED: Why.SESSION_HANDED,
            Cause.RESTORED: Why.REPLANNED_RESTORED,
            Cause.RULES: Why.REPLANNED_RULES,
            Cause.CHANGED: Why.REPLANNED_CHANGED,
        }[self]

    @property
    def anew(self) -> bool:
        """Whether the countdown starts over, regardless of reminders sent for an earlier time."""
        return self in (Cause.BOOKED, Cause.MOVED, Cause.HANDED)

    @property
    def makes_up(self) -> bool:
        """Whether overdue reminders are sent at once.

        Not after booking, moving or undoing: the person who did that has just seen the terms. A client whose session
        somebody else canceled and restored has not: see `replan`.
        """
        return self in (Cause.RULES, Cause.CHANGED)


class Stand(StrEnum):
    """The state of a planned reminder. It can be planned again until something of it has been sent."""

    WAITING = "waiting"
    DROPPED = "dropped"
    TOLD = "told"


@dataclass(frozen=True, slots=True)
class Planned:
    """A reminder as it was planned, with the row's key. Instants are aware UTC.

    `offset` is how long before the cutoff (or start) it is due, `version` the session's version when it was first
    planned. `canceled_at`: it was dropped then, because the session was canceled.
    """

    session_id: str
    key: str
    cutoff: datetime
    due_at: datetime
    starting: bool
    stand: Stand
    offset: timedelta
    version: int = 1
    canceled_at: datetime | None = None

    def __post_init__(self) -> None:
        require_utc(self.cutoff, self.due_at, self.canceled_at)

    def missed(self, unseen_since: datetime | None, now: datetime) -> bool:
        """Return whether it would have gone out by now, had nobody canceled the session since `unseen_since`.

        It may have been due before that: delivery can be behind.
        """
        if unseen_since is None or self.canceled_at is None:
            return False
        return self.canceled_at >= unseen_since and self.due_at <= now


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a session's plan: keys to drop, keys with the new instant (UTC) they wait for, steps to add."""

    drop: list[str] = field(default_factory=list)
    wait: list[tuple[str, datetime]] = field(default_factory=list)
    add: list[ReminderStep] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.drop or self.wait or self.add)


def replan(
    session: Session,
    planned: Sequence[Planned],
    settings: Settings,
    now: datetime,
    cause: Cause,
    *,
    unseen_since: datetime | None = None,
) -> Change:
    """Return how a session's plan must change, given every reminder it ever had.

    The change is empty if the plan is right. Quiet hours are those of the client's own zone
    (`session.client.time_zone`), else of the session's, else UTC. Of two steps due at the same time, only the one
    nearer to the cutoff is kept. A step that was sent is not sent again. An overdue step is sent at once if it was
    waiting, or if it replaces one that was waiting and no nearer step was sent (R2, R3).

    `unseen_since` (UTC) is when the session was canceled by somebody else than its client, who knows nothing of that: a
    step that was dropped for it and is due by now is sent at once.
    """
    on = session.status is Status.SCHEDULED
    aims = (
        (False, session.refund_cutoff_at, settings.reminder_offsets if on and not session.reminders_kept else ()),
        (True, session.starts_at, _before_start(settings) if on else ()),
    )
    zone = first_known(session.client.time_zone, session.time_zone)
    return _plan(session.id, aims, planned, settings, zone, now, cause, unseen_since)


def first_steps(
    session_id: str, *, cutoff: datetime, starts_at: datetime, settings: Settings, zone: ZoneInfo, now: datetime
) -> list[ReminderStep]:
    """Return the first steps of a session that appears at `now` (UTC). `zone` is its client's."""
    aims = ((False, cutoff, settings.reminder_offsets), (True, starts_at, _before_start(settings)))
    return _plan(session_id, aims, (), settings, zone, now, Cause.BOOKED).add


def _before_start(settings: Settings) -> tuple[timedelta, ...]:
    return () if settings.start_reminder is None else (settings.start_reminder,)


def _plan(
    session_id: str,
    aims: Iterable[tuple[bool, datetime, Collection[timedelta]]],
    planned: Sequence[Planned],
    settings: Settings,
    zone: ZoneInfo,
    now: datetime,
    cause: Cause,
    unseen_since: datetime | None = None,
) -> Change:
    change = Change()
    for starting, cutoff, offsets in aims:
        rows = [row for row in planned if row.starting is starting]
        old = {} if cause.anew else _newest(rows, cutoff)
        steps = _steps(cutoff, offsets if cutoff > now else (), rows, old, settings, zone, now, cause, unseen_since)
        kept = {old[offset].key for offset in steps.values() if offset in old}
        change.drop.extend(row.key for row in rows if row.stand is Stand.WAITING and row.key not in kept)
        for due_at, offset in steps.items():
            row = old.get(offset)
            if row is None:
                change.add.append(ReminderStep(session_id, cutoff, offset, due_at, starting))
            elif row.stand is Stand.DROPPED or row.due_at != due_at:
                change.wait.append((row.key, due_at))
    return change


def _newest(rows: Iterable[Planned], cutoff: datetime) -> dict[timedelta, Planned]:
    """Return the latest row of each step that counts down to `cutoff`."""
    return {row.offset: row for row in sorted(rows, key=lambda row: row.version) if row.cutoff == cutoff}


def _steps(
    cutoff: datetime,
    offsets: Collection[timedelta],
    rows: Sequence[Planned],
    old: dict[timedelta, Planned],
    settings: Settings,
    zone: ZoneInfo,
    now: datetime,
    cause: Cause,
    unseen_since: datetime | None,
) -> dict[datetime, timedelta]:
    """Return the steps towards `cutoff` that were not sent, by due time. Of two due at once the nearer one is kept."""
    told = [offset for offset, row in old.items() if row.stand is Stand.TOLD]
    wanted = {old[offset].key for offset in offsets if offset in old}
    waiting = {row.key for row in rows if row.stand is Stand.WAITING}
    # Waiting reminders are being dropped. An overdue step replaces them, so that the client still learns of the cutoff.
    instead = cause.makes_up and bool(waiting - wanted)
    # Not if a reminder already went out for the cutoff that the waiting reminders have.
    left = {row.cutoff for row in rows if row.stand is Stand.WAITING}
    before = [row.offset for row in rows if row.stand is Stand.TOLD and row.cutoff in left]
    steps: dict[datetime, timedelta] = {}
    for offset in sorted(set(offsets), reverse=True):
        if any(nearer <= offset for nearer in told):
            continue
        row, at = old.get(offset), cutoff - offset
        waits = row is not None and row.key in waiting
        missed = row is not None and row.missed(unseen_since, now)
        if row is not None and waits and row.due_at <= now:
            steps[row.due_at] = offset  # already due: delivery has it
        elif at > now or waits or missed or (instead and not any(nearer <= offset for nearer in before)):
            steps[awake(settings.quiet_hours, zone, max(at, now), now=now, until=cutoff)] = offset
    return steps


def countdown(session: Session, settings: Settings, now: datetime) -> list[Notice]:
    """Return the reminders of a session that was booked or moved at `now` (UTC) and has none yet."""
    return reminders.planned(session, replan(session, (), settings, now, Cause.BOOKED).add)
