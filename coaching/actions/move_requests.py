"""Requests to move a session that its policy no longer lets its client move (C15).

The client names times, and the coach, or an admin, accepts one of them or declines. Without an answer it stays.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from coaching.actions.access import deciders
from coaching.actions.asked import request_of
from coaching.actions.departed import tell_of
from coaching.actions.reschedule import carry_out, clocks_of, held_by, moved
from coaching.actions.slots import FreeTime, free_time, require_free
from coaching.causes import ASKABLE, NoRequest
from coaching.clock import Clock, utc
from coaching.errors import CannotRequest, Engaged, InPast, NotBookable, NoteTooLong, NotYours
from coaching.ids import new_id
from coaching.news.decisions import answered
from coaching.news.kinds import Change, refreshed_by
from coaching.policy import Policy
from coaching.ports import Queries, Store, UnitOfWork
from coaching.records import Viewer
from coaching.requests import Request, RequestKind, RequestState
from coaching.sessions import MAX_REASON, SYSTEM_ID, Actor, Hat, Session
from coaching.slots import Slot
from coaching.texts import kept_text
from coaching.timeline import Entry, Event
from coaching.workspace import Settings

MOST_TIMES = 3
"""How many times one request may name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskMove:
    """A client asks to move a session to one of some times (aware)."""

    actor: Actor
    session_id: str
    times: Collection[datetime]
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveCase:
    """A session that its client wants to move, and the request, once there is one.

    `free` is the time to choose from; None once it was asked. `again`: it was asked before.
    """

    viewer: Viewer
    session: Session
    policy: Policy
    settings: Settings
    now: datetime
    asked: Request | None = None
    free: FreeTime | None = None
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerMove:
    """A coach's (or an admin's) answer: the session moves to one of the times asked for, or (None) it stays."""

    actor: Actor
    request_id: str
    starts_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveAnswer:
    """The request and its session after a press. `done`: this press decided.

    `gone`: the time was taken, so the session was not moved, and the other times stay. Without any, the request is over.
    """

    viewer: Viewer
    asked: Request
    session: Session
    now: datetime
    done: bool = False
    gone: datetime | None = None


async def look(store: Store, clock: Clock, actor: Actor, session_id: str) -> MoveCase:
    """Return the open request to move a session, or the times that can be asked for.

    Raises NotYours, CannotRequest.
    """
    now = clock.now()
    async with store.read(actor.workspace_id) as queries:
        session = await _own(queries, actor, session_id)
        case = await _case(queries, actor, session, now)
        if case.asked is not None:
            return case
        await _require_reachable(queries, case)
    length = session.ends_at - session.starts_at
    try:
        free = await free_time(store, clock, actor, session.coach.id, session.client.id, length, moving=[session.id])
    except NotBookable as error:
        raise CannotRequest(session.id, NoRequest.NO_TIMES, case.settings.support_contact) from error
    others = {day: [s for s in slots if s.starts_at != session.starts_at] for day, slots in free.days.items()}
    days: dict[date, Sequence[Slot]] = {day: slots for day, slots in others.items() if slots}
    if not days:
        raise CannotRequest(session.id, NoRequest.NO_TIMES, case.settings.support_contact)
    return replace(case, free=replace(free, days=days))


async def ask(store: Store, clock: Clock, command: AskMove) -> MoveCase:
    """Ask the coach to move a session. A repeat shows the request (`again`).

    The deadline is the policy's, but at the latest the session's start and the last of the times. Raises NotYours,
    CannotRequest, NoteTooLong, and InPast, NotBookable, ClientBusy or SlotTaken for a time that cannot be had.
    """
    now, actor, session_id = clock.now(), command.actor, command.session_id
    note, times = kept_text(command.note, MAX_REASON, NoteTooLong), sorted(map(utc, {*command.times}))[:MOST_TIMES]
    async with store.write(actor.workspace_id) as uow:
        await _own(uow, actor, session_id)
        [session] = await uow.sessions.lock([session_id])
        case = await _case(uow, actor, session, now)
        if case.asked is not None:
            return replace(case, again=True)
        await _require_reachable(uow, case)
        length = session.ends_at - session.starts_at
        for at in times:
            if at <= now or at == session.starts_at:
                raise InPast(f"{at.isoformat()} is not another time ahead")
            await require_free(uow, session.coach.id, session.client.id, at, length, now, moving=[session_id])
        before = await uow.requests.latest(RequestKind.MOVE, session_id)
        asked = Request(
            kind=RequestKind.MOVE,
            subject_id=session_id,
            number=before.number + 1 if before else 1,
            action_id=new_id(now),
            at=now,
            by_id=actor.user_id,
            note=note,
            decide_by=min(now + case.policy.decide_within, session.starts_at, times[-1]),
            times=tuple(times),
        )
        await uow.requests.add([asked])
        await tell_of(uow, asked, session.coach.id, [session], (), now)
        await uow.timeline.add([Entry(session_id, now, Event.MOVE_ASKED, actor.user_id, Hat.CLIENT)])
        await uow.commit()
    return replace(case, asked=asked)


