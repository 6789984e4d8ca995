"""Hand-overs: sessions that another coach gives from now on."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from coaching.news.announcement import Announcement, ToCoach
from coaching.news.kinds import NoticeKind, useful_until
from coaching.news.notice import Notice, named
from coaching.policy import Policy
from coaching.records import Move
from coaching.sessions import Person, Session


def handed_over(action_id: str, pairs: Sequence[tuple[Session, Session]], now: datetime) -> list[Notice]:
    """Notify the clients and both coaches of sessions handed over, given as (before, after): one per action and person."""
    told = [(NoticeKind.HANDED_OVER, old.client.id) for old, _ in pairs]
    told += [(NoticeKind.COACH_HANDED, session.coach.id) for pair in pairs for session in pair]
    return [of(kind, action_id, recipient, now) for kind, recipient in dict.fromkeys(told)]


def of(kind: NoticeKind, action_id: str, recipient: str, now: datetime) -> Notice:
    """Return the notice of this kind that tells somebody of an action that handed over or moved sessions."""
    return Notice(
        kind=kind,
        dedupe_key=named(str(kind), action_id, recipient),
        recipient=recipient,
        due_at=now,
        expires_at=useful_until(kind, now),
        action_id=action_id,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver(Announcement):
    """To a client: another coach gives these sessions. They are of one action and this client; `policies` by id.

    `withdrawn` are the ids of those that the client had asked to move: the hand-over withdrew the request. Of those in
    `asked` they have asked again. `moved` are those that the same action moved.
    """

    moves: Sequence[tuple[Session, Move]]
    policies: Mapping[str, Policy]
    moved: Sequence[tuple[Session, Move]] = ()
    withdrawn: Collection[str] = ()
    asked: Collection[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CoachHanded(ToCoach):
    """To a coach: sessions that they give from now on, or no longer (`gave`). `moved`: the same action moved those."""

    moves: Sequence[tuple[Session, Move]]
    moved: Sequence[tuple[Session, Move]] = ()
    gave: bool = False

    @property
    def about(self) -> Sequence[Session]:
        return [session for session, _ in (*self.moves, *self.moved)]

    @property
    def other(self) -> Person | None:
        """The other coach, if there is one only."""
        found = {(move.new_coach if self.gave else move.old_coach) for _, move in self.moves}
        return next(iter(found)) if len(found) == 1 else None
