"""What an action moved and handed over besides what it canceled: the message about the one tells of the other."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from bot.delivery.copies import Handed, coach_of, coach_then
from coaching.news.kinds import KINDS, Audience, NoticeKind
from coaching.policy import Policy
from coaching.records import Move
from coaching.requests import Request
from coaching.sessions import Session
from coaching.stakeholders import shows
from storage.claims import Claimed
from storage.repositories.deliveries import DeliveryReads

Pairs = Sequence[tuple[Session, Move]]


@dataclass(frozen=True, slots=True)
class Beside:
    """The moves and hand-overs of actions that cancel something too, with the policies of these sessions.

    `withdrawn` are those of them whose clients had asked to move them, and of `asked` they have asked again.
    """

    moves: Mapping[str, Pairs] = field(default_factory=dict)
    policies: Mapping[str, Policy] = field(default_factory=dict)
    handed: Handed = field(default_factory=dict)
    withdrawn: Collection[str] = ()
    asked: Collection[str] = ()

    def of(self, row: Claimed) -> list[tuple[Session, Move]]:
        """Return those that a notice of a cancellation tells its reader about too."""
        return [(s, move) for s, move in self.moves.get(row.action_id or "", ()) if self._theirs(row, s, move)]

    def _theirs(self, row: Claimed, session: Session, move: Move) -> bool:
        if row.kind is NoticeKind.OWN_RECEIPT:
            return True
        if KINDS[row.kind].to is Audience.CLIENT:
            return session.client.id == row.recipient
        until_then = move.old_coach.id if move.old_coach is not None else coach_then(row, session, self.handed)
        seen = row.copy_of is None or shows(row.only_types, row.recipient, session)
        return until_then == coach_of(row) and seen


def withdrew(move: Move, overtaken: Sequence[Request]) -> bool:
    """Return whether this hand-over withdrew the client's request to move the session."""
    return any(one.subject_id == move.session_id and one.withdrawn_with(move.at, move.by.id) for one in overtaken)


async def load_beside(reads: DeliveryReads, action_ids: Collection[str]) -> Beside:
    """Load what these cancellations moved and handed over. Most did nothing of the kind, which costs one statement."""
    moves = await reads.batch.moves_of_actions(action_ids)
    pairs = [pair for some in moves.values() for pair in some]
    if not pairs:
        return Beside()
    ids = {session.id for session, _ in pairs}
    overtaken = await reads.requests.overtaken({s.id for s, move in pairs if move.old_coach is not None})
    asked = await reads.requests.open_moves({one.subject_id for one in overtaken})
    return Beside(
        moves,
        await reads.terms.by_ids({session.policy_id for session, _ in pairs}),
        await reads.batch.handed(ids),
        {session.id for session, move in pairs if move.old_coach is not None and withdrew(move, overtaken)},
        {one.subject_id for one in asked},
    )