async def withdraw(store: Store, clock: Clock, actor: Actor, request_id: str) -> MoveCase:
    """Take one's request back. One that is answered stays as it was answered (`again`). Raises NotYours.

    One that a cancellation by others withdrew stays withdrawn if they undo it.
    """
    now = clock.now()
    async with store.write(actor.workspace_id) as uow:
        before = await request_of(uow, actor, RequestKind.MOVE, request_id)
        await _own(uow, actor, before.subject_id)
        [session] = await uow.sessions.lock([before.subject_id])
        asked = await request_of(uow, actor, RequestKind.MOVE, request_id)
        again = not asked.open
        if not again:
            await uow.timeline.add([Entry(session.id, now, Event.MOVE_WITHDRAWN, actor.user_id, Hat.CLIENT)])
            await uow.notices.refresh(refreshed_by(Change.SETTLED), [session.id], now)
            await uow.requests.withdraw([asked], actor.user_id, now)
        elif (ended := session.cancellation) is not None and asked.withdrawn_with(ended.at, ended.by.id):
            await uow.requests.stay_withdrawn(asked, actor.user_id, now)
        asked = await request_of(uow, actor, RequestKind.MOVE, request_id)
        case = await _case(uow, actor, session, now, must=False)
        await uow.commit()
    return replace(case, asked=asked, again=again)


async def answer(store: Store, clock: Clock, command: AnswerMove) -> MoveAnswer:
    """Accept one of the times, which moves the session in the same transaction, or decline. This happens once.

    It is an admin's move: it does not count, and no late session becomes refundable by it. After the deadline, a press
    lets the request expire. A time that was taken meanwhile is left out of the request, which is over when none is left
    ahead. Raises NotYours unless the actor is the session's coach or an admin, and CoachesOnly.
    """
    now = clock.now()
    try:
        return await _answer(store, command, now)
    except Engaged:
        if command.starts_at is None:
            raise
        return await _leave_out(store, command, utc(command.starts_at), now)


async def expire(uow: UnitOfWork, request_ids: Collection[str], now: datetime) -> int:
    """Close requests that nobody decided about in time, and tell their clients. Return how many were closed."""
    related = await uow.requests.requested(request_ids)
    sessions = {s.id: s for s in await uow.sessions.lock(set().union(*related.values()))}
    overdue = [one for one in await uow.requests.by_ids(request_ids) if one.overdue(now)]
    # A row about a session that is not there is for doctor to name. It must not stop the others.
    return await _expire(uow, [(one, sessions[one.subject_id]) for one in overdue if one.subject_id in sessions], now)


async def _expire(uow: UnitOfWork, overdue: Sequence[tuple[Request, Session]], now: datetime) -> int:
    for asked, session in overdue:
        await uow.requests.close([asked], RequestState.EXPIRED, SYSTEM_ID, now)
        await uow.timeline.add([Entry(session.id, now, Event.MOVE_EXPIRED, SYSTEM_ID, Hat.SYSTEM)])
        await uow.notices.add([answered(asked.action_id, session.client.id, now)])
    if overdue:
        await _retell(uow, [session for _, session in overdue], now)
    return len(overdue)


async def _answer(store: Store, command: AnswerMove, now: datetime) -> MoveAnswer:
    actor, request_id = command.actor, command.request_id
    async with store.write(actor.workspace_id) as uow:
        seen = await request_of(uow, actor, RequestKind.MOVE, request_id)
        found = await uow.sessions.by_ids([seen.subject_id])
        hat = (await deciders(uow, actor, [seen.subject_id], found))[seen.subject_id]
        at = utc(command.starts_at) if command.starts_at is not None else None
        held = await held_by(uow, found[0].client.id, [at], now) if at is not None else []
        [session] = [s for s in await uow.sessions.lock({seen.subject_id, *held}) if s.id == seen.subject_id]
        asked = await request_of(uow, actor, RequestKind.MOVE, request_id)
        done = asked.open and not asked.overdue(now)
        if asked.overdue(now):
            await _expire(uow, [(asked, session)], now)
        elif done and at is not None:
            await _accept(uow, asked, session, at, actor, hat, now)
        elif done:
            await uow.requests.close([asked], RequestState.DECLINED, actor.user_id, now)
            await uow.timeline.add([Entry(session.id, now, Event.MOVE_DECLINED, actor.user_id, hat)])
            await uow.notices.add([answered(request_id, session.client.id, now)])
            await _retell(uow, [session], now)
        viewer = await uow.people.viewer(actor.user_id)
        asked = await request_of(uow, actor, RequestKind.MOVE, request_id)
        [session] = await uow.sessions.by_ids([session.id])
        await uow.commit()
    return MoveAnswer(viewer=viewer, asked=asked, session=session, now=now, done=done)


