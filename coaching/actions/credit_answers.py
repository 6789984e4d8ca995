"""Answers to requests for credits: by a gift, a refusal, the pool's contact, or time."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from coaching.actions.access import is_admin, require_admin
from coaching.actions.asked import find_request, request_of
from coaching.actions.passing import passed
from coaching.clock import Clock
from coaching.errors import Answered, NoteTooLong, NotYours
from coaching.news import decisions
from coaching.packages import Holder, Pool
from coaching.ports import Queries, Store, UnitOfWork
from coaching.records import Viewer
from coaching.requests import Request, RequestKind, RequestState
from coaching.sessions import MAX_REASON, SYSTEM_ID, Actor, Person
from coaching.texts import kept_text
from coaching.zones import first_known


@dataclass(frozen=True, slots=True, kw_only=True)
class Decline:
    """Credits are not given. `reply` is what their client is told."""

    actor: Actor
    request_id: str
    reply: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditAnswer:
    """A request and who asked, after a press. `done`: this press answered it, or passed it on."""

    viewer: Viewer
    asked: Request
    client: Person
    pool: Pool | None
    now: datetime
    done: bool = False

    @property
    def decides(self) -> bool:
        """Whether the viewer can decide about it now. Once it is with the admins, the pool's contact cannot."""
        return self.asked.open and (self.viewer.is_admin or not self.asked.by_admins)


def holder_of(asked: Request) -> Holder:
    """Return to whom the credits are to go."""
    return Holder(pool_id=asked.pool_id) if asked.pool_id is not None else Holder(client_id=asked.subject_id)


async def look(store: Store, clock: Clock, actor: Actor, request_id: str) -> CreditAnswer:
    """Return a request for those who may decide about it. Raises NotYours, AdminsOnly."""
    now = clock.now()
    async with store.read(actor.workspace_id) as queries:
        return await _answer(queries, actor, await may_decide(queries, actor, request_id), now)


async def decline(store: Store, clock: Clock, command: Decline) -> CreditAnswer:
    """Decline a request, as an admin or as the contact of its pool, and tell the client. This happens once.

    The contact's time ends half-way to the deadline, or once it is with the admins: their press then closes nothing.
    After the deadline, a press lets the request expire. Raises NotYours, AdminsOnly, NoteTooLong.
    """
    now, actor, request_id = clock.now(), command.actor, command.request_id
    reply = kept_text(command.reply, MAX_REASON, NoteTooLong)
    async with store.write(actor.workspace_id) as uow:
        asked = await may_decide(uow, actor, request_id)
        done = False
        if asked.overdue(now):
            await expire(uow, [request_id], now)
        elif not await _left_to_admins(uow, actor, asked, now):
            done = await uow.credit_requests.answer(request_id, RequestState.DECLINED, actor.user_id, now, reply=reply)
            if done:
                await _told(uow, [asked], now)
        answer = await _answer(
            uow, actor, await request_of(uow, actor, RequestKind.CREDITS, request_id), now, done=done
        )
        await uow.commit()
    return answer


async def pass_on(store: Store, clock: Clock, actor: Actor, request_id: str) -> CreditAnswer:
    """Pass a request on to the admins, as the contact of its pool. Raises NotYours, AdminsOnly."""
    now = clock.now()
    async with store.write(actor.workspace_id) as uow:
        asked = await may_decide(uow, actor, request_id)
        done = False
        if asked.overdue(now):
            await expire(uow, [request_id], now)
        elif asked.open and not asked.by_admins:
            done = await to_admins(uow, asked, now, passed_by=actor.user_id)
        after = await request_of(uow, actor, RequestKind.CREDITS, request_id)
        answer = await _answer(uow, actor, after, now, done=done)
        await uow.commit()
    return answer


async def may_decide(queries: Queries, actor: Actor, request_id: str) -> Request:
    """Return a request that the actor may decide about: an admin, or the contact of its pool; never who asked.

    Raises NotYours, AdminsOnly.
    """
    found = await find_request(queries, RequestKind.CREDITS, request_id)
    pool = await queries.pools.find(found.pool_id) if found is not None and found.pool_id else None
    if pool is None or pool.contact is None or pool.contact.id != actor.user_id:
        await require_admin(queries, actor)
    if found is None or found.subject_id == actor.user_id:
        raise NotYours("request", [request_id], actor.user_id)
    return found


