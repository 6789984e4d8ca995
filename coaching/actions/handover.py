"""Handing sessions over to another coach: they stay booked, at their times (A6, ADR 0055)."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from coaching.actions.access import deciders
from coaching.actions.plans import replan
from coaching.actions.stakeholders import with_copies
from coaching.availability import Availability
from coaching.causes import Blocked, Obstacle
from coaching.clock import Clock
from coaching.drafts import Draft, Stage
from coaching.errors import CannotMove, ChangedMeanwhile, DialogExpired, NotBookable, NothingPicked, SlotTaken
from coaching.ids import new_id
from coaching.news import handovers
from coaching.news.kinds import Change, refreshed_by
from coaching.plans import Cause
from coaching.policy import UNASKED_GRACE, Policy, refund_cutoff, unasked_cutoff
from coaching.ports import Queries, Store, UnitOfWork
from coaching.records import Busy, Viewer
from coaching.sessions import Actor, Hat, Person, Session
from coaching.slots import unfree
from coaching.timeline import Entry, Event

HANDED_GRACE = UNASKED_GRACE
"""For at least this long after a hand-over (or until the start) the client can cancel with a full refund."""
LOOKED_AT = 400
"""The most coaches, by name, of whom it is asked whether they are free."""
OFFERED = 100
"""The most coaches to choose from: as many as a menu takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Sessions to hand over, soonest first, and the coaches who are free for all of them, by name.

    `more`: there are more of them than are offered. `not_given`: others do not give such sessions.
    """

    viewer: Viewer
    draft: Draft
    sessions: Sequence[Session]
    policies: Mapping[str, Policy]
    coaches: Sequence[Person]
    now: datetime
    more: bool = False
    not_given: bool = False

    @property
    def seal(self) -> str:
        """A digest of exactly these sessions as they are. A confirmation sends it back to prove what the person saw."""
        return seal_of(self.sessions)

    def coach(self, coach_id: str) -> Person | None:
        """Return one of the coaches on offer."""
        return next((one for one in self.coaches if one.id == coach_id), None)

    def after(self, session: Session, coach: Person) -> Session:
        """Return a session as that coach's, with its terms."""
        return handed(session, self.policies[session.policy_id], coach, self.now)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """A person confirmed that these sessions go to this coach. `seal` names what was on their screen."""

    actor: Actor
    draft_id: str
    coach_id: str
    seal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """What was handed over: the sessions as they are now. `again`: the dialog had been confirmed before."""

    viewer: Viewer
    draft: Draft
    coach: Person
    sessions: Sequence[Session]
    policies: Mapping[str, Policy]
    now: datetime
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """Sessions that can no longer be handed over, as they are `now` (aware UTC), for `viewer`."""

    viewer: Viewer
    sessions: Sequence[Session]
    now: datetime


def seal_of(sessions: Sequence[Session]) -> str:
    """Return a digest of sessions and their states."""
    return hashlib.sha256(repr([(s.id, s.version) for s in sessions]).encode()).hexdigest()[:16]


def handed(session: Session, policy: Policy, coach: Person, now: datetime) -> Session:
    """Return the session as another coach's at `now`. Its price stays, and its terms are never worse for the client.

    They start over, as if it were booked now with a day to change one's mind. What its old terms returned for longer
    stays.
    """
    anew = refund_cutoff(policy, starts_at=session.starts_at, booked_at=now)
    grace = unasked_cutoff(session.refund_cutoff_at, starts_at=session.starts_at, now=now)
    longer = session.terms_start_at
    return replace(
        session,
        coach=coach,
        default_link=None,
        refund_cutoff_at=max(anew, grace),
        terms_start_at=longer if longer is not None and longer > session.starts_at else None,
        reminders_kept=False,
    )


