"""Exceptions: asked once, decided once, by somebody or by the deadline."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from coaching.actions import decide, exceptions, requests, undo, upkeep
from coaching.clock import ManualClock
from coaching.errors import CannotAsk, NoteTooLong, NotYours, UndoClosed
from coaching.policy import Policy
from coaching.sessions import SYSTEM_ID, Actor, Decision, Hat, Session, Status
from coaching.timeline import Event
from coaching.workspace import Settings
from storage import SqlStore
from tests.support.invariants import check_invariants
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE, World

DAY, H, MICRO = timedelta(days=1), timedelta(hours=1), timedelta(microseconds=1)


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock, database_url: str) -> AsyncIterator[World]:
    world = World(store, clock)
    await world.people()
    await world.grant()
    yield world
    await check_invariants(database_url)


async def late(world: World, *sessions: Session) -> str:
    """Cancel sessions two hours before the first; return the cancellation's id."""
    world.clock.set(sessions[0].starts_at - 2 * H)
    return (await world.cancel(*sessions)).draft.action_id or ""


async def ask(world: World, action_id: str, who: str = ANNA, note: str | None = "I was ill") -> exceptions.Case:
    command = exceptions.Ask(actor=Actor(WORKSPACE, who), action_id=action_id, note=note)
    return await exceptions.ask(world.store, world.clock, command)


async def press(world: World, *sessions: Session, who: str = COACH, refund: bool = True) -> decide.Decided:
    command = decide.DecideLate(actor=Actor(WORKSPACE, who), session_ids=[s.id for s in sessions], refund=refund)
    return await decide.decide_late(world.store, world.clock, command)


async def job(world: World) -> int:
    return await upkeep.run(world.store, world.clock, requests.decide_overdue)


async def reread(world: World, session: Session) -> Session:
    async with world.store.read(WORKSPACE) as queries:
        found = await queries.sessions.find(session.id)
    assert found is not None
    return found


async def standing(world: World, session: Session) -> tuple[Any, ...]:
    """Decision, who decided, and whether the request is open still."""
    ended = (await reread(world, session)).cancellation
    assert ended is not None
    assert ended.asked is not None
    return ended.decision, ended.decided_by.id if ended.decided_by else None, ended.asked.open


async def rows(world: World, query: str) -> list[tuple[Any, ...]]:
    async with world.store.engines.reader.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(query))]


async def notices(world: World, kind: str) -> list[tuple[Any, ...]]:
    return await rows(world, f"SELECT recipient, state, why FROM notices WHERE kind = '{kind}' ORDER BY dedupe_key")


async def test_asking_is_kept_with_note_and_deadline_and_tells_the_coach_after_the_alert(world: World) -> None:
    one, two = await world.book(DAY * 3), await world.book(DAY * 3 + H)
    action = await late(world, one, two)
    now = world.clock.now()
    case = await ask(world, action, note=" <!channel> ill\x00 ")
    assert [s.id for s in case.asked] == [one.id, two.id]
    for session in case.asked:
        asked = session.cancellation and session.cancellation.asked
        assert asked
        assert (asked.note, asked.decide_by, asked.by_id) == ("<!channel> ill", now + 3 * DAY, ANNA)
    [(alert_due,), (request_due,)] = await rows(
        world, "SELECT due_at FROM notices WHERE kind IN ('coach_alert', 'exception') ORDER BY due_at"
    )
    assert alert_due < request_due
    assert await notices(world, "exception") == [(COACH, "pending", None)]
    async with world.store.read(WORKSPACE) as queries:
        entry, who = (await queries.timeline.of(one.id, 99))[0][-1]
    assert (entry.event, entry.role, who.id) == (Event.EXCEPTION_ASKED, Hat.CLIENT, ANNA)


async def test_a_second_time_shows_what_was_asked_and_changes_nothing(world: World) -> None:
    action = await late(world, await world.book(DAY * 3))
    first = await ask(world, action)
    world.clock.advance(H)
    again = await ask(world, action, note="other words")
    assert (first.again, again.again) == (False, True)
    assert again.asked[0].cancellation == first.asked[0].cancellation
    assert len(await notices(world, "exception")) == 1


