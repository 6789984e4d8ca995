"""Replanning of reminders: after a session changed, or (by a job) after a time zone or settings changed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from coaching import plans
from coaching.clock import Clock
from coaching.news import decisions, reminders
from coaching.plans import Cause
from coaching.ports import NudgeAhead, Replan, Store, UnitOfWork
from coaching.sessions import Session
from coaching.zones import first_known

AT_ONCE = 100
"""How many sessions one transaction plans again, so that a click on one of them hardly waits."""


async def replan(
    uow: UnitOfWork,
    sessions: Sequence[Session],
    now: datetime,
    cause: Cause,
    *,
    unseen_since: Mapping[str, datetime] | None = None,
) -> None:
    """Adapt the reminders of locked sessions, given in their new state, to the settings and their clients' zones.

    `unseen_since`, by session: when it was canceled by somebody else than its client, see `plans.replan`.
    Messages that went out are up to the caller: if the sessions themselves changed, it refreshes them first
    (`notices.refresh`).
    """
    if not sessions:
        return
    ids = [session.id for session in sessions]
    settings = await uow.workspace.settings()
    zones = await uow.people.time_zones({session.client.id for session in sessions})
    planned = await uow.plans.lock(ids)
    changes = []
    for session in sessions:
        client = replace(session.client, time_zone=zones.get(session.client.id))
        known = planned.get(session.id, ())
        since = (unseen_since or {}).get(session.id)
        changes.append(plans.replan(replace(session, client=client), known, settings, now, cause, unseen_since=since))
    await uow.plans.change(changes, cause.why, now)
    added = [
        notice
        for session, change in zip(sessions, changes, strict=True)
        for notice in reminders.planned(session, change.add)
    ]
    await uow.notices.add(added)


async def replan_due(store: Store, clock: Clock, limit: int) -> int:
    """Plan again for people whose time zone or settings changed, at most `limit` sessions.

    Return how many were handled.
    """
    done = 0
    while done < limit:
        found = await _next(store, clock, min(AT_ONCE, limit - done))
        if found is None:
            break
        done += found
    return done


async def _next(store: Store, clock: Clock, limit: int) -> int | None:
    """Handle the next few sessions in one transaction; None when there is nothing to do."""
    now = clock.now()
    async with store.sweep() as sweep:
        of = await sweep.plans.next()
        if of is None:
            return None
        found = await sweep.plans.ahead(of, now, limit)
        uow = sweep.within(of.workspace_id)
        ids = {session_id for _, session_id in found}
        nudges = await uow.plans.nudges_ahead(of.person_id, now) if of.after is None else []
        asked = await uow.requests.requested({one.request_id for one in nudges})
        locked = await uow.sessions.lock(ids.union(*asked.values()))
        sessions = [session for session in locked if session.id in ids]
        if of.after is None:
            # After the sessions and before their reminders: every transaction locks sessions, then grants, then
            # notices.
            await _take_back_warnings(uow, of, now)
            await _nudge_anew(uow, nudges, now)
        await replan(uow, sessions, now, Cause.CHANGED)
        await sweep.plans.done(of, found[-1] if len(found) == limit else None)
        await sweep.commit()
    return len(found)


async def _take_back_warnings(uow: UnitOfWork, of: Replan, now: datetime) -> None:
    """Withdraw notices of expiry that wait for the end of quiet hours. The expiry job finds their grants again."""
    ahead = await uow.plans.warnings_ahead(of.person_id, now)
    grants = [held.grant.id for _, who, at in ahead for held in await uow.grants.told_together(who, at)]
    if grants:
        await uow.ledger.balances_of(grants)  # locks them in the common order
        await uow.grants.mark_warned(grants, None)
    await uow.plans.forget([key for key, _, _ in ahead])


async def _nudge_anew(uow: UnitOfWork, ahead: Sequence[NudgeAhead], now: datetime) -> None:
    """Plan the reminders of open requests again, by the settings and the present zone of each recipient."""
    if not ahead:
        return
    quiet = (await uow.workspace.settings()).quiet_hours
    zones = await uow.people.time_zones({one.recipient for one in ahead})
    found = await uow.requests.by_ids({one.request_id for one in ahead})
    requests = {asked.action_id: asked for asked in found if asked.open}
    readers: dict[tuple[str, str, str, bool], list[NudgeAhead]] = defaultdict(list)
    for one in ahead:
        readers[one.request_id, one.coach_id, one.recipient, one.to_admin].append(one)
    wrong, right = [], []
    for (request, coach, who, to_admin), waiting in readers.items():
        if (asked := requests.get(request)) is None:
            continue  # decided: the delivery drops it
        zone = first_known(zones.get(who))
        times = decisions.nudges_again(asked, len(waiting), quiet, zone, now=now)
        if times != sorted(one.due_at for one in waiting):
            wrong += [one.key for one in waiting]
            right += [decisions.nudge(asked, coach, at, admin=who if to_admin else None) for at in times]
    await uow.plans.forget(wrong)
    await uow.notices.add(right)
