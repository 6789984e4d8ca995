"""Closing of sessions that were not canceled: as completed by time, or as completed or missed by their coach."""

from dataclasses import dataclass
from datetime import datetime

from coaching.actions.access import deciders
from coaching.clock import Clock
from coaching.errors import CannotClose
from coaching.news.kinds import Change, refreshed_by
from coaching.news.outcomes import missed
from coaching.outcomes import COMPLETE_AFTER, EVENTS, holder, refused, settle_outcome
from coaching.ports import Store, UnitOfWork
from coaching.sessions import OVER, Actor, Hat, Session, Status
from coaching.timeline import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseSession:
    """A coach (or an admin) records how a session ended. `outcome` is completed or no-show.

    `first`: what a person recorded before stays. Buttons that asked how it went may be old, and do not say so. `shown`
    is the version of the session that the actor saw: what a person recorded since then stays as well.
    """

    actor: Actor
    session_id: str
    outcome: Status
    first: bool = False
    shown: int | None = None

    def __post_init__(self) -> None:
        if self.outcome not in OVER:
            raise ValueError(f"no session ends as {self.outcome} by anybody's word")


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """The session as it is `now` (aware UTC). `again`: a person had recorded how it ended, and nothing was changed."""

    session: Session
    now: datetime
    again: bool = False


async def close(store: Store, clock: Clock, command: CloseSession) -> Closed:
    """Close a session or correct how it was closed. Its credits move, and the client of a missed one is notified.

    Raises NotYours unless the actor is its coach or an admin (never its client), CoachesOnly, CannotClose, and
    ChangedMeanwhile when another transaction was first.
    """
    now, actor, outcome = clock.now(), command.actor, command.outcome
    workspace_id = actor.workspace_id
    async with store.write(workspace_id) as uow:
        which = [command.session_id]
        hats = await deciders(uow, actor, which, await uow.sessions.by_ids(which))
        [session] = await uow.sessions.lock(which)
        why = refused(session, outcome, now)
        recorded = session.status in OVER and not session.unconfirmed
        stale = command.shown is not None and command.shown != session.version
        if (recorded and (command.first or stale or session.status is outcome)) or (why and session.status is outcome):
            return Closed(session=session, now=now, again=True)
        if why:
            raise CannotClose(session.id, why)
        if session.status is outcome:
            return Closed(session=await _confirm(uow, session, actor, hats[session.id], now), now=now)
        parts = await uow.payments.parts_in(session.id, holder(session))
        held = sum(part.amount for part in parts)
        if held != session.price:
            # The ledger and the session disagree on the price: money must not move on a wrong sum.
            raise RuntimeError(f"session {session.id}: {holder(session)} holds {held} of it, price {session.price}")
        await uow.sessions.close(session, outcome)
        await uow.ledger.post(settle_outcome(session, outcome, parts, now))
        entry = Entry(session.id, now, EVENTS[outcome], actor.user_id, hats[session.id], session.price or None)
        await uow.timeline.add([entry])
        await uow.notices.refresh(refreshed_by(Change.OUTCOME), [session.id], now)
        if outcome is Status.NO_SHOW:
            await uow.notices.revive_missed(session.id, actor.user_id, now)
            await uow.notices.add([missed(session.id, session.client.id, actor.user_id, now)])
        closed = await uow.sessions.by_ids([session.id])
        await uow.commit()
    return Closed(session=closed[0], now=now)


async def _confirm(uow: UnitOfWork, session: Session, actor: Actor, hat: Hat, now: datetime) -> Session:
    """Record that a person says what time had said. No credits move, and the client has nothing to learn."""
    await uow.sessions.close(session, session.status)
    await uow.timeline.add([Entry(session.id, now, EVENTS[session.status], actor.user_id, hat)])
    await uow.notices.refresh(refreshed_by(Change.OUTCOME), [session.id], now)
    [confirmed] = await uow.sessions.by_ids([session.id])
    await uow.commit()
    return confirmed


async def complete_due(store: Store, clock: Clock, batch: int) -> int:
    """Close sessions of all workspaces as completed that ended an hour ago and that nobody closed. Nobody is notified.

    Handles at most `batch` of them in one transaction and returns how many. Sessions being changed right now are left
    for the next round. Raises StorageBusy.
    """
    now = clock.now()
    async with store.sweep() as sweep:
        done = await sweep.sessions.complete_over(now - COMPLETE_AFTER, now, batch)
        if done:
            await sweep.commit()
    return done
