"""News of outcomes, for the client: a session that was noted as a no-show."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bot.delivery.news.family import Loaded, News
from coaching.actions.departed import gone
from coaching.news.announcement import Announcement
from coaching.news.outcomes import Missed
from coaching.records import Viewer
from coaching.sessions import Session, Status
from coaching.why import Why
from storage.claims import Claimed
from storage.repositories.deliveries import DeliveryReads


@dataclass(frozen=True, slots=True)
class Outcomes(News):
    """Sessions by id, in their current state. `gone` are coaches who left."""

    loaded: Loaded
    sessions: Mapping[str, Session]
    gone: Collection[str]

    def tell(self, rows: Sequence[Claimed], viewer: Viewer) -> Announcement | Why:
        [row] = rows
        session = self.sessions.get(row.session_id or "")
        if session is None:
            return Why.NOTHING_LEFT
        if session.status is not Status.NO_SHOW and not row.is_edit:
            return Why.CORRECTED
        return Missed(
            viewer=viewer,
            settings=self.loaded.settings,
            now=self.loaded.now,
            session=session,
            by_coach=row.about_id == session.coach.id,
            gone=session.coach.id in self.gone,
        )


async def load(reads: DeliveryReads, rows: Sequence[Claimed], loaded: Loaded) -> News:
    """Load the data for notices of outcomes."""
    sessions = await reads.sessions.by_ids({row.session_id or "" for row in rows})
    left = await gone(reads, {session.coach.id for session in sessions})
    return Outcomes(loaded, {session.id: session for session in sessions}, left)
