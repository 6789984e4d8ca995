"""The choosing dialog offers exactly what can be canceled, whatever the terms, and counts it."""

from datetime import timedelta

import pytest
from sqlalchemy import BigInteger, type_coerce, update

from coaching.actions import browse, choose
from coaching.clock import ManualClock
from coaching.policy import Policy, Tier
from coaching.records import Scope
from coaching.sessions import Actor, Hat
from coaching.workspace import Settings
from storage import SqlStore
from storage.tables import sessions
from tests.support.world import ADMIN, ANNA, COACH, WORKSPACE, World

DAY = 24 * 3_600_000_000
"""In the database: microseconds."""
HOUR, INSTANT = timedelta(hours=1), timedelta(microseconds=1)
FULL = Tier(24 * HOUR, 100)
TERMS = (
    Policy(),
    Policy(late_cancel=False),
    Policy(tiers=(), late_cancel=False),
    Policy(tiers=(FULL, Tier(12 * HOUR, 50)), late_cancel=False),
    Policy(tiers=(FULL, Tier(12 * HOUR, 50), Tier(6 * HOUR, 25)), late_cancel=False),
    Policy(tiers=(FULL, Tier(6 * HOUR, 25)), late_cancel=True),
)
WHO = {Hat.CLIENT: (ANNA, ANNA), Hat.ADMIN: (ADMIN, ANNA), Hat.COACH: (COACH, COACH)}


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    """Return a practice in which Anna has two sessions under each of several terms.

    The second one was moved late, by a day: it keeps the terms of its old time.
    """
    made = World(store, clock)
    await made.people()
    for number, policy in enumerate(TERMS):
        await made.settings(Settings(policy=policy))
        for day in (2, 3):
            await made.book(day * 24 * HOUR + number * HOUR, price=0)
    async with store.engines.writer.begin() as connection:
        await connection.execute(
            update(sessions)
            .where(sessions.c.starts_at > clock.now() + 3 * 24 * HOUR - INSTANT)
            .values(
                terms_start_at=type_coerce(sessions.c.starts_at, BigInteger) - DAY,
                refund_cutoff_at=type_coerce(sessions.c.refund_cutoff_at, BigInteger) - DAY,
            )
        )
    return made


@pytest.mark.parametrize("hat", WHO)
async def test_what_is_offered_is_what_can_be_canceled(world: World, hat: Hat) -> None:
    actor_id, whose = WHO[hat]
    actor = Actor(WORKSPACE, actor_id)
    first = (await world.listed(Hat.CLIENT, ANNA, Scope.UPCOMING))[: len(TERMS)]
    edges = {
        s.starts_at - lead * HOUR + by for s in first for lead in (0, 6, 12, 24) for by in (-INSTANT, 0 * HOUR, INSTANT)
    }
    offered: set[int] = set()
    for edge in sorted(edges):
        world.clock.set(max(edge, world.clock.now()))
        found = await choose.open_page(world.store, world.clock, actor, draft_id=None, hat=hat, subject_id=whose)
        page = await browse.list_sessions(world.store, world.clock, actor, hat=hat, subject_id=whose)
        more = await browse.list_sessions(world.store, world.clock, actor, hat=hat, subject_id=whose, page=1)
        every = [*page.rows, *(more.rows if more.page else ())]
        can = [row.session.id for row in every if row.blocked is None]
        assert [row.session.id for row in found.rows] == can
        assert found.total == len(can)
        assert all(row.blocked is None for row in found.rows)
        offered.add(len(every) - len(can))
    # Some were on the list and not on offer, in numbers that depend on who looks.
    assert len(offered) > (2 if hat is Hat.CLIENT else 1)


async def test_the_only_session_on_offer_is_picked_and_no_other(world: World) -> None:
    actor, every = Actor(WORKSPACE, ANNA), await world.cancelable(Hat.CLIENT, ANNA)
    found = await choose.open_page(world.store, world.clock, actor, draft_id=None)
    assert found.draft.picked == ()
    world.clock.set(every[-1].starts_at)
    [only] = (found := await choose.open_page(world.store, world.clock, actor, draft_id=None)).rows
    assert found.draft.picked == (only.session.id,)
    # What was let go of in an open dialog stays so.
    again = await choose.open_page(world.store, world.clock, actor, draft_id="d")
    assert again.draft.picked == ()


async def test_one_that_is_closed_is_not_picked_with_all_others(world: World) -> None:
    actor = Actor(WORKSPACE, ANNA)
    every = await world.cancelable(Hat.CLIENT, ANNA)
    strict = every[1]
    world.clock.set(strict.starts_at - HOUR)
    ids = await choose.pickable(world.store, world.clock, actor, hat=Hat.CLIENT, subject_id=ANNA, movable=False)
    assert strict.id not in ids
    assert every[-1].id in ids


async def test_a_page_that_is_gone_leads_to_the_last_one(world: World) -> None:
    actor = Actor(WORKSPACE, ANNA)
    found = await choose.open_page(world.store, world.clock, actor, draft_id=None, page=9)
    here = len(found.rows)
    # One was moved under terms that never return anything: its cutoff has passed.
    assert (found.page, here) == (0, 2 * len(TERMS) - 1)
    for number in range(choose.CHOOSE_PAGE):
        await world.book((200 + number) * HOUR, price=0)
    found = await choose.open_page(world.store, world.clock, actor, draft_id=None, page=9)
    assert (found.page, len(found.rows)) == (1, here)
    assert not found.later
