"""Undo of a cancellation: one compensating transaction that restores the old terms (C9)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from coaching import credits
from coaching.actions.access import hats_for, require_owned, require_subject
from coaching.actions.decide import requests_about
from coaching.actions.plans import replan
from coaching.actions.stakeholders import with_copies
from coaching.causes import NoUndo
from coaching.clock import Clock
from coaching.errors import Engaged, NotYours, UndoClosed
from coaching.news import rearranged
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
    credits, a decision made since, another booking of the client for that time or in place of what somebody else
    canceled, the removal of the coach, and by an alert or another's receipt that the relay has already begun to send.
    A coach's cancellation can be undone only while they are a coach, and an admin's for another person only while
    they are an admin. Raises NotYours, CoachesOnly, AdminsOnly, UndoClosed.
    """
    now, actor, action_id = clock.now(), command.actor, command.action_id
    workspace_id = actor.workspace_id
    async with store.write(workspace_id) as uow:
        found = await uow.sessions.of_action(action_id)
        roles = await _roles(uow, actor, action_id, found)
        viewer = await uow.people.viewer(actor.user_id)
        sessions = await uow.sessions.lock([s.id for s in found])
        if _restored(sessions):
            return Undone(viewer=viewer, sessions=sessions, now=now)
        for session in sessions:
            if why := _closed(session, action_id, now):
                if why is NoUndo.CLOSED and (coaches := {s.coach.id for s in sessions}) - await uow.coaches.listed(
                    coaches
                ):
                    why = NoUndo.NO_COACH
                raise UndoClosed(action_id, why)
        if not await uow.notices.withdraw(action_id, actor.user_id, now):
            raise UndoClosed(action_id, NoUndo.TOLD)
        await _give_back(uow, action_id, sessions, now)
        try:
            await uow.sessions.restore(sessions, now)
        except Engaged as error:
            raise UndoClosed(action_id, NoUndo.SLOT) from error
        ids = [s.id for s in sessions]
        await uow.timeline.add([Entry(s.id, now, Event.UNDONE, actor.user_id, roles[s.id], s.price) for s in sessions])
        # Refresh before anything is withdrawn: it locks all messages in the order in which the relay does.
        await uow.notices.refresh(refreshed_by(Change.STATE), ids, now)
        # Who cancels themselves gives up their request to move. What others cancel and undo leaves it as it was.
        await uow.requests.reopen([s for s in sessions if s.client.id != actor.user_id])
        await uow.requests.withdraw(requests_about(sessions), actor.user_id, now)
        restored = await uow.sessions.by_ids(ids)
        # A client whom nobody told of the cancellation is reminded as if there had been none.
        unseen = {s.id: s.cancellation.at for s in sessions if s.cancellation and s.client.id != actor.user_id}
        await replan(uow, restored, now, Cause.RESTORED, unseen_since=unseen)
        # What the same action moved or handed over stays. Whoever was to hear of that with the cancellation hears it now.
        if stays := await uow.sessions.moves(action_id):
            told = rearranged.left(action_id, stays, restored, now)
            await uow.notices.add(await with_copies(uow, told, [replace(s, coach=restored[0].coach) for s, _ in stays]))
        await uow.commit()
    return Undone(viewer=viewer, sessions=restored, now=now)


async def _roles(uow: UnitOfWork, actor: Actor, action_id: str, sessions: Sequence[Session]) -> Mapping[str, Hat]:
    """Return the role in which the actor canceled each of these, or sees it restored.

    Raises NotYours, CoachesOnly, AdminsOnly, RightsInDoubt.
    """
    if _restored(sessions):
        return await hats_for(uow, actor, sessions)
    roles = {s.id: s.cancellation.role for s in sessions if s.cancellation and s.cancellation.by.id == actor.user_id}
    if not sessions or len(roles) != len(sessions):
        raise NotYours("cancellation", [action_id], actor.user_id)
    # An admin who is a coach too may have canceled some of them as that.
    for role in dict.fromkeys(roles.values()):
        await require_subject(uow, actor, role, actor.user_id)
        if role is not Hat.ADMIN:
            theirs = [s for s in sessions if roles[s.id] is role]
            require_owned(actor, role, actor.user_id, [s.id for s in theirs], theirs)
    return roles


def _restored(sessions: Sequence[Session]) -> bool:
    """Return whether all of these are booked (again)."""
    return all(s.status is not Status.CANCELED for s in sessions) and bool(sessions)


def _closed(session: Session, action_id: str, now: datetime) -> NoUndo | None:
    """Return why this session cannot be restored, as far as its own state tells."""
    cancellation = session.cancellation
    if cancellation is None or cancellation.action_id != action_id:
        return NoUndo.CHANGED
    if cancellation.undo_until is None or session.client.erased or session.coach.erased:
        return NoUndo.CLOSED
    if now > cancellation.undo_until:
        return NoUndo.TIME
    if now >= session.starts_at:
        return NoUndo.STARTED
    return NoUndo.DECIDED if cancellation.decided_since else None


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
