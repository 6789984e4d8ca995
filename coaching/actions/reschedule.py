"""Moving sessions to other times: the booking stays, and its terms follow (C11)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from coaching.actions.access import deciders, require_owned, require_subject, roles_in
from coaching.actions.plans import replan
from coaching.actions.slots import canceled_with, close_undo, require_free
from coaching.actions.stakeholders import with_copies
from coaching.clock import Clock, utc
from coaching.errors import CannotMove, ChangedMeanwhile, InPast
from coaching.ids import new_id
from coaching.localtime import local_time
from coaching.news import moves
from coaching.news.kinds import Change, refreshed_by
from coaching.plans import Cause
from coaching.policy import Policy, refund_cutoff
from coaching.ports import Store, UnitOfWork
from coaching.records import Viewer
from coaching.sessions import Actor, Hat, Session, side_of
from coaching.timeline import Entry, Event

COACH_MOVE_GRACE = timedelta(hours=24)
"""For at least this long after a coach's move (or until the start) the client can cancel with a full refund."""


@dataclass(frozen=True, slots=True)
class NewTime:
    """A session, the start that its mover saw, and the new start (aware instants)."""

    session_id: str
    from_start: datetime
    to_start: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveSessions:
    """A person moves sessions. `request_key` names the request, so that it moves them only once."""

    actor: Actor
    request_key: str
    hat: Hat
    subject_id: str
    times: Sequence[NewTime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescheduled:
    """What was moved: each session before and after."""

    viewer: Viewer
    action_id: str
    sessions: Sequence[tuple[Session, Session]]
    now: datetime


async def move_sessions(store: Store, clock: Clock, command: MoveSessions) -> Rescheduled:
    """Move sessions, all or none. Reminders and the notices to client and coach are written in the same commit.

    Raises NotYours, AdminsOnly, CannotMove, ChangedMeanwhile (another transaction moved one first), InPast,
    NotBookable, SlotTaken, ClientBusy, Replayed.
    """
    now, actor, hat = clock.now(), command.actor, command.hat
    side, workspace_id = side_of(hat, command.subject_id), actor.workspace_id
    wanted = {time.session_id: time for time in command.times}
    async with store.write(workspace_id) as uow:
        await require_subject(uow, actor, hat, command.subject_id, everybody=True)
        await uow.claim_request(command.request_key)
        starts = [utc(time.to_start) for time in command.times]
        held = [] if side is Hat.COACH else await held_by(uow, command.subject_id, starts, now)
        sessions = [s for s in await uow.sessions.lock({*wanted, *held}) if s.id in wanted]
        require_owned(actor, hat, command.subject_id, list(wanted), sessions)
        policies = await uow.terms.by_ids({s.policy_id for s in sessions})
        why = {s.id: cause for s in sessions if (cause := s.immovable(policies[s.policy_id], now, side))}
        if why:
            raise CannotMove(why)
        pairs: list[tuple[Session, Session]] = []
        clocks = await clocks_of(uow, sessions)
        for session in sessions:
            time = wanted[session.id]
            if session.starts_at != utc(time.from_start):
                raise ChangedMeanwhile(f"session {session.id} starts at another time than its mover saw")
            if utc(time.to_start) <= now:
                raise InPast(f"{time.to_start.isoformat()} has passed")
            meant = replace(session, time_zone=clocks.get(session.coach.id, session.time_zone))
            pairs.append((session, moved(meant, policies[session.policy_id], utc(time.to_start), now, side)))
        making_room: list[str] = []
        for session, after in pairs if side is not Hat.COACH else ():
            making_room += await require_free(
                uow,
                session.coach.id,
                session.client.id,
                after.starts_at,
                after.ends_at - after.starts_at,
                now,
                moving=set(wanted),
            )
        roles = await roles_in(uow, actor, hat, command.subject_id, sessions)
        action_id = await carry_out(uow, pairs, making_room, by=actor.user_id, roles=roles, now=now)
        viewer = await uow.people.viewer(actor.user_id)
        await uow.commit()
    return Rescheduled(viewer=viewer, action_id=action_id, sessions=pairs, now=now)


async def carry_out(
    uow: UnitOfWork,
    pairs: Sequence[tuple[Session, Session]],
    making_room: Sequence[str],
    *,
    by: str,
    roles: Mapping[str, Hat],
    now: datetime,
) -> str:
    """Write one move of locked sessions, given as (before, after): state, reminders, notices, timeline.

    `roles` are the mover's, by session. `making_room` are canceled sessions, locked as well, whose undo the move closes.
    Returns the action's id. Raises ChangedMeanwhile, SlotTaken, ClientBusy.
    """
    sessions, ids, action_id = [old for old, _ in pairs], [old.id for old, _ in pairs], new_id(now)
    closed = await close_undo(uow, making_room)
    await uow.sessions.move(pairs, at=now, by=by, roles=roles, action_id=action_id)
    await uow.notices.refresh(refreshed_by(Change.STATE), [*ids, *closed], now, released=closed)
    await follow(uow, pairs, by=by, roles=roles, now=now)
    told = moves.moved(action_id, [s.client.id for s in sessions], [s.coach.id for s in sessions], now)
    await uow.notices.add(await with_copies(uow, told, sessions))
    return action_id


async def follow(
    uow: UnitOfWork, pairs: Sequence[tuple[Session, Session]], *, by: str, roles: Mapping[str, Hat], now: datetime
) -> None:
    """Let requests, reminders and the timeline follow sessions that were just moved, given as (before, after)."""
    await uow.requests.overtake([old.id for old, _ in pairs], by, now)
    await replan(uow, [replace(after, version=after.version + 1) for _, after in pairs], now, Cause.MOVED)
    await uow.timeline.add(
        [Entry(old.id, now, Event.MOVED, by, roles[old.id], old_starts_at=old.starts_at) for old, _ in pairs]
    )


async def clocks_of(uow: UnitOfWork, sessions: Sequence[Session]) -> dict[str, str]:
    """Return the zones in which new times are chosen: those of the coaches' hours."""
    hours = {coach: await uow.schedule.availability(coach) for coach in {s.coach.id for s in sessions}}
    return {coach: given.time_zone for coach, given in hours.items() if given is not None}


async def held_by(uow: UnitOfWork, client_id: str, starts: Sequence[datetime], now: datetime) -> list[str]:
    """Return the client's canceled sessions that may have to give up their undo to sessions with these starts.

    They are locked together with the moved ones, in one order.
    """
    found = await uow.schedule.busy([client_id], min(starts), max(starts) + timedelta(days=1), now)
    own = [one.session_id for one in found if one.held and one.client_id == client_id]
    return await canceled_with(uow, own)


def moved(session: Session, policy: Policy, starts_at: datetime, now: datetime, hat: Hat) -> Session:
    """Return the session at its new time (UTC), with the terms that follow from who moved it and when.

    In time: the cutoff moves along. Late: the terms of the old time stay, so that a late move never makes a session
    refundable again. By the coach, or an admin in their place: the terms start over in the client's favour. What was
    granted for longer than the terms give (a hand-over, a coach's move, a booking by others) stays. Only a client's own
    moves are counted.
    """
    length = session.ends_at - session.starts_at
    after = replace(
        session,
        starts_at=starts_at,
        ends_at=starts_at + length,
        local=local_time(starts_at, session.time_zone),
        reminders_kept=False,
        late_move_allowed=False,
    )
    if hat is Hat.COACH:
        cutoff = max(refund_cutoff(policy, starts_at=starts_at, booked_at=now), _granted(session, policy, starts_at))
        return replace(after, terms_start_at=None, refund_cutoff_at=max(cutoff, min(starts_at, now + COACH_MOVE_GRACE)))
    if hat is Hat.CLIENT:
        after = replace(after, reschedules=session.reschedules + 1)
    if now > session.refund_cutoff_at:
        counted_from = session.terms_start_at or session.starts_at
        return replace(after, terms_start_at=counted_from, refund_cutoff_at=min(session.refund_cutoff_at, starts_at))
    cutoff = refund_cutoff(policy, starts_at=starts_at, booked_at=session.booked_at)
    return replace(after, terms_start_at=None, refund_cutoff_at=max(cutoff, _granted(session, policy, starts_at)))


def _granted(session: Session, policy: Policy, starts_at: datetime) -> datetime:
    """Return until when the client was promised everything back, whatever the terms give, or else the past."""
    by_terms = refund_cutoff(policy, starts_at=session.terms_start_at or session.starts_at, booked_at=session.booked_at)
    given = session.refund_cutoff_at
    return min(starts_at, given) if given > by_terms else session.booked_at


async def allow_late_move(store: Store, clock: Clock, actor: Actor, session_id: str) -> Session:
    """Let the client move a session once although it is late or was moved too often, and notify them.

    For coaches and admins.
    Raises NotYours, CannotMove.
    """
    now = clock.now()
    async with store.write(actor.workspace_id) as uow:
        hats = await deciders(uow, actor, [session_id], await uow.sessions.by_ids([session_id]))
        [session] = await uow.sessions.lock([session_id])
        policies = await uow.terms.by_ids([session.policy_id])
        if cause := session.immovable(policies[session.policy_id], now, Hat.COACH):
            raise CannotMove({session_id: cause})
        if not session.late_move_allowed:
            await uow.sessions.allow_late_move(session_id)
            entry = Entry(session_id, now, Event.LATE_MOVE_ALLOWED, actor.user_id, hats[session_id])
            await uow.timeline.add([entry])
            told = moves.move_allowed(session, actor.user_id, now)
            await uow.notices.add([told])
            await uow.commit()
    return replace(session, late_move_allowed=True)
