"""News of moves, for the client and the coach: moved sessions, and sessions that the client may move after all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.delivery.copies import Handed, theirs
from bot.delivery.news.family import Loaded, News
from coaching.news.announcement import Announcement
from coaching.news.kinds import NoticeKind
from coaching.news.moves import CoachMoved, MoveAllowed, Moved
from coaching.policy import Policy
from coaching.records import Move, Viewer
from coaching.sessions import Session, Status
from coaching.why import Why
from storage.claims import Claimed
from storage.repositories.deliveries import DeliveryReads


@dataclass(frozen=True, slots=True)
class Moves(News):
    """The moves that each action made, and the sessions (by id) that the client may move after all."""

    loaded: Loaded
    moves: Mapping[str, Sequence[tuple[Session, Move]]]
    sessions: Mapping[str, Session]
    policies: Mapping[str, Policy]
    handed: Handed

    def about(self, row: Claimed) -> Sequence[Session]:
        if row.kind is NoticeKind.MOVE_ALLOWED:
            session = self.sessions.get(row.session_id or "")
            return [session] if session is not None else []
        return [session for session, _ in self._moved(row)]

    def tell(self, rows: Sequence[Claimed], viewer: Viewer) -> Announcement | Why:
        [row] = rows
        if row.kind is NoticeKind.MOVE_ALLOWED:
            return self._allowed(row, viewer)
        settings, now, pairs = self.loaded.settings, self.loaded.now, self._moved(row)
        stands = any(s.status is not Status.CANCELED and s.starts_at == move.new_starts_at for s, move in pairs)
        if not pairs:
            return Why.NOTHING_LEFT
        if not stands and not row.is_edit:
            return Why.REPLACED
        if row.kind is NoticeKind.COACH_MOVED:
            return CoachMoved(viewer=viewer, settings=settings, now=now, moves=pairs)
        return Moved(viewer=viewer, settings=settings, now=now, moves=pairs, policies=self.policies)

    def _moved(self, row: Claimed) -> list[tuple[Session, Move]]:
        return [(s, move) for s, move in self.moves.get(row.action_id or "", ()) if theirs(row, s, self.handed)]

    def _allowed(self, row: Claimed, viewer: Viewer) -> MoveAllowed | Why:
        session, now = self.sessions.get(row.session_id or ""), self.loaded.now
        if session is None:
            return Why.NOTHING_LEFT
        if not row.is_edit:
            if session.status is Status.CANCELED:
                return Why.SESSION_CANCELED
            if now > session.starts_at:
                return Why.TOO_LATE
            if not session.late_move_allowed:
                return Why.SESSION_MOVED
        return MoveAllowed(
            viewer=viewer,
            settings=self.loaded.settings,
            now=now,
            session=session,
            at=row.cutoff or session.starts_at,
            by_coach=row.about_id == session.coach.id,
        )


async def load(reads: DeliveryReads, rows: Sequence[Claimed], loaded: Loaded) -> News:
    """Load the data for notices of moves."""
    allowed = {row.session_id or "" for row in rows if row.kind is NoticeKind.MOVE_ALLOWED}
    moves = await reads.batch.moves_of_actions({row.action_id for row in rows if row.action_id})
    return Moves(
        loaded,
        moves,
        {session.id: session for session in await reads.sessions.by_ids(allowed)},
        await reads.terms.by_ids({s.policy_id for pairs in moves.values() for s, _ in pairs}),
        await reads.batch.handed({s.id for pairs in moves.values() for s, _ in pairs}),
    )
