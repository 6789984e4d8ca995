"""Among everybody's sessions an admin who is a coach too changes their own ones as their coach, the others as an admin."""

from datetime import timedelta

import pytest

from coaching.actions import cancel, reschedule, undo
from coaching.clock import ManualClock
from coaching.errors import CoachesOnly
from coaching.ids import new_id
from coaching.sessions import EVERYBODY, Actor, Hat, Session, Status
from coaching.timeline import Event
from storage import SqlStore
from storage.reconciliation import findings
from tests.support.world import ADMIN, ANNA, BORIS, COACH, WORKSPACE, World

DAY = timedelta(days=1)
ADA = Actor(WORKSPACE, ADMIN)


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    """Ada is an admin and a coach."""
    world = World(store, clock)
    await world.people()
    async with store.write(WORKSPACE) as uow:
        await uow.coaches.save(ADMIN, None)
        await uow.commit()
    await world.open(ADMIN)
    await world.open(COACH)
    await world.grant()
    await world.grant(BORIS)
    return world


@pytest.fixture
async def both(world: World) -> tuple[Session, Session]:
    """A session that Ada gives, and one that Carla gives."""
    return await world.book(2 * DAY, coach=ADMIN), await world.book(3 * DAY, client=BORIS)


async def roles(world: World, event: Event, *sessions: Session) -> list[Hat]:
    async with world.store.read(WORKSPACE) as queries:
        found = [await queries.timeline.of(one.id, 40, 99) for one in sessions]
    return [[entry.role for entry, _ in entries if entry.event is event][-1] for entries, _ in found]


async def world_is_wrong(world: World) -> list[str]:
    async with world.store.engines.reader.connect() as connection:
        return [f"{one.rule.id} {one.examples}" for one in await findings(connection)]


async def canceled(world: World, *sessions: Session) -> str:
    done = await world.confirm(await world.quote(*sessions, who=ADMIN, hat=Hat.ADMIN, subject=EVERYBODY))
    assert isinstance(done, cancel.Canceled)
    assert done.draft.action_id is not None
    return done.draft.action_id


async def test_each_session_is_canceled_and_restored_in_the_role_that_the_admin_has_in_it(
    world: World, both: tuple[Session, Session]
) -> None:
    action = await canceled(world, *both)
    async with world.store.read(WORKSPACE) as queries:
        found = await queries.sessions.by_ids([one.id for one in both])
    assert [one.cancellation and one.cancellation.role for one in found] == [Hat.COACH, Hat.ADMIN]
    assert await roles(world, Event.CANCELED, *both) == [Hat.COACH, Hat.ADMIN]
    done = await undo.undo(world.store, world.clock, undo.Undo(actor=ADA, action_id=action))
    assert {one.status for one in done.sessions} == {Status.SCHEDULED}
    assert await roles(world, Event.UNDONE, *both) == [Hat.COACH, Hat.ADMIN]
    again = await undo.undo(world.store, world.clock, undo.Undo(actor=ADA, action_id=action))
    assert len(again.sessions) == 2
    assert not await world_is_wrong(world)


async def test_what_was_canceled_as_its_coach_is_restored_only_by_a_coach(
    world: World, both: tuple[Session, Session]
) -> None:
    action = await canceled(world, *both)
    async with world.store.write(WORKSPACE) as uow:
        await uow.coaches.remove(ADMIN)
        await uow.commit()
    with pytest.raises(CoachesOnly):
        await undo.undo(world.store, world.clock, undo.Undo(actor=ADA, action_id=action))


async def test_who_is_no_coach_any_more_acts_on_their_own_as_an_admin(
    world: World, both: tuple[Session, Session]
) -> None:
    async with world.store.write(WORKSPACE) as uow:
        await uow.coaches.remove(ADMIN)
        await uow.commit()
    await canceled(world, *both)
    assert await roles(world, Event.CANCELED, *both) == [Hat.ADMIN, Hat.ADMIN]


async def test_each_session_is_moved_in_the_role_that_the_admin_has_in_it(
    world: World, both: tuple[Session, Session]
) -> None:
    done = await reschedule.move_sessions(
        world.store,
        world.clock,
        reschedule.MoveSessions(
            actor=ADA,
            request_key=new_id(world.clock.now()),
            hat=Hat.ADMIN,
            subject_id=EVERYBODY,
            times=[reschedule.NewTime(one.id, one.starts_at, one.starts_at + 7 * DAY) for one in both],
        ),
    )
    assert await roles(world, Event.MOVED, *both) == [Hat.COACH, Hat.ADMIN]
    async with world.store.read(WORKSPACE) as queries:
        moves = await queries.sessions.moves(done.action_id)
    assert {one.client.id: move.role for one, move in moves} == {ANNA: Hat.COACH, BORIS: Hat.ADMIN}
