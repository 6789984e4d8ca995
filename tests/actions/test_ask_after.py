"""Asking after a decision: once, also where nobody had asked before it; what was kept stays, or comes back, and never less."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from coaching.actions import exceptions, requests, upkeep
from coaching.actions.decide import Decided, DecideLate, decide_late, is_asked_after, is_open
from coaching.clock import ManualClock
from coaching.errors import CannotAsk, NotYours
from coaching.sessions import Actor, Decision, Hat, Session
from coaching.timeline import Event
from coaching.workspace import Settings
from storage import SqlStore
from storage.reconciliation import findings
from tests.support.invariants import check_invariants
from tests.support.world import ADMIN, ANNA, BORIS, COACH, WORKSPACE, World

H, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    world = World(store, clock)
    await world.people()
    await world.grant()
    await world.settings(Settings(undo_window=timedelta(0)))
    return world


async def late(world: World, many: int = 1, *, hat: Hat = Hat.CLIENT) -> tuple[str, list[Session]]:
    """Cancel sessions late; return the cancellation's id and them."""
    booked = [await world.book(26 * H + n * H) for n in range(many)]
    world.clock.advance(24 * H)
    who = COACH if hat is Hat.COACH else ANNA
    quoted = [await world.quote(one, who=who, hat=hat, refund_late=False) for one in booked]
    if many > 1:
        return (await world.cancel(*booked)).draft.action_id or "", booked
    await world.confirm(quoted[0])
    after = await reread(world, booked[0])
    return after.cancellation.action_id if after.cancellation else "", booked


async def reread(world: World, session: Session) -> Session:
    async with world.store.read(WORKSPACE) as queries:
        found = await queries.sessions.find(session.id)
    assert found is not None
    return found


async def ask(world: World, action_id: str, who: str = ANNA) -> exceptions.Case:
    command = exceptions.Ask(actor=Actor(WORKSPACE, who), action_id=action_id, note="I was ill")
    return await exceptions.ask(world.store, world.clock, command)


async def press(world: World, *sessions: Session, who: str = COACH, **more: object) -> Decided:
    ids = [one.id for one in sessions]
    command = DecideLate(actor=Actor(WORKSPACE, who), session_ids=ids, **{"refund": True, **more})  # type: ignore[arg-type]
    return await decide_late(world.store, world.clock, command)


async def count(world: World, kind: str) -> int:
    async with world.store.engines.reader.connect() as connection:
        query = text("SELECT COUNT(*) FROM notices WHERE kind = :kind")
        return int((await connection.execute(query, {"kind": kind})).scalar_one())


async def events(world: World, session: Session) -> list[tuple[Event, Hat]]:
    async with world.store.read(WORKSPACE) as queries:
        return [(entry.event, entry.role) for entry, _ in (await queries.timeline.of(session.id, 99))[0]]


async def test_after_a_keep_the_client_asks_once_and_what_was_kept_comes_back(world: World, database_url: str) -> None:
    action, [session] = await late(world)
    await press(world, session, refund=False)
    world.clock.advance(H)
    [asked] = (await ask(world, action)).asked
    assert is_asked_after(asked)
    assert not is_open(asked)
    assert await count(world, "exception") == 1
    await check_invariants(database_url)
    world.clock.advance(H)
    assert (await press(world, session, refund=False)).decided == [], "an old Keep answers nothing"
    assert is_asked_after(await reread(world, session))
    [after] = (await press(world, session, later=True)).decided
    assert after.cancellation is not None
    assert (after.cancellation.decision, after.cancellation.returned) == (Decision.REFUNDED, 100)
    assert not is_asked_after(after)
    assert (await ask(world, action)).again
    assert await world.balance() == 1000
    await check_invariants(database_url)


@pytest.mark.parametrize("who", [COACH, ADMIN])
async def test_a_keep_closes_the_request_and_takes_nothing(world: World, database_url: str, who: str) -> None:
    action, [session] = await late(world)
    await press(world, session, part=40)
    world.clock.advance(H)
    await ask(world, action)
    world.clock.advance(H)
    answer = await press(world, session, who=who, refund=False, later=True)
    assert (answer.stays, len(answer.decided)) == (True, 1)
    [after] = answer.decided
    assert after.cancellation is not None
    assert (after.cancellation.decision, after.cancellation.returned) == (Decision.PARTLY, 40)
    assert not is_asked_after(after)
    hat = Hat.COACH if who == COACH else Hat.ADMIN
    assert (await events(world, session))[-1] == (Event.EXCEPTION_KEPT, hat)
    assert await count(world, "late_decision") == 2
    assert (await ask(world, action)).again, "who had an answer has had it"
    assert (await press(world, session, refund=False, later=True)).decided == []
    await check_invariants(database_url)
    await press(world, session, later=True)
    assert await world.balance() == 1000, "and the coach can return it still"
    await check_invariants(database_url)


