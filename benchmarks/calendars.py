"""A coach's calendar to book in: hours on weekdays, sessions that are booked already, and a client who can pay."""

from datetime import timedelta

from benchmarks.standin import WORKSPACE
from benchmarks.world import COACHES, PACKAGE, TYPE, client_id, engines_in_a_hurry, introduce
from coaching.actions import book as booking
from coaching.actions import slots
from coaching.availability import Availability, parse_hours
from coaching.clock import SystemClock
from coaching.credits import Grant
from coaching.ids import new_id
from coaching.sessions import Actor, Hat
from coaching.workspace import SessionType
from storage import SqlStore

TYPE_ID = "leadership"


async def write_calendar(url: str, bookings: int) -> None:
    """Let one coach give hours on weekdays and be booked `bookings` times, and one client have credits for more.

    Raises RuntimeError when the coach's horizon does not hold as many.
    """
    engines = engines_in_a_hurry(url)
    clock, coach, length = SystemClock(), COACHES[0], timedelta(minutes=50)
    hours = Availability(time_zone="America/New_York", hours=parse_hours("Mon–Fri 9:00–17:00"))
    try:
        store = SqlStore(engines)
        await introduce(store, 2)
        await slots.save_hours(store, Actor(WORKSPACE, coach), "hours", coach, hours)
        async with store.write(WORKSPACE) as uow:
            await uow.catalogue.save_session_type(SessionType(TYPE_ID, TYPE, length, 100))
            await uow.catalogue.save_session_type(SessionType("check-in", "Check-in", timedelta(minutes=30), 0))
            at = clock.now()
            grant = Grant(new_id(at), PACKAGE, 1000, 10, at + timedelta(days=200), TYPE)
            await uow.grants.add(client_id(0), grant, package=PACKAGE, now=at)
            await uow.commit()
        other = Actor(WORKSPACE, client_id(1))
        free = await slots.free_time(store, clock, other, coach, other.user_id, length)
        apart = [slot for day in free.days.values() for slot in day[::6]][:bookings]
        if len(apart) < bookings:
            raise RuntimeError(f"there is room for {len(apart)} bookings only")
        for slot in apart:
            command = booking.Book(
                actor=other,
                role=Hat.CLIENT,
                client_id=other.user_id,
                coach_id=coach,
                session_type=TYPE,
                starts_at=slot.starts_at,
                length=length,
                time_zone=hours.time_zone,
                price=0,
                within_hours=True,
            )
            await booking.book(store, clock, command)
    finally:
        await engines.dispose()
