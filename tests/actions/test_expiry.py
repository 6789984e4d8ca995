"""Credits that expire: their holders hear in time, what is left leaves the account, and nothing is lost or doubled on the way."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest

from coaching.actions import credits, expiry, packages, undo, upkeep
from coaching.clock import ManualClock
from coaching.errors import NotEnoughCredits
from coaching.ids import new_id
from coaching.news.kinds import NoticeKind
from coaching.packages import Holder, Holding
from coaching.policy import Policy
from coaching.quiet import QuietHours
from coaching.sessions import Actor
from coaching.workspace import Settings
from storage import SqlStore
from tests.support.invariants import balances, violations
from tests.support.notices import told
from tests.support.world import ADMIN, ANNA, BORIS, COACH, WORKSPACE, World

DAY, HOUR = timedelta(hours=24), timedelta(hours=1)


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> AsyncIterator[World]:
    world = World(store, clock)
    await world.people()
    yield world
    async with store.engines.reader.connect() as connection:
        assert await violations(connection) == []


async def warn(world: World) -> int:
    return await upkeep.run(world.store, world.clock, expiry.warn_expiring)


async def close(world: World) -> int:
    return await upkeep.run(world.store, world.clock, expiry.close_expired)


async def held(world: World, grant_id: str) -> Holding:
    async with world.store.read(WORKSPACE) as queries:
        [found] = await queries.grants.by_ids([grant_id])
    return found


async def came_back(world: World, parent_id: str) -> Holding:
    """Return the grant that holds what came back of another."""
    async with world.store.read(WORKSPACE) as queries:
        found = await queries.grants.holdings(Holder(ANNA))
    [back] = [one for one in found if one.grant.parent_id == parent_id]
    return back


async def accounts(world: World) -> dict[str, int]:
    async with world.store.engines.reader.connect() as connection:
        return await balances(connection, WORKSPACE)


def in_(world: World, span: timedelta) -> datetime:
    return world.clock.now() + span


async def test_holders_are_told_once_within_the_notice_and_of_several_grants_together(world: World) -> None:
    later = await world.grant(expires_at=in_(world, 10 * DAY))
    first = await world.grant(credits=50, expires_at=in_(world, 9 * DAY))
    far = await world.grant(expires_at=in_(world, 15 * DAY))
    never = await world.grant()
    boris = await world.grant(BORIS, expires_at=in_(world, DAY))
    assert await warn(world) == 3
    assert sorted(await told(world.store, NoticeKind.EXPIRING)) == [(ANNA, first), (BORIS, boris)]
    async with world.store.read(WORKSPACE) as queries:
        together = await queries.grants.told_together(ANNA, world.clock.now())
    assert [one.grant.id for one in together] == [first, later]
    assert await warn(world) == 0
    world.clock.advance(2 * DAY)
    assert await warn(world) == 1
    assert [about for _, about in await told(world.store, NoticeKind.EXPIRING)][-1] == far
    assert (await held(world, never)).warned_at is None


async def test_what_is_used_up_is_not_worth_a_word_until_it_comes_back(world: World) -> None:
    await world.settings(Settings(policy=Policy(return_period=5 * DAY)))
    grant = await world.grant(credits=100, expires_at=in_(world, 10 * DAY))
    session = await world.book(5 * DAY)
    assert await warn(world) == 0
    await world.cancel(session)
    assert await warn(world) == 1
    assert await told(world.store, NoticeKind.EXPIRING) == [(ANNA, grant)]


async def test_what_is_found_later_in_a_quiet_night_is_told_in_the_same_message(world: World) -> None:
    await world.settings(Settings(quiet_hours=QuietHours(time(21), time(8)), expiry_notice=7 * DAY))
    world.clock.advance(12 * HOUR)  # 22:00 in New York
    first = await world.grant(expires_at=in_(world, 6 * DAY))
    assert await warn(world) == 1
    world.clock.advance(HOUR)
    second = await world.grant(expires_at=in_(world, 6 * DAY))
    assert await warn(world) == 1
    assert await told(world.store, NoticeKind.EXPIRING) == [(ANNA, first)]
    morning = (await held(world, first)).warned_at
    assert morning is not None
    async with world.store.read(WORKSPACE) as queries:
        together = await queries.grants.told_together(ANNA, morning)
    assert [one.grant.id for one in together] == [first, second]


async def test_each_workspaces_own_notice_counts_and_none_means_silence(world: World) -> None:
    await world.grant(expires_at=in_(world, 3 * DAY))
    await world.settings(Settings(expiry_notice=None))
    assert await warn(world) == 0
    await world.settings(Settings(expiry_notice=2 * DAY))
    assert await warn(world) == 0
    await world.settings(Settings(expiry_notice=3 * DAY))
    assert await warn(world) == 1


async def test_nobody_is_woken_for_it(world: World) -> None:
    await world.settings(Settings(quiet_hours=QuietHours(time(22), time(8))))
    grant = await world.grant(expires_at=in_(world, 10 * DAY))
    world.clock.set(world.clock.now().replace(hour=5, minute=30))  # half past midnight in New York
    assert await warn(world) == 1
    morning = world.clock.now().replace(hour=13, minute=0)
    assert (await held(world, grant)).warned_at == morning
    async with world.store.read(WORKSPACE) as queries:
        assert len(await queries.grants.told_together(ANNA, morning)) == 1


async def test_whoever_becomes_a_pools_contact_hears_what_nobody_or_another_one_was_told(world: World) -> None:
    async def look_after(contact: str | None, pool: str | None = None) -> str:
        key = new_id(world.clock.now())
        admin = Actor(WORKSPACE, ADMIN)
        return await packages.save_pool(
            world.store, world.clock, admin, key, pool_id=pool, name="Acme", contact_id=contact, member_ids=[ANNA]
        )

    pool = await look_after(None)
    grant = (await _give(world, Holder(pool_id=pool), 5)).grant.id
    assert (await held(world, grant)).warned_at is not None
    assert await warn(world) == 0
    for contact in (COACH, BORIS):
        await look_after(contact, pool)
        assert await warn(world) == 1
        assert (await told(world.store, NoticeKind.EXPIRING))[-1] == (contact, grant)
        await look_after(contact, pool)
        assert await warn(world) == 0
        world.clock.advance(HOUR)


async def test_a_pools_contact_is_told_and_one_without_is_left_in_peace(world: World) -> None:
    for name, contact in (("Acme", COACH), ("Quiet", None)):
        saved = await packages.save_pool(
            world.store,
            world.clock,
            Actor(WORKSPACE, ADMIN),
            new_id(world.clock.now()),
            pool_id=None,
            name=name,
            contact_id=contact,
            member_ids=[ANNA],
        )
        await _give(world, Holder(pool_id=saved), 20)
    world.clock.advance(8 * DAY)
    assert await warn(world) == 2
    assert [who for who, _ in await told(world.store, NoticeKind.EXPIRING)] == [COACH]


async def _give(world: World, holder: Holder, days: int) -> Holding:
    return await credits.give(
        world.store,
        world.clock,
        credits.Give(
            actor=Actor(WORKSPACE, ADMIN),
            request_key=new_id(world.clock.now()),
            holder=holder,
            amount=300,
            expires_on=(world.clock.now() + days * DAY).date(),
        ),
    )


async def test_what_is_given_for_a_short_time_is_told_once_and_a_moved_expiry_anew(world: World) -> None:
    given = await _give(world, Holder(ANNA), 5)
    assert await warn(world) == 0  # the word about the gift said until when
    actor, key = Actor(WORKSPACE, ADMIN), new_id(world.clock.now())
    day = (world.clock.now() + 7 * DAY).date()
    await credits.change_expiry(world.store, world.clock, actor, key, given.grant.id, day)
    assert await warn(world) == 1


async def test_what_is_left_expires_and_what_is_booked_does_not(world: World) -> None:
    grant = await world.grant(credits=350, expires_at=in_(world, 5 * DAY))
    booked = await world.book(8 * DAY)
    world.clock.advance(5 * DAY)
    with pytest.raises(NotEnoughCredits):
        await world.book(DAY)
    assert await close(world) == 0  # what came back a moment ago may still be undone
    world.clock.advance(expiry.CLOSED_AFTER)
    assert await close(world) == 1
    assert await accounts(world) == {"issued": -350, "expired": 250, f"session:{booked.id}": 100}
    closed = await held(world, grant)
    assert closed.closed_at == world.clock.now()
    assert await close(world) == 0
    found = await credits.open_history(world.store, world.clock, Actor(WORKSPACE, ANNA), Holder(ANNA))
    assert (str(found.movements[0].kind), found.movements[0].change) == ("expire", -250)


async def test_what_comes_back_to_a_closed_grant_lasts_the_return_period_and_then_expires_once(world: World) -> None:
    await world.settings(Settings(policy=Policy(return_period=20 * DAY), undo_window=timedelta(0)))
    grant = await world.grant(credits=200, expires_at=in_(world, 5 * DAY))
    session = await world.book(20 * DAY)
    world.clock.advance(6 * DAY)
    assert await close(world) == 1
    parent = await held(world, grant)
    await world.cancel(session)
    assert await held(world, grant) == parent
    back = await came_back(world, grant)
    assert (back.grant.balance, back.closed_at, back.warned_at) == (100, None, None)
    assert back.grant.expires_at is not None
    assert 20 * DAY <= back.grant.expires_at - world.clock.now() < 21 * DAY
    assert await warn(world) == 0
    world.clock.advance(7 * DAY)
    assert await warn(world) == 1
    world.clock.advance(15 * DAY)
    assert await close(world) == 1
    assert await accounts(world) == {"issued": -200, "expired": 200}


async def test_whoever_is_told_until_when_what_came_back_lasts_is_not_warned_of_it_at_once(world: World) -> None:
    await world.settings(Settings(policy=Policy(return_period=10 * DAY)))
    await world.grant(credits=100, expires_at=in_(world, 2 * DAY))
    assert await warn(world) == 1
    session = await world.book(20 * DAY)
    await world.cancel(session)
    assert await warn(world) == 0


async def test_a_cancellation_just_before_the_expiry_can_be_undone_just_after(world: World) -> None:
    await world.settings(Settings(undo_window=timedelta(seconds=600)))
    await world.grant(credits=100, expires_at=in_(world, DAY))
    session = await world.book(5 * DAY)
    world.clock.set(world.clock.now() + DAY - timedelta(seconds=5))
    done = await world.cancel(session)
    world.clock.advance(timedelta(seconds=595))
    assert await close(world) == 0
    action_id = done.draft.action_id or ""
    await undo.undo(world.store, world.clock, undo.Undo(actor=Actor(WORKSPACE, ANNA), action_id=action_id))
    world.clock.advance(HOUR)
    assert await close(world) == 1
    assert (await accounts(world)) == {"issued": -100, f"session:{session.id}": 100}


async def test_a_refund_whose_clock_is_a_moment_behind_the_closing_is_not_lost(world: World) -> None:
    await world.settings(Settings(policy=Policy(return_period=timedelta(0))))
    grant = await world.grant(credits=200, expires_at=in_(world, DAY))
    session = await world.book(9 * DAY)
    before = World(world.store, ManualClock(world.clock.now() + DAY - timedelta(seconds=1)))
    world.clock.advance(DAY + expiry.CLOSED_AFTER)
    assert await close(world) == 1
    closed = await held(world, grant)
    await before.cancel(session)  # by a replica that still thinks that the grant has not expired
    assert await held(world, grant) == closed
    back = await came_back(world, grant)
    assert (back.grant.balance, back.closed_at) == (100, None)
    assert back.grant.usable(world.clock.now())


async def test_jobs_work_in_batches_over_all_workspaces(world: World) -> None:
    other = replace(world, workspace="T0NEXT")
    for one in (world, other):
        for number in range(3):
            await one.grant(credits=100, expires_at=in_(world, DAY + number * HOUR))
    assert await upkeep.run(world.store, world.clock, expiry.warn_expiring, batch=2) == 6
    world.clock.advance(2 * DAY)
    assert await upkeep.run(world.store, world.clock, expiry.close_expired, batch=4) == 6
    async with world.store.engines.reader.connect() as connection:
        for workspace in (WORKSPACE, "T0NEXT"):
            assert await balances(connection, workspace) == {"issued": -300, "expired": 300}
