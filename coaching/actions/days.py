"""Planning of coaches' days: reminders and questions around each session, and the agenda in the morning.

All are jobs over rows: a session that is booked, moved or restored is planned shortly before it starts, so none of
that costs a click anything. What is planned is checked again when it is sent (R2).
"""

from collections import defaultdict
from datetime import datetime, time, timedelta

from coaching.clock import Clock
from coaching.localtime import instant_of
from coaching.news import days
from coaching.news.notice import Notice
from coaching.ports import Store
from coaching.ports.days import AgendaDue
from coaching.zones import ZoneInfo, first_known

AHEAD = timedelta(hours=2)
"""How long before its start a session is planned: before its reminder, and before one that it may share a message with."""
AGENDAS_USEFUL = timedelta(days=7)
"""After a longer outage a missed agenda is not even recorded."""
_DAY, _TICK = timedelta(days=1), timedelta(microseconds=1)


async def plan_sessions(store: Store, clock: Clock, batch: int) -> int:
    """Plan what coaches are told before and after sessions that start soon, at most `batch`. Return how many.

    A job of `upkeep`. Sessions being changed right now are left for the next round.
    """
    now = clock.now()
    async with store.sweep() as sweep:
        found = await sweep.days.unplanned(now + AHEAD, batch)
        told: dict[str, list[Notice]] = defaultdict(list)
        for one in found:
            told[one.workspace_id] += days.around(one, now)
        for workspace_id in sorted(told):
            await sweep.within(workspace_id).notices.add(told[workspace_id])
        await sweep.days.planned(found)
        if found:
            await sweep.commit()
    return len(found)


async def plan_agendas(store: Store, clock: Clock, batch: int) -> int:
    """Write the agendas that are due, and plan the next ones. Return how many coaches were handled.

    A job of `upkeep`. Whether the day brings anything is up to the delivery, which reads the day as it is then.
    """
    now = clock.now()
    async with store.sweep() as sweep:
        due = await sweep.days.agendas(now, batch)
        for one in due:
            if late := _written_now(one, now):
                await sweep.within(one.workspace_id).notices.add([_agenda(one, at) for at in late])
        await sweep.days.plan_agendas({(one.workspace_id, one.coach_id): next_agenda(one, now) for one in due})
        if due:
            await sweep.commit()
    return len(due)


def _agenda(one: AgendaDue, due_at: datetime) -> Notice:
    zone = first_known(one.time_zone)
    day = due_at.astimezone(zone).date()
    return days.agenda(one.coach_id, day, due_at, day_ends(due_at, zone))


def _written_now(one: AgendaDue, now: datetime) -> list[datetime]:
    """Return when the agendas to write were due: after an outage over night today's too, though its time is past (R3)."""
    if one.due_at is None:
        return []
    zone, due = first_known(one.time_zone), [one.due_at]
    today = now.astimezone(zone).date()
    if one.due_at.astimezone(zone).date() < today:
        due.append(next_agenda(one, instant_of(datetime.combine(today, time()), zone) - _TICK))
    return [at for at in due if at <= now and now - at < AGENDAS_USEFUL]


def day_ends(at: datetime, zone: ZoneInfo) -> datetime:
    """Return the end (aware UTC) of the day that `at` is in, on the clocks of a zone."""
    return instant_of(datetime.combine(at.astimezone(zone).date() + _DAY, time()), zone)


def next_agenda(one: AgendaDue, now: datetime) -> datetime:
    """Return the first instant after `now` at which a coach wants their agenda."""
    zone = first_known(one.time_zone)
    today, wanted = now.astimezone(zone).date(), time(one.minute // 60, one.minute % 60)
    at = (instant_of(datetime.combine(today + _DAY * n, wanted), zone) for n in (0, 1, 2))
    return next(instant for instant in at if instant > now)