async def begin(
    store: Store,
    clock: Clock,
    actor: Actor,
    *,
    draft_id: str | None,
    hat: Hat,
    subject_id: str,
    session_ids: Collection[str],
) -> Offer:
    """Begin to hand sessions over: return who is free for them. Without `draft_id` a new dialog begins.

    Raises NothingPicked, NotYours, AdminsOnly, CoachesOnly, CannotMove, DialogExpired.
    """
    now = clock.now()
    draft_id = draft_id or new_id(now)
    if not session_ids:
        raise NothingPicked
    async with store.write(actor.workspace_id) as uow:
        draft = await uow.drafts.lock(draft_id, actor.user_id)
        draft = draft or Draft(id=draft_id, user_id=actor.user_id, hat=hat, subject_id=subject_id)
        if draft.stage is Stage.DONE or (draft.hat, draft.subject_id) != (hat, subject_id):
            raise DialogExpired(draft_id)
        sessions = await uow.sessions.by_ids(session_ids)
        await deciders(uow, actor, session_ids, sessions)
        require_ahead(sessions, now)
        draft = replace(draft, stage=Stage.CHOOSING, quote=None, picked=tuple(s.id for s in sessions), moves=())
        await uow.drafts.save(draft, now)
        await uow.commit()
    return await look(store, clock, actor, draft_id)


async def dropped(store: Store, clock: Clock, actor: Actor, error: CannotMove) -> Dropped:
    """Return the sessions because of which a hand-over was refused."""
    now = clock.now()
    async with store.read(actor.workspace_id) as queries:
        viewer = await queries.people.viewer(actor.user_id)
        return Dropped(viewer=viewer, sessions=await queries.sessions.by_ids(list(error.why)), now=now)


async def look(store: Store, clock: Clock, actor: Actor, draft_id: str) -> Offer:
    """Return an open dialog with what is true now. Raises DialogExpired, NotYours, CoachesOnly, CannotMove."""
    now = clock.now()
    async with store.read(actor.workspace_id) as queries:
        draft = await queries.drafts.find(draft_id, actor.user_id)
        if draft is None or draft.stage is not Stage.CHOOSING or not draft.picked:
            raise DialogExpired(draft_id)
        sessions = await queries.sessions.by_ids(draft.picked)
        await deciders(queries, actor, draft.picked, sessions)
        require_ahead(sessions, now)
        coaches, not_given = await free_for(queries, sessions, now)
        return Offer(
            viewer=await queries.people.viewer(actor.user_id),
            draft=draft,
            sessions=sessions,
            policies=await queries.terms.by_ids({s.policy_id for s in sessions}),
            coaches=coaches[:OFFERED],
            more=len(coaches) > OFFERED,
            not_given=not_given,
            now=now,
        )


async def hand_over(store: Store, clock: Clock, command: HandOver) -> HandedOver:
    """Hand sessions over, all or none. A second click in the same dialog returns the first one's result.

    Raises DialogExpired, NotYours, CoachesOnly, CannotMove, ChangedMeanwhile (one is not as it was shown), NotBookable
    and SlotTaken (the coach is not free), ClientBusy.
    """
    now, actor = clock.now(), command.actor
    async with store.write(actor.workspace_id) as uow:
        draft = await uow.drafts.lock(command.draft_id, actor.user_id)
        if draft is None or not draft.picked:
            raise DialogExpired(command.draft_id)
        viewer = await uow.people.viewer(actor.user_id)
        if draft.stage is Stage.DONE:
            return await _again(uow, actor, draft, viewer, now)
        await deciders(uow, actor, draft.picked, await uow.sessions.by_ids(draft.picked))
        sessions = await uow.sessions.lock(draft.picked)
        # Once more: the lock may have waited for somebody who handed one over.
        roles = await deciders(uow, actor, draft.picked, sessions)
        require_ahead(sessions, now)
        if seal_of(sessions) != command.seal:
            raise ChangedMeanwhile("a session is not as it was shown")
        coach = (await uow.people.viewer(command.coach_id)).person
        policies = await uow.terms.by_ids({s.policy_id for s in sessions})
        await require_takes(uow, coach, sessions, now)
        pairs = [(s, handed(s, policies[s.policy_id], coach, now)) for s in sessions]
        draft = replace(draft, stage=Stage.DONE, action_id=new_id(now))
        await carry_out(uow, pairs, roles, by=actor.user_id, now=now, action_id=draft.action_id or "")
        await uow.drafts.save(draft, now)
        done = await uow.sessions.by_ids(draft.picked)
        await uow.commit()
    return HandedOver(viewer=viewer, draft=draft, coach=coach, sessions=done, policies=policies, now=now)


