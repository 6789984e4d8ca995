"""Which notice goes out when: conversations stay in order, and what is tried again holds back its own only."""

import asyncio
from datetime import timedelta

import pytest

from coaching.clock import ManualClock
from coaching.news.kinds import NoticeKind
from coaching.news.notice import NoticeState
from coaching.reminders import MERGE_WINDOW
from storage import SqlStore
from storage.claiming import MAX_SHARED
from storage.claims import untouched
from tests.storage.box import LEASE, MINUTE, Box, notice, sent
from tests.support.world import ANNA, BORIS, WORKSPACE, World


@pytest.fixture
def box(store: SqlStore, clock: ManualClock) -> Box:
    return Box(store, clock)


async def test_a_conversations_newer_messages_wait_behind_one_that_is_under_way(box: Box) -> None:
    await box.put("a1", "a2")
    await box.put("b1", who=BORIS)
    first = await box.claim()
    assert [row.key for row in first] == ["a1", "b1"]
    await box.put("a0", due=-MINUTE)
    assert await box.claim() == [], "one at a time, whatever is older"
    await box.queue.record([sent(row) for row in first], box.clock.now())
    assert [row.key for row in await box.claim()] == ["a0"]


async def test_what_is_given_back_waits_as_long_as_it_was_told(box: Box) -> None:
    await box.put("n")
    await box.put("m", who=BORIS)
    first, second = await box.claim()
    await box.queue.record([untouched(first, 3600), untouched(second)], box.clock.now())
    assert [row.key for row in await box.claim()] == [second.key]
    await box.set(first.key, retry_at=box.clock.now() - timedelta(days=20_000))
    assert [row.key for row in await box.claim()] == [first.key]


async def test_what_is_tried_again_holds_its_conversation_and_nobody_elses(box: Box) -> None:
    await box.put("a1", "a2", "a3")
    await box.put("b1", who=BORIS)
    [row] = await box.claim(1)
    await box.queue.record([untouched(row, 3600, conversation=ANNA)], box.clock.now())
    await box.put("a0", due=-MINUTE)
    await box.put("a4")
    older, other = await box.claim()
    assert [older.key, other.key] == ["a0", "b1"], "what is older does not wait"
    await box.queue.record([sent(older)], box.clock.now())
    assert await box.claim() == []
    await box.set("a1", retry_at=None)
    [again] = await box.claim()
    assert again.key == "a1"
    assert await box.claim() == [], "while it is under way they wait as well"
    await box.queue.record([sent(again)], box.clock.now())
    assert [row.key for row in await box.claim()] == ["a2"]


async def test_an_edit_that_is_tried_again_holds_what_is_newer_in_the_same_conversation(box: Box) -> None:
    await box.put("old", due=-MINUTE)
    await box.set("old", sent_revision=1, revision=2, channel="D1", message_ts="1.0")
    [edit] = await box.claim()
    await box.queue.record([untouched(edit, 3600, conversation=ANNA)], box.clock.now())
    await box.put("new")
    await box.put("newer")
    await box.set("newer", sent_revision=1, revision=2, channel="D1", message_ts="2.0")
    assert await box.claim() == []
    await box.set("old", retry_at=None)
    assert [row.key for row in await box.claim()] == ["old"]


async def test_coaches_who_share_a_channel_read_it_in_order_and_their_own_messages_do_not_wait_for_it(box: Box) -> None:
    async with box.store.write(WORKSPACE) as uow:
        for coach in (ANNA, BORIS):
            await uow.coaches.save(coach, "C0SHARED")
        await uow.commit()
    now = box.clock.now()
    await box._add([notice(NoticeKind.COACH_ALERT, "alert1", ANNA, now - MINUTE, now + LEASE)], WORKSPACE)
    [row] = await box.claim()
    await box.queue.record([untouched(row, 3600, conversation="C0SHARED")], now)
    await box._add([notice(NoticeKind.COACH_ALERT, "alert2", BORIS, now, now + LEASE)], WORKSPACE)
    await box.put("receipt", who=BORIS)
    await box.put("own", who=ANNA)
    assert {row.key for row in await box.claim()} == {"receipt", "own"}


