"""How a session ends that was not canceled: when it counts as completed, who may say otherwise, and where its credits go."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from coaching.causes import Unclosable
from coaching.credits import EARNED, FORFEITED, Part, Transfer, TransferKind, session_account
from coaching.sessions import Session, Status
from coaching.timeline import Event

COMPLETE_AFTER = timedelta(hours=1)
"""How long after its end a session that nobody closed counts as completed: until then its coach may say so, or otherwise."""

CORRECT_WITHIN = timedelta(days=14)
"""How long after its end a coach may close a session, or correct how it was closed; that very moment included."""

EVENTS = {Status.COMPLETED: Event.COMPLETED, Status.NO_SHOW: Event.NO_SHOW}
"""What the timeline says of each way in which a session ends."""

_HOLDERS = {Status.COMPLETED: EARNED, Status.NO_SHOW: FORFEITED}
_KINDS = {Status.COMPLETED: TransferKind.EARN, Status.NO_SHOW: TransferKind.MISS}


def refused(session: Session, outcome: Status, now: datetime) -> Unclosable | None:
    """Return why this session cannot end as `outcome` by its coach's word at `now`, or None when it can.

    Completed from its end on: until then its slot is given away, and only a scheduled session keeps it. A no-show from its
    start on.
    """
    if session.status is Status.CANCELED:
        return Unclosable.CANCELED
    if outcome is Status.COMPLETED and now < session.ends_at:
        return Unclosable.NOT_ENDED
    if now < session.starts_at:
        return Unclosable.NOT_STARTED
    return Unclosable.TOO_LATE if now > session.ends_at + CORRECT_WITHIN else None


def possible(session: Session, now: datetime) -> list[Status]:
    """Return how whoever gave this session may close or correct it at `now`."""
    return [way for way in EVENTS if session.status is not way and refused(session, way, now) is None]


def holder(session: Session) -> str:
    """Return the account that holds what was paid for a session that was not canceled."""
    return _HOLDERS.get(session.status) or session_account(session.id)


def settle_outcome(session: Session, outcome: Status, parts: Sequence[Part], at: datetime) -> list[Transfer]:
    """Return the transfers that close a session, or correct how it was closed: one for each grant that paid (`parts`)."""
    return _moves(session.id, session.version, holder(session), outcome, parts, at)


def complete(session_id: str, version: int, parts: Sequence[Part], at: datetime) -> list[Transfer]:
    """Return the transfers that close a scheduled session as completed, where more of it is not known than these."""
    return _moves(session_id, version, session_account(session_id), Status.COMPLETED, parts, at)


def _moves(
    session_id: str, version: int, source: str, outcome: Status, parts: Sequence[Part], at: datetime
) -> list[Transfer]:
    # Keys carry the version that is changed, so that one change moves credits once whatever retries do.
    key = f"outcome:{session_id}:{version}"
    kind, target = _KINDS[outcome], _HOLDERS[outcome]
    # An account below zero is nothing that closing could mend; the doctor names it, and the others must not wait for that.
    return [
        Transfer(f"{key}:{part.grant_id}", kind, source, target, part.amount, at, session_id, part.grant_id)
        for part in parts
        if part.amount > 0
    ]
