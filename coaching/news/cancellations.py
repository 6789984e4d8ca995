"""Cancellations: the receipts of the client and of whoever canceled, and the coach's alert."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from coaching.news.announcement import Announcement, ToCoach
from coaching.news.kinds import NoticeKind, useful_until
from coaching.news.notice import Notice, named
from coaching.policy import Policy
from coaching.records import Move
from coaching.sessions import Session


def news(
    action_id: str, by: str, sessions: Sequence[Session], now: datetime, undo_until: datetime | None
) -> list[Notice]:
    """Notify everybody of a cancellation, which `by` made now: themselves at once, others when it cannot be undone.

    Without an end of the undo window all hear of it at once.
    """
    clients, coaches = dict.fromkeys(s.client.id for s in sessions), dict.fromkeys(s.coach.id for s in sessions)
    later = undo_until or now
    told = [receipt(action_id, client, now, undo_until) for client in clients if client == by]
    told += [receipt(action_id, client, later) for client in clients if client != by]
    told += [coach_alert(action_id, coach, later) for coach in coaches]
    if undo_until is not None and by not in clients:
        told.append(own_receipt(action_id, by, now, undo_until))
    return told


def receipt(action_id: str, client_id: str, due_at: datetime, undo_until: datetime | None = None) -> Notice:
    """Notify a client of what was canceled and what came back: one per action and client (C9, K4).

    `undo_until`: they canceled themselves and can undo it until then. The message loses its button afterwards.
    """
    return Notice(
        kind=NoticeKind.RECEIPT,
        dedupe_key=named("receipt", action_id, client_id),
        recipient=client_id,
        due_at=due_at,
        expires_at=useful_until(NoticeKind.RECEIPT, due_at),
        action_id=action_id,
        refresh_at=undo_until,
    )


def own_receipt(action_id: str, by: str, now: datetime, undo_until: datetime) -> Notice:
    """Give a coach or an admin who canceled for others a receipt with *Undo*, which it loses afterwards (K9)."""
    return Notice(
        kind=NoticeKind.OWN_RECEIPT,
        dedupe_key=named("own", action_id, by),
        recipient=by,
        due_at=now,
        expires_at=useful_until(NoticeKind.OWN_RECEIPT, now),
        action_id=action_id,
        refresh_at=undo_until,
    )


def coach_alert_key(action_id: str, coach_id: str) -> str:
    """Return the key of an action's alert to a coach."""
    return named("alert", action_id, coach_id)


def coach_alert(action_id: str, coach_id: str, due_at: datetime) -> Notice:
    """Notify a coach of what was canceled: one per action and coach (K1), edited in place later (K2).

    `due_at` is now, or the end of the undo window: a cancellation that may still be undone is not announced.
    """
    return Notice(
        kind=NoticeKind.COACH_ALERT,
        dedupe_key=coach_alert_key(action_id, coach_id),
        recipient=coach_id,
        due_at=due_at,
        expires_at=useful_until(NoticeKind.COACH_ALERT, due_at),
        action_id=action_id,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt(Announcement):
    """To a client: what was canceled and what came back. The sessions are of one action and this client.

    `gone`: those of their coaches who were removed or have left. `moves` are their sessions that the same action moved or
    handed over, with `policies` by id. `withdrawn` and `asked` are as in
    `HandedOver`.
    """

    sessions: Sequence[Session]
    action_id: str = ""
    gone: Collection[str] = ()
    moves: Sequence[tuple[Session, Move]] = ()
    policies: Mapping[str, Policy] = field(default_factory=dict)
    withdrawn: Collection[str] = ()
    asked: Collection[str] = ()

    @property
    def taken_back(self) -> bool:
        return self.undone

    @property
    def undone(self) -> bool:
        """Whether the cancellation was undone, which happens to all of it at once.

        A session may have been canceled again since.
        """
        return bool(self.action_id) and any(
            s.cancellation is None or s.cancellation.action_id != self.action_id for s in self.sessions
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CoachAlert(ToCoach):
    """To a coach: what was canceled, with the state of late decisions. The sessions are of one action and this coach.

    `by_admins`: the coach was removed or has left, so only admins decide. `moves` are those that the same action moved or
    handed over.
    """

    sessions: Sequence[Session]
    by_admins: bool = False
    moves: Sequence[tuple[Session, Move]] = ()

    @property
    def has_own_receipt(self) -> bool:
        """Whether the coach canceled all of it and could undo it: then they have a receipt of their own."""
        ended = [session.cancellation for session in self.sessions]
        return all(one and one.by.id == self.viewer.person.id and one.undo_until for one in ended)

    @property
    def about(self) -> Sequence[Session]:
        return [*self.sessions, *(session for session, _ in self.moves)]
