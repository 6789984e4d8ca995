"""A late move is asked for, and decided once: by the coach, an admin, or the deadline."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from coaching.actions import move_requests, plans, requests, reschedule, undo, upkeep
from coaching.actions.departed import hand_over
from coaching.causes import NoRequest
from coaching.clock import ManualClock
from coaching.errors import CannotRequest, CoachesOnly, InPast, NotYours, SlotTaken
from coaching.quiet import QuietHours
from coaching.requests import RequestState
from coaching.sessions import SYSTEM_ID, Actor, Hat, Session, Status
from coaching.timeline import Event
from coaching.workspace import Settings
from storage import SqlStore
from storage.types import from_micros
from tests.actions.shifting import LATER, follow, newer
from tests.support.invariants import check_invariants
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE, World

DAY, H, MICRO = timedelta(days=1), timedelta(hours=1), timedelta(microseconds=1)


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock, database_url: str) -> AsyncIterator[World]:
    world = World(store, clock)
    await world.people()
    await world.settings(Settings(undo_window=timedelta(0)))
    await world.open()
    await world.grant()
    yield world
    await check_invariants(database_url)


async def late(world: World) -> Session:
    """Book, and let the time to move it by oneself pass."""
    session = await world.book(3 * DAY)
    world.clock.set(session.starts_at - 10 * H)
    return session


async def ask(world: World, session: Session, *times: datetime, who: str = ANNA) -> move_requests.MoveCase:
    wanted = times or (session.starts_at + 2 * H, session.starts_at + DAY)
    command = move_requests.AskMove(actor=Actor(WORKSPACE, who), session_id=session.id, times=wanted, note="A train")
    return await move_requests.ask(world.store, world.clock, command)


async def press(world: World, case: move_requests.MoveCase, at: datetime | None, who: str = COACH) -> Any:
    assert case.asked
    command = move_requests.AnswerMove(actor=Actor(WORKSPACE, who), request_id=case.asked.action_id, starts_at=at)
    return await move_requests.answer(world.store, world.clock, command)


async def withdraw(world: World, case: move_requests.MoveCase, who: str = ANNA) -> move_requests.MoveCase:
    assert case.asked
    return await move_requests.withdraw(world.store, world.clock, Actor(WORKSPACE, who), case.asked.action_id)


async def reread(world: World, session: Session) -> Session:
    async with world.store.read(WORKSPACE) as queries:
        [found] = await queries.sessions.by_ids([session.id])
    return found


async def rows(world: World, query: str) -> list[tuple[Any, ...]]:
    async with world.store.engines.reader.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(query))]


async def told(world: World, kind: str) -> list[tuple[Any, ...]]:
    return await rows(world, f"SELECT recipient, state, why FROM notices WHERE kind = '{kind}' ORDER BY dedupe_key")


async def events(world: World, session: Session) -> list[tuple[Event, Hat, str]]:
    async with world.store.read(WORKSPACE) as queries:
        found, _ = await queries.timeline.of(session.id, 99)
    return [(entry.event, entry.role, who.id) for entry, who in found]


async def test_asking_keeps_times_note_and_deadline_and_tells_the_coach(world: World) -> None:
    session = await late(world)
    case = await ask(world, session)
    assert case.asked
    assert case.asked.times == (session.starts_at + 2 * H, session.starts_at + DAY)
    # The policy gives three days, and the session starts before they end.
    assert (case.asked.decide_by, case.asked.note, case.asked.by_id) == (session.starts_at, "A train", ANNA)
    assert await told(world, "move_asked") == [(COACH, "pending", None)]
    assert len(await told(world, "nudge")) == 2
    assert (await events(world, session))[-1] == (Event.MOVE_ASKED, Hat.CLIENT, ANNA)
    again = await ask(world, session, session.starts_at + 3 * H)
    assert again.again
    assert again.asked == case.asked


async def test_what_can_be_moved_without_asking_or_no_more_is_not_asked_for(world: World) -> None:
    session = await world.book(3 * DAY)
    with pytest.raises(CannotRequest) as refused:
        await ask(world, session)
    assert refused.value.why is NoRequest.BY_ONESELF
    with pytest.raises(NotYours):
        await ask(world, session, who=BORIS)
    with pytest.raises(NotYours):
        await ask(world, session, who=COACH)
    world.clock.set(session.starts_at + MICRO)
    with pytest.raises(CannotRequest) as refused:
        await ask(world, session)
    assert refused.value.why is NoRequest.TOO_LATE
    assert await rows(world, "SELECT * FROM requests") == []


async def test_only_free_times_ahead_are_asked_for(world: World) -> None:
    session = await late(world)
    await world.grant(BORIS)
    taken = await world.book(14 * H, client=BORIS)
    with pytest.raises(SlotTaken):
        await ask(world, session, taken.starts_at)
    for at in (session.starts_at, world.clock.now() - H):
        with pytest.raises(InPast):
            await ask(world, session, at)
    look = await move_requests.look(world.store, world.clock, Actor(WORKSPACE, ANNA), session.id)
    assert look.free
    offered = {slot.starts_at for slots in look.free.days.values() for slot in slots}
    assert not offered & {session.starts_at, taken.starts_at}


async def test_accepting_moves_it_in_the_coachs_name_under_the_old_terms(world: World) -> None:
    session = await late(world)
    world.clock.set(session.starts_at - 5 * H)
    assert world.clock.now() > session.refund_cutoff_at
    case = await ask(world, session)
    found = await press(world, case, session.starts_at + DAY)
    assert found.done
    after = await reread(world, session)
    assert after.starts_at == session.starts_at + DAY
    assert (after.refund_cutoff_at, after.terms_start_at, after.reschedules) == (
        session.refund_cutoff_at, session.starts_at, 0,
    )  # fmt: skip
    assert (await events(world, session))[-1] == (Event.MOVED, Hat.COACH, COACH)
    assert {state for _, state, _ in await told(world, "nudge")} == {"dropped"}
    assert [who for who, *_ in await told(world, "moved")] == [ANNA]
    again = await press(world, case, None)
    assert not again.done
    assert again.asked.state is RequestState.ACCEPTED
    assert (await reread(world, session)).starts_at == session.starts_at + DAY


async def test_declining_tells_the_client_once_and_they_may_ask_again(world: World) -> None:
    session = await late(world)
    case = await ask(world, session)
    assert (await press(world, case, None, who=ADMIN)).done
    assert await told(world, "answered") == [(ANNA, "pending", None)]
    assert (await events(world, session))[-1] == (Event.MOVE_DECLINED, Hat.ADMIN, ADMIN)
    assert not (await press(world, case, session.starts_at + DAY)).done
    assert (await reread(world, session)).starts_at == session.starts_at
    second = await ask(world, session)
    assert second.asked
    assert not second.again
    assert second.asked.number == 2


async def test_a_time_that_was_taken_is_said_and_the_others_stay(world: World) -> None:
    session = await late(world)
    case = await ask(world, session)
    await world.grant(BORIS)
    await world.book(12 * H, client=BORIS)
    found = await press(world, case, session.starts_at + 2 * H)
    assert (found.done, found.gone) == (False, session.starts_at + 2 * H)
    assert found.asked.open
    assert found.asked.times == (session.starts_at + DAY,)
    assert (await press(world, case, session.starts_at + DAY)).done


async def test_it_can_be_decided_until_the_last_of_the_times_that_are_left(world: World) -> None:
    session = await late(world)
    case = await ask(world, session, session.starts_at - 4 * H, session.starts_at - 2 * H)
    await world.grant(BORIS)
    await world.book(8 * H, client=BORIS)
    found = await press(world, case, session.starts_at - 2 * H)
    assert found.asked.open
    assert found.asked.decide_by == session.starts_at - 4 * H
    world.clock.set(session.starts_at - 4 * H + MICRO)
    assert await upkeep.run(world.store, world.clock, requests.decide_overdue) == 1
    assert await told(world, "answered") == [(ANNA, "pending", None)]


async def test_when_the_last_of_its_times_was_taken_the_request_is_over_and_the_client_hears_it(world: World) -> None:
    session = await late(world)
    case = await ask(world, session, session.starts_at + 2 * H)
    await world.grant(BORIS)
    await world.book(12 * H, client=BORIS)
    found = await press(world, case, session.starts_at + 2 * H)
    assert (found.done, found.gone) == (False, session.starts_at + 2 * H)
    assert (found.asked.state, found.asked.answered_by) == (RequestState.DECLINED, SYSTEM_ID)
    assert await told(world, "answered") == [(ANNA, "pending", None)]
    assert {state for _, state, _ in await told(world, "nudge")} == {"dropped"}
    assert (await events(world, session))[-1][:2] == (Event.MOVE_TIMES_TAKEN, Hat.SYSTEM)
    again = await press(world, case, session.starts_at + 2 * H)
    assert (again.done, again.gone) == (False, None)
    assert not (await ask(world, session, session.starts_at + DAY)).again


async def test_times_that_have_passed_are_not_left_when_the_last_one_ahead_was_taken(world: World) -> None:
    session = await late(world)
    case = await ask(world, session, session.starts_at - 4 * H, session.starts_at - 2 * H)
    await world.grant(BORIS)
    await world.book(8 * H, client=BORIS)
    world.clock.set(session.starts_at - 4 * H + MICRO)
    found = await press(world, case, session.starts_at - 2 * H)
    assert (found.asked.state, found.asked.times) == (RequestState.DECLINED, ())
    assert (await events(world, session))[-1][:2] == (Event.MOVE_TIMES_TAKEN, Hat.SYSTEM)
    assert await told(world, "answered") == [(ANNA, "pending", None)]


async def test_a_taken_time_of_a_request_that_somebody_closed_meanwhile_is_no_news(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await late(world)
    case = await ask(world, session)

    async def taken_and_withdrawn(*_: object) -> None:
        await withdraw(world, case)
        raise SlotTaken(COACH, session.starts_at, session.ends_at)

    # Between the transaction that finds the time taken and the one that leaves it out.
    monkeypatch.setattr(move_requests, "_answer", taken_and_withdrawn)
    found = await press(world, case, session.starts_at + DAY)
    assert (found.done, found.gone, found.asked.state) == (False, None, RequestState.WITHDRAWN)


async def test_a_message_that_may_have_arrived_is_edited_when_the_request_is_withdrawn(world: World) -> None:
    session = await late(world)
    case = await ask(world, session)
    async with world.store.engines.writer.begin() as connection:
        await connection.execute(text("UPDATE notices SET ambiguous = 1 WHERE kind = 'move_asked'"))
    await withdraw(world, case)
    assert await told(world, "move_asked") == [(COACH, "pending", None)]
    assert {state for _, state, _ in await told(world, "nudge")} == {"dropped"}


async def test_nobody_else_decides_or_withdraws_and_no_other_time_is_taken(world: World) -> None:
    session = await late(world)
    case = await ask(world, session)
    for who in (ANNA, BORIS, OTHER_COACH):
        with pytest.raises(NotYours):
            await press(world, case, None, who=who)
    for who in (BORIS, COACH, ADMIN):
        with pytest.raises(NotYours):
            await withdraw(world, case, who=who)
    with pytest.raises(NotYours):
        await press(world, case, session.starts_at + 3 * H)
    assert await rows(world, "SELECT state FROM requests") == [("open",)]


async def test_the_deadline_answers_and_a_late_press_changes_nothing(world: World) -> None:
    session = await late(world)
    case = await ask(world, session, session.starts_at - 2 * H)
    assert case.asked
    assert case.asked.decide_by == session.starts_at - 2 * H
    world.clock.set(case.asked.decide_by)
    assert await upkeep.run(world.store, world.clock, requests.decide_overdue) == 0
    world.clock.advance(MICRO)
    found = await press(world, case, session.starts_at - 2 * H)
    assert not found.done
    assert found.asked.state is RequestState.EXPIRED
    assert (await events(world, session))[-1][:2] == (Event.MOVE_EXPIRED, Hat.SYSTEM)
    assert await told(world, "answered") == [(ANNA, "pending", None)]
    assert await upkeep.run(world.store, world.clock, requests.decide_overdue) == 0
    other = await ask(world, session, session.starts_at + DAY)
    assert other.asked
    world.clock.set(other.asked.decide_by + MICRO)
    assert await upkeep.run(world.store, world.clock, requests.decide_overdue) == 1
    assert await rows(world, "SELECT state FROM requests") == [("expired",), ("expired",)]


async def test_withdrawing_takes_everything_back_that_was_not_said_yet(world: World) -> None:
    session = await late(world)
    case = await ask(world, session)
    back = await withdraw(world, case)
    assert back.asked
    assert (back.again, back.asked.state) == (False, RequestState.WITHDRAWN)
    assert await told(world, "move_asked") == [(COACH, "dropped", "taken_back")]
    assert (await withdraw(world, case)).again
    assert not (await press(world, case, session.starts_at + DAY)).done
    assert (await events(world, session))[-1][0] is Event.MOVE_WITHDRAWN


@pytest.mark.parametrize("how", ["canceled", "moved"])
async def test_what_happens_to_the_session_meanwhile_withdraws_the_request(world: World, how: str) -> None:
    session = await late(world)
    case = await ask(world, session)
    if how == "canceled":
        await world.settings(Settings(undo_window=timedelta(minutes=1)))
        done = await world.cancel(session)
        assert await rows(world, "SELECT state, answered_by FROM requests") == [("withdrawn", ANNA)]
        back = undo.Undo(actor=Actor(WORKSPACE, ANNA), action_id=done.draft.action_id or "")
        await undo.undo(world.store, world.clock, back)
    else:
        command = reschedule.MoveSessions(
            actor=Actor(WORKSPACE, COACH),
            request_key="k",
            hat=Hat.COACH,
            subject_id=COACH,
            times=[reschedule.NewTime(session.id, session.starts_at, session.starts_at + 4 * H)],
        )
        await reschedule.move_sessions(world.store, world.clock, command)
        assert await rows(world, "SELECT state, answered_by FROM requests") == [("withdrawn", COACH)]
    found = await press(world, case, session.starts_at + DAY)
    assert not found.done
    assert found.asked.state is RequestState.WITHDRAWN
    assert found.session.status is Status.SCHEDULED


async def test_new_clock_rules_that_move_the_session_withdraw_the_request(world: World, tmp_path: Path) -> None:
    session = await world.book(5 * DAY)
    world.clock.set(session.starts_at - 10 * H)
    case = await ask(world, session)
    assert case.asked
    with newer(tmp_path, LATER):
        assert await follow(world) == 1
        assert (await reread(world, session)).starts_at == session.starts_at + H
        assert await rows(world, "SELECT state, answered_by FROM requests") == [("withdrawn", SYSTEM_ID)]
        assert await told(world, "move_asked") == [(COACH, "dropped", "taken_back")]
        assert not (await press(world, case, session.starts_at + DAY)).done


async def test_a_coach_who_left_decides_nothing_and_the_admins_do(world: World) -> None:
    session = await late(world)
    case = await ask(world, session)
    async with world.store.write(WORKSPACE) as uow:
        await uow.coaches.remove(COACH)
        await uow.commit()
    with pytest.raises(CoachesOnly):
        await press(world, case, None)
    assert await hand_over(world.store, world.clock, 10) == 1
    assert [who for who, *_ in await told(world, "admin_move_asked")] == [ADMIN]
    assert {state for _, state, _ in await told(world, "nudge")} == {"dropped"}
    assert len(await told(world, "admin_nudge")) == 2
    assert (await press(world, case, session.starts_at + DAY, who=ADMIN)).done
    assert (await events(world, session))[-1] == (Event.MOVED, Hat.ADMIN, ADMIN)


async def test_of_two_who_decide_at_once_one_decides(world: World) -> None:
    session = await late(world)
    case = await ask(world, session)
    found = await asyncio.gather(
        press(world, case, session.starts_at + DAY), press(world, case, None, who=ADMIN), withdraw(world, case)
    )
    done = [one.done for one in found[:2]]
    assert sum(done) + (not found[2].again) == 1
    moved = (await reread(world, session)).starts_at != session.starts_at
    assert moved == done[0]


async def test_reminders_of_it_follow_the_settings(world: World) -> None:
    session = await late(world)
    await ask(world, session)
    # The coach has until the start, at ten in the morning: they are reminded half-way, at five, and at seven.
    assert await reminded(world) == [session.starts_at - 5 * H, session.starts_at - 3 * H]
    await world.settings(Settings(quiet_hours=QuietHours(time(4), time(6, 30))))
    async with world.store.write(WORKSPACE) as uow:
        await uow.plans.ask_replan()
        await uow.commit()
    await plans.replan_due(world.store, world.clock, 20)
    assert await reminded(world) == [session.starts_at - 6 * H, session.starts_at - 3 * H]


async def reminded(world: World) -> list[datetime]:
    due = await rows(world, "SELECT due_at FROM notices WHERE kind = 'nudge' AND state = 'pending' ORDER BY due_at")
    return [from_micros(at) for (at,) in due]