async def _again(uow: UnitOfWork, actor: Actor, draft: Draft, viewer: Viewer, now: datetime) -> HandedOver:
    moves = await uow.sessions.moves(draft.action_id or "")
    to = next((move.new_coach for _, move in moves if move.new_coach is not None), None)
    if to is None or any(move.by.id != actor.user_id for _, move in moves):
        raise DialogExpired(draft.id)
    sessions = [session for session, _ in moves]
    policies = await uow.terms.by_ids({s.policy_id for s in sessions})
    return HandedOver(viewer=viewer, draft=draft, coach=to, sessions=sessions, policies=policies, now=now, again=True)


async def carry_out(
    uow: UnitOfWork,
    pairs: Sequence[tuple[Session, Session]],
    roles: Mapping[str, Hat],
    *,
    by: str,
    now: datetime,
    action_id: str,
) -> None:
    """Write one hand-over of locked sessions, given as (before, after): state, reminders, notices, timeline.

    Open requests to move them were about another coach's times, so they are withdrawn. Raises ChangedMeanwhile,
    SlotTaken, ClientBusy.
    """
    before, ids = [old for old, _ in pairs], [old.id for old, _ in pairs]
    await uow.handovers.hand_over(pairs, at=now, by=by, roles=roles, action_id=action_id)
    await uow.notices.refresh(refreshed_by(Change.STATE), ids, now)
    await follow(uow, pairs, by=by, roles=roles, now=now)
    told = handovers.handed_over(action_id, pairs, now)
    await uow.notices.add(await with_copies(uow, told, [*before, *(after for _, after in pairs)]))


async def follow(
    uow: UnitOfWork, pairs: Sequence[tuple[Session, Session]], *, by: str, roles: Mapping[str, Hat], now: datetime
) -> None:
    """Let requests, reminders and the timeline follow sessions that were just handed over, given as (before, after)."""
    await uow.requests.overtake([old.id for old, _ in pairs], by, now)
    await replan(uow, [replace(after, version=after.version + 1) for _, after in pairs], now, Cause.HANDED)
    await uow.timeline.add([Entry(old.id, now, Event.HANDED_OVER, by, roles[old.id]) for old, _ in pairs])


def require_ahead(sessions: Sequence[Session], now: datetime) -> None:
    """Raise CannotMove unless all sessions are booked and have not started."""
    why = {s.id: cause for s in sessions if (cause := _not_ahead(s, now))}
    if why:
        raise CannotMove(why)


def _not_ahead(session: Session, now: datetime) -> Blocked | None:
    return session.immovable(Policy(), now, Hat.COACH)


async def free_for(queries: Queries, sessions: Sequence[Session], now: datetime) -> tuple[list[Person], bool]:
    """Return the coaches who can give all these sessions, by name: within their hours, and with nothing else then.

    The second value is whether others were left out because they do not give such sessions.

    The notice they ask of clients does not count. Nobody is offered their own session as a client.
    """
    people = await queries.schedule.coaches(LOOKED_AT)
    concerned = {who for s in sessions for who in (s.coach.id, s.client.id)}
    possible = [one for one in people if one.id not in concerned]
    gives = await giving(queries, [one.id for one in possible], sessions)
    why = await _unfree(queries, [one.id for one in possible if one.id in gives], sessions, now)
    return [one for one in possible if one.id in gives and why[one.id] is None], len(gives) < len(possible)


