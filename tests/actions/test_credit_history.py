"""The history of credits: its pages in both directions, the balance after each movement, and a line for each of them."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest

from coaching.actions import credits, outcomes, packages, people, undo
from coaching.clock import ManualClock
from coaching.credits import TransferKind
from coaching.ids import new_id
from coaching.packages import Holder, Movement, Turn
from coaching.sessions import Actor, Person, Status
from storage import SqlStore
from tests.support.invariants import violations
from tests.support.world import ADMIN, ANNA, BORIS, COACH, WORKSPACE, World

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
PAGE = 4
MAIL, PAT = "mail:pat@example.com", "U0PAT"


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> AsyncIterator[World]:
    world = World(store, clock)
    await world.people()
    yield world
    async with store.engines.reader.connect() as connection:
        assert await violations(connection) == []


async def page(world: World, holder: Holder, turn: Turn | None = None, who: str = ADMIN) -> credits.History:
    return await credits.open_history(world.store, world.clock, Actor(WORKSPACE, who), holder, turn, most=PAGE)


async def every_page(world: World, holder: Holder) -> list[credits.History]:
    """Turn to the oldest page, and check that the way back shows the same."""
    pages = [await page(world, holder)]
    assert pages[0].newer is None
    while (older := pages[-1].older) is not None:
        pages.append(await page(world, holder, older))
        assert len(pages[-2].movements) == PAGE
    back = pages[-1]
    for shown in pages[-2::-1]:
        assert back.newer is not None
        back = await page(world, holder, back.newer)
        assert list(back.movements) == list(shown.movements)
        assert back.older == shown.older
    assert back.newer is None
    return pages


def lines(pages: Sequence[credits.History]) -> list[Movement]:
    return [one for shown in pages for one in shown.movements]


async def pool(world: World, *members: str) -> Holder:
    saved = await packages.save_pool(
        world.store,
        world.clock,
        Actor(WORKSPACE, ADMIN),
        new_id(world.clock.now()),
        pool_id=None,
        name="Acme",
        contact_id=COACH,
        member_ids=members,
    )
    held = Holder(pool_id=saved)
    await give(world, held, 5000)
    return held


async def give(world: World, holder: Holder, amount: int) -> None:
    actor = Actor(WORKSPACE, ADMIN)
    command = credits.Give(actor=actor, request_key=new_id(world.clock.now()), holder=holder, amount=amount)
    await credits.give(world.store, world.clock, command)
    world.clock.advance(MINUTE)


async def test_every_movement_has_the_balance_after_it_on_every_page(world: World) -> None:
    for amount in (300, 500, 700):  # each is a grant of its own
        await give(world, Holder(ANNA), amount)
    for number in range(1, 8):
        session = await world.book(number * DAY)
        world.clock.advance(MINUTE)
        if number % 2:
            await world.cancel(session)
            world.clock.advance(MINUTE)
    pages = await every_page(world, Holder(ANNA))
    assert len(pages) == 4
    shown = lines(pages)
    assert len({one.at for one in shown}) == 14
    balance = 0
    for one in reversed(shown):
        balance += one.change
        assert one.balance == balance
    assert balance == await world.balance() == 1200


async def test_what_moves_while_somebody_turns_pages_neither_shifts_nor_repeats_them(world: World) -> None:
    for _ in range(PAGE + 2):
        await give(world, Holder(ANNA), 100)
    first = await page(world, Holder(ANNA))
    assert first.older is not None
    await world.book(DAY)
    second = await page(world, Holder(ANNA), first.older)
    assert [one.balance for one in (*first.movements, *second.movements)] == [600, 500, 400, 300, 200, 100]
    assert second.newer is not None
    again = await page(world, Holder(ANNA), second.newer)
    assert list(again.movements) == list(first.movements)
    # Back at the beginning, what has happened since is there.
    assert again.newer is not None
    again = await page(world, Holder(ANNA), again.newer)
    assert [(one.kind, one.balance) for one in again.movements] == [
        (TransferKind.BOOK, 500),
        (TransferKind.ISSUE, 600),
        (TransferKind.ISSUE, 500),
        (TransferKind.ISSUE, 400),
    ]


async def test_every_cancellation_that_was_undone_has_a_line_for_each_of_its_own(world: World) -> None:
    await give(world, Holder(ANNA), 300)
    session = await world.book(30 * HOUR)
    world.clock.advance(20 * HOUR)
    action_id = (await world.cancel(session)).draft.action_id or ""
    world.clock.advance(timedelta(seconds=5))
    await undo.undo(world.store, world.clock, undo.Undo(actor=Actor(WORKSPACE, ANNA), action_id=action_id))
    told = [(one.kind, one.change, one.balance) for one in lines(await every_page(world, Holder(ANNA)))]
    assert told == [
        (TransferKind.UNDO, 0, 200),
        (TransferKind.FORFEIT, 0, 200),
        (TransferKind.BOOK, -100, 200),
        (TransferKind.ISSUE, 300, 300),
    ]


async def test_a_missed_session_that_was_not_missed_after_all_has_a_line_and_one_held_as_booked_has_none(
    world: World,
) -> None:
    await give(world, Holder(ANNA), 300)
    missed, held = await world.book(DAY), await world.book(2 * DAY)
    world.clock.set(held.ends_at)
    for session, outcome in (
        (held, Status.COMPLETED),
        (missed, Status.NO_SHOW),
        (missed, Status.COMPLETED),
    ):
        world.clock.advance(MINUTE)
        command = outcomes.CloseSession(actor=Actor(WORKSPACE, COACH), session_id=session.id, outcome=outcome)
        await outcomes.close(world.store, world.clock, command)
    told = [(one.kind, one.starts_at, one.change) for one in lines(await every_page(world, Holder(ANNA)))]
    assert told[:2] == [(TransferKind.EARN, missed.starts_at, 0), (TransferKind.MISS, missed.starts_at, 0)]
    assert [kind for kind, *_ in told[2:]] == [TransferKind.BOOK, TransferKind.BOOK, TransferKind.ISSUE]


async def test_what_a_pool_paid_is_in_the_history_of_who_used_it_and_its_balance_only_in_the_pools_own(
    world: World,
) -> None:
    acme = await pool(world, ANNA, BORIS)
    for number in range(1, 6):
        session = await world.book(number * DAY, client=(ANNA, BORIS)[number % 2])
        world.clock.advance(MINUTE)
    await world.cancel(session, who=BORIS)
    world.clock.advance(MINUTE)
    await give(world, Holder(ANNA), 300)
    annas = lines(await every_page(world, Holder(ANNA)))
    assert [(one.kind, one.change, one.balance) for one in annas] == [
        (TransferKind.ISSUE, 300, 300),
        (TransferKind.BOOK, -100, None),
        (TransferKind.BOOK, -100, None),
    ]
    boris = lines(await every_page(world, Holder(BORIS)))
    assert [(one.kind, one.pool, one.balance) for one in boris] == [
        (TransferKind.REFUND, "Acme", None),
        *([(TransferKind.BOOK, "Acme", None)] * 3),
    ]
    of_pool = lines(await every_page(world, acme))
    assert [one.balance for one in of_pool] == [4600, 4500, 4600, 4700, 4800, 4900, 5000]


async def test_what_somebody_known_by_mail_used_of_a_pool_follows_them(world: World) -> None:
    acme = await pool(world)
    async with world.store.write(WORKSPACE) as uow:  # as a company's list of people names them
        await uow.pools.save(acme.pool_id or "", "Acme", COACH, [MAIL])
        await uow.commit()
    await world.book(DAY, client=MAIL)
    pat = Person(PAT, "Pat", "pat@example.com")
    assert await people.remember(world.store, world.clock, WORKSPACE, pat, world.clock.now(), link=True) == 1
    assert [(one.kind, one.pool) for one in lines(await every_page(world, Holder(PAT)))] == [
        (TransferKind.BOOK, "Acme")
    ]
    assert lines(await every_page(world, Holder(MAIL))) == []


async def test_of_many_grants_with_movements_at_one_instant_none_is_left_out(world: World) -> None:
    """Each page is from a few of the grants only, and their first movements may be equally new."""
    async with world.store.write(WORKSPACE) as uow:
        for number in range(3 * PAGE):
            grant = credits.Grant(f"g{number:02}", "Credits", 100, 1, None)
            await uow.grants.add(ANNA, grant, package=None, now=world.clock.now())
        await uow.commit()
    shown = lines(await every_page(world, Holder(ANNA)))
    assert [one.balance for one in shown] == [100 * number for number in range(3 * PAGE, 0, -1)]
