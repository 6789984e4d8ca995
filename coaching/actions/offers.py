"""What can be booked with whom: session types belong to the coaches who give them (ADR 0060)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from coaching.audience import may_book
from coaching.bounds import Bounds
from coaching.causes import Obstacle
from coaching.credits import Grant
from coaching.errors import NotBookable
from coaching.ports import Queries, UnitOfWork
from coaching.sessions import Hat, Person
from coaching.workspace import Audience, SessionType

OFFERED = 400
"""The most coaches and session types to choose from: as many as fit into a view."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """What there is to choose from, and what is chosen so far.

    `coaches` give what is chosen, or else something of `types`. Types that nobody with hours gives are left out.
    """

    coaches: Sequence[Person]
    types: Sequence[SessionType]
    coach: Person | None
    session_type: SessionType | None


async def offers(
    queries: Queries,
    types: Sequence[SessionType],
    *,
    hat: Hat,
    actor_id: str,
    client_id: str,
    coach_id: str | None,
    type_id: str | None,
    bounds: Bounds | None,
) -> Offers:
    """Return who gives which of these types to a client, and what follows from the choices.

    What is the only one is chosen. A coach who books is offered themselves, and what they give. Raises NotBookable when
    what was chosen is gone, or does not fit.
    """
    every = await _coaches(queries, client_id, bounds, actor_id if hat is Hat.COACH else None, types)
    coach = await _wanted(queries, every, client_id, coach_id)
    there = every if coach is None or coach in every else [*every, coach]
    given = [one for one in types if any(one.given_by(other.id) for other in there)]
    chosen = next((one for one in types if one.id == type_id), None)
    if type_id is not None and chosen is None:
        raise NotBookable(coach_id or "", Obstacle.NO_TYPE)
    if bounds is not None or not there:
        only = given if bounds is not None else types
        return _found(there, only, coach, chosen if chosen in only else None)
    if hat is Hat.COACH:
        if chosen is not None and chosen not in given:
            raise NotBookable(actor_id, Obstacle.NOT_GIVEN)
        return _found(there, given, coach, chosen)
    if chosen is not None and chosen not in given:
        raise NotBookable("", Obstacle.NO_TYPE)
    theirs = [one for one in given if coach is None or one.given_by(coach.id)]
    if coach is not None and given and (chosen not in theirs if chosen else not theirs):
        raise NotBookable(coach.id, Obstacle.NOT_GIVEN)
    session_type = chosen or (theirs[0] if len(theirs) == 1 else None)
    asked = given if session_type is None else [session_type]
    giving = [one for one in every if not types or any(kind.given_by(one.id) for kind in asked)]
    return _found(giving, given, coach, session_type)


def _found(
    coaches: Sequence[Person],
    types: Sequence[SessionType],
    coach: Person | None,
    session_type: SessionType | None,
) -> Offers:
    """Return what there is to choose from. What is the only one is chosen."""
    return Offers(
        coaches=coaches[:OFFERED],
        types=types,
        coach=coach or (coaches[0] if len(coaches) == 1 else None),
        session_type=session_type or (types[0] if len(types) == 1 else None),
    )


async def _wanted(queries: Queries, every: Sequence[Person], client_id: str, coach_id: str | None) -> Person | None:
    """Return the coach who was chosen. Raises NotBookable when they take no bookings."""
    found = next((one for one in every if one.id == coach_id), None)
    if coach_id is not None and found is None:
        # Somebody behind those on offer can be chosen from one of their sessions.
        found = await queries.schedule.coach(coach_id) if coach_id != client_id else None
        if found is None:
            raise NotBookable(coach_id, Obstacle.NO_HOURS)
    return found


async def _coaches(
    queries: Queries, client_id: str, bounds: Bounds | None, only: str | None, types: Sequence[SessionType]
) -> list[Person]:
    """Return the coaches who have hours, without the person for whom it is booked. `only`: at most this one."""
    if bounds is not None:
        only = bounds.like.coach.id
    if only is not None:
        one = await queries.schedule.coach(only)
        found = [] if one is None else [one]
    else:
        found = await queries.schedule.coaches(OFFERED + 1)
        if len(found) > OFFERED:
            # Of more coaches than are listed, those come first who alone give something.
            listed = {coach.id for coach in found}
            behind = {coach_id for one in types for coach_id in one.coaches} - listed
            found = [*await queries.schedule.some(behind), *found]
    return [coach for coach in found if coach.id != client_id]


async def open_to(
    queries: Queries, types: Sequence[SessionType], client_id: str, grants: Sequence[Grant], now: datetime
) -> list[SessionType]:
    """Return which of these types a client who can use these grants may book by themselves."""
    for_named = [one.id for one in types if one.bookable_by is Audience.NAMED]
    named = await queries.catalogue.naming(client_id, for_named)
    return [one for one in types if may_book(one, grants, named, now)]


async def require_offered(
    queries: Queries, session_type: str, *, coach_id: str, client_id: str, role: Hat, now: datetime
) -> SessionType | None:
    """Raise NotBookable unless a coach gives sessions of this type, and whoever books may book it.

    Who may book, and how many at a time, binds clients who book by themselves: for them the type is returned. Coaches and
    admins decide for themselves.
    """
    kind = await queries.catalogue.session_type(session_type)
    if kind is None:
        return None
    if not kind.given_by(coach_id):
        raise NotBookable(coach_id, Obstacle.NOT_GIVEN)
    if role is not Hat.CLIENT:
        return None
    restricted = kind.bookable_by is not Audience.EVERYBODY
    if restricted and not await open_to(queries, [kind], client_id, await queries.grants.of_client(client_id), now):
        raise NotBookable(coach_id, Obstacle.NOT_FOR_THEM)
    return kind


async def giving_way(queries: Queries, kind: SessionType | None, client_id: str, now: datetime) -> list[str]:
    """Return the client's canceled sessions of a type that would be too many if they came back beside a new one.

    The booking closes their undo, because what is booked instead is not to be had beside them.
    """
    if kind is None or kind.at_most is None:
        return []
    booked, held = await queries.schedule.of_type_ahead(client_id, kind.id, now)
    return held if len(booked) + len(held) >= kind.at_most else []


async def require_room(uow: UnitOfWork, kind: SessionType | None, client_id: str, coach_id: str, now: datetime) -> None:
    """Raise NotBookable if a client has as many sessions of a type ahead as they may. Locks both people.

    Call it after sessions and grants are locked. Of two bookings at once the second one counts the first.
    """
    if kind is None or kind.at_most is None:
        return
    await uow.schedule.lock({client_id, coach_id})
    booked, held = await uow.schedule.of_type_ahead(client_id, kind.id, now)
    if len(booked) + len(held) >= kind.at_most:
        raise NotBookable(coach_id, Obstacle.AT_MOST)