async def test_several_coaches_are_asked_apart_with_the_deadline_of_each_ones_terms(world: World) -> None:
    one = await world.book(DAY * 3)
    await world.settings(Settings(policy=Policy(decide_within=H, undecided_percent=100)))
    two, three = await world.book(DAY * 3 + H), await world.book(DAY * 3 + 2 * H, coach=OTHER_COACH)
    case = await ask(world, await late(world, one, two, three))
    requests = {s.id: s.cancellation.asked.action_id for s in case.asked if s.cancellation and s.cancellation.asked}
    assert len(set(requests.values())) == 3
    assert [who for who, *_ in await notices(world, "exception")] == [COACH, COACH, OTHER_COACH]
    world.clock.advance(H + MICRO)
    assert await job(world) == 2
    assert await standing(world, one) == (Decision.OPEN, None, True)
    assert await standing(world, two) == (Decision.REFUNDED, SYSTEM_ID, False)


async def test_an_admin_asks_for_the_client_and_nobody_else_may(world: World) -> None:
    session = await world.book(DAY * 3)
    action = await late(world, session)
    for stranger in (BORIS, COACH, OTHER_COACH):
        with pytest.raises(NotYours):
            await ask(world, action, stranger)
        with pytest.raises(NotYours):
            await exceptions.look(world.store, world.clock, Actor(WORKSPACE, stranger), session.id)
    with pytest.raises(NotYours):
        await ask(world, "no such cancellation")
    await ask(world, action, ADMIN)
    async with world.store.read(WORKSPACE) as queries:
        entry, who = (await queries.timeline.of(session.id, 99))[0][-1]
    assert (entry.event, entry.role, who.id) == (Event.EXCEPTION_ASKED, Hat.ADMIN, ADMIN)


async def test_what_came_back_was_decided_or_taken_back_cannot_be_asked_about(world: World) -> None:
    await world.settings(Settings(support_contact="help@example.com"))
    early = await world.cancel(await world.book(DAY * 5))
    with pytest.raises(CannotAsk, match="returned") as refused:
        await ask(world, early.draft.action_id or "")
    assert refused.value.contact == "help@example.com"
    decided = await world.book(DAY * 3)
    action = await late(world, decided)
    await press(world, decided)
    with pytest.raises(CannotAsk, match="decided"):
        await ask(world, action)
    undone = await world.book(3 * H)
    world.clock.advance(2 * H)
    action = (await world.cancel(undone)).draft.action_id or ""
    await undo.undo(world.store, world.clock, undo.Undo(actor=Actor(WORKSPACE, ANNA), action_id=action))
    with pytest.raises(CannotAsk, match="undone"):
        await ask(world, action)


async def test_a_coach_whom_slack_cannot_reach_is_not_asked(world: World) -> None:
    session = await world.book(DAY * 3, coach="mail:pat@example.com")
    async with world.store.write(WORKSPACE) as uow:
        await uow.coaches.save("mail:pat@example.com", None)
        await uow.commit()
    action = await late(world, session)
    with pytest.raises(CannotAsk, match="unreachable"):
        await ask(world, action)
    async with world.store.write(WORKSPACE) as uow:
        await uow.coaches.save("mail:pat@example.com", "C0PAT")
        await uow.commit()
    assert len((await ask(world, action)).asked) == 1


async def test_a_note_is_no_longer_than_slack_and_we_can_show(world: World) -> None:
    action = await late(world, await world.book(DAY * 3))
    with pytest.raises(NoteTooLong):
        await ask(world, action, note="x" * 3001)
    assert len((await ask(world, action, note="x" * 3000)).asked) == 1


