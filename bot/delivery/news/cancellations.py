"""News of cancellations, for the client, the coach and whoever canceled for others."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bot.delivery.copies import theirs
from bot.delivery.news.beside import Beside, load_beside
from bot.delivery.news.family import Loaded, News
from coaching.actions.departed import gone
from coaching.news.announcement import Announcement
from coaching.news.cancellations import CoachAlert, Receipt
from coaching.news.kinds import NoticeKind
from coaching.news.own_receipts import OwnReceipt
from coaching.records import Viewer
from coaching.sessions import Session
from coaching.why import Why
from storage.claims import Claimed
from storage.repositories.deliveries import DeliveryReads


@dataclass(frozen=True, slots=True)
class Cancellations(News):
    """The sessions that each cancellation changed, in their current state. `gone` are coaches who left.

    `beside` is what the same actions moved and handed over.
    """

    loaded: Loaded
    touched: Mapping[str, Collection[str]]
    sessions: Sequence[Session]
    gone: Collection[str]
    beside: Beside

    def about(self, row: Claimed) -> Sequence[Session]:
        return [*self._canceled(row), *(session for session, _ in self.beside.of(row))]

    def _canceled(self, row: Claimed) -> Sequence[Session]:
        ids = self.touched.get(row.action_id or "", ())
        every = row.kind is NoticeKind.OWN_RECEIPT
        return [s for s in self.sessions if s.id in ids and (every or theirs(row, s))]

    def tell(self, rows: Sequence[Claimed], viewer: Viewer) -> Announcement | Why:
        [row] = rows
        sessions, settings, now = self._canceled(row), self.loaded.settings, self.loaded.now
        moves = self.beside.of(row)
        if not sessions:
            return Why.NOTHING_LEFT
        if row.kind is NoticeKind.COACH_ALERT:
            gone = any(session.coach.id in self.gone for session in sessions)
            # A coach who is also an admin decides as one. The reader of a copy never decides.
            by_admins = gone and (row.copy_of is not None or not viewer.is_admin)
            return CoachAlert(
                viewer=viewer, settings=settings, now=now, sessions=sessions, by_admins=by_admins, moves=moves
            )
        receipt = OwnReceipt if row.kind is NoticeKind.OWN_RECEIPT else Receipt
        return receipt(
            viewer=viewer,
            settings=settings,
            now=now,
            sessions=sessions,
            action_id=row.action_id or "",
            gone=self.gone,
            moves=moves,
            policies=self.beside.policies,
            withdrawn=self.beside.withdrawn,
            asked=self.beside.asked,
        )


async def load(reads: DeliveryReads, rows: Sequence[Claimed], loaded: Loaded) -> News:
    """Load the data for notices of cancellations."""
    touched, sessions = await reads.batch.sessions_of_actions({row.action_id or "" for row in rows})
    left = await gone(reads, {session.coach.id for session in sessions})
    beside = await load_beside(reads, {row.action_id for row in rows if row.action_id})
    return Cancellations(loaded, touched, sessions, left, beside)
