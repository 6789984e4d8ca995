"""Requests for credits by those who have too few to book (C15). Admins give them; a pool's contact is asked first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from coaching.actions import credits
from coaching.actions.asked import request_of
from coaching.actions.credit_answers import (
    admins_for,
    expire,
    holder_of,
    may_decide,
    tell_admins,
)
from coaching.causes import NoRequest
from coaching.clock import Clock
from coaching.errors import Answered, CannotRequest, ChangedMeanwhile, NoteTooLong, NotYours
from coaching.fields import Field
from coaching.ids import new_id
from coaching.news import decisions
from coaching.packages import Holding, Pool
from coaching.ports import Queries, Store
from coaching.records import Viewer
from coaching.requests import NOTHING, Request, RequestKind, RequestState, ToBook
from coaching.sessions import MAX_REASON, Actor, Person
from coaching.texts import kept_text
from coaching.workspace import SessionType, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class AskCredits:
    """A client asks for credits (hundredths), for themself or (`pool_id`) for a pool from which they book."""

    actor: Actor
    amount: int
    pool_id: str | None = None
    note: str | None = None
    to_book: ToBook = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditCase:
    """What a client can ask for, or their request, once there is one.

    `pools` are those from which they book. `coach` and `session_type` are what the credits are for. `again`: it was
    asked before.
    """

    viewer: Viewer
    settings: Settings
    now: datetime
    pools: Sequence[Pool]
    to_book: ToBook
    coach: Person | None = None
    session_type: SessionType | None = None
    asked: Request | None = None
    again: bool = False

    @property
    def pool(self) -> Pool | None:
        """The pool for which it was asked, if its client still books from it."""
        return next((one for one in self.pools if self.asked is not None and one.id == self.asked.pool_id), None)


async def look(store: Store, clock: Clock, actor: Actor, to_book: ToBook = NOTHING) -> CreditCase:
    """Return the actor's open request, or what they can ask for. Raises NotYours, CannotRequest."""
    async with store.read(actor.workspace_id) as queries:
        return await _case(queries, actor, to_book, clock.now())


async def ask(store: Store, clock: Clock, command: AskCredits) -> CreditCase:
    """Ask for credits. There is one open request of a person: a repeat shows it (`again`).

    The deadline is that of the workspace's policy. Raises NotYours, CannotRequest, BadSetting, NoteTooLong.
    """
    credits.check_amount(command.amount, Field.CREDIT_AMOUNT)
    try:
        return await _ask(store, clock, command)
    except ChangedMeanwhile:
        # Another press of the same person came between reading and writing.
        return await _ask(store, clock, command)


async def _ask(store: Store, clock: Clock, command: AskCredits) -> CreditCase:
    now, actor, me = clock.now(), command.actor, command.actor.user_id
    note = kept_text(command.note, MAX_REASON, NoteTooLong)
    async with store.write(actor.workspace_id) as uow:
        await uow.workspace.ensure()
        case = await _case(uow, actor, command.to_book, now)
        if case.asked is not None:
            return replace(case, again=True)
        pool = next((one for one in case.pools if one.id == command.pool_id), None)
        if command.pool_id is not None and pool is None:
            raise NotYours("pool", [command.pool_id], me)
        contact = first_asked(pool, me)
        before = await uow.requests.latest(RequestKind.CREDITS, me)
        if before is not None and before.open:
            # It came since the case was read.
            return replace(case, asked=before, again=True)
        asked = Request(
            kind=RequestKind.CREDITS,
            subject_id=me,
            number=before.number + 1 if before else 1,
            action_id=new_id(now),
            at=now,
            by_id=me,
            note=note,
            decide_by=now + case.settings.policy.decide_within,
            by_admins=contact is None,
            amount=command.amount,
            pool_id=command.pool_id,
            to_book=case.to_book,
        )
        await uow.requests.add([asked])
        if contact is not None:
            await uow.notices.add([decisions.asked(asked.kind, asked.action_id, contact.id, now)])
        else:
            await tell_admins(uow, asked, await admins_for(uow, me), now)
        await uow.commit()
    return replace(case, asked=asked)