async def test_undo_withdraws_the_request_and_a_new_cancellation_may_be_asked_about(world: World) -> None:
    session = await world.book(DAY * 3)
    action = await late(world, session)
    await ask(world, action)
    await undo.undo(world.store, world.clock, undo.Undo(actor=Actor(WORKSPACE, ANNA), action_id=action))
    assert await rows(world, "SELECT state FROM requests") == [("withdrawn",)]
    assert await notices(world, "exception") == [(COACH, "dropped", "taken_back")]
    done = await world.cancel(await reread(world, session))
    await ask(world, done.draft.action_id or "")
    assert await rows(world, "SELECT state FROM requests ORDER BY number") == [("withdrawn",), ("open",)]
    world.clock.advance(3 * DAY + MICRO)
    assert await job(world) == 1
    assert await rows(world, "SELECT state FROM requests ORDER BY number") == [("withdrawn",), ("decided",)]


async def test_undo_withdraws_no_other_request(world: World) -> None:
    one, other = await world.book(DAY * 3), await world.book(DAY * 3 + H)
    taken_back, stays = await late(world, one), (await world.cancel(other)).draft.action_id or ""
    await ask(world, taken_back)
    await ask(world, stays)
    await undo.undo(world.store, world.clock, undo.Undo(actor=Actor(WORKSPACE, ANNA), action_id=taken_back))
    assert sorted(state for _, state, _ in await notices(world, "exception")) == ["dropped", "pending"]
    assert await standing(world, other) == (Decision.OPEN, None, True)


@pytest.mark.parametrize(
    ("percent", "decision", "back"),
    [(0, Decision.KEPT, 0), (50, Decision.PARTLY, 51), (100, Decision.REFUNDED, 101)],
)
async def test_after_the_deadline_the_policy_decides_and_the_client_is_told_once(
    world: World, percent: int, decision: Decision, back: int
) -> None:
    await world.settings(Settings(policy=Policy(undecided_percent=percent)))
    one, two = await world.book(DAY * 3, price=101), await world.book(DAY * 3 + H, price=101)
    await ask(world, await late(world, one, two))
    before = await world.balance()
    world.clock.advance(3 * DAY)
    assert await job(world) == 0
    world.clock.advance(MICRO)
    assert await job(world) == 2
    assert await job(world) == 0
    assert await world.balance() == before + 2 * back
    for session in (one, two):
        assert await standing(world, session) == (decision, SYSTEM_ID, False)
    assert await notices(world, "late_decision") == [(ANNA, "pending", None)]
    async with world.store.read(WORKSPACE) as queries:
        entry, _ = (await queries.timeline.of(one.id, 99))[0][-1]
    assert (entry.role, entry.actor_id) == (Hat.SYSTEM, SYSTEM_ID)


async def test_a_batch_that_cuts_a_request_still_decides_it_whole(world: World) -> None:
    sessions = [await world.book(DAY * 3 + n * H) for n in range(3)]
    await ask(world, await late(world, *sessions))
    world.clock.advance(4 * DAY)
    assert await upkeep.run(world.store, world.clock, requests.decide_overdue, batch=2) == 2
    assert await notices(world, "late_decision") == [(ANNA, "pending", None)]


async def test_late_cancellations_nobody_asked_about_stay_open_for_ever(world: World) -> None:
    session = await world.book(DAY * 3)
    await late(world, session)
    world.clock.advance(365 * DAY)
    assert await job(world) == 0
    assert len((await press(world, session)).decided) == 1


async def test_a_press_at_the_deadline_counts(world: World) -> None:
    session = await world.book(DAY * 3)
    await ask(world, await late(world, session))
    world.clock.advance(3 * DAY)
    assert len((await press(world, session)).decided) == 1
    assert await standing(world, session) == (Decision.REFUNDED, COACH, False)
    world.clock.advance(MICRO)
    assert await job(world) == 0


