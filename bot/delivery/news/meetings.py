"""News of changed meeting links, for the client and the coach."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.delivery.copies import Handed, theirs
from bot.delivery.news.family import Loaded, News
from coaching.meetings import LinkChange
from coaching.news.announcement import Announcement
from coaching.news.kinds import NoticeKind
from coaching.news.meetings import CoachLinkChanged, LinkChanged
from coaching.records import Viewer
from coaching.sessions import Session, Status
from coaching.why import Why
from storage.claims import Claimed
from storage.repositories.deliveries import DeliveryReads


@dataclass(frozen=True, slots=True)
class Meetings(News):
    """The sessions whose link each action changed."""

    loaded: Loaded
    changes: Mapping[str, Sequence[tuple[Session, LinkChange]]]
    handed: Handed

    def about(self, row: Claimed) -> Sequence[Session]:
        return [session for session, _ in self._changed(row)]

    def tell(self, rows: Sequence[Claimed], viewer: Viewer) -> Announcement | Why:
        [row] = rows
        pairs = self._changed(row)
        if not pairs:
            return Why.NOTHING_LEFT
        if not row.is_edit:
            # The link may have been changed back before anybody heard of it.
            pairs = [(session, change) for session, change in pairs if session.link != change.old_link]
            if not pairs:
                return Why.TAKEN_BACK
            pairs = [(session, change) for session, change in pairs if session.status is Status.SCHEDULED]
            if not pairs:
                return Why.SESSION_CANCELED
            pairs = [(session, change) for session, change in pairs if self.loaded.now <= session.ends_at]
            if not pairs:
                return Why.TOO_LATE
        settings, now = self.loaded.settings, self.loaded.now
        if row.kind is NoticeKind.COACH_LINK:
            return CoachLinkChanged(viewer=viewer, settings=settings, now=now, changes=pairs)
        return LinkChanged(viewer=viewer, settings=settings, now=now, changes=pairs)

    def _changed(self, row: Claimed) -> list[tuple[Session, LinkChange]]:
        changes = self.changes.get(row.action_id or "", ())
        return [(session, change) for session, change in changes if theirs(row, session, self.handed)]


async def load(reads: DeliveryReads, rows: Sequence[Claimed], loaded: Loaded) -> News:
    """Load the data for notices of changed meeting links."""
    changes = await reads.meetings.changes({row.action_id for row in rows if row.action_id})
    handed = await reads.batch.handed({session.id for pairs in changes.values() for session, _ in pairs})
    return Meetings(loaded, changes, handed)
