"""Free time with a coach, for booking and for moving, and the coaches' hours."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from coaching import zones
from coaching.actions.access import is_admin, require_admin, require_booker
from coaching.actions.offers import offers, open_to
from coaching.actions.policies import booking_terms
from coaching.availability import Availability, TimeOff
from coaching.bounds import Bounds
from coaching.calendars import calendars
from coaching.causes import Obstacle
from coaching.clients import payable
from coaching.clock import Clock
from coaching.credits import Grant, Part, payers, plan_spend
from coaching.errors import ChangedMeanwhile, ClientBusy, Engaged, NotBookable, NotEnoughCredits, NotYours, SlotTaken
from coaching.policy import Policy
from coaching.ports import Queries, Store, UnitOfWork
from coaching.records import Viewer
from coaching.sessions import Actor, Hat, Person, Session
from coaching.slots import Slot, busy_window, days_with_slots, free_slots, nearest, obstacle
from coaching.workspace import SessionType, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeTime:
    """A coach's free time for sessions of one length, by the viewer's calendar day, soonest first."""

    viewer: Viewer
    coach: Person
    availability: Availability
    length: timedelta
    days: dict[date, Sequence[Slot]]
    now: datetime

    def slot(self, day: date | None, starts_at: datetime | None) -> Slot | None:
        """Return the free slot with this start on this day, or None when there is none."""
        return next((slot for slot in self.days.get(day, ()) if slot.starts_at == starts_at), None) if day else None

    def near(self, instant: datetime, n: int) -> list[tuple[date, Slot]]:
        """Return the `n` free slots nearest to an instant (aware), soonest first, with their days."""
        day_of = {slot: day for day, slots in self.days.items() for slot in slots}
        return [(day_of[slot], slot) for slot in nearest(list(day_of), instant, n)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """What the booking dialog shows.

    `pays` are the grants that would pay (None: too few credits, `missing` hundredths short), and `payers` all that can
    be chosen to pay first, in their order. `policy` is the policy that this booking would get, and `policy_id` its id.
    `bounds`: there is one coach, one type and what may pay, or less than that if it is gone. `some_types`: there is
    something to book, whether the coaches on offer give it, or the client may book it, or not. `booked`: how many sessions
    of the chosen type the client has ahead, where that counts.
    """

    viewer: Viewer
    subject: Person
    coaches: Sequence[Person]
    types: Sequence[SessionType]
    coach: Person | None
    session_type: SessionType | None
    free: FreeTime | None
    grants: Sequence[Grant]
    payers: Sequence[Grant]
    pays: Sequence[Part] | None
    missing: int
    settings: Settings
    now: datetime
    policy_id: str
    policy: Policy
    bounds: Bounds | None = None
    some_types: bool = True
    booked: int | None = None

    @property
    def full(self) -> bool:
        """Whether the client has as many sessions of the chosen type ahead as they may have when they book one."""
        most = self.session_type.at_most if self.session_type else None
        return self.booked is not None and most is not None and self.booked >= most


async def open_booking(
    store: Store,
    clock: Clock,
    actor: Actor,
    *,
    hat: Hat = Hat.CLIENT,
    subject_id: str | None = None,
    coach_id: str | None = None,
    type_id: str | None = None,
    grant_id: str | None = None,
    bounds: Bounds | None = None,
) -> Booking:
    """Return what can be booked: coaches who have hours, what they give, and the free time of the chosen coach.

    A single coach or type is chosen automatically. The grant `grant_id` pays first, if it is one of `payers`. Within
    `bounds` nothing else is read or offered. A coach who books for a client is offered themselves, and credits that can
    pay for a session with them. Raises NotYours (also for a grant outside of `bounds`), AdminsOnly, CoachesOnly, and
    NotBookable when the coach or type asked for is gone, or the coach does not give that type.
    """
    now, workspace_id, whose = clock.now(), actor.workspace_id, subject_id or actor.user_id
    async with store.read(workspace_id) as queries:
        await require_booker(queries, actor, hat, whose, coach_id)
        viewer = await queries.people.viewer(actor.user_id)
        subject = viewer.person if whose == actor.user_id else (await queries.people.viewer(whose)).person
        held = grants = await queries.grants.of_client(whose)
        if bounds is not None:
            grants = bounds.paying(grants)
            if grant_id is not None and grant_id not in {grant.id for grant in grants}:
                raise NotYours("grant", [grant_id], actor.user_id)
        # A retired type remains for anyone with a package for it: they paid for it.
        paid_for = {grant.session_type for grant in grants if grant.usable(now)}
        known = await queries.catalogue.session_types()
        types = [one for one in known if not one.retired or one.name in paid_for]
        some_types = bool(types)
        if hat is Hat.CLIENT:
            every = types
            types = await open_to(queries, types, whose, held, now)
            if bounds is None and type_id in {one.id for one in every} - {one.id for one in types}:
                raise NotBookable(coach_id or "", Obstacle.NOT_FOR_THEM)
        if hat is Hat.COACH:
            grants = payable(grants, {one.name for one in types}, now)
        if bounds is not None:
            alike = (one for one in types if one.name == bounds.like.session_type)
            types = sorted(alike, key=lambda one: one.retired)[:1]
        found = await offers(
            queries,
            types,
            hat=hat,
            actor_id=actor.user_id,
            client_id=whose,
            coach_id=coach_id,
            type_id=type_id,
            bounds=bounds,
        )
        coach, session_type = found.coach, found.session_type
        free = None
        if coach is not None and session_type is not None:
            free = await _free_time(queries, viewer, coach, whose, session_type.length, now, by_coach=hat is Hat.COACH)
        booked = None
        if hat is Hat.CLIENT and session_type is not None and session_type.at_most is not None:
            booked = len((await queries.schedule.of_type_ahead(whose, session_type.id, now))[0])
        settings = await queries.workspace.settings()
        pays, missing = _payment(grants, session_type, now, grant_id)
        name = session_type.name if session_type else None
        policy_id, policy = await booking_terms(queries, name, grants, pays or ())
    return Booking(
        viewer=viewer,
        subject=subject,
        coaches=found.coaches,
        types=found.types,
        some_types=some_types,
        booked=booked,
        coach=coach,
        session_type=session_type,
        free=free,
        grants=grants,
        payers=payers(grants, session_type.name, now) if session_type and session_type.price else (),
        pays=pays,
        missing=missing,
        settings=settings,
        now=now,
        policy_id=policy_id,
        policy=policy,
        bounds=bounds,
    )


def _payment(
    grants: Sequence[Grant], session_type: SessionType | None, now: datetime, first: str | None
) -> tuple[Sequence[Part] | None, int]:
    if session_type is None:
        return None, 0
    try:
        return plan_spend(grants, session_type.price, session_type.name, now, first), 0
    except NotEnoughCredits as error:
        return None, error.price - error.available


async def free_time(
    store: Store,
    clock: Clock,
    actor: Actor,
    coach_id: str,
    client_id: str,
    length: timedelta,
    *,
    moving: Collection[str] = (),
    by_coach: bool = False,
) -> FreeTime:
    """Return a coach's free time for a client. Sessions in `moving` do not count as busy. Raises NotBookable."""
    now = clock.now()
    async with store.read(actor.workspace_id) as queries:
        viewer = await queries.people.viewer(actor.user_id)
        coach = (await queries.people.viewer(coach_id)).person
        return await _free_time(queries, viewer, coach, client_id, length, now, moving, by_coach=by_coach)


