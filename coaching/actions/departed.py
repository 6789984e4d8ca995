"""Coaches who have left: admins decide in their place about clients' requests."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from coaching.actions.passing import passed
from coaching.actions.stakeholders import with_copies
from coaching.clock import Clock
from coaching.news import decisions
from coaching.news.kinds import Change, refreshed_by
from coaching.ports import Queries, Store, UnitOfWork
from coaching.requests import Request
from coaching.sessions import Session
from coaching.zones import first_known

MOST_RETOLD = 500
"""How many sessions' messages are edited when the one who decides changes, so that the transaction stays short."""
AFTER_ALERT = timedelta(seconds=1)
"""How long after a held alert the request follows, so that the coach reads of the cancellation first."""


def due_at(sessions: Sequence[Session], now: datetime) -> datetime:
    """Return when the coach is notified of a request: after their alert, which waits for the end of the undo window."""
    held = [s.cancellation.undo_until for s in sessions if s.cancellation and s.cancellation.undo_until]
    return now if not held or now > max(held) else max(held) + AFTER_ALERT


async def gone(queries: Queries, coach_ids: Collection[str]) -> set[str]:
    """Return which coaches were removed or have left Slack."""
    listed = await queries.coaches.listed(coach_ids)
    return set(coach_ids) - listed | await queries.coaches.left(coach_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Departed:
    """Which coaches were removed or have left Slack, and the ids of the admins."""

    coaches: Collection[str]
    admins: Sequence[str]

    def standing_in(self, sessions: Sequence[Session]) -> Mapping[str, Sequence[str]]:
        """Return, by coach, which admins decide in their place about these sessions, which share one decision.

        No client decides about their own session. A coach with no admin to stand in is left out: the deadline decides.
        """
        clients: dict[str, set[str]] = {}
        for session in sessions:
            if session.coach.id in self.coaches:
                clients.setdefault(session.coach.id, set()).add(session.client.id)
        found = {coach: [who for who in self.admins if who not in theirs] for coach, theirs in clients.items()}
        return {coach: admins for coach, admins in found.items() if admins}


async def departed(queries: Queries, coach_ids: Collection[str]) -> Departed:
    """Return which of these coaches have left, and who can stand in for them."""
    left = await gone(queries, coach_ids)
    return Departed(coaches=left, admins=await queries.people.all_admins() if left else [])


async def tell_of(
    uow: UnitOfWork,
    asked: Request,
    coach_id: str,
    sessions: Sequence[Session],
    admins: Sequence[str],
    now: datetime,
) -> None:
    """Notify the deciders of a request about a coach's sessions, and remind them before its deadline.

    The coach decides. If they have left, these admins do.
    """
    due = due_at(sessions, now)
    told = (
        decisions.asked_admins(asked.kind, asked.action_id, coach_id, admins, due)
        if admins
        else [decisions.asked(asked.kind, asked.action_id, coach_id, due)]
    )
    quiet = (await uow.workspace.settings()).quiet_hours
    readers = admins or [coach_id]
    names = await uow.people.time_zones(readers)
    for who in readers:
        times = decisions.nudges_at(asked, due, quiet, first_known(names.get(who)))
        told += [decisions.nudge(asked, coach_id, at, admin=who if admins else None) for at in times]
    await uow.notices.add(await with_copies(uow, told, sessions))


async def retell(uow: UnitOfWork, coach_id: str, now: datetime) -> None:
    """Have messages about a coach's undecided late cancellations edited: who decides them has changed.

    Older ones than the last `MOST_RETOLD` stay as they are. A press in one of them says who decides.
    """
    if undecided := await uow.coaches.ids_undecided(coach_id, MOST_RETOLD):
        await uow.notices.refresh(refreshed_by(Change.SETTLED), undecided, now)


async def hand_over(store: Store, clock: Clock, batch: int) -> int:
    """Hand the open requests of coaches who have left to the admins. The coach's message is edited to say so.

    A job of `upkeep`. Return how many open rows were found, or 0 when nobody could take any.
    """
    return await passed(store, clock.now(), batch, lambda sweep, *at: sweep.requests.left_behind(*at), _hand_over)


async def _hand_over(uow: UnitOfWork, requests: Collection[str], now: datetime) -> int:
    """Hand over as many of these requests as possible. Return how many sessions they cover."""
    handed = 0
    related = await uow.requests.requested(requests)
    locked = await uow.sessions.lock(set().union(*related.values()))
    left = await departed(uow, {s.coach.id for s in locked})
    asked = [one for one in await uow.requests.by_ids(requests) if one.open and not one.by_admins]
    for request in sorted(requests):
        waiting = {one.subject_id: one for one in asked if one.action_id == request}
        some = [s for s in locked if s.id in waiting]
        for coach_id, admins in left.standing_in(some).items():
            await uow.requests.give_to_admins([request])
            await uow.notices.refresh(refreshed_by(Change.SETTLED), [s.id for s in some], now)
            # The refresh has locked these rows, in order among all that are edited.
            await uow.requests.drop_coachs([request], now)
            await tell_of(uow, waiting[some[0].id], coach_id, some, admins, now)
            handed += len(some)
    return handed