async def withdraw(store: Store, clock: Clock, actor: Actor, request_id: str) -> CreditCase:
    """Take one's request back. One that is answered stays as it was answered (`again`). Raises NotYours."""
    now = clock.now()
    async with store.write(actor.workspace_id) as uow:
        asked = await request_of(uow, actor, RequestKind.CREDITS, request_id)
        if asked.subject_id != actor.user_id:
            raise NotYours("request", [request_id], actor.user_id)
        done = await uow.credit_requests.answer(request_id, RequestState.WITHDRAWN, actor.user_id, now)
        if done:
            await uow.credit_requests.retell([request_id], now)
        case = await _case(uow, actor, asked.to_book, now, must=False)
        asked = await request_of(uow, actor, RequestKind.CREDITS, request_id)
        await uow.commit()
    return replace(case, asked=asked, again=not done)


async def give(store: Store, clock: Clock, actor: Actor, request_key: str, request_id: str) -> Holding:
    """Give what was asked for, as an admin. Raises NotYours, AdminsOnly, Answered, Replayed."""
    async with store.read(actor.workspace_id) as queries:
        asked = await may_decide(queries, actor, request_id)
    command = credits.Give(
        actor=actor, request_key=request_key, holder=holder_of(asked), amount=asked.amount, request_id=request_id
    )
    try:
        return await credits.give(store, clock, command)
    except Answered:
        async with store.write(actor.workspace_id) as uow:
            if await expire(uow, [request_id], clock.now()):
                await uow.commit()
        raise


async def wanted(store: Store, actor: Actor, request_id: str) -> ToBook:
    """Return what one's own request was for. Raises NotYours."""
    async with store.read(actor.workspace_id) as queries:
        asked = await request_of(queries, actor, RequestKind.CREDITS, request_id)
        if asked.subject_id != actor.user_id:
            raise NotYours("request", [request_id], actor.user_id)
        return (await known(queries, asked.to_book))[0]


def first_asked(pool: Pool | None, client_id: str) -> Person | None:
    """Return the contact of a pool who is asked before the admins: none if they are the client, or not in Slack."""
    contact = pool.contact if pool is not None else None
    return contact if contact is not None and contact.in_slack and contact.id != client_id else None


async def known(queries: Queries, to_book: ToBook) -> tuple[ToBook, Person | None, SessionType | None]:
    """Return of what credits are for what is still there, and the coach and session type."""
    coach = await queries.schedule.coach(to_book.coach_id) if to_book.coach_id else None
    types = await queries.catalogue.session_types() if to_book.type_id else ()
    kind = next((one for one in types if one.id == to_book.type_id), None)
    return ToBook(coach.id if coach else None, kind.id if kind else None, to_book.rebooks), coach, kind


async def _case(queries: Queries, actor: Actor, to_book: ToBook, now: datetime, *, must: bool = True) -> CreditCase:
    """Return the case with its open request. Raises CannotRequest if there is none and nobody could decide (`must`)."""
    me, settings = actor.user_id, await queries.workspace.settings()
    asked = await queries.requests.latest(RequestKind.CREDITS, me)
    open_ = asked if asked is not None and asked.open else None
    if must and open_ is None and not await admins_for(queries, me):
        raise CannotRequest(me, NoRequest.NO_ADMIN, settings.support_contact)
    to_book = open_.to_book if open_ is not None else to_book
    if open_ is None and to_book.rebooks is not None:
        session = await queries.sessions.find(to_book.rebooks)
        if session is None or session.client.id != me:
            raise NotYours("session", [to_book.rebooks], me)
    to_book, coach, kind = await known(queries, to_book)
    return CreditCase(
        viewer=await queries.people.viewer(me),
        settings=settings,
        now=now,
        pools=[one for one in await queries.pools.of_member(me) if not one.retired],
        to_book=to_book,
        coach=coach,
        session_type=kind,
        asked=open_,
    )