async def free_for_each(queries: Queries, sessions: Sequence[Session], now: datetime) -> dict[str, Sequence[Person]]:
    """Return for each session the coaches who can give it, by name, as if it were the only one."""
    people = await queries.schedule.coaches(LOOKED_AT)
    givers = await queries.catalogue.givers({session.type_id for session in sessions})
    hours, theirs = await _beside(queries, [one.id for one in people], sessions, now)
    return {
        session.id: [
            one
            for one in people
            if one.id not in (session.coach.id, session.client.id)
            and one.id in givers.get(session.type_id, (one.id,))
            and _first_unfree(one.id, hours.get(one.id), theirs[one.id], [session]) is None
        ]
        for session in sessions
    }


async def require_takes(uow: UnitOfWork, coach: Person, sessions: Sequence[Session], now: datetime) -> None:
    """Raise NotBookable or SlotTaken unless a coach can give all these sessions. The database checks for overlaps too."""
    if any(coach.id in (s.coach.id, s.client.id) for s in sessions):
        raise NotBookable(coach.id, Obstacle.NO_HOURS)
    if coach.id not in await giving(uow, [coach.id], sessions):
        raise NotBookable(coach.id, Obstacle.NOT_GIVEN)
    if (found := (await _unfree(uow, [coach.id], sessions, now))[coach.id]) is not None:
        session, why = found
        if why is Obstacle.BUSY:
            raise SlotTaken(coach.id, session.starts_at, session.ends_at)
        raise NotBookable(coach.id, why)


async def giving(queries: Queries, coach_ids: Collection[str], sessions: Sequence[Session]) -> set[str]:
    """Return which of these coaches give sessions of all these types."""
    givers = (await queries.catalogue.givers({session.type_id for session in sessions})).values()
    return {coach_id for coach_id in coach_ids if all(coach_id in one for one in givers)}


async def _unfree(
    queries: Queries, coach_ids: Sequence[str], sessions: Sequence[Session], now: datetime
) -> dict[str, tuple[Session, Obstacle] | None]:
    """Return the first session that each coach cannot give, and why, or None if they can give all."""
    hours, theirs = await _beside(queries, coach_ids, sessions, now)
    return {who: _first_unfree(who, hours.get(who), theirs[who], sessions) for who in coach_ids}


async def _beside(
    queries: Queries, coach_ids: Sequence[str], sessions: Sequence[Session], now: datetime
) -> tuple[Mapping[str, Availability], Mapping[str, Sequence[Busy]]]:
    """Return the coaches' hours, and what they have at the times of these sessions and near them."""
    hours = await queries.handovers.hours(coach_ids)
    apart = max((_apart(one) for one in hours.values()), default=timedelta(0))
    found = await queries.handovers.beside([s.id for s in sessions], list(hours), apart, now)
    own = {s.id for s in sessions}
    theirs: dict[str, list[Busy]] = {coach_id: [] for coach_id in coach_ids}
    for one in found:
        for who in {one.coach_id, one.client_id} & theirs.keys() if one.session_id not in own else ():
            theirs[who].append(one)
    return hours, theirs


def _first_unfree(
    coach_id: str, hours: Availability | None, busy: Sequence[Busy], sessions: Sequence[Session]
) -> tuple[Session, Obstacle] | None:
    if hours is None:
        return sessions[0], Obstacle.NO_HOURS
    given = [one for one in busy if one.coach_id == coach_id]
    taken = [one for one in busy if one.client_id == coach_id]
    for session in sessions:
        length = session.ends_at - session.starts_at
        if (why := unfree(hours, given, session.starts_at, length, engaged=taken)) is not None:
            return session, why
    return None


def _apart(hours: Availability) -> timedelta:
    return hours.buffer_before + hours.buffer_after