async def _free_time(
    queries: Queries,
    viewer: Viewer,
    coach: Person,
    client_id: str,
    length: timedelta,
    now: datetime,
    moving: Collection[str] = (),
    *,
    by_coach: bool = False,
) -> FreeTime:
    availability = await queries.schedule.availability(coach.id)
    if availability is None:
        raise NotBookable(coach.id, Obstacle.NO_HOURS)
    until = now + availability.horizon
    first, last = busy_window(availability, length, now, until)
    found = await queries.schedule.busy({coach.id, client_id}, first, last, now)
    both = calendars(found, coach.id, client_id, moving=moving, by_coach=by_coach)
    engaged = [*both.taken, *both.clients]
    slots = free_slots(availability, both.given, length, now, since=now, until=until, engaged=engaged)
    days = days_with_slots(slots, zones.first_known(viewer.person.time_zone, availability.time_zone).key)
    return FreeTime(viewer=viewer, coach=coach, availability=availability, length=length, days=dict(days), now=now)


async def require_free(
    uow: UnitOfWork,
    coach_id: str,
    client_id: str,
    starts_at: datetime,
    length: timedelta,
    now: datetime,
    *,
    moving: Collection[str] = (),
    within_hours: bool = True,
    by_coach: bool = False,
) -> list[str]:
    """Raise NotBookable, ClientBusy or SlotTaken unless both people are free then: hours, time off, notice, buffers.

    Without `within_hours` only the database checks that, when the session is written. Two bookings may pass here at
    once. The database then accepts one of them. Returns the client's own canceled sessions that make room: the booking
    closes their undo (`close_undo`). A booking `by_coach` closes none: that time is not free.
    """
    end = starts_at + length
    if not within_hours:
        found = await uow.schedule.busy([client_id], starts_at, end, now)
        return calendars(found, coach_id, client_id, moving=moving, by_coach=by_coach).making_room(starts_at, end)
    availability = await uow.schedule.availability(coach_id)
    if availability is None:
        raise NotBookable(coach_id, Obstacle.NO_HOURS)
    first, last = busy_window(availability, length, starts_at, starts_at)
    found = await uow.schedule.busy({coach_id, client_id}, first, last, now)
    both = calendars(found, coach_id, client_id, moving=moving, by_coach=by_coach)
    why = obstacle(availability, both.given, starts_at, length, now, engaged=both.taken)
    if why is not None and why is not Obstacle.BUSY:
        raise NotBookable(coach_id, why)
    if both.in_the_clients_way(starts_at, end):
        raise ClientBusy(client_id, starts_at, end)
    if why is Obstacle.BUSY:
        raise SlotTaken(coach_id, starts_at, end)
    return both.making_room(starts_at, end)


