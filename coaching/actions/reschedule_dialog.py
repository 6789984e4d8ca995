"""The dialog that moves sessions: new times are chosen one by one, kept in its draft, and applied together."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from coaching.actions.access import require_owned, require_subject
from coaching.actions.choices import claim_choice
from coaching.actions.reschedule import NewTime, moved
from coaching.actions.slots import FreeTime, free_time
from coaching.clock import Clock, utc
from coaching.drafts import Draft, Stage
from coaching.errors import CannotMove, DialogExpired, NotBookable, NothingPicked
from coaching.ids import new_id
from coaching.policy import Policy
from coaching.ports import Store, UnitOfWork
from coaching.records import Viewer
from coaching.sessions import Actor, Hat, Session
from coaching.slots import Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """The state of the dialog: its sessions, soonest first, and the new times (aware UTC) chosen so far.

    `free` is the time available for the session at `step`; None when its coach has no hours, or all times are chosen.
    """

    viewer: Viewer
    draft: Draft
    sessions: Sequence[Session]
    policies: Mapping[str, Policy]
    step: int
    free: FreeTime | None
    now: datetime

    @property
    def session(self) -> Session:
        """The session whose time is being chosen."""
        return self.sessions[self.step]

    @property
    def complete(self) -> bool:
        """Whether every session has a new time."""
        return self.step >= len(self.sessions)

    @property
    def chosen(self) -> Mapping[str, NewTime]:
        """The new times, by session."""
        return {session_id: NewTime(session_id, old, new) for session_id, old, new in self.draft.moves}

    @property
    def seal(self) -> str:
        """A digest of exactly these moves. A confirmation sends it back to prove what the person saw."""
        return hashlib.sha256(repr(self.draft.moves).encode()).hexdigest()[:16]

    def after(self, session: Session) -> Session:
        """Return the session at its chosen time, with its terms. Raises KeyError when none is chosen."""
        policy = self.policies[session.policy_id]
        return moved(session, policy, self.chosen[session.id].to_start, self.now, self.draft.side)


async def begin(
    store: Store,
    clock: Clock,
    actor: Actor,
    *,
    draft_id: str | None,
    hat: Hat,
    subject_id: str,
    session_ids: Collection[str],
) -> Moving:
    """Start moving sessions with no time chosen yet. Without `draft_id` a new dialog begins.

    Raises NothingPicked, NotYours, AdminsOnly, CannotMove, DialogExpired.
    """
    now, workspace_id = clock.now(), actor.workspace_id
    draft_id = draft_id or new_id(now)
    if not session_ids:
        raise NothingPicked
    async with store.write(workspace_id) as uow:
        await require_subject(uow, actor, hat, subject_id, everybody=True)
        draft = await uow.drafts.lock(draft_id, actor.user_id)
        draft = draft or Draft(id=draft_id, user_id=actor.user_id, hat=hat, subject_id=subject_id)
        if draft.stage is Stage.DONE or (draft.hat, draft.subject_id) != (hat, subject_id):
            raise DialogExpired(draft_id)
        sessions = await uow.sessions.by_ids(session_ids)
        require_owned(actor, hat, subject_id, session_ids, sessions)
        policies = await uow.terms.by_ids({s.policy_id for s in sessions})
        why = {s.id: cause for s in sessions if (cause := s.immovable(policies[s.policy_id], now, hat))}
        if why:
            raise CannotMove(why)
        picked = tuple(s.id for s in sessions)
        await uow.drafts.save(replace(draft, stage=Stage.CHOOSING, picked=picked, moves=()), now)
        await uow.commit()
    return await look(store, clock, actor, draft_id, 0)


async def look(store: Store, clock: Clock, actor: Actor, draft_id: str, step: int) -> Moving:
    """Return the dialog at a step. Past the last session it is complete. Raises DialogExpired."""
    now, workspace_id = clock.now(), actor.workspace_id
    async with store.read(workspace_id) as queries:
        draft = await queries.drafts.find(draft_id, actor.user_id)
        if draft is None or draft.stage is not Stage.CHOOSING or not draft.picked:
            raise DialogExpired(draft_id)
        await require_subject(queries, actor, draft.hat, draft.subject_id, everybody=True)
        sessions = await queries.sessions.by_ids(draft.picked)
        require_owned(actor, draft.hat, draft.subject_id, draft.picked, sessions)
        policies = await queries.terms.by_ids({s.policy_id for s in sessions})
        viewer = await queries.people.viewer(actor.user_id)
    # In the draft's order: sessions keep their step when another person moves one of them.
    place = {session_id: number for number, session_id in enumerate(draft.picked)}
    sessions.sort(key=lambda session: place[session.id])
    step = min(max(step, 0), len(sessions))
    free = None
    if step < len(sessions):
        session = sessions[step]
        try:
            free = await free_time(
                store,
                clock,
                actor,
                session.coach.id,
                session.client.id,
                session.ends_at - session.starts_at,
                moving=draft.picked,
                by_coach=draft.side is Hat.COACH,
            )
        except NotBookable:
            free = None
        else:
            free = replace(free, days=_apart(free, session, sessions, draft))
    return Moving(viewer=viewer, draft=draft, sessions=sessions, policies=policies, step=step, free=free, now=now)


def _apart(free: FreeTime, session: Session, sessions: Sequence[Session], draft: Draft) -> dict[date, Sequence[Slot]]:
    """Return the free slots without those that overlap the session's present time or times already chosen.

    Only times chosen for other sessions of its client or its coach count.
    """
    buffers = free.availability.buffer_before + free.availability.buffer_after
    people = {session.coach.id, session.client.id}
    others = {s.id: s for s in sessions if people & {s.coach.id, s.client.id} and s.id != session.id}
    taken = []
    for one, _, new in draft.moves:
        if one in others:
            apart = buffers if others[one].coach.id == session.coach.id else timedelta(0)
            taken.append((new - apart, new + (others[one].ends_at - others[one].starts_at) + apart))
    days: dict[date, Sequence[Slot]] = {}
    for day, slots in free.days.items():
        left = [
            slot
            for slot in slots
            if slot.starts_at != session.starts_at
            and not any(slot.starts_at < end and start < slot.ends_at for start, end in taken)
        ]
        if left:
            days[day] = left
    return days


async def choose(
    store: Store, clock: Clock, actor: Actor, request_key: str, draft_id: str, time: NewTime, *, step: int
) -> Moving:
    """Store the new time of one session and go on to the next that has none.

    Raises DialogExpired, NotYours, Replayed.
    """
    now, workspace_id = clock.now(), actor.workspace_id
    async with store.write(workspace_id) as uow:
        draft = await _choosing(uow, actor, draft_id)
        await claim_choice(uow, request_key)
        if time.session_id not in draft.picked:
            raise DialogExpired(draft_id)
        kept = [move for move in draft.moves if move[0] != time.session_id]
        moves = (*kept, (time.session_id, utc(time.from_start), utc(time.to_start)))
        await uow.drafts.save(replace(draft, moves=moves), now)
        await uow.commit()
    done = {session_id for session_id, _, _ in moves}
    ahead = [*range(step + 1, len(draft.picked)), *range(step + 1)]
    nextup = next((number for number in ahead if draft.picked[number] not in done), len(draft.picked))
    return await look(store, clock, actor, draft_id, nextup)


async def let_go(store: Store, clock: Clock, actor: Actor, draft_id: str, session_ids: Collection[str]) -> Draft:
    """Discard the times chosen for these sessions, to choose them again. Raises DialogExpired."""
    async with store.write(actor.workspace_id) as uow:
        draft = await _choosing(uow, actor, draft_id)
        draft = replace(draft, moves=tuple(move for move in draft.moves if move[0] not in session_ids))
        await uow.drafts.save(draft, clock.now())
        await uow.commit()
    return draft


async def leave_out(store: Store, clock: Clock, actor: Actor, draft_id: str, session_ids: Collection[str]) -> Draft:
    """Remove sessions from the dialog. The others keep their new times. Raises DialogExpired."""
    async with store.write(actor.workspace_id) as uow:
        draft = await _choosing(uow, actor, draft_id)
        picked = tuple(one for one in draft.picked if one not in session_ids)
        draft = replace(draft, picked=picked, moves=tuple(move for move in draft.moves if move[0] in picked))
        await uow.drafts.save(draft, clock.now())
        await uow.commit()
    return draft


async def _choosing(uow: UnitOfWork, actor: Actor, draft_id: str) -> Draft:
    draft = await uow.drafts.lock(draft_id, actor.user_id)
    if draft is None or draft.stage is not Stage.CHOOSING:
        raise DialogExpired(draft_id)
    await require_subject(uow, actor, draft.hat, draft.subject_id, everybody=True)
    return draft
