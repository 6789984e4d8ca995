"""Moving: the booking stays, its terms follow, and a late move never makes a session refundable again."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from coaching.actions import reschedule, slots
from coaching.actions.reschedule import MoveSessions, NewTime
from coaching.availability import Availability, parse_hours
from coaching.clock import ManualClock
from coaching.errors import CannotMove, ChangedMeanwhile, NotBookable, NotYours, SlotTaken
from coaching.ids import new_id
from coaching.sessions import Actor, Hat, Session
from storage import SqlStore
from tests.support.world import ANNA, BORIS, COACH, WORKSPACE, World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    world = World(store, clock)
    await world.people()
    await world.grant()
    await world.open()
    return world


async def move(world: World, session: Session, by: timedelta, *, who: str = ANNA, hat: Hat = Hat.CLIENT) -> Session:
    command = MoveSessions(
        actor=Actor(WORKSPACE, who),
        request_key=new_id(world.clock.now()),
        hat=hat,
        subject_id=who,
        times=[NewTime(session.id, session.starts_at, session.starts_at + by)],
    )
    await reschedule.move_sessions(world.store, world.clock, command)
    async with world.store.read(WORKSPACE) as queries:
        after = await queries.sessions.find(session.id)
    assert after is not None
    return after


async def test_a_move_in_time_carries_the_cutoff_along_and_makes_new_reminders(world: World) -> None:
    session = await world.book(DAY * 5)
    after = await move(world, session, DAY)
    assert after.starts_at == session.starts_at + DAY
    assert after.refund_cutoff_at == session.refund_cutoff_at + DAY
    assert (after.reschedules, after.version) == (1, 2)
    async with world.store.engines.reader.connect() as connection:
        rows = (await connection.execute(text("SELECT kind, state, why FROM notices ORDER BY kind, due_at"))).all()
    pending = [row.kind for row in rows if row.state == "pending"]
    assert pending == ["coach_moved", "moved", "reminder", "reminder", "starting"]
    assert {row.why for row in rows if row.state == "dropped"} == {"session_moved"}


async def test_a_late_move_needs_the_coachs_word_and_never_makes_a_session_refundable_again(world: World) -> None:
    session = await world.book(DAY * 5)
    world.clock.set(session.starts_at - 5 * HOUR)
    with pytest.raises(CannotMove, match="late"):
        await move(world, session, DAY * 7)
    with pytest.raises(NotYours):
        await reschedule.allow_late_move(world.store, world.clock, Actor(WORKSPACE, ANNA), session.id)
    await reschedule.allow_late_move(world.store, world.clock, Actor(WORKSPACE, COACH), session.id)
    after = await move(world, session, DAY * 7)
    assert after.refund_cutoff_at == session.refund_cutoff_at
    quoted = await world.quote(after)
    assert quoted.quote.returned == 0
    world.clock.set(after.starts_at - 3 * HOUR)
    with pytest.raises(CannotMove):
        await move(world, after, DAY)


async def test_a_coachs_move_begins_the_terms_anew_in_the_clients_favour(world: World) -> None:
    session = await world.book(DAY * 5)
    world.clock.set(session.starts_at - 2 * HOUR)
    after = await move(world, session, 3 * HOUR, who=COACH, hat=Hat.COACH)
    assert after.reschedules == 0
    assert (await world.quote(after)).quote.returned == 100
    assert after.refund_cutoff_at == after.starts_at


async def test_moving_onto_somebody_else_or_outside_the_hours_is_refused_and_nothing_changes(world: World) -> None:
    await world.grant(BORIS, 500)
    session = await world.book(DAY * 5)
    await world.book(DAY * 6, client=BORIS)
    with pytest.raises(SlotTaken):
        await move(world, session, DAY)
    closed = Availability(time_zone="America/New_York", hours=parse_hours("Mon-Sun 1:00-2:00"))
    await slots.save_hours(world.store, Actor(WORKSPACE, COACH), "closed", COACH, closed)
    with pytest.raises(NotBookable):
        await move(world, session, 2 * DAY)


async def test_moves_are_limited_and_a_stale_dialog_moves_nothing(world: World) -> None:
    session = await world.book(DAY * 5)
    for _ in range(3):
        session = await move(world, session, HOUR)
    with pytest.raises(CannotMove, match="moved_often"):
        await move(world, session, HOUR)
    other = await world.book(DAY * 8)
    await move(world, other, HOUR)
    with pytest.raises(ChangedMeanwhile):
        await move(world, other, HOUR)
    with pytest.raises(NotYours):
        await move(world, other, HOUR, who=BORIS)


async def test_by_the_terms_of_a_new_workspace_a_client_moves_a_session_three_times(world: World) -> None:
    session = await world.book(DAY * 5)
    for _ in range(3):
        session = await move(world, session, HOUR)
    with pytest.raises(CannotMove):
        await move(world, session, HOUR)
    assert session.reschedules == 3
