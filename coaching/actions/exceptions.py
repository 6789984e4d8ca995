"""Exception requests: a client asks the coach to return what a late cancellation kept.

Without an answer the deadline decides.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from coaching.actions.access import hats_for
from coaching.actions.decide import (
    decide_by_time,
    is_open,
    is_overdue,
    is_unanswered,
    let_stay,
    may_return,
)
from coaching.actions.departed import departed, tell_of
from coaching.causes import NoException
from coaching.clock import Clock
from coaching.errors import CannotAsk, NoteTooLong, NotYours
from coaching.ids import new_id
from coaching.news.kinds import Change, refreshed_by
from coaching.policy import Policy
from coaching.ports import Queries, Store, UnitOfWork
from coaching.records import Viewer
from coaching.requests import Request, RequestState
from coaching.sessions import MAX_REASON, SYSTEM_ID, Actor, Hat, Session
from coaching.texts import kept_text
from coaching.timeline import Entry, Event
from coaching.workspace import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request for an exception about a cancellation, covering all of its sessions with kept credits."""

    actor: Actor
    action_id: str
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A cancellation and its exception request: what can be requested, or what was requested. One of the two is empty.

    `admins` decide in place of coaches who have left: their ids, by the coach's id.
    """

    viewer: Viewer
    action_id: str
    askable: Sequence[Session]
    asked: Sequence[Session]
    policies: Mapping[str, Policy]
    settings: Settings
    now: datetime
    again: bool = False
    admins: Mapping[str, Sequence[str]] = field(default_factory=dict)


async def look(store: Store, clock: Clock, actor: Actor, session_id: str) -> Case:
    """Return what can be, or was, requested about the cancellation of a session. Raises NotYours, CannotAsk."""
    now, workspace_id = clock.now(), actor.workspace_id
    async with store.read(workspace_id) as queries:
        session = await queries.sessions.find(session_id)
        if session is None:
            raise NotYours("session", [session_id], actor.user_id)
        await _hats(queries, actor, [session])
        action_id = session.cancellation.action_id if session.cancellation else ""
        sessions = await queries.sessions.of_action(action_id) if action_id else [session]
        await _hats(queries, actor, sessions)
        return await _case(queries, actor, action_id, sessions, now)


async def ask(store: Store, clock: Clock, command: Ask) -> Case:
    """Request an exception once, for every session of a cancellation with kept credits.

    A repeat shows the request (`again`). This is also possible after a decision that no client had asked for, while
    what it kept can still be returned. There is one request per coach and terms, separately for decided and undecided
    sessions; each has one deadline, counted from now. The coach's message waits for the end of the undo window, as
    their alert does. If the coach has left, it goes to the admins. Raises NotYours, CannotAsk, NoteTooLong.
    """
    now, actor, action_id = clock.now(), command.actor, command.action_id
    workspace_id = actor.workspace_id
    note = kept_text(command.note, MAX_REASON, NoteTooLong)
    async with store.write(workspace_id) as uow:
        found = await uow.sessions.of_action(action_id)
        if not found:
            raise NotYours("cancellation", [action_id], actor.user_id)
        hats = await _hats(uow, actor, found)
        sessions = await uow.sessions.lock([s.id for s in found])
        case = await _case(uow, actor, action_id, sessions, now)
        if case.asked:
            return replace(case, again=True)
        for (coach_id, within, _), some in _requests(case).items():
            admins = case.admins.get(coach_id, ())
            asked = Request(
                action_id=new_id(now),
                at=_asked_at(some, now),
                by_id=actor.user_id,
                note=note,
                decide_by=now + within,
                by_admins=bool(admins),
            )
            await uow.requests.add([replace(asked, subject_id=s.id, number=s.cancellation_no) for s in some])
            await tell_of(uow, asked, coach_id, some, admins, now)
        ids = [s.id for s in case.askable]
        await uow.timeline.add([Entry(i, now, Event.EXCEPTION_ASKED, actor.user_id, hats[i]) for i in ids])
        await uow.notices.refresh(refreshed_by(Change.SETTLED), ids, now)
        after = await uow.sessions.by_ids(ids)
        await uow.commit()
    return replace(case, askable=[], asked=after)


async def decide_overdue(uow: UnitOfWork, request_ids: Collection[str], now: datetime) -> int:
    """Let the policies decide about requests whose deadline has passed. Return how many sessions were settled.

    For requests made after a decision, the decision stands. A request is decided as a whole, so that its client is
    notified once.
    """
    decided = 0
    related = await uow.requests.requested(request_ids)
    sessions = await uow.sessions.lock(set().union(*related.values()))
    overdue = [s for s in sessions if is_overdue(s, now)]
    if overdue:
        decided += len(await decide_by_time(uow, overdue, now))
    unanswered = [s for s in sessions if is_unanswered(s, now)]
    if unanswered:
        hats = {s.id: Hat.SYSTEM for s in unanswered}
        await let_stay(uow, unanswered, by=SYSTEM_ID, hats=hats, now=now)
        decided += len(unanswered)
    # Rows about sessions that were decided or undone while we waited for the locks are closed by now. Repair any that
    # is not.
    latest = {s.id: s for s in sessions}
    for one in await uow.requests.by_ids(request_ids):
        session = latest.get(one.subject_id)
        # A row about a session that is not there is for doctor to name. It must not stop the others.
        if session is None or not one.open or one.number != session.cancellation_no:
            continue
        if session.cancellation is None:
            await uow.requests.close([one], RequestState.WITHDRAWN, SYSTEM_ID, now)
        elif not (is_open(session) or may_return(session)):
            await uow.requests.close([one], RequestState.DECIDED, SYSTEM_ID, now)
    return decided


def _requests(case: Case) -> Mapping[tuple[str, timedelta, int | None], list[Session]]:
    found: dict[tuple[str, timedelta, int | None], list[Session]] = {}
    for session in case.askable:
        policy = case.policies[session.policy_id]
        # An earlier decision stands at the deadline, whatever the terms say.
        percent = None if may_return(session) else policy.undecided_percent
        key = (session.coach.id, policy.decide_within, percent)
        found.setdefault(key, []).append(session)
    return found


def _asked_at(sessions: Sequence[Session], now: datetime) -> datetime:
    """Return the time of the request: after earlier decisions, even if another machine's clock is ahead."""
    decided = [s.cancellation.decided_at for s in sessions if s.cancellation and s.cancellation.decided_at]
    return max(now, *(at + timedelta(microseconds=1) for at in decided)) if decided else now


