"""Asking for credits and answering, for the tests of what becomes of requests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from coaching.actions import credit_answers, credit_requests, credits, packages
from coaching.actions.credit_answers import CreditAnswer, Decline
from coaching.actions.credit_requests import AskCredits, CreditCase
from coaching.clock import ManualClock
from coaching.ids import new_id
from coaching.news.kinds import NoticeKind
from coaching.packages import Holder, Holding
from coaching.policy import Policy
from coaching.requests import NOTHING, Request, ToBook
from coaching.sessions import Actor
from coaching.workspace import Settings
from storage import SqlStore
from tests.support.invariants import check_invariants
from tests.support.notices import told
from tests.support.world import ADMIN, ANNA, COACH, WORKSPACE, World

DAY, H, MICRO = timedelta(days=1), timedelta(hours=1), timedelta(microseconds=1)
WITHIN = Policy().decide_within
OTHER_ADMIN = "U0OLGA"
SELF = Actor(WORKSPACE, ANNA)


@asynccontextmanager
async def two_admins(store: SqlStore, clock: ManualClock, database_url: str) -> AsyncIterator[World]:
    """Yield a world in which two admins decide, and check the database at its end."""
    world = World(store, clock)
    await world.people()
    await world.settings(Settings(undo_window=timedelta(0)))
    await world.open()
    async with store.write(WORKSPACE) as uow:
        await uow.people.save_admins([ADMIN, OTHER_ADMIN])
        await uow.commit()
    yield world
    await check_invariants(database_url)


def key(world: World) -> str:
    return new_id(world.clock.now())


async def pool(world: World, *members: str, contact: str | None = COACH, pool_id: str | None = None) -> str:
    return await packages.save_pool(
        world.store,
        world.clock,
        Actor(WORKSPACE, ADMIN),
        key(world),
        pool_id=pool_id,
        name="Acme",
        contact_id=contact,
        member_ids=members,
    )


async def ask(
    world: World, amount: int = 300, who: str = ANNA, *, to: str | None = None, to_book: ToBook = NOTHING
) -> CreditCase:
    command = AskCredits(actor=Actor(WORKSPACE, who), amount=amount, pool_id=to, note="For June", to_book=to_book)
    return await credit_requests.ask(world.store, world.clock, command)


def named(case: CreditCase) -> str:
    assert case.asked
    return case.asked.action_id


async def press(world: World, case: CreditCase, who: str = ADMIN) -> Holding:
    return await credit_requests.give(world.store, world.clock, Actor(WORKSPACE, who), key(world), named(case))


async def decline(world: World, case: CreditCase, who: str = ADMIN, reply: str | None = None) -> CreditAnswer:
    command = Decline(actor=Actor(WORKSPACE, who), request_id=named(case), reply=reply)
    return await credit_answers.decline(world.store, world.clock, command)


async def pass_on(world: World, case: CreditCase, who: str = COACH) -> CreditAnswer:
    return await credit_answers.pass_on(world.store, world.clock, Actor(WORKSPACE, who), named(case))


async def by_hand(world: World, holder: Holder, amount: int = 500) -> Holding:
    command = credits.Give(actor=Actor(WORKSPACE, ADMIN), request_key=key(world), holder=holder, amount=amount)
    return await credits.give(world.store, world.clock, command)


async def reread(world: World, case: CreditCase) -> Request:
    async with world.store.read(WORKSPACE) as queries:
        [found] = await queries.requests.by_ids([named(case)])
    return found


async def rows(world: World, query: str) -> list[tuple[Any, ...]]:
    async with world.store.engines.reader.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(query))]


async def states(world: World, kind: str) -> set[str]:
    return {state for (state,) in await rows(world, f"SELECT state FROM notices WHERE kind = '{kind}'")}


async def who_was_told(world: World, kind: NoticeKind) -> list[str]:
    return [who for who, _ in await told(world.store, kind)]
