"""Sessions that took their course: closed by time or by their coach, corrected; their money, record and word to the client."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from sqlalchemy import text

from coaching.actions import slots, upkeep
from coaching.actions.outcomes import Closed, CloseSession, close, complete_due
from coaching.actions.reschedule import MoveSessions, NewTime, move_sessions
from coaching.availability import Availability, parse_hours
from coaching.causes import Blocked
from coaching.clock import ManualClock
from coaching.errors import CannotCancel, CannotClose, ChangedMeanwhile, CoachingError, NotYours
from coaching.outcomes import COMPLETE_AFTER, CORRECT_WITHIN, settle_outcome
from coaching.records import Scope
from coaching.sessions import Actor, Hat, Session, Status
from coaching.workspace import Settings
from storage import SqlStore, create_engines
from tests.support import patience
from tests.support.invariants import check_invariants
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE, World

DAY, MICRO = timedelta(days=1), timedelta(microseconds=1)
DONE, MISSED = Status.COMPLETED, Status.NO_SHOW


@pytest.fixture
async def worlds(database_url: str, clock: ManualClock) -> AsyncIterator[list[World]]:
    """Three replicas over one database; whatever a test does, the books are right after it."""
    async with AsyncExitStack() as stack:
        made = []
        for _ in range(3):
            engines = create_engines(database_url, wait_seconds=patience.FOR_DATABASE)
            stack.push_async_callback(engines.dispose)
            made.append(World(SqlStore(engines), clock))
        await made[0].people()
        await made[0].grant(credits=500)
        yield made
    await check_invariants(database_url)


@pytest.fixture
def world(worlds: list[World]) -> World:
    return worlds[0]


async def say(world: World, session: Session, outcome: Status, who: str = COACH) -> Closed:
    command = CloseSession(actor=Actor(WORKSPACE, who), session_id=session.id, outcome=outcome)
    return await close(world.store, world.clock, command)


async def look(world: World, session: Session) -> Session:
    async with world.store.read(WORKSPACE) as queries:
        found = await queries.sessions.find(session.id)
    assert found is not None
    return found


async def accounts(world: World) -> dict[str, int]:
    async with world.store.read(WORKSPACE) as queries:
        found = await queries.ledger.balances()
    return {name: found.get(name, 0) for name in ("earned", "forfeited")}


async def told(world: World, session: Session) -> list[tuple[str, str, int]]:
    async with world.store.engines.reader.connect() as connection:
        rows = await connection.execute(
            text("SELECT recipient, state, revision FROM notices WHERE kind = 'no_show' AND session_id = :id"),
            {"id": session.id},
        )
        return [tuple(row) for row in rows]


async def events(world: World, session: Session) -> list[tuple[str, str, int | None]]:
    async with world.store.read(WORKSPACE) as queries:
        found = (await queries.timeline.of(session.id, 99))[0]
    return [(str(e.event), str(e.role), e.amount) for e, _ in found if e.event in ("completed", "no_show")]


async def test_an_hour_after_its_end_a_session_is_completed_and_its_credits_are_earned(world: World) -> None:
    session = await world.book(DAY, price=150)
    world.clock.set(session.ends_at + COMPLETE_AFTER - MICRO)
    assert await complete_due(world.store, world.clock, 200) == 0
    world.clock.advance(MICRO)
    assert await complete_due(world.store, world.clock, 200) == 1
    closed = await look(world, session)
    assert (closed.status, closed.version) == (DONE, session.version + 1)
    assert await accounts(world) == {"earned": 150, "forfeited": 0}
    assert await events(world, session) == [("completed", "system", 150)]
    assert await told(world, session) == []
    assert await complete_due(world.store, world.clock, 200) == 0


async def test_what_is_closed_by_time_moves_exactly_what_the_rule_says(world: World) -> None:
    """The job's SQL and `settle_outcome` are two ways to say one thing."""
    await world.grant(credits=100, package="Pack", session_type="Coaching")
    session = await world.book(DAY, price=250)
    async with world.store.write(WORKSPACE) as uow:
        parts = await uow.payments.parts_in(session.id, f"session:{session.id}")
    assert sorted(part.amount for part in parts) == [100, 150]
    world.clock.set(session.ends_at + COMPLETE_AFTER)
    await complete_due(world.store, world.clock, 200)
    async with world.store.engines.reader.connect() as connection:
        rows = await connection.execute(
            text("SELECT key, kind, source, target, amount, session_id, grant_id FROM transfers WHERE kind = 'earn'")
        )
        made = {tuple(row) for row in rows}
    assert made == {
        (m.key, str(m.kind), m.source, m.target, m.amount, m.session_id, m.grant_id)
        for m in settle_outcome(session, DONE, parts, world.clock.now())
    }