async def close_by_gift(
    uow: UnitOfWork, holder: Holder, grant_id: str, request_id: str | None, by_id: str, now: datetime
) -> Sequence[Request]:
    """Close what a gift answers: the request named, or else every open one of its holder. Return those that it closed.

    Raises Answered if the one that was named is not open any more.
    """
    if request_id is None:
        asked = [one for one in await _open_of(uow, holder) if not one.overdue(now)]
    else:
        found = await find_request(uow, RequestKind.CREDITS, request_id)
        own = found is not None and holder_of(found) == holder and found.subject_id != by_id
        asked = [found] if found is not None and own and found.open and not found.overdue(now) else []
    closed = [
        one
        for one in asked
        if await uow.credit_requests.answer(one.action_id, RequestState.ACCEPTED, by_id, now, grant_id=grant_id)
    ]
    if request_id is not None and not closed:
        raise Answered(request_id)
    # The gift itself is told to its holder. Whoever asked for a pool's is told that it is there.
    shared = [one for one in closed if holder.client_id != one.subject_id]
    await uow.notices.add([decisions.answered(one.action_id, one.subject_id, now) for one in shared])
    await uow.credit_requests.retell([one.action_id for one in closed], now)
    return closed


async def open_request(queries: Queries, client_id: str) -> Request | None:
    """Return the open request of a person, if there is one."""
    found = await queries.requests.latest(RequestKind.CREDITS, client_id)
    return found if found is not None and found.open else None


async def _open_of(queries: UnitOfWork, holder: Holder) -> Sequence[Request]:
    """Return the open request of a person, or those that a pool's members made for the pool."""
    if holder.pool_id is not None:
        return await queries.credit_requests.of_pool(holder.pool_id)
    found = await open_request(queries, holder.client_id or "")
    return [found] if found is not None else []


async def expire(uow: UnitOfWork, request_ids: Collection[str], now: datetime) -> int:
    """Close requests that nobody decided about in time, and tell their clients. Return how many were closed."""
    overdue = [one for one in await uow.requests.by_ids(request_ids) if one.overdue(now)]
    closed = [
        one for one in overdue if await uow.credit_requests.answer(one.action_id, RequestState.EXPIRED, SYSTEM_ID, now)
    ]
    await _told(uow, closed, now)
    return len(closed)


async def to_admins(uow: UnitOfWork, asked: Request, now: datetime, *, passed_by: str | None = None) -> bool:
    """Let the admins decide about an open request. Return False where no other admin is known."""
    admins = await admins_for(uow, asked.subject_id)
    if not admins:
        return False
    if not await uow.credit_requests.pass_on(asked.action_id, passed_by):
        return False
    await uow.credit_requests.retell([asked.action_id], now)
    await tell_admins(uow, asked, admins, now)
    return True


async def _left_to_admins(uow: UnitOfWork, actor: Actor, asked: Request, now: datetime) -> bool:
    """Return whether the actor, a pool's contact, came too late to decide. Half-way, the admins take over."""
    if not asked.open or await is_admin(uow, actor):
        return False
    return asked.by_admins or (now >= asked.half_way and await to_admins(uow, asked, now))


async def admins_for(queries: Queries, client_id: str) -> list[str]:
    """Return who can give credits to a client who asked: nobody decides about their own request."""
    return [who for who in await queries.people.all_admins() if who != client_id]


async def tell_admins(uow: UnitOfWork, asked: Request, admins: Sequence[str], now: datetime) -> None:
    """Notify these admins of a request, and remind them before its deadline."""
    told = decisions.asked_admins(asked.kind, asked.action_id, asked.subject_id, admins, now)
    quiet = (await uow.workspace.settings()).quiet_hours
    names = await uow.people.time_zones(admins)
    for who in admins:
        times = decisions.nudges_at(asked, now, quiet, first_known(names.get(who)))
        told += [decisions.nudge(asked, asked.subject_id, at, admin=who) for at in times]
    await uow.notices.add(told)


async def hand_over(store: Store, clock: Clock, batch: int) -> int:
    """Hand requests to the admins about which the pool's contact has said nothing half-way to the deadline.

    A job of `upkeep`. Return how many were found, or 0 when nobody could take any.
    """
    now = clock.now()
    return await passed(store, now, batch, lambda sweep, *at: sweep.credit_requests.unanswered(now, *at), _hand_over)


async def _hand_over(uow: UnitOfWork, requests: Collection[str], now: datetime) -> int:
    found = await uow.requests.by_ids(requests)
    return sum([await to_admins(uow, one, now) for one in found if one.open and not one.by_admins])


async def _told(uow: UnitOfWork, closed: Sequence[Request], now: datetime) -> None:
    await uow.notices.add([decisions.answered(one.action_id, one.subject_id, now) for one in closed])
    await uow.credit_requests.retell([one.action_id for one in closed], now)


async def _answer(queries: Queries, actor: Actor, asked: Request, now: datetime, *, done: bool = False) -> CreditAnswer:
    return CreditAnswer(
        viewer=await queries.people.viewer(actor.user_id),
        asked=asked,
        client=(await queries.people.viewer(asked.subject_id)).person,
        pool=await queries.pools.find(asked.pool_id) if asked.pool_id else None,
        now=now,
        done=done,
    )
