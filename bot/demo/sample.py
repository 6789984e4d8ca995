"""The sample data: a small, believable coaching practice, written by the product's own actions in the past."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from bot.demo.zone_rules import older_rules
from coaching import zones
from coaching.actions import book as booking
from coaching.actions import cancel, credits, exceptions, notes, outcomes, packages, policies, stakeholders, upkeep
from coaching.availability import Availability, parse_hours
from coaching.clock import ManualClock
from coaching.credits import Grant
from coaching.ids import new_id
from coaching.localtime import local_day
from coaching.mail_ids import pending_id
from coaching.outcomes import COMPLETE_AFTER
from coaching.packages import CatalogPackage, Holder
from coaching.policy import Policy, ReasonRule, TermsOf, TermsScope, Tier
from coaching.ports import Store
from coaching.sessions import Actor, Hat, Money, Person, Session, Status
from coaching.stakeholders import NewsOf
from coaching.workspace import SessionType, Settings

TEAM = "T0NORTH"
ANNA, BEN, MIA, NOOR = "U0ANNA", "U0BEN", "U0MIA", "U0NOOR"
NAMESAKE = "U0ANNALEE"
CARLA, DEV = "U0CARLA", "U0DEV"
DANA, UMA = "U0DANA", "U0UMA"
PAT, PAT_ADDRESS = "X0PAT", "pat.reyes@example.org"
"""A client who is not in Slack: the import knew an address, and everything goes there by mail."""
CARLA_CHANNEL, DEV_CHANNEL, OPS_CHANNEL = "C0CARLA", "C0DEV", "C0OPS"
PACKAGE, SMALL_PACKAGE = "Leadership 10-pack", "Check-in 5-pack"
POOL = "Acme Leadership"
LEADERSHIP, CHECK_IN = "Leadership coaching", "Career check-in"
VANCOUVER = "America/Vancouver"
_MEETING = "https://meet.example.com/"
_NEW_YORK = zones.zone("America/New_York")
_THURSDAY = 3
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_DANA = Actor(TEAM, DANA)


def playground_seed(language: str | None = None) -> dict[str, Any]:
    """Return the people and channels of the demo's Slack workspace. A `language` is set for everyone."""

    def user(user_id: str, name: str, real_name: str, tz: str, locale: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        of_slack = {"id": user_id, "name": name, "real_name": real_name, "email": f"{name}@northwind.example", "tz": tz}
        return of_slack | {"locale": language or locale, **more}

    people = [
        user(ANNA, "anna", "Anna Lee", "America/New_York", "en-US"),
        user(NAMESAKE, "anna.lee", "Anna Lee", VANCOUVER, "en-US"),
        user(BEN, "ben", "Ben Okafor", "Europe/London", "en-GB"),
        user(MIA, "mia", "Mia Wong", "America/New_York", "en-US"),
        user(NOOR, "noor", "Noor Haddad", "America/Chicago", "en-US"),
        user(CARLA, "carla", "Carla Mendes", "America/New_York", "en-US"),
        user(DEV, "dev", "Dev Patel", "America/Chicago", "en-US"),
        user(DANA, "dana", "Dana Fox", "America/New_York", "en-US", is_admin=True),
        user(UMA, "uma", "Uma Berg", "Europe/Berlin", "de-DE"),
    ]
    everybody = [person["id"] for person in people]
    return {
        "team": {"id": TEAM, "name": "Northwind Coaching", "domain": "northwind"},
        "app": {"id": "A0SESSIONS", "bot_id": "B0SESSIONS", "bot_user_id": "U0BOT"},
        "users": people,
        "outsiders": [user(PAT, "pat", "Pat Reyes", "America/New_York", "en-US", email=PAT_ADDRESS)],
        "channels": [
            {"id": "C0GENERAL", "name": "general", "members": [*everybody, "app"]},
            {"id": CARLA_CHANNEL, "name": "coaching-carla", "members": [CARLA, DANA, "app"], "is_private": True},
            # The bot was never invited here, so Dev's alerts come by direct message, with a hint on how to invite it.
            {"id": DEV_CHANNEL, "name": "coaching-dev", "members": [DEV, DANA], "is_private": True},
            # This channel is a stakeholder of Carla: it gets a copy of her news, without buttons.
            {"id": OPS_CHANNEL, "name": "coaching-ops", "members": [DANA, "app"], "is_private": True},
        ],
    }


@dataclass(frozen=True, slots=True)
class Sample:
    """What the demo and the tour refer to: Anna's sessions, Ben's and Pat's with Carla, and the company's pool."""

    late: Session
    half: Session
    soon: Session
    soon_with_dev: Session
    later: Session
    asked: Session
    by_mail: Session
    weekly: Sequence[Session]
    pool_id: str


class _Writer:
    """Performs people's actions as if they had happened over the past weeks."""

    def __init__(self, store: Store, now: datetime) -> None:
        self.store, self.now = store, now
        self.clock = ManualClock(now)

    def ago(self, days: int) -> None:
        """Set the clock to that many days before the demo's present."""
        self.clock.set(self.now - days * _DAY)

    async def welcome(self, client: str, label: str, size: int, *, days_ago: int, expires: timedelta) -> None:
        """Add credits as an import does."""
        at = self.now - days_ago * _DAY
        last_day = local_day((self.now + expires).astimezone(_NEW_YORK).date(), _NEW_YORK.key)
        grant = Grant(new_id(at), label, size * 100, size, last_day.end(), last_day=last_day)
        async with self.store.write(TEAM) as uow:
            await uow.grants.add(client, grant, package=None, now=at)
            await uow.commit()

    async def note(self, session: Session, text: str, *, days_ago: int) -> None:
        """Write a private note of its coach's about a session."""
        self.ago(days_ago)
        coach, client = Actor(TEAM, session.coach.id), session.client.id
        await notes.write_note(self.store, self.clock, coach, self.key(), client, text, session_id=session.id)

    async def package(self, name: str, type_id: str, sessions: int, *, valid_days: int, dollars: int) -> str:
        """Add a package to the catalogue, and return its id."""
        given = CatalogPackage(
            id="",
            name=name,
            type_id=type_id,
            session_type="",
            unit=0,
            sessions=sessions,
            valid_days=valid_days,
            money=Money(dollars * 100, "USD"),
        )
        await packages.save_package(self.store, _DANA, self.key(), given)
        catalogue = await packages.open_catalogue(self.store, _DANA)
        return next(one.id for one in catalogue.packages if one.name == name)

    async def give(
        self, holder: Holder, *, days_ago: int, package_id: str | None = None, amount: int | None = None
    ) -> None:
        """Have Dana give credits or a package, that many days ago."""
        self.ago(days_ago)
        command = credits.Give(actor=_DANA, request_key=self.key(), holder=holder, package_id=package_id, amount=amount)
        await credits.give(self.store, self.clock, command)

    async def complete(self, *sessions: Session) -> None:
        """Let each session take place. An hour after its end it is completed automatically."""
        for session in sessions:
            self.clock.set(session.ends_at + COMPLETE_AFTER)
            await upkeep.run(self.store, self.clock, outcomes.complete_due)

    async def miss(self, session: Session) -> None:
        """Have the coach note, ten minutes after the session's end, that the client did not come."""
        self.clock.set(session.ends_at + _HOUR / 6)
        actor = Actor(TEAM, session.coach.id)
        await outcomes.close(
            self.store,
            self.clock,
            outcomes.CloseSession(actor=actor, session_id=session.id, outcome=Status.NO_SHOW),
        )

    async def ask(self, session: Session, *, before: timedelta, note: str) -> None:
        """Have the client ask for an exception, `before` the session's start."""
        self.clock.set(session.starts_at - before)
        actor = Actor(TEAM, session.client.id)
        case = await exceptions.look(self.store, self.clock, actor, session.id)
        await exceptions.ask(self.store, self.clock, exceptions.Ask(actor=actor, action_id=case.action_id, note=note))

    def key(self) -> str:
        """Return a new, unique request key."""
        return new_id(self.clock.now())

    async def book(
        self,
        client: str,
        coach: str,
        session_type: str,
        starts_at: datetime,
        *,
        lead: timedelta,
        price: int = 100,
        time_zone: str | None = None,
        by: str | None = None,
    ) -> Session:
        """Book a session `lead` before its start, for its local time in `time_zone` (the coach's, if None).

        `by` is the admin who books for the client (None: the client books).
        """
        self.clock.set(starts_at - lead)
        minutes = 30 if session_type == CHECK_IN else 50
        time_zone = time_zone or ("America/Chicago" if coach == DEV else "America/New_York")
        return await booking.book(
            self.store,
            self.clock,
            booking.Book(
                actor=Actor(TEAM, by or client),
                role=Hat.ADMIN if by else Hat.CLIENT,
                client_id=client,
                coach_id=coach,
                session_type=session_type,
                starts_at=starts_at,
                length=timedelta(minutes=minutes),
                time_zone=time_zone,
                price=price,
                within_hours=by is not None,  # as in Slack: the client is told of it
                meeting_link=f"{_MEETING}{session_type.split()[0].lower()}-{starts_at:%d%H%M}",
            ),
        )

    async def cancel(self, session: Session, *, before: timedelta, reason: str) -> None:
        """Cancel a session as its client, `before` its start."""
        self.clock.set(session.starts_at - before)
        actor = Actor(TEAM, session.client.id)
        one = cancel.One(actor=actor, hat=Hat.CLIENT, subject_id=actor.user_id, session_id=session.id)
        quoted = await cancel.quote_one(self.store, self.clock, one)
        typed = cancel.Typed(reason=reason)
        await cancel.confirm(self.store, self.clock, cancel.Confirm(actor=actor, draft_id=quoted.draft.id, typed=typed))


async def write(store: Store, now: datetime, language: str | None = None) -> Sample:
    """Fill an empty database. `now` is the demo's present (aware UTC), best what `opening` returns.

    A `language` is set for everyone.
    """
    writer = _Writer(store, now)

    def at(days: int, hour: int, minute: int = 0) -> datetime:
        return _local(now, days, hour, minute)

    async with store.write(TEAM) as uow:
        await uow.workspace.ensure("Northwind Coaching")
        tiers = (Tier(24 * _HOUR, 100), Tier(12 * _HOUR, 50))
        settings = Settings(policy=Policy(tiers=tiers), support_contact="care@northwind.example")
        await uow.workspace.save_settings(settings)
        for user in playground_seed(language)["users"]:
            person = Person(
                user["id"], user["real_name"], user["email"], user["tz"], user["locale"], user.get("is_admin", False)
            )
            await uow.people.save(person, datetime.now(UTC))
            if person.id != UMA:  # she has not opened the app yet
                await uow.people.greet(person.id)
        pat = pending_id(PAT_ADDRESS)
        await uow.people.save(Person(pat, "Pat Reyes", PAT_ADDRESS, _NEW_YORK.key, language or "en-US"), now)
        await uow.coaches.save(CARLA, CARLA_CHANNEL)
        await uow.coaches.save(DEV, DEV_CHANNEL)
        for coach, zone, hours in (
            (CARLA, "America/New_York", "Mon–Fri 9:00–12:00, 13:00–17:00"),
            (DEV, "America/Chicago", "Mon–Fri 8:00–15:00"),
        ):
            given = Availability(time_zone=zone, hours=parse_hours(hours), buffer_after=timedelta(minutes=10))
            await uow.schedule.save(coach, given)
        await uow.catalogue.save_session_type(SessionType("", LEADERSHIP, timedelta(minutes=50), 100))
        await uow.catalogue.save_session_type(SessionType("", CHECK_IN, timedelta(minutes=30), 50))
        await uow.commit()
    async with store.read(TEAM) as queries:
        types = {one.name: one.id for one in await queries.catalogue.session_types()}
    ten = await writer.package(PACKAGE, types[LEADERSHIP], 10, valid_days=180, dollars=1500)
    five = await writer.package(SMALL_PACKAGE, types[CHECK_IN], 5, valid_days=90, dollars=400)
    await writer.give(Holder(ANNA), package_id=ten, days_ago=60)
    await writer.welcome(ANNA, "Welcome credits", 4, days_ago=60, expires=20 * _DAY)
    await writer.give(Holder(BEN), amount=2000, days_ago=90)
    # The rest of this package expires soon enough for a warning.
    await writer.give(Holder(BEN), package_id=five, days_ago=81)
    pool_id = await packages.save_pool(
        store,
        writer.clock,
        _DANA,
        writer.key(),
        pool_id=None,
        name=POOL,
        contact_id=MIA,
        member_ids=[MIA, NOOR],
    )
    await writer.give(Holder(pool_id=pool_id), package_id=ten, days_ago=20)

    await writer.give(Holder(pat), package_id=ten, days_ago=30)

    # Booked a day ahead, when their reminders were already past, so that the demo does not begin with a pile of old
    # ones.
    checked_in = await writer.book(BEN, DEV, CHECK_IN, at(-28, 12), lead=25 * _HOUR, price=50)
    weeks_ago = await writer.book(ANNA, CARLA, LEADERSHIP, at(-19, 15), lead=25 * _HOUR)
    took_place = await writer.book(BEN, CARLA, LEADERSHIP, at(-14, 11), lead=25 * _HOUR)
    week_ago = await writer.book(ANNA, CARLA, LEADERSHIP, at(-12, 15), lead=25 * _HOUR)
    missed = await writer.book(BEN, CARLA, LEADERSHIP, at(-7, 11), lead=25 * _HOUR)
    pooled = await writer.book(NOOR, CARLA, LEADERSHIP, at(-7, 14), lead=25 * _HOUR)
    await writer.complete(checked_in, weeks_ago, took_place, week_ago)
    await writer.miss(missed)
    await writer.complete(pooled)
    await writer.note(weeks_ago, "Wants to delegate more. Begins with the weekly report.", days_ago=18)
    await writer.note(week_ago, "The report works. Next: saying no to her boss, practiced as a role play.", days_ago=11)
    caught_cold = await writer.book(ANNA, CARLA, LEADERSHIP, at(-5, 15), lead=31 * _HOUR)
    await writer.cancel(caught_cold, before=30 * _HOUR, reason="Caught a cold, sorry!")
    late = await writer.book(ANNA, CARLA, LEADERSHIP, at(0, 15), lead=25 * _HOUR)
    half = await writer.book(ANNA, DEV, CHECK_IN, at(1, 9), lead=25 * _HOUR, price=50)
    # Their two-hour reminders are due within half an hour of each other, the first in two minutes, so they share a
    # message.
    soon_with_dev = await writer.book(ANNA, DEV, CHECK_IN, at(1, 12), lead=47 * _HOUR, price=50)
    soon = await writer.book(ANNA, CARLA, LEADERSHIP, at(1, 12, 30), lead=47 * _HOUR)
    later = await writer.book(ANNA, CARLA, LEADERSHIP, at(6, 15), lead=9 * _DAY)
    await writer.book(ANNA, CARLA, LEADERSHIP, at(13, 15), lead=16 * _DAY)
    weekly = [
        await writer.book(BEN, CARLA, LEADERSHIP, at(week * 7, 11), lead=week * 7 * _DAY + _DAY)
        for week in range(1, 13)
    ]
    await writer.book(NOOR, CARLA, LEADERSHIP, at(7, 14), lead=8 * _DAY)
    asked = await writer.book(BEN, CARLA, LEADERSHIP, at(0, 11), lead=25 * _HOUR)
    by_mail = await writer.book(pat, CARLA, LEADERSHIP, at(7, 9), lead=7 * _DAY + 2 * _HOUR, by=DANA)
    await stakeholders.save_told(
        store, writer.clock, _DANA, writer.key(), NewsOf.COACH, CARLA, people=[], channels=[OPS_CHANNEL]
    )
    await writer.cancel(asked, before=160 * _MINUTE, reason="My train is canceled")
    await writer.ask(asked, before=150 * _MINUTE, note="The line is closed until noon. Could half of it come back?")
    await writer.give(Holder(NAMESAKE), amount=300, days_ago=30)
    # Under the older rules, Vancouver's clocks are an hour behind those of the current rules.
    with older_rules(**{VANCOUVER: "Etc/GMT+8"}):
        ten_oclock = datetime.combine(at(3, 12).date(), time(10), zones.zone(VANCOUVER)).astimezone(UTC)
        await writer.book(NAMESAKE, DEV, CHECK_IN, ten_oclock, lead=20 * _DAY, price=50, time_zone=VANCOUVER)
    # Sessions that were booked before keep their terms.
    own = Policy(tiers=(Tier(12 * _HOUR, 100),), reason=ReasonRule.REQUIRED, reschedule_window=12 * _HOUR)
    await policies.save_terms(store, _DANA, writer.key(), TermsScope(TermsOf.TYPE, types[CHECK_IN]), own)
    return Sample(
        late=late,
        half=half,
        soon=soon,
        soon_with_dev=soon_with_dev,
        later=later,
        asked=asked,
        by_mail=by_mail,
        weekly=weekly,
        pool_id=pool_id,
    )


def opening(now: datetime) -> datetime:
    """Return the demo's first instant (UTC): 9:58 in New York, on the next day from Monday to Thursday.

    Its sessions of today and tomorrow are then on working days.
    """
    day = now.astimezone(_NEW_YORK)
    while day.weekday() > _THURSDAY:
        day += _DAY
    return _local(day, 0, 9, 58)


def _local(now: datetime, days: int, hour: int, minute: int) -> datetime:
    """Return a wall time in New York, that many days after the day of `now`, as a UTC instant."""
    day = now.astimezone(_NEW_YORK).date() + timedelta(days=days)
    return datetime.combine(day, time(hour, minute), _NEW_YORK).astimezone(UTC)
