"""The storm's books: what happened more often than somebody pressed is counted, and since when messages were due."""

from datetime import datetime, timedelta

from coaching.actions import reschedule, slots, undo
from coaching.availability import Availability, parse_hours
from coaching.clock import ManualClock
from coaching.ids import new_id
from coaching.sessions import Actor, Hat, Session
from coaching.workspace import Settings
from storage import SqlStore
from tests.storm.books import doubled, told
from tests.storm.journal import Kind, Wish
from tests.storm.practice import UNDO_WINDOW
from tests.support.world import ANNA, COACH, WORKSPACE, World


async def test_what_is_done_twice_for_one_press_is_counted_and_what_was_wanted_twice_is_not(
    store: SqlStore, clock: ManualClock
) -> None:
    world = World(store, clock)
    await world.people()
    await world.grant()
    opened = clock.now()
    clock.advance(timedelta(seconds=1))
    session = await world.book(timedelta(days=3))
    wishes = [Wish(kind, ANNA, sessions=(session.id,)) for kind in (Kind.BOOK, Kind.CANCEL, Kind.UNDO)]
    done = await world.cancel(session)
    command = undo.Undo(actor=Actor(WORKSPACE, ANNA), action_id=done.draft.action_id or "")
    await undo.undo(store, clock, command)
    assert await doubled(store.engines, wishes, opened) == []
    async with store.read(WORKSPACE) as queries:
        [again] = await queries.sessions.by_ids([session.id])
    await world.cancel(again)
    [found] = await doubled(store.engines, wishes, opened)
    assert found == f"cancel {session.id}: happened 2 times, wanted 1 times"
    assert await doubled(store.engines, [*wishes, Wish(Kind.CANCEL, ANNA, sessions=(session.id,))], opened) == []
    other = await world.book(timedelta(days=4), coach=COACH)
    assert f"book {other.id}: happened 1 times, wanted 0 times" in await doubled(store.engines, wishes, opened)


async def test_an_alert_is_due_when_its_undo_ends_or_when_its_client_takes_the_time_for_another_session(
    store: SqlStore, clock: ManualClock
) -> None:
    world = World(store, clock)
    await world.people()
    await world.grant()
    await world.settings(Settings(undo_window=UNDO_WINDOW, start_reminder=None))
    hours = Availability(time_zone="America/New_York", hours=parse_hours("Mon-Sun 0:00-24:00"))
    await slots.save_hours(store, Actor(WORKSPACE, COACH), "hours", COACH, hours)
    days = [timedelta(days=3 + nth) for nth in range(4)]
    kept, moved_onto, booked_onto, other = [await world.book(starts_in) for starts_in in days]
    await _move(world, other, other.starts_at + timedelta(hours=2))
    ends, began = {}, {}
    for session in (kept, moved_onto, booked_onto):
        clock.advance(timedelta(seconds=3))
        action = (await world.cancel(session)).draft.action_id
        ends[action], began[action] = clock.now() + UNDO_WINDOW, clock.now()
    of_kept, of_moved, of_booked = ends
    clock.advance(timedelta(seconds=3))
    async with store.read(WORKSPACE) as queries:
        [other] = await queries.sessions.by_ids([other.id])
    await _move(world, other, moved_onto.starts_at + timedelta(minutes=30))
    ends[of_moved] = clock.now()
    clock.advance(timedelta(seconds=3))
    again = await world.book(booked_onto.starts_at - timedelta(minutes=30) - clock.now())
    ends[of_booked] = clock.now()
    clock.advance(timedelta(seconds=3))
    # It took the time that it was booked for, wherever it is afterwards.
    await _move(world, again, again.starts_at + timedelta(hours=5))
    rows = [row for row in await told(store.engines, clock.now() + UNDO_WINDOW) if row.kind == "coach_alert"]
    assert {row.action_id: row.first_due for row in rows} == ends
    assert {row.action_id: row.caused for row in rows} == ends | {of_kept: began[of_kept]}


async def _move(world: World, session: Session, to: datetime) -> None:
    command = reschedule.MoveSessions(
        actor=Actor(WORKSPACE, ANNA),
        request_key=new_id(world.clock.now()),
        hat=Hat.CLIENT,
        subject_id=ANNA,
        times=[reschedule.NewTime(session.id, session.starts_at, to)],
    )
    await reschedule.move_sessions(world.store, world.clock, command)
