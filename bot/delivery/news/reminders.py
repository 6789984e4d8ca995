"""Reminders, checked against the current session. Several share a message, which is edited as they change (R2, R4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.delivery.news.family import Loaded, News
from coaching import reminders as rules
from coaching.news.announcement import Announcement
from coaching.news.kinds import NoticeKind
from coaching.news.reminders import Countdown, Reminder, ReminderItem, Starting
from coaching.policy import Policy
from coaching.records import Viewer
from coaching.sessions import Session, Status
from coaching.why import Why
from storage.claims import Claimed
from storage.repositories.deliveries import DeliveryReads, Shared, step


def countdown(session: Session, cutoff: datetime, now: datetime) -> Countdown:
    """Return the state of one session of a reminder message at `now`."""
    if session.status is Status.CANCELED:
        return Countdown.CANCELED
    if session.refund_cutoff_at != cutoff:
        return Countdown.MOVED
    if session.reminders_kept:
        return Countdown.KEPT
    return Countdown.CLOSED if now > cutoff else Countdown.OPEN


@dataclass(frozen=True, slots=True)
class Reminders(News):
    """Sessions by id, their policies, the contents of each sent message, and the keys of the newest countdown steps."""

    loaded: Loaded
    sessions: Mapping[str, Session]
    policies: Mapping[str, Policy]
    shown: Mapping[str, Sequence[Shared]]
    newest: frozenset[str]

    def about(self, row: Claimed) -> Sequence[Session]:
        session = self.sessions.get(row.session_id or "")
        return [session] if session is not None else []

    def useless(self, row: Claimed) -> Why | None:
        if row.is_edit or row.kind is NoticeKind.STARTING:
            return None
        if why := _stale(self.sessions.get(row.session_id or ""), row, self.loaded.now):
            return why
        return None if row.key in self.newest else Why.NEWER_REMINDER

    def tell(self, rows: Sequence[Claimed], viewer: Viewer) -> Announcement | Why:
        lead = rows[0]
        if lead.kind is NoticeKind.STARTING:
            return self._starting(lead, viewer)
        if lead.is_edit:
            # A session with several steps in one message is shown once, as of the latest step.
            parts = sorted(self.shown.get(lead.message_key, ()), key=lambda part: part.due_at)
            told = {part.session_id: part.cutoff for part in parts}
            items = [self._item(session_id, cutoff) for session_id, cutoff in told.items()]
        else:
            items = [self._item(row.session_id or "", _cutoff(row)) for row in rows]
        if not items:
            return Why.NOTHING_LEFT
        soonest_first = sorted(items, key=lambda item: (item.session.starts_at, item.session.id))
        settings, now = self.loaded.settings, self.loaded.now
        return Reminder(viewer=viewer, settings=settings, now=now, items=tuple(soonest_first))

    def _item(self, session_id: str, cutoff: datetime) -> ReminderItem:
        session = self.sessions[session_id]
        state = countdown(session, cutoff, self.loaded.now)
        return ReminderItem(session=session, policy=self.policies[session.policy_id], cutoff=cutoff, state=state)

    def _starting(self, row: Claimed, viewer: Viewer) -> Starting | Why:
        session = self.sessions.get(row.session_id or "")
        if session is None:
            return Why.NOTHING_LEFT
        at = row.cutoff or session.starts_at
        if not row.is_edit:
            if session.status is Status.CANCELED:
                return Why.SESSION_CANCELED
            if session.starts_at != at:
                return Why.SESSION_MOVED
        return Starting(viewer=viewer, settings=self.loaded.settings, now=self.loaded.now, session=session, at=at)


async def load(reads: DeliveryReads, rows: Sequence[Claimed], loaded: Loaded) -> News:
    """Load the data for reminders."""
    now = loaded.now
    first = [row for row in rows if row.kind is NoticeKind.REMINDER and not row.is_edit]
    shown = await reads.batch.shared(
        {row.message_key for row in rows if row.kind is NoticeKind.REMINDER and row.is_edit}
    )
    ids = {row.session_id or "" for row in rows}
    every = ids.union(*({part.session_id for part in parts} for parts in shown.values()))
    sessions = {session.id: session for session in await reads.sessions.by_ids(every)}
    policies = await reads.terms.by_ids({session.policy_id for session in sessions.values()})
    useful = [row for row in first if _stale(sessions.get(row.session_id or ""), row, now) is None]
    steps = dict(await reads.batch.due_steps({row.session_id or "" for row in first}, now))
    steps |= {row.key: step(row.session_id or "", _cutoff(row), row.due_at) for row in useful}
    return Reminders(loaded, sessions, policies, shown, _newest(sessions, steps))


def _newest(sessions: Mapping[str, Session], steps: Mapping[str, rules.ReminderStep]) -> frozenset[str]:
    """Return the keys of each session's newest step. Steps from before a move do not count."""
    by_key = {
        key: one
        for key, one in steps.items()
        if one.session_id in sessions and sessions[one.session_id].refund_cutoff_at == one.cutoff
    }
    newest = set(rules.newest_only(list(by_key.values()))[0])
    return frozenset(key for key, one in by_key.items() if one in newest)


def _stale(session: Session | None, row: Claimed, now: datetime) -> Why | None:
    return Why.NOTHING_LEFT if session is None else rules.stale(session, _cutoff(row), now)


def _cutoff(row: Claimed) -> datetime:
    return row.cutoff or row.expires_at
