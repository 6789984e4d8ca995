"""A small believable coaching practice, written by the product's own actions with the clock set back."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from coaching.actions import book as booking
from coaching.actions import cancel
from coaching.availability import Availability, parse_hours
from coaching.clock import ManualClock
from coaching.credits import Grant
from coaching.ids import new_id
from coaching.packages import CREDITS, Holder, Holding
from coaching.policy import Policy, Tier
from coaching.ports import Store
from coaching.sessions import Actor, Hat, Money, Person, Session
from coaching.workspace import SessionType, Settings

TEAM = "T0NORTH"
ANNA, BEN, MIA = "U0ANNA", "U0BEN", "U0MIA"
CARLA, DEV = "U0CARLA", "U0DEV"
DANA, UMA = "U0DANA", "U0UMA"
CARLA_CHANNEL, DEV_CHANNEL = "C0CARLA", "C0DEV"
PACKAGE = "Leadership 10-pack"
_POOL = "fabrikam"
LEADERSHIP, CHECK_IN = "Leadership coaching", "Career check-in"
_MEETING = "https://meet.example.com/"
_NEW_YORK = ZoneInfo("America/New_York")
_THURSDAY = 3
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def playground_seed() -> dict[str, Any]:
    """Return the people and channels of the demo's Slack workspace."""

    def user(user_id: str, name: str, real_name: str, tz: str, locale: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        email = f"{name}@northwind.example"
        return {"id": user_id, "name": name, "real_name": real_name, "email": email, "tz": tz, "locale": locale, **more}

    people = [
        user(ANNA, "anna", "Anna Lee", "America/New_York", "en-US"),
        user(BEN, "ben", "Ben Okafor", "Europe/London", "en-GB"),
        user(MIA, "mia", "Mia Wong", "Asia/Singapore", "en-GB"),
        user(CARLA, "carla", "Carla Mendes", "America/New_York", "en-US"),
        user(DEV, "dev", "Dev Patel", "America/Los_Angeles", "en-US"),
        user(DANA, "dana", "Dana Fox", "America/New_York", "en-US", is_admin=True),
        user(UMA, "uma", "Uma Berg", "Europe/Berlin", "de-DE"),
    ]
    everybody = [person["id"] for person in people]
    return {
        "team": {"id": TEAM, "name": "Northwind Coaching", "domain": "northwind"},
        "app": {"id": "A0SESSIONS", "bot_id": "B0SESSIONS", "bot_user_id": "U0BOT"},
        "users": people,
        "channels": [
            {"id": "C0GENERAL", "name": "general", "members": [*everybody, "app"]},
            {"id": CARLA_CHANNEL, "name": "coaching-carla", "members": [CARLA, DANA, "app"], "is_private": True},
            # The bot was never invited here: Dev's alerts come by direct message, with a hint how to invite it.
            {"id": DEV_CHANNEL, "name": "coaching-dev", "members": [DEV, DANA], "is_private": True},
        ],
    }


@dataclass(frozen=True, slots=True)
class Sample:
    """The sessions that the demo and the tour point at."""

    late: Session
    half: Session
    soon: Session
    soon_with_dev: Session
    later: Session


class _Writer:
    """Books and cancels as if it had happened over the past weeks."""

    def __init__(self, store: Store, now: datetime) -> None:
        self.store, self.now = store, now
        self.clock = ManualClock(now)

    async def grant(
        self, client: str, label: str, size: int, *, days_ago: int, expires: timedelta | None, session_type: str | None
    ) -> None:
        at = self.now - days_ago * _DAY
        grant = Grant(new_id(at), label, size * 100, size, self.now + expires if expires else None, session_type)
        async with self.store.write() as uow:
            await uow.add_grant(TEAM, client, grant, package=label if session_type else None, now=at)
            await uow.commit()

    async def book(
        self, client: str, coach: str, session_type: str, starts_at: datetime, *, lead: timedelta, price: int = 100
    ) -> Session:
        """Book at `lead` before the start."""
        self.clock.set(starts_at - lead)
        minutes = 30 if session_type == CHECK_IN else 50
        zone = "America/Los_Angeles" if coach == DEV else "America/New_York"
        return await booking.book(
            self.store,
            self.clock,
            booking.Book(
                actor=Actor(TEAM, client),
                role=Hat.CLIENT,
                client_id=client,
                coach_id=coach,
                session_type=session_type,
                starts_at=starts_at,
                length=timedelta(minutes=minutes),
                time_zone=zone,
                price=price,
                meeting_link=f"{_MEETING}{session_type.split()[0].lower()}-{starts_at:%d%H%M}",
            ),
        )

    async def cancel(self, session: Session, *, before: timedelta, reason: str) -> None:
        """Cancel a session as its client, that long before its start."""
        self.clock.set(session.starts_at - before)
        actor = Actor(TEAM, session.client.id)
        draft_id = new_id(self.clock.now())
        await cancel.quote_choice(
            self.store,
            self.clock,
            cancel.Choice(
                actor=actor,
                request_key=draft_id,
                draft_id=draft_id,
                hat=Hat.CLIENT,
                subject_id=actor.user_id,
                offered=[session.id],
                picked=[session.id],
                reason=reason,
            ),
        )
        await cancel.confirm(self.store, self.clock, cancel.Confirm(actor=actor, draft_id=draft_id))


async def write(store: Store, now: datetime) -> Sample:
    """Fill an empty database. `now` is the demo's present (aware UTC), best what `opening` returns."""
    writer = _Writer(store, now)

    def at(days: int, hour: int, minute: int = 0) -> datetime:
        return _local(now, days, hour, minute)

    async with store.write() as uow:
        await uow.ensure_workspace(TEAM, "Northwind Coaching")
        tiers = (Tier(24 * _HOUR, 100), Tier(12 * _HOUR, 50))
        settings = Settings(policy=Policy(tiers=tiers), support_contact="care@northwind.example")
        await uow.save_settings(TEAM, settings)
        for user in playground_seed()["users"]:
            person = Person(
                user["id"], user["real_name"], user["email"], user["tz"], user["locale"], user.get("is_admin", False)
            )
            await uow.save_member(TEAM, person, now)
        await uow.save_coach(TEAM, CARLA, CARLA_CHANNEL)
        await uow.save_coach(TEAM, DEV, DEV_CHANNEL)
        for coach, zone, hours in (
            (CARLA, "America/New_York", "Mon–Fri 9:00–12:00, 13:00–17:00"),
            (DEV, "America/Los_Angeles", "Mon–Fri 8:00–15:00"),
        ):
            given = Availability(time_zone=zone, hours=parse_hours(hours), buffer_after=timedelta(minutes=10))
            await uow.save_availability(TEAM, coach, given)
        await uow.save_session_type(TEAM, SessionType("", LEADERSHIP, timedelta(minutes=50), 100))
        await uow.save_session_type(TEAM, SessionType("", CHECK_IN, timedelta(minutes=30), 50))
        await uow.commit()
    await writer.grant(ANNA, PACKAGE, 10, days_ago=60, expires=120 * _DAY, session_type=LEADERSHIP)
    await writer.grant(ANNA, "Welcome credits", 4, days_ago=60, expires=20 * _DAY, session_type=None)
    await writer.grant(BEN, "Credits", 20, days_ago=90, expires=None, session_type=None)

    # Booked a day ahead, after their reminders' time: the demo does not begin with a pile of old ones.
    await writer.book(ANNA, CARLA, LEADERSHIP, at(-19, 15), lead=25 * _HOUR)
    await writer.book(ANNA, CARLA, LEADERSHIP, at(-12, 15), lead=25 * _HOUR)
    caught_cold = await writer.book(ANNA, CARLA, LEADERSHIP, at(-5, 15), lead=31 * _HOUR)
    await writer.cancel(caught_cold, before=30 * _HOUR, reason="Caught a cold, sorry!")
    late = await writer.book(ANNA, CARLA, LEADERSHIP, at(0, 15), lead=25 * _HOUR)
    half = await writer.book(ANNA, DEV, CHECK_IN, at(1, 9), lead=25 * _HOUR, price=50)
    # Their two-hour reminders are due within half an hour of each other, the first one in two minutes: they share a message.
    soon_with_dev = await writer.book(ANNA, DEV, CHECK_IN, at(1, 12), lead=47 * _HOUR, price=50)
    soon = await writer.book(ANNA, CARLA, LEADERSHIP, at(1, 12, 30), lead=47 * _HOUR)
    later = await writer.book(ANNA, CARLA, LEADERSHIP, at(6, 15), lead=9 * _DAY)
    await writer.book(ANNA, CARLA, LEADERSHIP, at(13, 15), lead=16 * _DAY)
    for week in range(1, 13):
        await writer.book(BEN, CARLA, LEADERSHIP, at(week * 7, 11), lead=week * 7 * _DAY + _DAY)
    await _sell(writer)
    return Sample(late=late, half=half, soon=soon, soon_with_dev=soon_with_dev, later=later)


async def _sell(writer: _Writer) -> None:
    """Put a package into the catalogue, let one of Mia's be about to expire, and fill a company's pool."""
    await writer.grant(MIA, "Leadership 4-pack", 4, days_ago=80, expires=10 * _DAY, session_type=LEADERSHIP)
    given = Grant(new_id(writer.now), CREDITS, 1200, 12, writer.now + 200 * _DAY)
    async with writer.store.write() as uow:
        for package in await uow.packages(TEAM):
            if package.name == PACKAGE:
                sold = replace(package, sessions=10, valid_days=180, money=Money(120_000, "USD"))
                await uow.save_package(TEAM, sold)
        await uow.save_pool(TEAM, _POOL, "Fabrikam", DANA, [BEN, MIA])
        holder, dana = Holder(pool_id=_POOL), Person(DANA)
        await uow.give(TEAM, Holding(grant=given, holder=holder, issued=1200, granted_at=writer.now, granted_by=dana))
        await uow.commit()


def opening(now: datetime) -> datetime:
    """Return the demo's first instant (UTC): two minutes to ten in New York, on the next day from Monday to Thursday.

    Its sessions of today and tomorrow then lie on working days.
    """
    day = now.astimezone(_NEW_YORK)
    while day.weekday() > _THURSDAY:
        day += _DAY
    return _local(day, 0, 9, 58)


def _local(now: datetime, days: int, hour: int, minute: int) -> datetime:
    """Return a wall time of New York, that many days from the day of `now`, as a UTC instant."""
    day = now.astimezone(_NEW_YORK).date() + timedelta(days=days)
    return datetime.combine(day, time(hour, minute), _NEW_YORK).astimezone(UTC)
