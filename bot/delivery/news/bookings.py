"""News of bookings, for the client and the coach."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.delivery.copies import coach_of
from bot.delivery.news.family import Loaded, News
from coaching.news.announcement import Announcement
from coaching.news.bookings import Booked, CoachBooked
from coaching.news.kinds import NoticeKind
from coaching.policy import Policy
from coaching.records import Viewer
from coaching.sessions import Hat, Person, Session, Status
from coaching.why import Why
from storage.claims import Claimed
from storage.repositories.deliveries import DeliveryReads


@dataclass(frozen=True, slots=True)
class Bookings(News):
    """Booked sessions by id, with their policies and the person who booked each one for its client."""

    loaded: Loaded
    sessions: Mapping[str, Session]
    policies: Mapping[str, Policy]
    bookers: Mapping[str, tuple[Person, Hat]]

    def about(self, row: Claimed) -> Sequence[Session]:
        session = self.sessions.get(row.session_id or "")
        return [session] if session is not None else []

    def tell(self, rows: Sequence[Claimed], viewer: Viewer) -> Announcement | Why:
        [row] = rows
        session, settings, now = self.sessions.get(row.session_id or ""), self.loaded.settings, self.loaded.now
        if session is None:
            return Why.NOTHING_LEFT
        # A message that is out shows what happened to its session (K2). One that is not out need not be sent any more.
        if session.status is Status.CANCELED and not row.is_edit:
            return Why.SESSION_CANCELED
        if now > session.starts_at and not row.is_edit:
            return Why.TOO_LATE
        if row.kind is NoticeKind.COACH_BOOKED and session.coach.id != coach_of(row) and not row.is_edit:
            return Why.SESSION_HANDED
        by = self.bookers.get(session.id)
        if row.kind is NoticeKind.COACH_BOOKED:
            return CoachBooked(viewer=viewer, settings=settings, now=now, session=session, by=by)
        return Booked(
            viewer=viewer,
            settings=settings,
            now=now,
            session=session,
            policy=self.policies[session.policy_id],
            home_link=self.loaded.home_link,
            by=by,
        )


async def load(reads: DeliveryReads, rows: Sequence[Claimed], loaded: Loaded) -> News:
    """Load the data for notices of bookings."""
    ids = {row.session_id or "" for row in rows}
    sessions = await reads.sessions.by_ids(ids)
    return Bookings(
        loaded,
        {session.id: session for session in sessions},
        await reads.terms.by_ids({session.policy_id for session in sessions}),
        await reads.batch.booked_for(ids),
    )