async def canceled_with(uow: UnitOfWork, session_ids: Collection[str]) -> list[str]:
    """Return all sessions of the cancellations of these sessions: undo restores a whole cancellation or nothing."""
    actions = {s.cancellation.action_id for s in await uow.sessions.by_ids(session_ids) if s.cancellation}
    return [s.id for action_id in sorted(actions) for s in await uow.sessions.of_action(action_id)]


async def close_undo(uow: UnitOfWork, session_ids: Collection[str]) -> list[str]:
    """Close the undo of these cancellations, because nothing may bring their sessions back. Locks their sessions.

    Their time is booked for something else, another session is booked in their place, or their coach was removed.
    Returns all sessions of these cancellations. The caller refreshes their messages together with all others that it
    changes, and releases the ones that were held back (`released`).
    """
    if not session_ids:
        return []
    whole = await uow.sessions.lock(await canceled_with(uow, session_ids))
    ids = [s.id for s in whole if s.cancellation]
    await uow.sessions.close_undo(ids)
    return ids


@dataclass(frozen=True, slots=True, kw_only=True)
class InTheWay:
    """The sessions because of which `viewer` was refused a time, as far as they may see them, `now` (aware UTC)."""

    viewer: Viewer
    sessions: Sequence[Session]
    now: datetime


async def in_the_way(store: Store, clock: Clock, actor: Actor, error: Engaged) -> InTheWay:
    """Return the sessions because of which a person was refused a time."""
    now, workspace_id = clock.now(), actor.workspace_id
    async with store.read(workspace_id) as queries:
        viewer = await queries.people.viewer(actor.user_id)
        found = await queries.schedule.busy([error.person_id], error.starts_at, error.ends_at, now)
        everything = await is_admin(queries, actor)
        seen = [one for one in found if everything or actor.user_id in (one.client_id, one.coach_id)]
        sessions = await queries.sessions.by_ids([one.session_id for one in seen])
        return InTheWay(viewer=viewer, sessions=sessions, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """What the dialog about a coach's hours shows, and where their sessions take place."""

    viewer: Viewer
    coach: Person
    availability: Availability | None
    now: datetime
    meeting_link: str | None = None

    @property
    def off(self) -> Sequence[TimeOff]:
        """The coach's times off, soonest first."""
        return self.availability.time_off if self.availability else ()


async def open_hours(store: Store, clock: Clock, actor: Actor, coach_id: str) -> Hours:
    """Return a coach's hours, for that coach or an admin. Raises NotYours, AdminsOnly."""
    async with store.read(actor.workspace_id) as queries:
        viewer = await queries.people.viewer(actor.user_id)
        await require_keeper(queries, viewer, actor, coach_id)
        listed = await queries.coaches.some([coach_id])
        return Hours(
            viewer=viewer,
            coach=(await queries.people.viewer(coach_id)).person,
            availability=await queries.schedule.availability(coach_id),
            now=clock.now(),
            meeting_link=listed[0].meeting_link if listed else None,
        )


async def save_hours(store: Store, actor: Actor, request_key: str, coach_id: str, availability: Availability) -> None:
    """Replace a coach's hours. Booked sessions stay. Raises NotYours, AdminsOnly, Replayed."""
    async with store.write(actor.workspace_id) as uow:
        viewer = await uow.people.viewer(actor.user_id)
        await require_keeper(uow, viewer, actor, coach_id)
        await uow.claim_request(request_key)
        await uow.workspace.ensure()
        await uow.schedule.save(coach_id, replace(availability, time_off=()))
        await uow.commit()


async def change_time_off(
    store: Store,
    actor: Actor,
    request_key: str,
    coach_id: str,
    time_off: TimeOff,
    *,
    remove: bool = False,
    instead_of: datetime | None = None,
) -> None:
    """Add a time off, or remove one. Sessions booked in it stay.

    `instead_of` is the begin of the one that it takes the place of. Raises NotYours, AdminsOnly, NotBookable, Replayed,
    and ChangedMeanwhile where that one is not there any more.
    """
    async with store.write(actor.workspace_id) as uow:
        viewer = await uow.people.viewer(actor.user_id)
        await require_keeper(uow, viewer, actor, coach_id)
        await uow.claim_request(request_key)
        if await uow.schedule.availability(coach_id) is None:
            raise NotBookable(coach_id, Obstacle.NO_HOURS)
        if instead_of is not None and not await uow.schedule.remove_time_off(coach_id, instead_of):
            raise ChangedMeanwhile("the time off that was to be changed is gone")
        if remove:
            await uow.schedule.remove_time_off(coach_id, time_off.starts_at)
        else:
            await uow.schedule.add_time_off(coach_id, time_off)
        await uow.commit()


async def require_keeper(queries: Queries, viewer: Viewer, actor: Actor, coach_id: str) -> None:
    """Allow coaches to manage their own hours, and admins those of every coach. Raises NotYours, AdminsOnly."""
    if coach_id == actor.user_id and viewer.is_coach:
        return
    await require_admin(queries, actor)
    if not (await queries.people.viewer(coach_id)).is_coach:
        raise NotYours("hours of", [coach_id], actor.user_id)
