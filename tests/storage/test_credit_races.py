"""Booking, returning, taking back and expiring at once: no credit is lost, none is there twice, and the loser is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from coaching.actions import credits, exceptions, expiry, packages, requests, undo, upkeep
from coaching.clock import ManualClock
from coaching.credits import ISSUED, Transfer, TransferKind, grant_account
from coaching.errors import BadSetting, NotEnoughCredits, Replayed
from coaching.ids import new_id
from coaching.news.kinds import NoticeKind
from coaching.packages import Holder, Holding
from coaching.policy import Policy
from coaching.sessions import Actor, Session
from coaching.workspace import Settings
from storage import SqlStore, create_engines
from tests.storage.test_races import only
from tests.support import patience
from tests.support.databases import Databases
from tests.support.invariants import balances, check_invariants
from tests.support.notices import told
from tests.support.races import race, replicas, waits
from tests.support.world import ADMIN, ANNA, BORIS, WORKSPACE, World

DAY = timedelta(hours=24)
ADA = Actor(WORKSPACE, ADMIN)


@pytest.fixture
async def worlds(database_url: str, clock: ManualClock) -> AsyncIterator[list[World]]:
    """Six replicas over one database, each with a clock of its own: real ones differ by moments too."""
    async with AsyncExitStack() as stack:
        made = []
        for _ in range(6):
            engines = create_engines(database_url, wait_seconds=patience.FOR_DATABASE)
            stack.push_async_callback(engines.dispose)
            made.append(World(SqlStore(engines), ManualClock(clock.now())))
        await made[0].people()
        await asyncio.gather(*(world.balance() for world in made))
        yield made
    await check_invariants(database_url)


async def take(world: World, grant_id: str, amount: int) -> Holding:
    key = new_id(world.clock.now())
    return await credits.take_back(world.store, world.clock, ADA, key, grant_id, amount)


async def accounts(world: World) -> dict[str, int]:
    async with world.store.engines.reader.connect() as connection:
        return await balances(connection, WORKSPACE)


async def test_two_members_of_a_pool_want_its_last_credit_and_one_of_them_gets_it(worlds: list[World]) -> None:
    first = worlds[0]
    saved = await packages.save_pool(
        first.store, first.clock, ADA, "pool", pool_id=None, name="Acme", contact_id=None, member_ids=[ANNA, BORIS]
    )
    command = credits.Give(actor=ADA, request_key="gift", holder=Holder(pool_id=saved), amount=150)
    await credits.give(first.store, first.clock, command)
    results = await race(
        *(world.book(DAY * (2 + n), client=(ANNA, BORIS)[n % 2]) for n, world in enumerate(worlds)),
    )
    assert len(only(results, Session)) == 1
    refused = only(results, NotEnoughCredits)
    assert [(error.price, error.available) for error in refused] == [(100, 50)] * 5


async def test_taking_back_against_booking_never_takes_what_is_booked(worlds: list[World]) -> None:
    grant_id = await worlds[0].grant(credits=250)
    results = await race(
        *(world.book(DAY * (2 + n)) for n, world in enumerate(worlds[:3])),
        *(take(world, grant_id, 50) for world in worlds[3:]),
    )
    booked, taken = len(only(results, Session)), len(only(results, Holding))
    assert len(only(results, NotEnoughCredits)) + len(only(results, BadSetting)) == 6 - booked - taken
    assert await worlds[0].balance() == 250 - 100 * booked - 50 * taken >= 0


async def test_what_expires_while_it_is_booked_returned_and_taken_back_is_somewhere_once(worlds: list[World]) -> None:
    first = worlds[0]
    grant_id = await first.grant(credits=450, expires_at=first.clock.now() + DAY)
    returning = [await first.book(DAY * n) for n in (5, 6)]
    # These clocks stand a second before the expiry, those of the closing replicas well after it.
    for world in worlds:
        world.clock.advance(DAY - timedelta(seconds=1))
    for world in worlds[4:]:
        world.clock.advance(timedelta(seconds=1) + expiry.CLOSED_AFTER)
    results = await race(
        worlds[0].book(DAY * 8),
        worlds[1].cancel(returning[0]),
        worlds[2].cancel(returning[1]),
        take(worlds[3], grant_id, 50),
        *(upkeep.run(world.store, world.clock, expiry.close_expired) for world in worlds[4:]),
    )
    held = await accounts(first)
    booked, taken = len(only(results, Session)), len(only(results, Holding))
    assert sum(n for name, n in held.items() if name.startswith("session:")) == 100 * booked
    assert held["issued"] == -450 + 50 * taken
    # What came back after the closing is usable again; what came back before it has expired with the rest.
    worlds[5].clock.advance(DAY * 60)
    await upkeep.run(worlds[5].store, worlds[5].clock, expiry.close_expired)
    assert await accounts(first) == {
        name: amount
        for name, amount in {
            **{name: amount for name, amount in held.items() if name.startswith("session:")},
            "issued": held["issued"],
            "expired": 450 - 100 * booked - 50 * taken,
        }.items()
        if amount
    }


async def test_undo_against_taking_back_what_came_back_has_one_winner(worlds: list[World]) -> None:
    first = worlds[0]
    grant_id = await first.grant(credits=100)
    session = await first.book(DAY * 5)
    done = await first.cancel(session)
    command = undo.Undo(actor=Actor(WORKSPACE, ANNA), action_id=done.draft.action_id or "")
    results = await race(
        *(undo.undo(world.store, world.clock, command) for world in worlds[:3]),
        *(take(world, grant_id, 100) for world in worlds[3:]),
    )
    held = await accounts(first)
    taken = len(only(results, Holding))
    assert held == ({} if taken else {"issued": -100, f"session:{session.id}": 100})


async def test_one_press_gives_once_and_one_warning_goes_out_however_many_replicas_work(worlds: list[World]) -> None:
    first = worlds[0]
    day = (first.clock.now() + 20 * DAY).date()
    command = credits.Give(actor=ADA, request_key="gift", holder=Holder(ANNA), amount=100, expires_on=day)
    results = await race(*(credits.give(world.store, world.clock, command) for world in worlds))
    assert (len(only(results, Holding)), len(only(results, Replayed))) == (1, 5)
    for world in worlds:
        world.clock.advance(10 * DAY)
    results = await race(*(upkeep.run(world.store, world.clock, expiry.warn_expiring) for world in worlds))
    assert sorted(results) == [0] * 5 + [1]
    assert len(await told(first.store, NoticeKind.EXPIRING)) == 1


async def test_a_pool_joined_while_a_booking_waits_is_not_spent_unlocked(
    databases: Databases, clock: ManualClock
) -> None:
    url = await databases.fresh("postgresql")
    async with replicas(url, clock, 1) as [world]:
        store = world.store
        await world.people()
        own = await world.grant(credits=100)
        shared = await packages.save_pool(
            store, clock, ADA, "pool", pool_id=None, name="Acme", contact_id=None, member_ids=[BORIS]
        )
        given = credits.Give(actor=ADA, request_key="gift", holder=Holder(pool_id=shared), amount=100)
        last = (await credits.give(store, clock, given)).grant.id

        def taken(grant_id: str) -> Transfer:
            source = grant_account(grant_id)
            key = f"revoke:{grant_id}:all:{ADMIN}"
            return Transfer(key, TransferKind.REVOKE, source, ISSUED, 100, clock.now(), grant_id=grant_id)

        async with store.write(WORKSPACE) as first, store.write(WORKSPACE) as second:
            await first.grants.lock(own)
            booking = asyncio.create_task(world.book(DAY * 3))
            await waits(store)
            await packages.save_pool(
                store, clock, ADA, "joins", pool_id=shared, name="Acme", contact_id=None, member_ids=[ANNA, BORIS]
            )
            await second.grants.lock(last)
            await first.ledger.post([taken(own)])
            await first.commit()
            with pytest.raises(NotEnoughCredits):
                await booking
            await second.ledger.post([taken(last)])
            await second.commit()
    await check_invariants(url)


async def test_the_deadline_and_a_booking_do_not_wait_for_each_other_crosswise(
    databases: Databases, clock: ManualClock
) -> None:
    url = await databases.fresh("postgresql")
    async with replicas(url, clock, 1) as [world]:
        store, anna = world.store, Actor(WORKSPACE, ANNA)
        await world.people()
        await world.settings(Settings(policy=Policy(undecided_percent=100)))
        grants, sessions = [], []
        for hours in (5, 7):
            grants.append(await world.grant(credits=100))
            sessions.append(await world.book(timedelta(hours=hours)))
        clock.advance(timedelta(hours=1))
        # What the second grant paid was asked about first.
        for session in reversed(sessions):
            done = await world.cancel(session)
            asked = exceptions.Ask(actor=anna, action_id=done.draft.action_id or "")
            await exceptions.ask(store, clock, asked)
            clock.advance(timedelta(seconds=1))
        clock.advance(DAY * 4)
        async with store.write(WORKSPACE) as booking:
            await booking.grants.lock(grants[0])
            job = asyncio.create_task(upkeep.run(store, clock, requests.decide_overdue))
            await waits(store)
            await booking.grants.lock(grants[1])
            await booking.commit()
        assert await job == 2
        assert await world.balance() == 200
    await check_invariants(url)


async def test_what_lasts_longer_by_the_time_its_lock_is_free_is_not_closed(
    postgres_url: str, clock: ManualClock
) -> None:
    """SQLite has one writer: what it finds expired cannot change before it is closed."""
    async with replicas(postgres_url, clock, 2) as (changing, closing):
        await changing.people()
        grant_id = await changing.grant(credits=100, expires_at=clock.now() + DAY)
        clock.advance(2 * DAY)
        async with changing.store.write(WORKSPACE) as uow:
            await uow.grants.lock_all([grant_id])
            await uow.grants.save_expiry(grant_id, None)
            swept = asyncio.create_task(expiry.close_expired(closing.store, clock, 200))
            await waits(changing.store)
            await uow.commit()
        await swept
        assert (await closing.balance(), (await accounts(closing)).get("expired")) == (100, None)
        async with closing.store.read(WORKSPACE) as queries:
            [held] = await queries.grants.by_ids([grant_id])
        assert held.closed_at is None
