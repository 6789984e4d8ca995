"""How a session that was not canceled ends: when it is completed, who may correct that, and where its credits go."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from coaching.causes import Unclosable
from coaching.credits import EARNED, FORFEITED, Part, Transfer, TransferKind, session_account
from coaching.sessions import Session, Status
from coaching.timeline import Event

COMPLETE_AFTER = timedelta(hours=1)
"""How long after its end a session that nobody closed counts as completed. Until then its coach may close it."""

CORRECT_WITHIN = timedelta(days=14)
"""How long after its end, inclusive, a coach may close a session or correct how it was closed."""

EVENTS = {Status.COMPLETED: Event.COMPLETED, Status.NO_SHOW: Event.NO_SHOW}
"""The timeline event of each way in which a session ends."""

_HOLDERS = {Status.COMPLETED: EARNED, Status.NO_SHOW: FORFEITED}
_KINDS = {Status.COMPLETED: TransferKind.EARN, Status.NO_SHOW: TransferKind.MISS}


def refused(session: Session, outcome: Status, now: datetime) -> Unclosable | None:
    """Return why the coach cannot close this session as `outcome` at `now`, or None when they can.

    Completed is possible from the session's end on: only a scheduled session keeps its slot occupied until then. A
    no-show is possible from its start on.
    """
    if session.status is Status.CANCELED:
        return Unclosable.CANCELED
    if outcome is Status.COMPLETED and now < session.ends_at:
        return Unclosable.NOT_ENDED
    if now < session.starts_at:
        return Unclosable.NOT_STARTED
    return Unclosable.TOO_LATE if now > session.ends_at + CORRECT_WITHIN else None


def possible(session: Session, now: datetime) -> list[Status]:
    """Return how the coach of this session may close or correct it at `now`."""
    return [way for way in EVENTS if session.status is not way and refused(session, way, now) is None]


def holder(session: Session) -> str:
    """Return the account that holds the payment for a session that was not canceled."""
    return _HOLDERS.get(session.status) or session_account(session.id)


def settle_outcome(session: Session, outcome: Status, parts: Sequence[Part], at: datetime) -> list[Transfer]:
    """Return the transfers that close a session or correct its outcome: one for each grant that paid (`parts`)."""
    return _moves(session.id, session.version, holder(session), outcome, parts, at)


def complete(session_id: str, version: int, parts: Sequence[Part], at: datetime) -> list[Transfer]:
    """Return the transfers that close a scheduled session as completed, for callers without the whole session."""
    return _moves(session_id, version, session_account(session_id), Status.COMPLETED, parts, at)


def _moves(
    session_id: str, version: int, source: str, outcome: Status, parts: Sequence[Part], at: datetime
) -> list[Transfer]:
    # Keys carry the version that is changed, so one change moves credits once, however often it is retried.
    key = f"outcome:{session_id}:{version}"
    kind, target = _KINDS[outcome], _HOLDERS[outcome]
    # Closing cannot repair an account below zero. The doctor reports it, and other sessions must not wait for that.
    return [
        Transfer(f"{key}:{part.grant_id}", kind, source, target, part.amount, at, session_id, part.grant_id)
        for part in parts
        if part.amount > 0
    ]