async def test_the_deadline_leaves_it_as_it_was(world: World, database_url: str) -> None:
    action, [session] = await late(world, hat=Hat.COACH)
    [asked] = (await ask(world, action)).asked
    assert asked.cancellation is not None
    assert asked.cancellation.asked is not None
    world.clock.set(asked.cancellation.asked.decide_by)
    assert await upkeep.run(world.store, world.clock, requests.decide_overdue) == 0
    world.clock.advance(timedelta(microseconds=1))
    assert await upkeep.run(world.store, world.clock, requests.decide_overdue) == 1
    assert not is_asked_after(await reread(world, session))
    assert (await events(world, session))[-1] == (Event.EXCEPTION_KEPT, Hat.SYSTEM)
    assert await world.balance() == 900
    assert await count(world, "late_decision") == 1
    assert await upkeep.run(world.store, world.clock, requests.decide_overdue) == 0
    await check_invariants(database_url)


async def test_a_return_after_the_deadline_and_before_the_job_returns(world: World, database_url: str) -> None:
    action, [session] = await late(world)
    await press(world, session, refund=False)
    world.clock.advance(H)
    await ask(world, action)
    world.clock.advance(4 * DAY)
    assert len((await press(world, session, later=True)).decided) == 1
    assert await upkeep.run(world.store, world.clock, requests.decide_overdue) == 0
    assert await world.balance() == 1000
    await check_invariants(database_url)


async def test_what_is_decided_and_what_is_not_are_two_requests(world: World, database_url: str) -> None:
    action, [kept, undecided, other] = await late(world, 3)
    await press(world, kept, other, refund=False)
    world.clock.advance(H)
    asked = (await ask(world, action)).asked
    requests = {s.id: s.cancellation.asked.action_id for s in asked if s.cancellation and s.cancellation.asked}
    assert requests[kept.id] == requests[other.id] != requests[undecided.id]
    assert await count(world, "exception") == 2
    # To keep one answers the request, which is about both.
    answer = await press(world, kept, refund=False, later=True)
    assert {s.id for s in answer.decided} == {kept.id, other.id}
    assert is_open(await reread(world, undecided))
    world.clock.advance(4 * DAY)
    assert len((await press(world, undecided)).overdue) == 1
    await check_invariants(database_url)


async def test_keep_and_return_at_once_answer_once(world: World, database_url: str) -> None:
    action, [session] = await late(world)
    await press(world, session, refund=False)
    world.clock.advance(H)
    await ask(world, action)
    keep, back = await asyncio.gather(
        press(world, session, who=ADMIN, refund=False, later=True), press(world, session, later=True)
    )
    assert len(back.decided) == 1, "what was kept can be returned after either"
    assert len(keep.decided) in (0, 1)
    assert await world.balance() == 1000
    await check_invariants(database_url)


async def test_who_asks_and_answers_is_looked_at(world: World) -> None:
    action, [session] = await late(world)
    await press(world, session, refund=False)
    for stranger in (BORIS, COACH):
        with pytest.raises(NotYours):
            await ask(world, action, stranger)
    await ask(world, action)
    for stranger in (BORIS, ANNA):
        with pytest.raises(NotYours):
            await press(world, session, who=stranger, refund=False, later=True)


async def test_after_all_came_back_nothing_can_be_asked(world: World) -> None:
    action, [session] = await late(world)
    await press(world, session, refund=False)
    await press(world, session, later=True, part=30)
    with pytest.raises(CannotAsk, match="decided"):
        await ask(world, action)


async def test_who_asked_before_the_decision_has_had_their_answer(world: World) -> None:
    action, [session] = await late(world)
    await ask(world, action)
    await press(world, session, refund=False)
    assert (await ask(world, action)).again
    assert not is_asked_after(await reread(world, session))


@pytest.mark.parametrize("behind", [timedelta(0), timedelta(seconds=1)])
async def test_who_asks_at_the_moment_of_the_decision_or_by_a_clock_that_is_behind_asks_after_it(
    world: World, database_url: str, behind: timedelta
) -> None:
    action_id, [session] = await late(world)
    await press(world, session, refund=False)
    world.clock.set(world.clock.now() - behind)
    await ask(world, action_id)
    await check_invariants(database_url)
    await press(world, session, refund=False, later=True)
    await check_invariants(database_url)
    async with world.store.engines.writer.begin() as connection:
        answer = "DELETE FROM notices WHERE kind = 'late_decision' AND action_id IN (SELECT action_id FROM requests)"
        await connection.execute(text(answer))
        found = await findings(connection, now=world.clock.now())
    assert "one_answer_per_late_decision" in {finding.rule.id for finding in found}, "the answer is missed"
