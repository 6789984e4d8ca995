"""The queue of notices: each row has one owner at a time, and what an owner left behind is taken back."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from coaching.clock import ManualClock
from coaching.news.kinds import NoticeKind
from storage import SqlStore
from storage.claims import untouched
from storage.housekeeping import BATCH, Housekeeping
from storage.queue_statements import MAX_ABANDONED
from storage.tables import drafts, inbound, notices
from tests.storage.box import LEASE, MINUTE, Box, notice, sent
from tests.support.world import ANNA, BORIS, WORKSPACE


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
    await box.queue.record([sent(mine)], box.clock.now())
    assert (await box.row("n")).state == "leased"  # type: ignore[attr-defined]
    await box.queue.record([sent(theirs)], box.clock.now())
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


async def test_what_begins_in_one_workspace_begins_in_no_other_one(box: Box) -> None:
    await box.put("n")
    await box.put("n", ws="T0OTHER")
    rows = {row.workspace_id: row for row in await box.claim()}
    assert set(rows) == {WORKSPACE, "T0OTHER"}
    assert set(await box.begin(rows[WORKSPACE])) == {(WORKSPACE, "n", rows[WORKSPACE].owner)}
    async with box.store.engines.reader.connect() as connection:
        begun = await connection.execute(select(notices.c.workspace_id).where(notices.c.begun_at.is_not(None)))
        assert list(begun.scalars()) == [WORKSPACE]


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
    assert (await box.queue.take_over(box.clock.now(), process="newborn")).rows == 1


async def test_whoever_takes_over_leaves_what_it_has_claimed_itself(box: Box) -> None:
    await box.put("mine", who=BORIS)
    await box.queue.claim("newborn-1", box.clock.now(), lease=LEASE, limit=50)
    await box.put("theirs")
    await box.queue.claim("newborn2-1", box.clock.now(), lease=LEASE, limit=50)
    assert (await box.queue.take_over(box.clock.now(), process="newborn")).rows == 1
    assert [(await box.row(key)).state for key in ("mine", "theirs")] == ["leased", "pending"]  # type: ignore[attr-defined]


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
    await box.queue.record([sent(a), replace(sent(b), **odd), sent(c)], box.clock.now())
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
    alert = notice(NoticeKind.COACH_ALERT, "alert", ANNA, now, now + timedelta(days=7))
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
    await box.queue.record([sent(row)], box.clock.now())
    [edit] = await box.claim()
    assert (edit.is_edit, edit.revision, edit.sent_revision, edit.message_ts) == (True, 2, 1, "1.0")
    assert edit.due_at == box.clock.now()
    await box.queue.record([sent(edit)], box.clock.now())
    assert await box.claim() == []


async def test_an_edit_later_does_not_change_when_a_message_was_sent(box: Box) -> None:
    await box.put("n")
    [row] = await box.claim()
    sent_at = box.clock.now()
    await box.set("n", revision=2)
    await box.queue.record([sent(row)], sent_at)
    box.clock.advance(timedelta(days=2))
    [edit] = await box.claim()
    await box.queue.record([sent(edit)], box.clock.now())
    row_after = await box.row("n")
    assert (row_after.sent_revision, row_after.finished_at) == (2, sent_at)  # type: ignore[attr-defined]


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


async def test_people_who_were_asked_about_mail_are_locked_in_the_order_of_people_not_of_their_messages(
    box: Box,
) -> None:
    await box.put("a", who=BORIS)
    await box.put("b", who=ANNA)
    asked = [replace(sent(row), asked_about_mail=True) for row in await box.claim()]
    locked: list[object] = []

    def note(_connection: object, _cursor: object, statement: str, given: object, *_: object) -> None:
        if statement.startswith("UPDATE members") and isinstance(given, list):
            locked.extend(value for one in given for value in one if value in {ANNA, BORIS})

    event.listen(box.store.engines.writer.sync_engine, "before_cursor_execute", note)
    await box.queue.record(asked, box.clock.now())
    assert locked == [ANNA, BORIS]
