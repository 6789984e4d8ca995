"""Coaches who have left: admins decide in their place about the exceptions that clients ask for."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from coaching import notices
from coaching.clock import Clock
from coaching.ports import Store
from coaching.queries import Queries
from coaching.sessions import Session

AFTER_ALERT = timedelta(seconds=1)
"""How long after a held alert is due the request follows it: the coach reads what was canceled first."""


def due_at(sessions: Sequence[Session], now: datetime) -> datetime:
    """Return when a request is told: after the coach's alert, which waits while the cancellation can be undone."""
    held = [s.cancellation.undo_until for s in sessions if s.cancellation and s.cancellation.undo_until]
    return now if not held or now > max(held) else max(held) + AFTER_ALERT


async def gone(queries: Queries, workspace_id: str, coach_ids: Collection[str]) -> set[str]:
    """Return which coaches were removed or have left Slack."""
    listed = await queries.listed_coaches(workspace_id, coach_ids)
    return set(coach_ids) - listed | await queries.coaches_left(workspace_id, coach_ids)


async def standing_in(queries: Queries, workspace_id: str, sessions: Sequence[Session]) -> Mapping[str, Sequence[str]]:
    """Return by coach which admins decide in their place: of those coaches who were removed or have left Slack.

    No client decides about themselves. A coach whom no admin can stand in for is left out: the deadline decides.
    """
    left = await gone(queries, workspace_id, {s.coach.id for s in sessions})
    if not left:
        return {}
    everybody = await queries.all_admins(workspace_id)
    clients = {coach: {s.client.id for s in sessions if s.coach.id == coach} for coach in left}
    found = {coach: [who for who in everybody if who not in clients[coach]] for coach in left}
    return {coach: admins for coach, admins in found.items() if admins}


async def hand_over(store: Store, clock: Clock, batch: int) -> int:
    """Hand the open exceptions of coaches who have left to the admins; return how many open rows were found.

    A job of `upkeep`: one transaction, safe to repeat. The coach's message says so from then on. Returns 0 when nobody could
    take any of them: trying again at once would find the same ones.
    """
    now, handed = clock.now(), 0
    async with store.write() as uow:
        found = await uow.left_behind(now, batch)
        for workspace_id in sorted({workspace_id for workspace_id, _ in found}):
            requests = {request for where, request in found if where == workspace_id}
            related = await uow.requested(workspace_id, requests)
            locked = await uow.lock_sessions(workspace_id, set().union(*related.values()))
            admins = await standing_in(uow, workspace_id, locked)
            for request in sorted(requests):
                some = [s for s in locked if _waits(s, request) and s.coach.id in admins]
                if not some:
                    continue
                coach_id = some[0].coach.id
                told = notices.admin_exceptions(request, coach_id, admins[coach_id], due_at(some, now))
                await uow.give_to_admins(workspace_id, [request])
                await uow.retell(workspace_id, notices.OF_ENDINGS, [s.id for s in some], now)
                await uow.add_notices(workspace_id, told)
                handed += len(some)
        await uow.commit()
    return len(found) if handed else 0


def _waits(session: Session, request_id: str) -> bool:
    asked = session.cancellation.asked if session.cancellation else None
    return asked is not None and asked.open and asked.action_id == request_id and not asked.by_admins
