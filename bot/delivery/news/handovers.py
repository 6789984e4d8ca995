"""News of hand-overs, for the client, the coach who gave a session and the one who gives it now."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bot.delivery.copies import Handed, coach_of, coach_then, theirs
from bot.delivery.news.beside import withdrew
from bot.delivery.news.family import Loaded, News
from coaching.news.announcement import Announcement
from coaching.news.handovers import CoachHanded, HandedOver
from coaching.news.kinds import NoticeKind
from coaching.policy import Policy
from coaching.records import Move, Viewer
from coaching.requests import Request
from coaching.sessions import Session, Status
from coaching.stakeholders import shows
from coaching.why import Why
from storage.claims import Claimed
from storage.repositories.deliveries import DeliveryReads


@dataclass(frozen=True, slots=True)
class Handovers(News):
    """The sessions that each action handed over, with their policies, and all hand-overs of these sessions.

    `overtaken` are the requests to move these sessions that were taken back or overtaken, and `asked` are the ids of the
    sessions of which there is an open one again.
    """

    loaded: Loaded
    moves: Mapping[str, Sequence[tuple[Session, Move]]]
    policies: Mapping[str, Policy]
    handed: Handed
    overtaken: Sequence[Request]
    asked: Collection[str]

    def about(self, row: Claimed) -> Sequence[Session]:
        return [session for session, _ in (*self._handed(row), *self._moved(row))]

    def tell(self, rows: Sequence[Claimed], viewer: Viewer) -> Announcement | Why:
        [row] = rows
        pairs, settings, now = self._handed(row), self.loaded.settings, self.loaded.now
        moved = self._moved(row)
        if not pairs:
            return Why.NOTHING_LEFT
        if row.kind is NoticeKind.HANDED_OVER:
            # Who gives it now is what counts, whoever was to give it meanwhile.
            if not row.is_edit and not moved and not any(_stands(row, s, self.handed) for s, _ in pairs):
                return Why.REPLACED
            return HandedOver(
                viewer=viewer,
                settings=settings,
                now=now,
                moves=pairs,
                policies=self.policies,
                moved=moved,
                withdrawn={s.id for s, move in pairs if withdrew(move, self.overtaken)},
                asked=self.asked,
            )
        gave = any(_gave(row, move) for _, move in pairs)
        if not row.is_edit and not gave and not any(_stands(row, s, self.handed) for s, _ in pairs):
            return Why.REPLACED
        if not row.is_edit and not moved and gave and all(s.coach.id == coach_of(row) for s, _ in pairs):
            return Why.TAKEN_BACK
        return CoachHanded(viewer=viewer, settings=settings, now=now, moves=pairs, moved=moved, gave=gave)

    def _moved(self, row: Claimed) -> list[tuple[Session, Move]]:
        """Return the sessions of a notice's reader that the same action moved to other times."""
        pairs = [(s, move) for s, move in self.moves.get(row.action_id or "", ()) if move.old_coach is None]
        return [(s, move) for s, move in pairs if theirs(row, s, self.handed)]

    def _handed(self, row: Claimed) -> list[tuple[Session, Move]]:
        """Return the sessions of an action that concern a notice's reader."""
        pairs = self.moves.get(row.action_id or "", ())
        if row.kind is NoticeKind.HANDED_OVER:
            return [(s, move) for s, move in pairs if s.client.id == row.recipient and move.old_coach is not None]
        seen = row.copy_of is None
        return [
            (s, move)
            for s, move in pairs
            if (_gave(row, move) or _takes(row, move)) and (seen or shows(row.only_types, row.recipient, s))
        ]


def _gave(row: Claimed, move: Move) -> bool:
    return move.old_coach is not None and move.old_coach.id == coach_of(row)


def _takes(row: Claimed, move: Move) -> bool:
    return move.new_coach is not None and move.new_coach.id == coach_of(row)


def _stands(row: Claimed, session: Session, handed: Handed) -> bool:
    return session.status is not Status.CANCELED and coach_then(row, session, handed) == session.coach.id


async def load(reads: DeliveryReads, rows: Sequence[Claimed], loaded: Loaded) -> News:
    """Load the data for notices of hand-overs."""
    moves = await reads.batch.moves_of_actions({row.action_id for row in rows if row.action_id})
    to_clients = [moves.get(row.action_id or "", ()) for row in rows if row.kind is NoticeKind.HANDED_OVER]
    sessions = [session for pairs in moves.values() for session, _ in pairs]
    overtaken = await reads.requests.overtaken({move.session_id for pairs in to_clients for _, move in pairs})
    asked = await reads.requests.open_moves({one.subject_id for one in overtaken})
    return Handovers(
        loaded,
        moves,
        await reads.terms.by_ids({session.policy_id for session in sessions}),
        await reads.batch.handed({session.id for session in sessions}),
        overtaken,
        {one.subject_id for one in asked},
    )
