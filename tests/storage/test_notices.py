"""The queue of notices: each row has one owner at a time, and what an owner left behind is taken back."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text, update

from coaching.clock import ManualClock
from coaching.news.kinds import NoticeKind
from coaching.news.notice import Notice, NoticeState
from coaching.reminders import MERGE_WINDOW
from storage import SqlStore
from storage.claims import Claimed, Outcome, untouched
from storage.housekeeping import BATCH, Housekeeping
from storage.notices import MAX_SHARED, NoticeQueue
from storage.queue_statements import MAX_ABANDONED
from storage.tables import drafts, inbound, notices
from tests.support.world import ANNA, BORIS, WORKSPACE, World

MINUTE = timedelta(minutes=1)
LEASE = timedelta(minutes=5)


class Box:
    """A queue with a few words for filling and emptying it."""

    def __init__(self, store: SqlStore, clock: ManualClock) -> None:
        self.store, self.clock, self.queue = store, clock, NoticeQueue(store.engines)
        self._owners = 0

    async def put(self, *keys: str, who: str = ANNA, due: timedelta = timedelta(0), ws: str = WORKSPACE) -> None:
        """Enqueue receipts due `due` from now."""
        now = self.clock.now()
        await self._add([_notice(NoticeKind.RECEIPT, key, who, now + due, now + timedelta(days=7)) for key in keys], ws)

    async def remind(self, *keys: str, who: str = ANNA, due: timedelta = timedelta(0)) -> None:
        """Enqueue reminders due `due` from now."""
        now = self.clock.now()
        await self._add(
            [_notice(NoticeKind.REMINDER, key, who, now + due, now + timedelta(days=1)) for key in keys], WORKSPACE
        )

    async def _add(self, some: Sequence[Notice], workspace_id: str) -> None:
        async with self.store.write(workspace_id) as uow:
            await uow.notices.add(some)
            await uow.commit()

    async def claim(self, limit: int = 50, *, lease: timedelta = LEASE, **where: object) -> list[Claimed]:
        """Claim under a fresh owner."""
        self._owners += 1
        now = self.clock.now()
        return await self.queue.claim(f"owner{self._owners}", now, lease=lease, limit=limit, **where)  # type: ignore[arg-type]

    async def begin(self, *rows: Claimed) -> dict[tuple[str, str, str], int]:
        """Write down that calls for these leave."""
        return (await self.queue.record([], self.clock.now(), begin=rows, lease=LEASE)).begun

    async def dies(self, *, begun: bool = True) -> None:
        """Claim everything and never be heard of again."""
        rows = await self.claim()
        if begun:
            await self.begin(*rows)
        async with self.store.engines.writer.begin() as connection:
            await connection.execute(text("UPDATE notices SET lease_until = 1 WHERE state = 'leased'"))
        await self.queue.reclaim(self.clock.now())

    async def set(self, key: str, **columns: object) -> None:
        """Change a row as somebody else would."""
        async with self.store.engines.writer.begin() as connection:
            await connection.execute(update(notices).where(notices.c.dedupe_key == key).values(**columns))

    async def row(self, key: str) -> object:
        """A row as it is."""
        async with self.store.engines.reader.connect() as connection:
            return (await connection.execute(notices.select().where(notices.c.dedupe_key == key))).one()


def _notice(kind: NoticeKind, key: str, who: str, due: datetime, expires: datetime) -> Notice:
    return Notice(kind=kind, dedupe_key=key, recipient=who, due_at=due, expires_at=expires, cutoff=expires)


def _sent(row: Claimed) -> Outcome:
    return Outcome(notice=row, state=NoticeState.SENT, channel="D1", message_ts="1.0", leader_key=row.leader_key)


@pytest.fixture
def box(store: SqlStore, clock: ManualClock) -> Box:
    return Box(store, clock)


async def test_what_is_due_is_claimed_oldest_first_and_once(box: Box) -> None:
    await box.put("c", due=-MINUTE, who="U0C")
    await box.put("b", due=-MINUTE * 2, who="U0B")
    await box.put("a")
    await box.put("later", due=MINUTE, who="U0D")
    assert [row.key for row in await box.claim(2)] == ["b", "c"]
    assert [row.key for row in await box.claim()] == ["a"]
    assert await box.claim() == []
    box.clock.advance(MINUTE)
    assert [row.key for row in await box.claim()] == ["later"]


async def test_two_claims_at_once_share_no_row(box: Box) -> None:
    for number in range(60):
        await box.put(f"n{number}", who=f"U{number}")
    claims = await asyncio.gather(*(box.claim(20) for _ in range(4)))
    keys = [row.key for rows in claims for row in rows]
    assert len(keys) == len(set(keys))
    assert all(len(rows) <= 20 for rows in claims)
    assert len(keys) + len(await box.claim(100)) == 60


async def test_an_owner_that_lost_its_lease_changes_nothing_any_more(box: Box) -> None:
    await box.put("n")
    [mine] = await box.claim(lease=-MINUTE)
    assert (await box.queue.reclaim(box.clock.now())).rows == 1
    [theirs] = await box.claim()
    await box.queue.record([_sent(mine)], box.clock.now())
    assert (await box.row("n")).state == "leased"  # type: ignore[attr-defined]
    await box.queue.record([_sent(theirs)], box.clock.now())
    row = await box.row("n")
    assert (row.state, row.sent_revision, row.channel, row.owner) == ("sent", 1, "D1", None)  # type: ignore[attr-defined]


async def test_a_first_message_whose_call_had_left_is_in_doubt_and_given_up_in_the_end(box: Box) -> None:
    await box.put("n")
    for time in range(1, MAX_ABANDONED + 1):
        await box.dies()
        row = await box.row("n")
        assert (row.ambiguous, row.crashes, row.attempts) == (time, time, time)  # type: ignore[attr-defined]
    await box.dies()
    row = await box.row("n")
    assert (row.state, row.why, row.finished_at) == ("failed", "given_up", box.clock.now())  # type: ignore[attr-defined]


async def test_what_was_claimed_and_never_begun_is_as_it_was_however_often_its_owner_dies(box: Box) -> None:
    await box.put("n")
    for _ in range(MAX_ABANDONED + 3):
        await box.dies(begun=False)
    row = await box.row("n")
    assert (row.state, row.ambiguous, row.crashes, row.attempts) == ("pending", 0, 0, 0)  # type: ignore[attr-defined]
    assert row.why is None  # type: ignore[attr-defined]


async def test_errors_that_slack_answered_are_no_deaths_of_ours(box: Box) -> None:
    await box.put("n")
    await box.set("n", ambiguous=4, server_errors=4)
    for deaths in range(1, MAX_ABANDONED + 1):
        await box.dies()
        row = await box.row("n")
        assert (row.state, row.ambiguous, row.server_errors) == ("pending", 4 + deaths, 4)  # type: ignore[attr-defined]
    await box.dies()
    assert (await box.row("n")).state == "failed"  # type: ignore[attr-defined]


async def test_nothing_begins_that_somebody_else_took_over(box: Box) -> None:
    await box.put("n")
    [mine] = await box.claim(lease=-MINUTE)
    await box.queue.reclaim(box.clock.now())
    [theirs] = await box.claim()
    assert await box.begin(mine) == {}
    assert await box.begin(theirs) == {(WORKSPACE, "n", theirs.owner): 1}


async def test_what_begins_says_which_revision_it_has_by_now(box: Box) -> None:
    await box.put("n")
    [row] = await box.claim()
    await box.set("n", revision=3)
    assert await box.begin(row) == {(WORKSPACE, "n", row.owner): 3}


async def test_nobody_takes_back_what_they_hold_themselves_whatever_the_databases_clock_does(box: Box) -> None:
    await box.put("n")
    [row] = await box.claim(lease=-MINUTE)
    assert (await box.queue.reclaim(box.clock.now(), mine=[row.owner])).rows == 0
    assert (await box.queue.reclaim(box.clock.now(), mine=["another"])).rows == 1


@pytest.mark.parametrize(("ahead", "taken"), [(MINUTE, 0), (timedelta(hours=1), 1)])
async def test_a_lease_from_before_the_clock_was_set_back_is_nobodys(box: Box, ahead: timedelta, taken: int) -> None:
    await box.put("n")
    await box.claim(lease=ahead)
    assert (await box.queue.reclaim(box.clock.now())).rows == taken


async def test_a_lease_that_is_renewed_is_not_taken_back(box: Box) -> None:
    await box.put("n")
    [row] = await box.claim(lease=-MINUTE)
    await box.queue.renew([row.owner], LEASE)
    assert (await box.queue.reclaim(box.clock.now())).rows == 0


async def test_whoever_is_alone_takes_everything_over_at_once(box: Box) -> None:
    await box.put("n")
    await box.claim()
    assert (await box.queue.reclaim(box.clock.now())).rows == 0
    assert (await box.queue.reclaim(box.clock.now(), everything=True)).rows == 1


async def test_a_conversations_newer_messages_wait_behind_one_that_is_under_way(box: Box) -> None:
    await box.put("a1", "a2")
    await box.put("b1", who=BORIS)
    first = await box.claim()
    assert [row.key for row in first] == ["a1", "b1"]
    await box.put("a0", due=-MINUTE)
    assert await box.claim() == [], "one at a time, whatever is older"
    await box.queue.record([_sent(row) for row in first], box.clock.now())
    assert [row.key for row in await box.claim()] == ["a0"]


@pytest.mark.parametrize(
    "odd",
    [
        {"message_ts": "1." + "\ud800"},
        {"why_code": "\ud800"},
        {"diverted_why": "\ud800"},
        {"leader_key": "\ud800"},
        {"attempts": 2**70},
    ],
)
async def test_an_outcome_that_cannot_be_written_takes_no_other_with_it(box: Box, odd: dict[str, object]) -> None:
    await box.put("a")
    await box.put("b", who=BORIS)
    await box.put("c", who="U0C")
    a, b, c = await box.claim()
    await box.queue.record([_sent(a), replace(_sent(b), **odd), _sent(c)], box.clock.now())
    if "attempts" in odd:  # not even what is left without words can be written
        assert [(await box.row(key)).state for key in "abc"] == ["sent", "leased", "sent"]  # type: ignore[attr-defined]
        return
    assert [(await box.row(key)).state for key in "abc"] == ["sent"] * 3  # type: ignore[attr-defined]
    assert (await box.row("b")).why == "unwritable"  # type: ignore[attr-defined]


@pytest.mark.parametrize("wait", [float("inf"), float("nan"), 1e30, -1.0])
async def test_no_wait_is_longer_than_a_day(box: Box, wait: float) -> None:
    await box.put("n")
    [row] = await box.claim()
    await box.queue.record([untouched(row, wait)], box.clock.now())
    assert (await box.row("n")).state == "pending"  # type: ignore[attr-defined]


async def test_the_admins_hear_of_a_coachs_news_that_is_given_up_after_crashes(box: Box) -> None:
    now = box.clock.now()
    alert = _notice(NoticeKind.COACH_ALERT, "alert", ANNA, now, now + timedelta(days=7))
    copied = replace(alert, dedupe_key="copy", recipient="C0COPIES", copy_of=ANNA)
    await box._add([replace(alert, action_id="a1"), replace(copied, action_id="a1")], WORKSPACE)
    async with box.store.write(WORKSPACE) as uow:
        await uow.people.save_admins([BORIS])
        await uow.commit()
    for key in ("alert", "copy"):
        await box.set(key, ambiguous=MAX_ABANDONED, crashes=MAX_ABANDONED)
    claimed = await box.claim()
    assert len(claimed) == 2
    await box.begin(*claimed)
    for key in ("alert", "copy"):
        await box.set(key, lease_until=box.clock.now() - timedelta(days=20_000))
    taken_back = await box.queue.reclaim(now)
    assert (taken_back.rows, taken_back.unheard) == (2, [])
    [told] = await box.claim()
    assert (told.kind, told.recipient, told.about_id, told.trouble) == (NoticeKind.ALERT_LOST, BORIS, ANNA, "crashed")
    assert told.action_id == "a1"


async def test_an_edit_of_a_dead_owner_is_simply_done_again(box: Box) -> None:
    await box.put("n")
    await box.set("n", sent_revision=1, revision=2, channel="D1", message_ts="1.0")
    await box.claim(lease=-MINUTE)
    await box.queue.reclaim(box.clock.now())
    row = await box.row("n")
    assert (row.state, row.ambiguous) == ("pending", 0)  # type: ignore[attr-defined]


async def test_a_lease_that_still_runs_is_not_taken_back(box: Box) -> None:
    await box.put("n")
    await box.claim()
    box.clock.advance(timedelta(days=400))  # leases are the database's time, not the business's
    assert (await box.queue.reclaim(box.clock.now())).rows == 0


async def test_a_revision_raised_on_the_way_makes_an_edit_due_at_once(box: Box) -> None:
    await box.put("n", due=-MINUTE)
    [row] = await box.claim()
    await box.set("n", revision=2)
    await box.queue.record([_sent(row)], box.clock.now())
    [edit] = await box.claim()
    assert (edit.is_edit, edit.revision, edit.sent_revision, edit.message_ts) == (True, 2, 1, "1.0")
    assert edit.due_at == box.clock.now()
    await box.queue.record([_sent(edit)], box.clock.now())
    assert await box.claim() == []


async def test_an_edit_later_does_not_change_when_a_message_was_sent(box: Box) -> None:
    await box.put("n")
    [row] = await box.claim()
    sent_at = box.clock.now()
    await box.set("n", revision=2)
    await box.queue.record([_sent(row)], sent_at)
    box.clock.advance(timedelta(days=2))
    [edit] = await box.claim()
    await box.queue.record([_sent(edit)], box.clock.now())
    row_after = await box.row("n")
    assert (row_after.sent_revision, row_after.finished_at) == (2, sent_at)  # type: ignore[attr-defined]


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
    await box.queue.record([_sent(older)], box.clock.now())
    assert await box.claim() == []
    await box.set("a1", retry_at=None)
    [again] = await box.claim()
    assert again.key == "a1"
    assert await box.claim() == [], "while it is under way they wait as well"
    await box.queue.record([_sent(again)], box.clock.now())
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
    await box._add([_notice(NoticeKind.COACH_ALERT, "alert1", ANNA, now - MINUTE, now + LEASE)], WORKSPACE)
    [row] = await box.claim()
    await box.queue.record([untouched(row, 3600, conversation="C0SHARED")], now)
    await box._add([_notice(NoticeKind.COACH_ALERT, "alert2", BORIS, now, now + LEASE)], WORKSPACE)
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


async def test_old_drafts_and_requests_are_thrown_away_in_batches(store: SqlStore, clock: ManualClock) -> None:
    now = clock.now()
    old = [(f"d{i}", now - timedelta(days=2, microseconds=1)) for i in range(7)]
    young = [("d-young", now - timedelta(days=2))]
    async with store.engines.writer.begin() as connection:
        await connection.execute(
            drafts.insert(),
            [
                {"workspace_id": WORKSPACE, "id": key, "user_id": ANNA, "body": "{}", "updated_at": at}
                for key, at in old + young
            ],
        )
        await connection.execute(
            inbound.insert(),
            [{"workspace_id": WORKSPACE, "key": f"k{i}", "at": now - timedelta(days=4000)} for i in range(4)],
        )
    async with store.write(WORKSPACE) as uow:
        await uow.claim_request("fresh")
        await uow.commit()
    assert await Housekeeping(store.engines, batch=3).purge(now) == 11
    async with store.engines.reader.connect() as connection:
        left = (await connection.execute(drafts.select())).all(), (await connection.execute(inbound.select())).all()
    assert [row.id for row in left[0]] == ["d-young"]
    assert [row.key for row in left[1]] == ["fresh"]
    assert await Housekeeping(store.engines, batch=BATCH).purge(now) == 0
