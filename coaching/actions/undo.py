"""Undo of a cancellation: one compensating transaction that restores the old terms (C9)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from coaching import credits
from coaching.actions.access import require_admin
from coaching.actions.decide import requests_about
from coaching.actions.plans import replan
from coaching.causes import NoUndo
from coaching.clock import Clock
from coaching.errors import Engaged, NotYours, UndoClosed
from coaching.news.kinds import Change, refreshed_by
from coaching.plans import Cause
from coaching.ports import Store, UnitOfWork
from coaching.records import Viewer
from coaching.sessions import Actor, Hat, Session, Status
from coaching.timeline import Entry, Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """A person wants to undo their cancellation."""

    actor: Actor
    action_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """All sessions of a cancellation, restored, as `viewer` sees them `now` (aware UTC)."""

    viewer: Viewer
    sessions: Sequence[Session]
    now: datetime


async def undo(store: Store, clock: Clock, command: Undo) -> Undone:
    """Restore every session of a cancellation, all or none. A second press shows the restored sessions again.

    Undo is closed by the end of the undo window (which is inclusive), the start of a session, spending the returned
    credits, a decision of the coach, another booking of the client for that time, and by an alert that the relay has
    already begun to send. An admin's cancellation for another person can be undone only while they are an admin. Raises
    NotYours, AdminsOnly, UndoClosed.
    """
    now, actor, action_id = clock.now(), command.actor, command.action_id
    workspace_id = actor.workspace_id
    async with store.write(workspace_id) as uow:
        found = await uow.sessions.of_action(action_id)
        role = await _role(uow, actor, action_id, found)
        viewer = await uow.people.viewer(actor.user_id)
        sessions = await uow.sessions.lock([s.id for s in found])
        if _restored(sessions, actor):
            return Undone(viewer=viewer, sessions=sessions, now=now)
        for session in sessions:
            if why := _closed(session, action_id, now):
                raise UndoClosed(action_id, why)
        if not await uow.notices.withdraw_alerts(action_id, now):
            raise UndoClosed(action_id, NoUndo.TOLD)
        await _give_back(uow, action_id, sessions, now)
        try:
            await uow.sessions.restore(sessions, now)
        except Engaged as error:
            raise UndoClosed(action_id, NoUndo.SLOT) from error
        ids = [s.id for s in sessions]
        await uow.timeline.add([Entry(s.id, now, Event.UNDONE, actor.user_id, role, s.price) for s in sessions])
        # Refresh before anything is withdrawn: it locks all messages in the order in which the relay does.
        await uow.notices.refresh(refreshed_by(Change.STATE), ids, now)
        await uow.requests.withdraw(requests_about(sessions), actor.user_id, now)
        restored = await uow.sessions.by_ids(ids)
        await replan(uow, restored, now, Cause.RESTORED)
        await uow.commit()
    return Undone(viewer=viewer, sessions=restored, now=now)


async def _role(uow: UnitOfWork, actor: Actor, action_id: str, sessions: Sequence[Session]) -> Hat:
    """Return the role in which the actor canceled these, or sees them restored.

    Raises NotYours, AdminsOnly, RightsInDoubt.
    """
    if _restored(sessions, actor):
        return Hat.CLIENT
    own = [s.cancellation for s in sessions if s.cancellation is not None and s.cancellation.by.id == actor.user_id]
    if not sessions or len(own) != len(sessions):
        raise NotYours("cancellation", [action_id], actor.user_id)
    if own[0].role is Hat.ADMIN:
        await require_admin(uow, actor)
    return own[0].role


def _restored(sessions: Sequence[Session], actor: Actor) -> bool:
    """Return whether all of these belong to the actor as client and are booked (again)."""
    return all(s.status is not Status.CANCELED and s.client.id == actor.user_id for s in sessions) and bool(sessions)


def _closed(session: Session, action_id: str, now: datetime) -> NoUndo | None:
    """Return why this session cannot be restored, as far as its own state tells."""
    cancellation = session.cancellation
    if cancellation is None or cancellation.action_id != action_id:
        return NoUndo.CHANGED
    if cancellation.undo_until is None:
        return NoUndo.CLOSED
    if now > cancellation.undo_until:
        return NoUndo.TIME
    if now >= session.starts_at:
        return NoUndo.STARTED
    return NoUndo.DECIDED if cancellation.decided_by is not None else None


async def _give_back(uow: UnitOfWork, action_id: str, sessions: Sequence[Session], now: datetime) -> None:
    """Move the credits back to where the cancellation took them from.

    Raises UndoClosed when they were spent in the meantime, or when it is not known where all of them went.
    """
    settled = await uow.ledger.settled(sessions)
    moves = [move for session in sessions for move in settled.get(session.id, [])]
    if sum(move.amount for move in moves) != sum(session.price for session in sessions):
        # Older releases did not record which cancellation a transfer belongs to. Then the refund stands.
        raise UndoClosed(action_id, NoUndo.CHANGED)
    needed: dict[str, int] = {}
    for move in moves:
        if move.kind is credits.TransferKind.REFUND and move.grant_id is not None:
            needed[move.grant_id] = needed.get(move.grant_id, 0) + move.amount
    held = await uow.ledger.balances_of(needed) if needed else {}
    if any(held.get(grant_id, 0) < amount for grant_id, amount in needed.items()):
        raise UndoClosed(action_id, NoUndo.SPENT)
    back = [
        move
        for session in sessions
        for move in credits.unsettle(session.id, session.cancellation_no, settled.get(session.id, []), now)
    ]
    await uow.ledger.post(back)
