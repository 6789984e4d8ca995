"""New zone rules: future rows follow them, people are notified, and no session is moved to where it would overlap."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from coaching import zones
from coaching.actions.plans import replan
from coaching.actions.stakeholders import with_copies
from coaching.clock import Clock
from coaching.errors import BadSetting, ChangedMeanwhile, ClientBusy, SlotTaken
from coaching.ids import new_id
from coaching.localtime import local_day, local_time
from coaching.news import moves
from coaching.news.admins import not_shifted
from coaching.news.kinds import QUIET, Change, refreshed_by
from coaching.news.notice import Notice
from coaching.plans import Cause
from coaching.ports import Store, UnitOfWork
from coaching.quiet import awake
from coaching.sessions import SYSTEM_ID, Hat, Session
from coaching.shifts import Around, Place, Plan, noted, plan, shifted, target
from coaching.time_off import off_again
from coaching.timeline import Entry, Event

AT_ONCE = 200
"""How many sessions of a coach one transaction handles, so that clicks in the meantime do not wait long."""
_DAY = timedelta(days=1)


async def follow_with_sessions(store: Store, clock: Clock, limit: int) -> int:
    """Shift sessions ahead that were agreed in local time and computed by older rules. Return how many were handled.

    A coach's sessions are handled together, and each person gets one message about theirs. Sessions that would overlap
    stay, and the admins are notified. Sessions agreed as instants stay, and their new local time is recorded. If all
    remaining sessions wait for one another (two coaches' sessions would swap places), those of one coach stay, so that
    the others can be decided.
    """
    now, rules = clock.now(), zones.version()
    waiting: dict[tuple[str, str], None] = {}
    after: Place | None = None
    while True:
        async with store.sweep() as sweep:
            coaches, after = await sweep.shifts.coaches(rules, now, limit, after)
        done, disturbed = await _of_coaches(store, [c for c in coaches if c not in waiting], rules, now, limit)
        if done or disturbed:
            return done
        waiting.update(dict.fromkeys(coaches))
        if after is None:
            break
    for workspace_id, coach_id in waiting:
        with suppress(ChangedMeanwhile, ClientBusy, SlotTaken):
            if done := await _of_coach(store, workspace_id, coach_id, rules, now, wait=False):
                return done
    return 0


async def _of_coaches(
    store: Store, coaches: Sequence[tuple[str, str]], rules: str, now: datetime, limit: int
) -> tuple[int, bool]:
    """Shift what need not wait. Return how many sessions were handled, and whether somebody booked or moved meanwhile.

    What was disturbed is found again by the next round.
    """
    done, disturbed = 0, False
    for workspace_id, coach_id in coaches:
        if done >= limit:
            break
        try:
            done += await _of_coach(store, workspace_id, coach_id, rules, now, wait=True)
        except (ChangedMeanwhile, ClientBusy, SlotTaken):
            disturbed = True
    return done, disturbed


async def _of_coach(store: Store, workspace_id: str, coach_id: str, rules: str, now: datetime, *, wait: bool) -> int:
    async with store.write(workspace_id) as uow:
        found = await uow.shifts.lock(coach_id, rules, now, AT_ONCE)
        if not found:
            return 0
        around = await _around(uow, found, rules, now)
        made = plan(found, around if wait else Around(settled=[*around.due, *around.settled]), now)
        if made.shifts:
            await _shift(uow, made, now)
        for session in made.stay:
            await uow.notices.tell_admins(not_shifted(session.id, coach_id, rules, now))
        same = [(s.id, local_time(s.starts_at, s.time_zone, by_instant=_by_instant(s))) for s in made.same]
        left = [(s.id, noted(s)) for s in (*made.stay, *made.noted)]
        await uow.shifts.note_rules(sorted(same + left, key=lambda pair: pair[0]), rules)
        await uow.commit()
    return len(found) - len(made.waiting)


def _by_instant(session: Session) -> bool:
    return session.local is None or session.local.by_instant


async def _around(uow: UnitOfWork, found: Sequence[Session], rules: str, now: datetime) -> Around:
    """Return the sessions that may conflict with those that shift.

    Nobody can book or move sessions of these people meanwhile.
    """
    going = [s for s in found if target(s) != s.starts_at]
    if not going:
        return Around()
    people = {person for s in going for person in (s.client.id, s.coach.id)}
    ends = [at for s in going for at in (s.starts_at, target(s))]
    return await uow.shifts.around(people, min(ends) - _DAY, max(ends) + 2 * _DAY, rules, now)


async def _shift(uow: UnitOfWork, made: Plan, now: datetime) -> None:
    """Give sessions their new instants, plan their reminders again, and notify the people concerned."""
    policies = await uow.terms.by_ids({s.policy_id for s, _ in made.shifts})
    pairs = [(s, shifted(s, policies[s.policy_id], starts_at)) for s, starts_at in made.shifts]
    sessions, ids, action_id = [s for s, _ in pairs], [s.id for s, _ in pairs], new_id(now)
    await uow.shifts.apply(pairs, now, action_id)
    await uow.notices.refresh(refreshed_by(Change.STATE), ids, now)
    await uow.requests.overtake(ids, SYSTEM_ID, now)
    after = [replace(session, version=session.version + 1) for _, session in pairs]
    await replan(uow, after, now, Cause.RULES)
    told = moves.moved(action_id, [s.client.id for s in sessions], [s.coach.id for s in sessions], now)
    told = await _out_of_the_night(uow, told, pairs, now)
    await uow.notices.add(await with_copies(uow, told, sessions))
    entries = [Entry(s.id, now, Event.MOVED, SYSTEM_ID, Hat.SYSTEM, old_starts_at=s.starts_at) for s in sessions]
    await uow.timeline.add(entries)


async def _out_of_the_night(
    uow: UnitOfWork, told: Sequence[Notice], pairs: Sequence[tuple[Session, Session]], now: datetime
) -> list[Notice]:
    """Move clients' notices out of quiet hours: nobody acted now, and any time before their first session is fine."""
    quiet = (await uow.workspace.settings()).quiet_hours
    if quiet is None:
        return list(told)
    begins: dict[str, datetime] = {}
    for old, new in pairs:
        at = min(old.starts_at, new.starts_at)
        begins[old.client.id] = min(at, begins.get(old.client.id, at))
    names = await uow.people.time_zones(set(begins))
    return [
        replace(
            one,
            due_at=awake(quiet, zones.first_known(names.get(one.recipient)), now, now=now, until=begins[one.recipient]),
        )
        if one.kind in QUIET
        else one
        for one in told
    ]


async def follow_with_days_off(store: Store, clock: Clock, limit: int) -> int:
    """Let time off ahead begin and end by the present rules. Return how many were changed.

    It remains the same calendar days, and the same times on the clock.
    """
    now, rules = clock.now(), zones.version()
    async with store.sweep() as sweep:
        found = await sweep.shifts.days_off(rules, now, limit)
        done = 0
        for workspace_id, coach_id in found:
            uow = sweep.within(workspace_id)
            days = await uow.shifts.take_days_off(coach_id, rules, now)
            for one in days:
                # Remove all before adding any, since one may begin where another began. A day that the calendar now
                # skips is no longer a day off.
                with suppress(BadSetting):
                    await uow.shifts.put_days_off(coach_id, off_again(one))
            done += len(days)
        await sweep.commit()
    return done


async def follow_with_expiries(store: Store, clock: Clock, limit: int) -> int:
    """Let grants end with their last day by the present rules. Return how many were found. The day stays the same."""
    del clock
    rules = zones.version()
    async with store.sweep() as sweep:
        found = await sweep.shifts.expiries(rules, limit)
        for workspace_id, grant_id in sorted(found):
            uow = sweep.within(workspace_id)
            held = await uow.grants.lock(grant_id)
            day = held.grant.last_day if held is not None and held.closed_at is None else None
            if day is not None and (day.rules or rules) < rules:
                await uow.shifts.move_expiry(grant_id, local_day(day.day, day.zone))
        await sweep.commit()
    return len(found)