async def _hats(queries: Queries, actor: Actor, sessions: Sequence[Session]) -> dict[str, Hat]:
    """Return the role in which the actor may ask about each session.

    Raises NotYours: a coach decides and does not ask.
    """
    hats = await hats_for(queries, actor, sessions)
    given = [session_id for session_id, hat in hats.items() if hat is Hat.COACH]
    if given:
        raise NotYours("session", given, actor.user_id)
    return hats


async def _case(queries: Queries, actor: Actor, action_id: str, sessions: Sequence[Session], now: datetime) -> Case:
    """Sort a cancellation's sessions into those that can be, and those that were, asked about.

    Raises CannotAsk if there are neither.
    """
    settings = await queries.workspace.settings()
    current = [s for s in sessions if s.cancellation and s.cancellation.action_id == action_id]
    asked = [s for s in current if s.cancellation and s.cancellation.asked]
    askable: list[Session] = []
    admins: Mapping[str, Sequence[str]] = {}
    if not asked:
        askable = [s for s in current if is_open(s) or may_return(s)]
        if not askable:
            raise CannotAsk(action_id, _why_not(current), settings.support_contact)
        channels = {c.person.id: c.alert_channel for c in await queries.coaches.some({s.coach.id for s in askable})}
        left = await departed(queries, {s.coach.id for s in askable})
        admins = left.standing_in(askable)
        askable = [s for s in askable if s.coach.in_slack or channels.get(s.coach.id) or s.coach.id in admins]
        if not askable:
            raise CannotAsk(action_id, NoException.UNREACHABLE, settings.support_contact)
    return Case(
        viewer=await queries.people.viewer(actor.user_id),
        action_id=action_id,
        askable=askable,
        asked=asked,
        policies=await queries.terms.by_ids({s.policy_id for s in (*askable, *asked)}),
        settings=settings,
        now=now,
        admins=admins,
    )


def _why_not(current: Sequence[Session]) -> NoException:
    if not current:
        return NoException.UNDONE
    decided = any(s.cancellation and s.cancellation.decision for s in current)
    return NoException.DECIDED if decided else NoException.RETURNED
