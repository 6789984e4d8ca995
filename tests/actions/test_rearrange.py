"""What is booked in a time off, decided in one go: races, terms, and what a second thought finds, on both databases."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from coaching.actions import rearrange
from coaching.actions.cancel import Typed
from coaching.actions.rearrange import Arranging, Rearrange, Rearranged, Terms
from coaching.availability import Availability, parse_hours
from coaching.clock import ManualClock
from coaching.errors import CoachingError, DialogExpired, NotYours, SlotTaken
from coaching.fates import Becomes, Fate
from coaching.ids import new_id
from coaching.sessions import Actor, Session, Status
from storage import SqlStore
from storage.reconciliation import findings
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE, World

H = timedelta(hours=1)
CANCEL, TO_OTTO = Fate(Becomes.CANCEL), Fate(Becomes.HAND, OTHER_COACH)
CARLA = Actor(WORKSPACE, COACH)


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    """Both coaches give hours around the clock, and Anna and Boris can pay."""
    world = World(store, clock)
    await world.people()
    async with store.write(WORKSPACE) as uow:
        for coach in (COACH, OTHER_COACH):
            await uow.schedule.save(coach, Availability(time_zone="UTC", hours=parse_hours("daily 0-24"), notice=H))
        await uow.commit()
    for client in (ANNA, BORIS):
        await world.grant(client)
    return world


async def confirmed(world: World, fates: Mapping[str, Fate], actor: Actor = CARLA) -> Rearrange:
    """Choose for sessions within four days of now, and see the confirmation."""
    now = world.clock.now()
    found = await rearrange.begin(world.store, world.clock, actor, COACH, now, now + 96 * H)
    assert isinstance(found, Arranging)
    draft = found.draft.id
    await rearrange.choose(world.store, world.clock, actor, new_id(now), draft, COACH, fates)
    terms = await rearrange.quote(world.store, world.clock, actor, draft, COACH)
    return Rearrange(actor=actor, draft_id=draft, coach_id=COACH, typed=Typed(), seal=terms.seal)


async def done(world: World, command: Rearrange) -> Rearranged | Terms:
    return await rearrange.rearrange(world.store, world.clock, command)


async def state(world: World, *sessions: Session) -> list[tuple[Status, str, datetime]]:
    async with world.store.read(WORKSPACE) as queries:
        found = {one.id: one for one in await queries.sessions.by_ids([one.id for one in sessions])}
    return [(found[one.id].status, found[one.id].coach.id, found[one.id].starts_at) for one in sessions]


async def sound(world: World) -> None:
    async with world.store.engines.reader.connect() as connection:
        assert await findings(connection, now=world.clock.now()) == []


@pytest.mark.parametrize("fate", [CANCEL, TO_OTTO], ids=["cancel", "hand over"])
async def test_a_client_who_cancels_while_the_coach_confirms_is_canceled_once_and_nothing_is_half_done(
    world: World, fate: Fate
) -> None:
    first, second = await world.book(30 * H), await world.book(32 * H, client=BORIS)
    command = await confirmed(world, {first.id: fate, second.id: CANCEL})
    quoted = await world.quote(first)
    answer, _ = await asyncio.gather(done(world, command), world.confirm(quoted), return_exceptions=True)
    [one, other] = await state(world, first, second)
    if isinstance(answer, Rearranged):
        # The coach was first. What Anna confirmed was no longer as she saw it.
        assert other[0] is Status.CANCELED
        assert one[0] is Status.CANCELED or one[1] == OTHER_COACH
    else:
        assert isinstance(answer, Terms)
        assert [session.id for session, _ in answer.gone] == [first.id]
        assert one[0] is Status.CANCELED
        assert other == (Status.SCHEDULED, COACH, second.starts_at)
    assert await world.balance(ANNA) in {900, 1000}
    await sound(world)


async def test_two_presses_at_once_do_it_once(world: World) -> None:
    sessions = [await world.book(n * H, client=client) for n, client in ((30, ANNA), (32, ANNA), (34, BORIS))]
    fates = dict(zip([one.id for one in sessions], [CANCEL, TO_OTTO, TO_OTTO], strict=True))
    command = await confirmed(world, fates)
    both = await asyncio.gather(done(world, command), done(world, command))
    assert sorted(one.again for one in both if isinstance(one, Rearranged)) == [False, True]
    assert await world.balance() == 900
    await sound(world)


async def test_a_coach_and_an_admin_who_decide_at_once_do_not_do_both(world: World) -> None:
    first, second = await world.book(30 * H), await world.book(32 * H, client=BORIS)
    commands = [
        await confirmed(world, {first.id: CANCEL, second.id: TO_OTTO}),
        await confirmed(world, {first.id: TO_OTTO, second.id: CANCEL}, Actor(WORKSPACE, ADMIN)),
    ]
    answers = await asyncio.gather(*(done(world, one) for one in commands), return_exceptions=True)
    assert sum(isinstance(one, Rearranged) for one in answers) == 1
    assert sorted(status for status, _, _ in await state(world, first, second)) == ["canceled", "scheduled"]
    await sound(world)


async def test_a_time_that_is_taken_meanwhile_undoes_all_of_it(world: World) -> None:
    first, second = await world.book(30 * H), await world.book(32 * H, client=BORIS)
    new = Fate(Becomes.MOVE, starts_at=first.starts_at + 100 * H)
    command = await confirmed(world, {first.id: new, second.id: CANCEL})
    await world.book(130 * H, client=BORIS)
    with pytest.raises(SlotTaken):
        await done(world, command)
    assert await state(world, first, second) == [
        (Status.SCHEDULED, COACH, first.starts_at),
        (Status.SCHEDULED, COACH, second.starts_at),
    ]
    assert await world.balance(BORIS) == 800
    await sound(world)


async def test_what_was_not_shown_is_not_done(world: World) -> None:
    session = await world.book(30 * H)
    command = await confirmed(world, {session.id: CANCEL})
    answer = await done(world, replace(command, seal="another"))
    assert isinstance(answer, Terms)
    assert answer.changed
    assert (await state(world, session))[0][0] is Status.SCHEDULED


@pytest.mark.parametrize("who", [ANNA, OTHER_COACH])
async def test_nobody_else_decides_about_it(world: World, who: str) -> None:
    session = await world.book(30 * H)
    command = await confirmed(world, {session.id: CANCEL})
    with pytest.raises(DialogExpired):
        await done(world, replace(command, actor=Actor(WORKSPACE, who)))
    now = world.clock.now()
    with pytest.raises(CoachingError) as refused:
        await rearrange.begin(world.store, world.clock, Actor(WORKSPACE, who), COACH, now, now + 96 * H)
    assert not isinstance(refused.value, NotYours | DialogExpired) or who == OTHER_COACH


async def test_a_session_that_starts_within_the_hour_is_told_at_once_with_all_the_rest(world: World) -> None:
    soon, later = await world.book(2 * H), await world.book(40 * H)
    world.clock.advance(1.5 * H)
    command = await confirmed(world, {soon.id: CANCEL, later.id: TO_OTTO})
    answer = await done(world, command)
    assert isinstance(answer, Rearranged)
    assert [one.cancellation.undo_until for one in answer.canceled if one.cancellation] == [None]
    await sound(world)