async def test_many_sessions_of_many_workspaces_are_closed_a_batch_at_a_time(world: World) -> None:
    other = World(world.store, world.clock, "T0OTHER")
    await other.people()
    await other.grant(credits=500)
    free = await world.book(DAY, price=0)
    for n in range(3):
        await world.book(DAY + timedelta(hours=n + 1))
        await other.book(DAY + timedelta(hours=n))
    ahead = await world.book(DAY * 9)
    canceled = await world.book(DAY * 2)
    await world.cancel(canceled)
    world.clock.advance(DAY * 3)
    assert [await complete_due(world.store, world.clock, 3) for _ in range(3)] == [3, 3, 1]
    assert await upkeep.run(world.store, world.clock, complete_due) == 0
    assert (await look(world, free)).status is DONE
    assert await events(world, free) == [("completed", "system", None)]
    assert (await look(world, ahead)).status is Status.SCHEDULED
    assert (await look(world, canceled)).status is Status.CANCELED
    assert await accounts(world) == {"earned": 300, "forfeited": 0}
    assert await accounts(world) == await _accounts_of(other)


async def _accounts_of(world: World) -> dict[str, int]:
    async with world.store.read(world.workspace) as queries:
        found = await queries.ledger.balances()
    return {name: found.get(name, 0) for name in ("earned", "forfeited")}


async def test_the_ticker_does_it(world: World) -> None:
    assert ("completed", complete_due) in upkeep.JOBS


async def test_a_missed_session_forfeits_its_credits_and_its_client_is_told_once(world: World) -> None:
    session = await world.book(DAY)
    world.clock.set(session.starts_at)
    assert not (await say(world, session, MISSED)).again
    again = await say(world, session, MISSED)
    assert again.again
    assert (again.session.status, again.session.version) == (MISSED, session.version + 1)
    assert await accounts(world) == {"earned": 0, "forfeited": 100}
    assert await events(world, session) == [("no_show", "coach", 100)]
    assert [(who, state) for who, state, _ in await told(world, session)] == [(ANNA, "pending")]
    world.clock.advance(DAY)
    assert await complete_due(world.store, world.clock, 200) == 0
    assert await world.balance() == 400


async def test_one_can_be_corrected_into_the_other_for_two_weeks_and_the_money_follows(world: World) -> None:
    session = await world.book(DAY, price=200)
    world.clock.set(session.ends_at)
    await say(world, session, DONE)
    await say(world, session, MISSED, ADMIN)
    assert await accounts(world) == {"earned": 0, "forfeited": 200}
    [(_, _, before)] = await told(world, session)
    world.clock.set(session.ends_at + CORRECT_WITHIN)
    closed = (await say(world, session, DONE)).session
    assert closed.version == session.version + 3
    assert await accounts(world) == {"earned": 200, "forfeited": 0}
    assert [(event, role) for event, role, _ in await events(world, session)] == [
        ("completed", "coach"),
        ("no_show", "admin"),
        ("completed", "coach"),
    ]
    [(_, _, after)] = await told(world, session)
    assert after > before, "the message to the client is to be edited"
    world.clock.advance(MICRO)
    with pytest.raises(CannotClose) as late:
        await say(world, session, MISSED)
    assert late.value.why == "too_late"


