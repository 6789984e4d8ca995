"""A coach's day: the agenda, reminders of sessions that share a message, and questions how a session went."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.delivery.news.family import Loaded, News
from coaching.actions.days import day_ends
from coaching.actions.waiting import queue_of
from coaching.news.announcement import Announcement
from coaching.news.days import Agenda, Coming, OutcomeAsked, out_of_date
from coaching.news.kinds import NoticeKind
from coaching.records import Scope, Viewer
from coaching.sessions import Hat, Session, Status
from coaching.waiting import Queue
from coaching.why import Why
from coaching.zones import first_known
from storage.claims import Claimed
from storage.repositories.deliveries import DeliveryReads, Shared

SHOWN = 20
"""The most sessions that an agenda names."""
WAITING_SHOWN = 5
"""The most things that wait that an agenda names."""
COUNTED = 100
"""Up to so many sessions of a day are counted."""


@dataclass(frozen=True, slots=True)
class Day:
    """What a coach's day brings: the first sessions, of `total`, and what waits."""

    sessions: Sequence[Session]
    total: int
    queue: Queue


@dataclass(frozen=True, slots=True)
class Days(News):
    """Sessions by id, the contents of each sent message, and the days of coaches who get an agenda."""

    loaded: Loaded
    sessions: Mapping[str, Session]
    shown: Mapping[str, Sequence[Shared]]
    days: Mapping[str, Day]

    def about(self, row: Claimed) -> Sequence[Session]:
        session = self.sessions.get(row.session_id or "")
        return [session] if session is not None else []

    def useless(self, row: Claimed) -> Why | None:
        if row.is_edit:
            return None
        if not self.loaded.viewers[row.recipient].is_coach:
            return Why.NOT_NAMED
        if row.kind is NoticeKind.AGENDA:
            return None
        session = self.sessions.get(row.session_id or "")
        return Why.NOTHING_LEFT if session is None else out_of_date(row.kind, row.recipient, row.cutoff, session)

    def tell(self, rows: Sequence[Claimed], viewer: Viewer) -> Announcement | Why:
        lead, settings, now = rows[0], self.loaded.settings, self.loaded.now
        if lead.kind is NoticeKind.AGENDA:
            day = self.days.get(lead.recipient)
            if day is None or not (day.total or day.queue):
                return Why.NOTHING_LEFT
            return Agenda(
                viewer=viewer, settings=settings, now=now, sessions=day.sessions, total=day.total, queue=day.queue
            )
        if lead.kind is NoticeKind.OUTCOME_ASKED:
            session = self.sessions.get(lead.session_id or "")
            if session is None:
                return Why.NOTHING_LEFT
            return OutcomeAsked(viewer=viewer, settings=settings, now=now, session=session)
        if lead.is_edit:
            parts = [(one.session_id, one.cutoff) for one in self.shown.get(lead.message_key, ())]
        else:
            parts = [(row.session_id or "", row.cutoff or row.expires_at) for row in rows]
        items = [(self.sessions[session_id], at) for session_id, at in parts if session_id in self.sessions]
        if not lead.is_edit:
            items = [(session, at) for session, at in items if session.status is not Status.CANCELED]
            if not items:
                return Why.SESSION_CANCELED
        if not items:
            return Why.NOTHING_LEFT
        items.sort(key=lambda item: (item[0].starts_at, item[0].id))
        return Coming(viewer=viewer, settings=settings, now=now, items=tuple(items))


async def load(reads: DeliveryReads, rows: Sequence[Claimed], loaded: Loaded) -> News:
    """Load the data for news of coaches' days."""
    edits = {row.message_key for row in rows if row.kind is NoticeKind.COACH_STARTING and row.is_edit}
    shown = await reads.batch.shared(edits)
    ids = {row.session_id for row in rows if row.session_id is not None}
    every = ids.union(*({part.session_id for part in parts} for parts in shown.values()))
    sessions = {session.id: session for session in await reads.sessions.by_ids(every)}
    coaches = {row.recipient for row in rows if row.kind is NoticeKind.AGENDA and not row.is_edit}
    days = {who: await _day(reads, loaded, loaded.viewers[who]) for who in sorted(coaches)}
    return Days(loaded, sessions, shown, days)


async def _day(reads: DeliveryReads, loaded: Loaded, viewer: Viewer) -> Day:
    """Return what is left of today for a coach, on their clock."""
    now, who = loaded.now, viewer.person.id
    until = day_ends(now, first_known(viewer.person.time_zone))
    found = await reads.sessions.glimpses(Hat.COACH, who, Scope.UPCOMING, now, first=now, last=until, most=COUNTED)
    sessions = await reads.sessions.by_ids([one.id for one in found[:SHOWN]])
    queue = await queue_of(reads, viewer, now, WAITING_SHOWN)
    return Day(sessions, len(found), queue)