async def test_a_press_after_the_deadline_lets_the_policy_decide_the_whole_request_and_nothing_else(
    world: World,
) -> None:
    one, two, other = [await world.book(DAY * 3 + n * H) for n in range(3)]
    world.clock.set(one.starts_at - 2 * H)
    await world.cancel(other)
    done = await world.cancel(one, two)
    await ask(world, done.draft.action_id or "")
    before = await world.balance()
    world.clock.advance(3 * DAY + MICRO)
    answer = await press(world, one, other)
    assert (answer.decided, [s.id for s in answer.overdue]) == ([], [one.id])
    assert await world.balance() == before
    for session in (one, two):
        assert await standing(world, session) == (Decision.KEPT, SYSTEM_ID, False)
    left = (await reread(world, other)).cancellation
    assert left is not None
    assert left.decision is Decision.OPEN
    assert len(await notices(world, "late_decision")) == 1
    again = await press(world, one)
    assert (list(again.decided), list(again.overdue), len(again.before)) == ([], [], 1)


async def test_a_decision_ends_the_request_and_the_deadline_finds_nothing(world: World) -> None:
    session = await world.book(DAY * 3)
    await ask(world, await late(world, session))
    await press(world, session, who=ADMIN, refund=False)
    assert await standing(world, session) == (Decision.KEPT, ADMIN, False)
    world.clock.advance(9 * DAY)
    assert await job(world) == 0


async def test_undo_is_closed_by_the_decision_about_an_exception(world: World) -> None:
    session = await world.book(DAY * 3)
    action = await late(world, session)
    await ask(world, action)
    await press(world, session)
    with pytest.raises(UndoClosed, match="decided"):
        await undo.undo(world.store, world.clock, undo.Undo(actor=Actor(WORKSPACE, ANNA), action_id=action))
    assert (await reread(world, session)).status is Status.CANCELED


async def test_a_request_about_a_session_that_is_not_there_stops_no_others(world: World) -> None:
    session = await world.book(DAY * 3)
    await ask(world, await late(world, session))
    columns = "workspace_id, kind, number, action_id, asked_at, asked_by, decide_by, state, by_admins"
    async with world.store.engines.writer.begin() as connection:
        for kind in ("exception", "move"):
            odd = columns.replace("kind", f"'{kind}'").replace("action_id", f"'0odd{kind}'")
            given = f"INSERT INTO requests (subject_id, {columns}) SELECT 'gone', {odd} FROM requests"
            await connection.execute(text(f"{given} WHERE subject_id <> 'gone'"))
    world.clock.advance(4 * DAY)
    assert await job(world) > 0
    assert (await standing(world, session))[2] is False
    async with world.store.engines.writer.begin() as connection:
        await connection.execute(text("DELETE FROM requests WHERE subject_id = 'gone'"))


async def test_rows_that_nothing_can_decide_do_not_keep_the_job_busy(world: World) -> None:
    session = await world.book(DAY * 3)
    await ask(world, await late(world, session))
    world.clock.advance(4 * DAY)
    async with world.store.engines.writer.begin() as connection:
        await connection.execute(text("UPDATE requests SET number = 7"))
    assert await upkeep.run(world.store, world.clock, requests.decide_overdue, batch=1) == 0
    async with world.store.engines.writer.begin() as connection:
        await connection.execute(text("UPDATE requests SET number = 1"))
    assert await upkeep.run(world.store, world.clock, requests.decide_overdue, batch=1) == 1


async def test_what_was_still_to_ask_for_a_decision_is_dropped_once_all_of_it_is_decided(world: World) -> None:
    first, second = await world.book(DAY * 2), await world.book(DAY * 2 + 2 * H)
    await ask(world, await late(world, first, second))
    waiting = "SELECT state, why FROM notices WHERE kind = 'exception'"
    await press(world, first)
    assert await rows(world, waiting) == [("pending", None)]
    await press(world, second, refund=False)
    assert await rows(world, waiting) == [("dropped", "decided")]


async def test_what_asked_for_a_decision_and_may_have_arrived_is_not_dropped(world: World) -> None:
    session = await world.book(DAY * 2)
    await ask(world, await late(world, session))
    async with world.store.engines.writer.begin() as connection:
        await connection.execute(text("UPDATE notices SET ambiguous = 1 WHERE kind = 'exception'"))
    await press(world, session)
    assert await notices(world, "exception") == [(COACH, "pending", None)]