async def test_a_correction_before_the_word_went_out_and_back_again_tells_the_client_after_all(world: World) -> None:
    session = await world.book(DAY)
    world.clock.set(session.ends_at)
    await say(world, session, MISSED)
    await say(world, session, DONE)
    async with world.store.engines.writer.begin() as connection:
        await connection.execute(text("UPDATE notices SET state = 'dropped' WHERE kind = 'no_show'"))
    await say(world, session, MISSED)
    assert [state for _, state, _ in await told(world, session)] == ["pending"]


async def test_completed_waits_for_the_end_and_a_missed_ones_slot_is_free(world: World) -> None:
    await world.grant(BORIS, 500)
    session = await world.book(DAY)
    world.clock.set(session.starts_at)
    with pytest.raises(CannotClose) as early:
        await say(world, session, DONE)
    assert early.value.why == "not_ended"
    await say(world, session, MISSED)
    world.clock.advance(timedelta(minutes=5))
    await world.book(timedelta(minutes=10), client=BORIS)


async def test_neither_its_client_nor_another_coach_nor_another_workspace_can_close_a_session(world: World) -> None:
    session = await world.book(DAY)
    world.clock.set(session.ends_at)
    for outcome in (DONE, MISSED):
        for stranger in (ANNA, BORIS, OTHER_COACH):
            with pytest.raises(NotYours):
                await say(world, session, outcome, stranger)
        command = CloseSession(actor=Actor("T0ELSE", COACH), session_id=session.id, outcome=outcome)
        with pytest.raises(NotYours):
            await close(world.store, world.clock, command)
    assert (await look(world, session)).status is Status.SCHEDULED


async def test_a_canceled_session_cannot_be_closed_and_a_closed_one_not_canceled(world: World) -> None:
    canceled, over = await world.book(DAY), await world.book(DAY * 2)
    quoted = await world.quote(over)
    await world.cancel(canceled)
    world.clock.set(over.ends_at)
    with pytest.raises(CannotClose) as refused:
        await say(world, canceled, MISSED)
    assert refused.value.why == "canceled"
    await say(world, over, DONE)
    back = await world.confirm(quoted)
    assert [cause for _, cause in back.gone] == [Blocked.OVER]  # type: ignore[union-attr]
    with pytest.raises(CannotCancel):
        await world.quote(over)


async def test_what_is_closed_keeps_its_place_in_the_package_and_is_past(world: World) -> None:
    await world.grant(credits=500, package="Pack", session_type="Coaching")
    first, second = await world.book(DAY), await world.book(DAY * 2)
    assert [s.package.position for s in (first, second) if s.package] == [1, 2]
    world.clock.set(second.starts_at)
    await say(world, first, DONE)
    await say(world, second, MISSED)
    third = await world.book(DAY)
    assert third.package is not None
    assert third.package.position == 3
    past = await world.listed(Hat.CLIENT, ANNA, Scope.PAST)
    assert {s.id for s in past} == {first.id, second.id}


async def test_a_rebooked_session_stays_rebooked_when_it_is_completed(world: World) -> None:
    session = await world.book(DAY)
    await world.cancel(session)
    again = await world.book(DAY * 2)
    async with world.store.engines.writer.begin() as connection:
        instead = text("UPDATE sessions SET rebooks = :old WHERE id = :new")
        await connection.execute(instead, {"old": session.id, "new": again.id})
    world.clock.set(again.ends_at)
    await say(world, again, DONE)
    ended = (await look(world, session)).cancellation
    assert ended is not None
    assert ended.rebooked_at == again.starts_at


