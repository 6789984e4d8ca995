"""Free times that are proposed for sessions that have to move."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from coaching import zones
from coaching.calendars import calendars
from coaching.ports import Queries
from coaching.sessions import Session
from coaching.slots import Slot, busy_window, days_with_slots, free_slots, nearest

DAYS, A_DAY = 4, 3
"""Free times are proposed for a session on so many of the nearest days, and so many on each."""
AROUND = timedelta(days=21)
"""How far before and after a session free times for it are looked for."""


async def proposed(
    queries: Queries, coach_id: str, sessions: Sequence[Session], now: datetime
) -> tuple[dict[str, Sequence[Slot]], str]:
    """Return the free times nearest to each session, and the zone of the coach's hours. The time off is not free."""
    hours = await queries.schedule.availability(coach_id)
    if hours is None or not sessions:
        return {one.id: () for one in sessions}, "UTC"
    longest = max(one.ends_at - one.starts_at for one in sessions)
    since, until = max(now, sessions[0].starts_at - AROUND), sessions[-1].starts_at + AROUND
    first, last = busy_window(hours, longest, since, until)
    found = await queries.schedule.busy({coach_id, *(one.client.id for one in sessions)}, first, last, now)
    free: dict[tuple[str, timedelta], Sequence[Slot]] = {}
    for one in sessions:
        key = (one.client.id, one.ends_at - one.starts_at)
        if key not in free:
            theirs = [busy for busy in found if {busy.coach_id, busy.client_id} & {coach_id, one.client.id}]
            both = calendars(theirs, coach_id, one.client.id, by_coach=True)
            engaged = [*both.taken, *both.clients]
            free[key] = free_slots(hours, both.given, key[1], now, since=since, until=until, engaged=engaged)
    near = {one.id: _near(free[one.client.id, one.ends_at - one.starts_at], one, hours.time_zone) for one in sessions}
    return near, hours.time_zone


def _near(slots: Sequence[Slot], session: Session, zone: str) -> Sequence[Slot]:
    """Return free times on the days nearest to a session, and of each day those nearest to its own time of day."""
    own = session.starts_at.astimezone(zones.first_known(zone)).date()
    days = sorted(days_with_slots(slots, zone).items(), key=lambda day: (abs(day[0] - own), day[0]))[:DAYS]
    found = [slot for day, some in days for slot in nearest(some, session.starts_at + (day - own), A_DAY)]
    return sorted(found, key=lambda slot: slot.starts_at)
