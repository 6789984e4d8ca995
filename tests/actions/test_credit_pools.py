"""Credits of a company pool are asked of its contact first, who passes it on to the admins or declines."""

from collections.abc import AsyncIterator

import pytest

from coaching.actions import credit_answers, upkeep
from coaching.clock import ManualClock
from coaching.errors import AdminsOnly, NotYours
from coaching.news.kinds import NoticeKind
from coaching.packages import Holder
from coaching.requests import RequestState
from coaching.sessions import Person
from storage import SqlStore
from tests.actions.crediting import (
    MICRO,
    OTHER_ADMIN,
    ask,
    by_hand,
    decline,
    pass_on,
    pool,
    press,
    reread,
    rows,
    two_admins,
    who_was_told,
)
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE, World


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock, database_url: str) -> AsyncIterator[World]:
    async with two_admins(store, clock, database_url) as world:
        yield world


async def test_a_pools_contact_is_asked_first_and_passes_it_on_or_declines(world: World) -> None:
    acme = await pool(world, ANNA, BORIS)
    case, other = await ask(world, to=acme), await ask(world, who=BORIS, to=acme)
    assert await who_was_told(world, NoticeKind.CREDITS_ASKED) == [COACH, COACH]
    assert await who_was_told(world, NoticeKind.ADMIN_CREDITS) == []
    with pytest.raises(AdminsOnly):
        await press(world, case, COACH)
    with pytest.raises(AdminsOnly):
        await pass_on(world, case, OTHER_COACH)
    answer = await pass_on(world, case)
    assert answer.done
    assert (answer.asked.by_admins, answer.asked.passed_by) == (True, COACH)
    assert not (await pass_on(world, case)).done
    assert await who_was_told(world, NoticeKind.ADMIN_CREDITS) == [ADMIN, OTHER_ADMIN]
    assert (await decline(world, other, COACH)).done
    given = await press(world, case)
    assert given.holder == Holder(pool_id=acme)
    assert await who_was_told(world, NoticeKind.GRANTED) == [COACH]
    assert sorted(await who_was_told(world, NoticeKind.ANSWERED)) == [ANNA, BORIS], "one gift, one refusal"


async def test_a_contact_who_says_nothing_loses_it_to_the_admins_half_way(world: World) -> None:
    acme = await pool(world, ANNA)
    case = await ask(world, to=acme)
    assert case.asked
    world.clock.set(case.asked.half_way - MICRO)
    assert await upkeep.run(world.store, world.clock, credit_answers.hand_over) == 0
    world.clock.set(case.asked.half_way)
    assert await upkeep.run(world.store, world.clock, credit_answers.hand_over) == 1
    after = await reread(world, case)
    assert (after.open, after.by_admins, after.passed_by) == (True, True, None)
    assert await who_was_told(world, NoticeKind.ADMIN_CREDITS) == [ADMIN, OTHER_ADMIN]
    assert len(await who_was_told(world, NoticeKind.ADMIN_NUDGE)) == 2, "only the last one is ahead"
    assert await upkeep.run(world.store, world.clock, credit_answers.hand_over) == 0
    late = await decline(world, case, COACH)
    assert (late.done, late.decides, late.asked.open) == (False, False, True), "loses it to the admins"
    assert (await decline(world, case)).done


async def test_requests_that_nobody_can_take_do_not_block_those_behind_them(world: World) -> None:
    acme = await pool(world, ANNA, BORIS)
    stuck = await ask(world, to=acme)
    world.clock.advance(MICRO)
    behind = await ask(world, who=BORIS, to=acme)
    assert behind.asked
    async with world.store.write(WORKSPACE) as uow:
        # The only admin who is left asked for the first one: nobody else can take it.
        await uow.people.save_admins([ANNA])
        await uow.people.save(Person(ADMIN, "Ada Admin"), world.clock.now())
        await uow.commit()
    world.clock.set(behind.asked.half_way)
    assert await upkeep.run(world.store, world.clock, credit_answers.hand_over, batch=1) == 1
    assert not (await reread(world, stuck)).by_admins
    assert (await reread(world, behind)).by_admins


async def test_a_contact_who_passed_it_on_cannot_decline_any_more(world: World) -> None:
    case = await ask(world, to=await pool(world, ANNA))
    assert (await pass_on(world, case)).done
    late = await decline(world, case, COACH)
    assert (late.done, late.decides, late.asked.open) == (False, False, True)
    assert await who_was_told(world, NoticeKind.ANSWERED) == []


async def test_a_contact_who_declines_half_way_or_later_hands_it_to_the_admins(world: World) -> None:
    case = await ask(world, to=await pool(world, ANNA))
    assert case.asked
    world.clock.set(case.asked.half_way)
    late = await decline(world, case, COACH)
    assert (late.done, late.asked.open, late.asked.by_admins, late.asked.passed_by) == (False, True, True, None)
    assert await who_was_told(world, NoticeKind.ADMIN_CREDITS) == [ADMIN, OTHER_ADMIN]


async def test_a_contact_declines_at_any_time_where_no_other_admin_is_known(world: World) -> None:
    case = await ask(world, to=await pool(world, ANNA))
    assert case.asked
    async with world.store.write(WORKSPACE) as uow:
        await uow.people.save_admins([])
        await uow.people.save(Person(ADMIN, "Ada Admin"), world.clock.now())
        await uow.commit()
    found = await pass_on(world, case)
    assert (found.done, found.asked.open, found.asked.by_admins) == (False, True, False)
    world.clock.set(case.asked.half_way)
    assert (await decline(world, case, COACH)).done


@pytest.mark.parametrize("contact", [None, ANNA, "mail:dora@example.com"])
async def test_admins_are_asked_at_once_where_no_other_contact_can_be(world: World, contact: str | None) -> None:
    acme = await pool(world, ANNA)
    async with world.store.write(WORKSPACE) as uow:
        await uow.pools.save(acme, "Acme", contact, [ANNA])
        await uow.commit()
    case = await ask(world, to=acme)
    assert case.asked
    assert case.asked.by_admins
    assert await who_was_told(world, NoticeKind.ADMIN_CREDITS) == [ADMIN, OTHER_ADMIN]


async def test_only_a_pool_that_one_books_from_is_asked_for(world: World) -> None:
    acme = await pool(world, BORIS)
    for to in (acme, "nowhere"):
        with pytest.raises(NotYours):
            await ask(world, to=to)
    assert await rows(world, "SELECT * FROM requests") == []


async def test_a_gift_to_the_pool_by_hand_answers_all_of_its_members(world: World) -> None:
    acme = await pool(world, ANNA, BORIS)
    case, own = await ask(world, to=acme), await ask(world, who=BORIS)
    await by_hand(world, Holder(pool_id=acme))
    assert (await reread(world, case)).state is RequestState.ACCEPTED
    assert (await reread(world, own)).open, "it was asked for himself"
    assert await who_was_told(world, NoticeKind.ANSWERED) == [ANNA]