async def test_the_job_and_a_coachs_click_at_once_close_a_session_once(worlds: list[World]) -> None:
    for round_ in range(4):
        session = await worlds[0].book(DAY)
        worlds[0].clock.set(session.ends_at + COMPLETE_AFTER)
        racers = [
            complete_due(worlds[0].store, worlds[0].clock, 200),
            say(worlds[1], session, MISSED),
            complete_due(worlds[2].store, worlds[2].clock, 200),
        ]
        results = await asyncio.gather(*racers[round_ % 3 :], *racers[: round_ % 3], return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException) and not isinstance(result, CoachingError):
                raise result
        closed = await look(worlds[0], session)
        # The coach's word stands, whether it came first or corrected what the job had said.
        assert closed.status is MISSED
        assert closed.version - session.version == len(await events(worlds[0], session)) in (1, 2)
        assert sum(result for result in results if isinstance(result, int)) == closed.version - session.version - 1


async def test_eight_clicks_at_the_start_against_a_cancellation_leave_one_outcome(worlds: list[World]) -> None:
    session = await worlds[0].book(DAY)
    quoted = await worlds[0].quote(session)
    worlds[0].clock.set(session.starts_at)
    stale = await worlds[0].confirm(quoted)
    results = await asyncio.gather(
        worlds[1].confirm(stale),  # type: ignore[arg-type]
        *(say(worlds[n % 3], session, MISSED) for n in range(8)),
        return_exceptions=True,
    )
    closed = await look(worlds[0], session)
    assert closed.version == session.version + 1
    refusals = (CannotClose, ChangedMeanwhile)
    if closed.status is Status.CANCELED:
        assert all(isinstance(result, refusals) for result in results[1:])
    else:
        assert closed.status is MISSED
        assert sum(isinstance(result, Closed) and not result.again for result in results) == 1
    assert await world_total(worlds[0]) == 0


async def world_total(world: World) -> int:
    async with world.store.read(WORKSPACE) as queries:
        return sum((await queries.ledger.balances()).values())


async def test_the_relay_is_woken_where_a_session_that_is_over_changes_what_was_told(world: World) -> None:
    await world.settings(Settings(start_reminder=timedelta(hours=1)))
    session = await world.book(timedelta(days=2))
    async with world.store.engines.writer.begin() as connection:
        await connection.execute(text("UPDATE notices SET state = 'sent', sent_revision = 1 WHERE kind = 'starting'"))
    woken: list[str] = []
    world.store.on_commit = lambda: woken.append("woken")
    world.clock.set(session.ends_at + timedelta(hours=2))
    assert await upkeep.run(world.store, world.clock, complete_due) == 1
    assert woken == ["woken"]


async def test_the_word_that_a_session_was_moved_is_edited_once_it_is_over_where_nothing_else_was_told(
    world: World,
) -> None:
    session = await world.book(timedelta(days=3))
    hours = Availability(time_zone="America/New_York", hours=parse_hours("Mon-Sun 0:00-24:00"))
    await slots.save_hours(world.store, Actor(WORKSPACE, COACH), "hours", COACH, hours)
    later = NewTime(session.id, session.starts_at, session.starts_at + DAY)
    command = MoveSessions(
        actor=Actor(WORKSPACE, ANNA), request_key="move", hat=Hat.CLIENT, subject_id=ANNA, times=[later]
    )
    await move_sessions(world.store, world.clock, command)
    moved = "SELECT state, revision FROM notices WHERE kind = 'moved'"
    async with world.store.engines.writer.begin() as connection:
        await connection.execute(text("UPDATE notices SET state = 'dropped' WHERE kind <> 'moved'"))
        await connection.execute(text("UPDATE notices SET state = 'sent', sent_revision = 1 WHERE kind = 'moved'"))
        assert (await connection.execute(text(moved))).all() == [("sent", 1)]
    world.clock.set(session.ends_at + DAY + timedelta(hours=2))
    assert await upkeep.run(world.store, world.clock, complete_due) == 1
    async with world.store.engines.reader.connect() as connection:
        assert (await connection.execute(text(moved))).all() == [("pending", 2)]