async def test_what_is_dropped_or_given_up_holds_nobody_back(box: Box) -> None:
    await box.put("a1", "a2")
    for state in (NoticeState.DROPPED, NoticeState.FAILED):
        await box.set("a1", state=str(state), conversation=ANNA, retry_at=box.clock.now() + timedelta(days=9_000))
        [row] = await box.claim()
        assert row.key == "a2"
        await box.queue.record([untouched(row)], box.clock.now())


async def test_a_long_conversation_that_is_held_back_takes_nobodys_place_in_a_batch(box: Box) -> None:
    await box.put(*(f"a{number}" for number in range(20)), due=-MINUTE)
    await box.put("b", who=BORIS)
    [row] = await box.claim(1)
    await box.queue.record([untouched(row, 3600, conversation=ANNA)], box.clock.now())
    assert [row.key for row in await box.claim(5)] == ["b"]


async def test_workspaces_can_be_left_out_or_taken_alone(box: Box) -> None:
    await box.put("one")
    await box.put("two", ws="T0TWO")
    assert [row.key for row in await box.claim(excluding=["T0TWO"])] == ["one"]
    assert await box.claim(only=WORKSPACE) == []
    assert [row.key for row in await box.claim(only="T0TWO")] == ["two"]


async def test_people_slack_cannot_reach_wait_without_being_claimed(box: Box) -> None:
    await box.put("n", who="mail:anna@example.com")
    assert await box.claim() == []
    assert await box.queue.lag(box.clock.now() + MINUTE) == timedelta(0)
    async with box.store.write(WORKSPACE) as uow:
        await uow.coaches.save("mail:anna@example.com", None)  # a row for the person
        await uow.people.link("mail:anna@example.com", ANNA)
        await uow.commit()
    assert await box.queue.lag(box.clock.now() + MINUTE) == MINUTE
    [row] = await box.claim()
    assert row.recipient == ANNA


async def test_what_expired_is_claimed_even_for_people_slack_cannot_reach(box: Box) -> None:
    await box.put("n", who="mail:anna@example.com")
    box.clock.advance(timedelta(days=8))
    assert [row.key for row in await box.claim()] == ["n"]


async def test_reminders_of_one_person_due_within_the_window_are_claimed_together(box: Box) -> None:
    await box.remind("r2", due=MERGE_WINDOW)
    await box.remind("r1")
    await box.remind("r3", due=MERGE_WINDOW + timedelta(microseconds=1))
    await box.remind("r4", who=BORIS, due=MINUTE)
    rows = await box.claim(1)
    assert [(row.key, row.leader_key) for row in rows] == [("r1", None), ("r2", "r1")]
    assert {row.owner for row in rows} == {"owner1"}
    assert (await box.row("r2")).leader_key == "r1"  # type: ignore[attr-defined]


async def test_a_message_is_shared_by_no_more_reminders_than_fit(box: Box) -> None:
    await box.remind(*(f"r{i:02}" for i in range(MAX_SHARED + 3)))
    rows = await box.claim(1)
    leaders = {row.key for row in rows if row.leader_key is None}
    assert len(rows) == MAX_SHARED + 3
    assert leaders == {"r00", f"r{MAX_SHARED:02}"}


async def test_what_is_being_changed_is_claimed_only_after_the_change_is_committed(box: Box) -> None:
    world = World(box.store, box.clock)
    session = await world.book(timedelta(days=3), price=0)
    await world.cancel(session)
    box.clock.advance(timedelta(seconds=61))  # the alert is due when the cancellation can no longer be undone
    async with box.store.write(WORKSPACE) as uow:
        await uow.notices.refresh({NoticeKind.COACH_ALERT}, [session.id], box.clock.now())
        claiming = asyncio.create_task(box.claim())
        done, _ = await asyncio.wait(
            [claiming], timeout=0.3
        )  # SQLite makes the claim wait, PostgreSQL passes the row over
        early = [row.kind for task in done for row in task.result()]
        assert NoticeKind.COACH_ALERT not in early
        await uow.commit()
    rows = [*await claiming, *await box.claim()]
    [alert] = [row for row in rows if row.kind is NoticeKind.COACH_ALERT]
    assert alert.revision == 2
