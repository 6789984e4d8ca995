"""News of exceptions: requests for coaches, or admins in their place, and decisions for clients."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bot.delivery.copies import theirs
from bot.delivery.news.family import Loaded, News
from coaching.news.announcement import Announcement
from coaching.news.decisions import ExceptionAsked, LateDecision
from coaching.news.kinds import REQUESTS, TO_COACHES, NoticeKind
from coaching.policy import Policy
from coaching.records import Viewer
from coaching.sessions import Session
from coaching.why import Why
from storage.claims import Claimed
from storage.repositories.deliveries import DeliveryReads


@dataclass(frozen=True, slots=True)
class Decisions(News):
    """The sessions that each request or decision changed, in their current state.

    `alerts` are (action, recipient) of alerts that are not out yet and do not go out with this batch either.
    """

    loaded: Loaded
    touched: Mapping[str, Collection[str]]
    sessions: Sequence[Session]
    policies: Mapping[str, Policy]
    alerts: Collection[tuple[str, str]]

    def about(self, row: Claimed) -> Sequence[Session]:
        ids = self.touched.get(row.action_id or "", ())
        return [s for s in self.sessions if s.id in ids and theirs(row, s)]

    def waits(self, row: Claimed) -> bool:
        """Return whether a request has to wait: the alert of its cancellation must go out first."""
        if row.kind not in REQUESTS or row.is_edit:
            return False
        actions = {s.cancellation.action_id for s in self.about(row) if s.cancellation}
        return any((action_id, row.recipient) in self.alerts for action_id in actions)

    def tell(self, rows: Sequence[Claimed], viewer: Viewer) -> Announcement | Why:
        [row] = rows
        sessions, settings, now = self.about(row), self.loaded.settings, self.loaded.now
        if not sessions:
            return Why.NOTHING_LEFT
        asked = [(s, s.cancellation.asked) for s in sessions if s.cancellation and s.cancellation.asked]
        current = [(s, one) for s, one in asked if one.action_id == row.action_id]
        if row.kind not in REQUESTS:
            return LateDecision(viewer=viewer, settings=settings, now=now, sessions=sessions, stays=bool(current))
        if not row.is_edit:
            if not any(one.open for _, one in current):
                return Why.DECIDED if current else Why.TAKEN_BACK
            if row.kind in TO_COACHES and any(one.by_admins for _, one in current):
                return Why.ADMINS_DECIDE
            if row.kind is NoticeKind.ADMIN_NUDGE and not viewer.is_admin:
                return Why.NOT_NAMED
        return ExceptionAsked(
            viewer=viewer,
            settings=settings,
            now=now,
            sessions=[s for s, _ in current] or sessions,
            policies=self.policies,
            withdrawn=not current,
            kind=row.kind,
        )


async def load(reads: DeliveryReads, rows: Sequence[Claimed], loaded: Loaded) -> News:
    """Load the data for notices of requests and decisions."""
    touched, sessions = await reads.batch.sessions_of_actions({row.action_id or "" for row in rows})
    asked = {id for row in rows if row.kind in REQUESTS for id in touched.get(row.action_id or "", ())}
    about = [s for s in sessions if s.id in asked]
    return Decisions(
        loaded,
        touched,
        sessions,
        await reads.terms.by_ids({s.policy_id for s in about}),
        await reads.batch.alerts_waiting({s.cancellation.action_id for s in about if s.cancellation})
        - set(loaded.claimed),
    )