async def _leave_out(store: Store, command: AnswerMove, at: datetime, now: datetime) -> MoveAnswer:
    """Take a time that was taken out of the request, and answer the client when none is left ahead."""
    actor = command.actor
    async with store.write(actor.workspace_id) as uow:
        seen = await request_of(uow, actor, RequestKind.MOVE, command.request_id)
        await deciders(uow, actor, [seen.subject_id], await uow.sessions.by_ids([seen.subject_id]))
        [session] = await uow.sessions.lock([seen.subject_id])
        asked = await request_of(uow, actor, RequestKind.MOVE, command.request_id)
        gone = at if asked.open else None
        if asked.open:
            left = await uow.requests.leave_out(asked, at, now)
            if not left.times:
                await uow.requests.close([asked], RequestState.DECLINED, SYSTEM_ID, now)
                await uow.timeline.add([Entry(session.id, now, Event.MOVE_TIMES_TAKEN, SYSTEM_ID, Hat.SYSTEM)])
                await uow.notices.add([answered(asked.action_id, session.client.id, now)])
            await _retell(uow, [session], now)
            asked = await request_of(uow, actor, RequestKind.MOVE, command.request_id)
        viewer = await uow.people.viewer(actor.user_id)
        await uow.commit()
    return MoveAnswer(viewer=viewer, asked=asked, session=session, now=now, gone=gone)


async def _accept(
    uow: UnitOfWork, asked: Request, session: Session, at: datetime, actor: Actor, hat: Hat, now: datetime
) -> None:
    """Move a locked session to one of the times asked for.

    The coach need not keep their own hours and notice for it. Raises NotYours for another time, InPast, Engaged.
    """
    if at not in asked.times:
        raise NotYours("time", [at.isoformat()], actor.user_id)
    if at <= now:
        raise InPast(f"{at.isoformat()} has passed")
    length = session.ends_at - session.starts_at
    room = await require_free(
        uow, session.coach.id, session.client.id, at, length, now, moving=[session.id], within_hours=False
    )
    policies, clocks = await uow.terms.by_ids([session.policy_id]), await clocks_of(uow, [session])
    meant = replace(session, time_zone=clocks.get(session.coach.id, session.time_zone))
    # The terms are those of an admin's move for the client: not counted, and no new refund for a late one.
    after = moved(meant, policies[session.policy_id], at, now, Hat.ADMIN)
    await uow.requests.close([asked], RequestState.ACCEPTED, actor.user_id, now)
    await carry_out(uow, [(session, after)], room, by=actor.user_id, roles={session.id: hat}, now=now)
    await uow.requests.drop_answered([session.id], now)


async def _retell(uow: UnitOfWork, sessions: Sequence[Session], now: datetime) -> None:
    ids = [session.id for session in sessions]
    await uow.notices.refresh(refreshed_by(Change.SETTLED), ids, now)
    # The refresh has locked these rows, in order among all that are edited.
    await uow.requests.drop_answered(ids, now)


async def _own(queries: Queries, actor: Actor, session_id: str) -> Session:
    """Return a session of the actor's as its client. Raises NotYours: everybody else can move it without asking."""
    session = await queries.sessions.find(session_id)
    if session is None or session.client.id != actor.user_id:
        raise NotYours("session", [session_id], actor.user_id)
    return session


async def _case(queries: Queries, actor: Actor, session: Session, now: datetime, *, must: bool = True) -> MoveCase:
    """Return the case with its open request. Raises CannotRequest if there is none, and none can be made (`must`)."""
    settings = await queries.workspace.settings()
    policy = (await queries.terms.by_ids([session.policy_id]))[session.policy_id]
    asked = await queries.requests.latest(RequestKind.MOVE, session.id)
    open_ = asked if asked is not None and asked.open else None
    why = session.immovable(policy, now, Hat.CLIENT)
    if must and open_ is None and why not in ASKABLE:
        cause = NoRequest.BY_ONESELF if why is None else NoRequest.TOO_LATE
        raise CannotRequest(session.id, cause, settings.support_contact)
    return MoveCase(
        viewer=await queries.people.viewer(actor.user_id),
        session=session,
        policy=policy,
        settings=settings,
        now=now,
        asked=open_,
    )


async def _require_reachable(queries: Queries, case: MoveCase) -> None:
    """Raise CannotRequest unless the coach can be told. One who has left has no free time to ask for."""
    coach = case.session.coach
    if not coach.in_slack and not any(one.alert_channel for one in await queries.coaches.some({coach.id})):
        raise CannotRequest(case.session.id, NoRequest.UNREACHABLE, case.settings.support_contact)
