"""Cancellations, hand-overs and moves that are one action: everybody concerned gets one message about all of theirs.

A cancellation's message tells of the rest as well, and a hand-over's of moves, so no kind of news is needed for a
mixture of them.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from coaching.news import cancellations, handovers, moves
from coaching.news.kinds import NoticeKind
from coaching.news.notice import Notice
from coaching.records import Move
from coaching.sessions import Session

Pairs = Sequence[tuple[Session, Session]]
"""Sessions before and after."""


def news(
    action_id: str,
    by: str,
    canceled: Sequence[Session],
    handed: Pairs,
    moved: Pairs,
    now: datetime,
    undo_until: datetime | None,
) -> list[Notice]:
    """Notify everybody of what `by` did now, given as (before, after).

    Whoever is told of a cancellation hears all of it with that, when it cannot be undone any more.
    """
    told = cancellations.news(action_id, by, canceled, now, undo_until) if canceled else []
    clients, coaches = {one.client.id for one in canceled}, {one.coach.id for one in canceled}
    return [*told, *_rest(action_id, handed, moved, now, clients, coaches)]


def left(
    action_id: str, kept: Sequence[tuple[Session, Move]], restored: Sequence[Session], now: datetime
) -> list[Notice]:
    """Notify those who were to hear of hand-overs and moves with a cancellation that was undone (`restored`).

    They are its clients, and the coach of all of it. The others have been told.
    """
    clients = {one.client.id for one in restored}
    handed = [s for s, move in kept if move.old_coach is not None]
    moved = [s for s, move in kept if move.old_coach is None]
    told = [(NoticeKind.HANDED_OVER, s.client.id) for s in handed if s.client.id in clients]
    told += [(NoticeKind.MOVED, s.client.id) for s in moved if s.client.id in clients - {s.client.id for s in handed}]
    kind = NoticeKind.COACH_HANDED if handed else NoticeKind.COACH_MOVED
    told += [(kind, one.coach.id) for one in restored]
    return [handovers.of(kind, action_id, recipient, now) for kind, recipient in dict.fromkeys(told)]


def _rest(
    action_id: str, handed: Pairs, moved: Pairs, now: datetime, clients: Collection[str], coaches: Collection[str]
) -> list[Notice]:
    told = [
        one
        for one in handovers.handed_over(action_id, handed, now)
        if one.recipient not in (clients if one.kind is NoticeKind.HANDED_OVER else coaches)
    ]
    clients = {*clients, *(old.client.id for old, _ in handed)}
    coaches = {*coaches, *(old.coach.id for old, _ in handed)}
    to_clients = [old.client.id for old, _ in moved if old.client.id not in clients]
    to_coaches = [old.coach.id for old, _ in moved if old.coach.id not in coaches]
    return [*told, *moves.moved(action_id, to_clients, to_coaches, now)]
