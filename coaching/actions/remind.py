"""The answer to a reminder: keep the session and end its countdown."""

from dataclasses import dataclass
from enum import StrEnum

from coaching.actions.access import require_owned
from coaching.clock import Clock
from coaching.news.kinds import Change, refreshed_by
from coaching.ports import Store
from coaching.sessions import Actor, Hat, Session, Status
from coaching.timeline import Entry, Event
from coaching.why import Why


class Answer(StrEnum):
    """The result of pressing Keep: the countdown ends, or there is nothing left to count down to."""

    KEPT = "kept"
    CANCELED = "canceled"
    CLOSED = "closed"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """A client pressed Keep on a reminder."""

    actor: Actor
    session_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The session as it is now, and the result of the press."""

    session: Session
    answer: Answer


async def keep(store: Store, clock: Clock, command: Keep) -> Kept:
    """End the countdown for one session. A second press, or one after the cutoff, changes nothing. Raises NotYours."""
    now, actor = clock.now(), command.actor
    async with store.write(actor.workspace_id) as uow:
        which = [command.session_id]
        require_owned(actor, Hat.CLIENT, actor.user_id, which, await uow.sessions.by_ids(which))
        [session] = await uow.sessions.lock(which)
        if session.status is Status.CANCELED:
            return Kept(session=session, answer=Answer.CANCELED)
        if now > session.refund_cutoff_at:
            return Kept(session=session, answer=Answer.CLOSED if now < session.ends_at else Answer.OVER)
        if not session.reminders_kept:
            await uow.plans.keep([session.id])
            await uow.timeline.add([Entry(session.id, now, Event.REMINDERS_KEPT, actor.user_id, Hat.CLIENT)])
            await uow.notices.refresh(refreshed_by(Change.KEPT), [session.id], now)
            await uow.plans.drop([session.id], Why.KEPT, now, countdown_only=True)
            await uow.commit()
    return Kept(session=session, answer=Answer.KEPT)
