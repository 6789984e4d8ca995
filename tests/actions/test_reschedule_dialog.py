"""The dialog that moves sessions keeps a new time for each, in whatever order they are chosen, and goes to one without."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from coaching.actions import reschedule_dialog
from coaching.actions.reschedule import NewTime
from coaching.actions.reschedule_dialog import Moving
from coaching.clock import ManualClock
from coaching.drafts import Stage
from coaching.errors import AdminsOnly, DialogExpired
from coaching.ids import new_id
from coaching.sessions import Actor, Hat, Person, Session
from storage import SqlStore
from tests.support.world import ADMIN, ANNA, WORKSPACE, World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ACTOR = Actor(WORKSPACE, ANNA)


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    world = World(store, clock)
    await world.people()
    await world.grant()
    await world.open()
    return world


async def begin(world: World, *sessions: Session) -> Moving:
    ids = [session.id for session in sessions]
    return await reschedule_dialog.begin(
        world.store, world.clock, ACTOR, draft_id="dialog", hat=Hat.CLIENT, subject_id=ANNA, session_ids=ids
    )


async def choose(world: World, session: Session, step: int) -> Moving:
    time = NewTime(session.id, session.starts_at, session.starts_at + DAY)
    return await reschedule_dialog.choose(
        world.store, world.clock, ACTOR, new_id(world.clock.now()), "dialog", time, step=step
    )


async def test_after_the_last_session_comes_an_earlier_one_that_has_no_time_yet(world: World) -> None:
    first, second, third = [await world.book(DAY * 5 + HOUR * n) for n in range(3)]
    assert (await begin(world, first, second, third)).step == 0
    assert (await choose(world, second, 1)).step == 2
    dialog = await choose(world, third, 2)
    assert (dialog.step, dialog.complete) == (0, False)
    dialog = await choose(world, first, 0)
    assert (dialog.complete, dialog.free) == (True, None)
    assert set(dialog.chosen) == {first.id, second.id, third.id}


async def test_a_time_that_is_let_go_is_chosen_anew_and_what_is_left_out_is_gone(world: World) -> None:
    first, second = [await world.book(DAY * 5 + HOUR * n) for n in range(2)]
    await begin(world, first, second)
    await choose(world, first, 0)
    assert (await choose(world, second, 1)).complete
    draft = await reschedule_dialog.let_go(world.store, world.clock, ACTOR, "dialog", [first.id])
    assert [move[0] for move in draft.moves] == [second.id]
    assert (await choose(world, second, 1)).step == 0
    draft = await reschedule_dialog.leave_out(world.store, world.clock, ACTOR, "dialog", [second.id])
    assert (draft.picked, draft.moves) == ((first.id,), ())


async def test_whoever_is_no_admin_any_more_sees_no_further_step_of_a_dialog_they_began_as_one(world: World) -> None:
    session = await world.book(DAY * 5)
    await begin(world, session)
    admin = Actor(WORKSPACE, ADMIN)
    await reschedule_dialog.begin(
        world.store, world.clock, admin, draft_id="theirs", hat=Hat.ADMIN, subject_id=ANNA, session_ids=[session.id]
    )
    async with world.store.write(WORKSPACE) as uow:
        await uow.people.save(Person(ADMIN, "Ada Admin", is_admin=False), datetime.now(UTC))
        await uow.commit()
    with pytest.raises(AdminsOnly):
        await reschedule_dialog.look(world.store, world.clock, admin, "theirs", 0)
    assert (await reschedule_dialog.look(world.store, world.clock, ACTOR, "dialog", 0)).sessions


@pytest.mark.parametrize(
    "step",
    [
        lambda world, session: choose(world, session, 0),
        lambda world, _: reschedule_dialog.look(world.store, world.clock, ACTOR, "dialog", 0),
        lambda world, session: reschedule_dialog.let_go(world.store, world.clock, ACTOR, "dialog", [session.id]),
        lambda world, session: reschedule_dialog.leave_out(world.store, world.clock, ACTOR, "dialog", [session.id]),
    ],
    ids=["choose", "look", "let go", "leave out"],
)
async def test_no_step_goes_on_in_a_dialog_that_is_done_or_gone(
    world: World, step: Callable[[World, Session], Awaitable[object]]
) -> None:
    session = await world.book(DAY * 5)
    with pytest.raises(DialogExpired):
        await step(world, session)
    await begin(world, session)
    async with world.store.write(WORKSPACE) as uow:
        draft = await uow.drafts.lock("dialog", ANNA)
        assert draft is not None
        await uow.drafts.save(replace(draft, stage=Stage.DONE), world.clock.now())
        await uow.commit()
    with pytest.raises(DialogExpired):
        await step(world, session)
