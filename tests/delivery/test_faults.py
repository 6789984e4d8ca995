"""Slack in trouble: nothing is lost, nothing is sent for certain twice, and what may have been is visible."""

import asyncio
import os
import random
import signal
import sys
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from coaching.news.cancellations import receipt
from storage.repositories.notices import notice_row
from storage.tables import notices
from storage.types import EPOCH
from tests.delivery.conftest import FAST, Stage
from tests.support.postgres import free_port
from tests.support.world import ANNA, COACH, WORKSPACE

HOUR, DAY = timedelta(hours=1), timedelta(hours=24)


def kept_promises(stage: Stage, rows: list[Any]) -> None:
    """Each row ended in exactly one state, and Slack has no more messages of it than one and those in doubt."""
    assert {row.state for row in rows} <= {"sent", "dropped", "failed", "pending"}
    posts = stage.posts()
    copies = Counter((post.channel, post.text) for post in posts)
    assert sum(count - 1 for count in copies.values()) <= sum(row.ambiguous for row in rows)
    texts = {(post.channel, post.ts): post.text for post in posts}
    for row in rows:
        if row.sent_revision is not None:
            assert copies[row.channel, texts[row.channel, row.message_ts]] <= 1 + row.ambiguous
        if row.state in {"dropped", "failed"}:
            assert row.why
            assert row.finished_at


async def test_a_storm_of_rate_limits_delays_messages_and_loses_none(stage: Stage) -> None:
    await stage.say(12, people=12)
    stage.slack.faults.add({"kind": "rate_limited", "calls": 8, "retry_after": 0})
    relay = await stage.running()
    await stage.until(stage.settled)
    assert len(stage.calls("chat.postMessage")) == 24 + 8
    assert len(stage.posts()) == 24
    assert not relay.troubles()
    assert {row.ambiguous for row in await stage.rows()} == {0}


async def test_retry_after_is_honoured_for_the_whole_conversation(stage: Stage) -> None:
    await stage.say(6)
    stage.slack.faults.add({"kind": "rate_limited", "channel": ANNA, "calls": 1, "retry_after": 1})
    await stage.running()
    await stage.until(stage.settled)
    assert len(stage.posts(ANNA)) == 6
    to_anna = [call for call in stage.calls("chat.postMessage") if call["request"]["channel"] == ANNA]
    assert [call["status"] for call in to_anna] == [429, *[200] * 6]
    assert to_anna[1]["at"] - to_anna[0]["at"] >= 0.99


@pytest.mark.parametrize("status", [500, 503])
async def test_while_slack_fails_messages_wait_and_then_arrive(stage: Stage, status: int) -> None:
    await stage.say(30, people=30)
    stage.slack.faults.add({"kind": "server_error", "status": status})
    relay = await stage.running()
    await stage.until(lambda: len(stage.calls("auth.test")) >= 3)
    assert relay.troubles()[WORKSPACE].startswith("Slack does not answer")
    assert len(stage.calls("chat.postMessage")) <= FAST.concurrency, "after the first failures only probes go out"
    stage.slack.faults.remove()
    await stage.until(stage.settled)
    assert await stage.states(kind="receipt") == {"sent": 30}
    assert await stage.states(kind="coach_alert") == {"sent": 30}
    assert len(stage.posts()) == 60
    assert not relay.troubles()


async def test_a_message_whose_fate_stays_unknown_is_sent_once_more_and_no_further(stage: Stage) -> None:
    await stage.say(1)
    stage.slack.faults.add({"kind": "lost_reply", "method": "chat.postMessage", "channel": ANNA})
    await stage.running()
    await stage.until(stage.settled)
    assert len(stage.posts(ANNA)) == 2, "Slack took both"
    [row] = await stage.rows(kind="receipt")
    assert (row.state, row.ambiguous) == ("failed", 2)
    assert row.why == "never_confirmed"
    assert row.finished_at == stage.clock.now()


async def test_what_slack_answers_with_an_error_twice_arrives_all_the_same(stage: Stage) -> None:
    await stage.say(1)
    stage.slack.faults.add({"kind": "server_error", "channel": ANNA, "calls": 2, "status": 503})
    await stage.running()
    await stage.until(stage.settled)
    assert len(stage.posts(ANNA)) == 1
    [row] = await stage.rows(kind="receipt")
    assert (row.state, row.ambiguous, row.conversation) == ("sent", 2, None)
    assert row.why == "several_times"


async def test_after_five_errors_a_message_is_given_up_and_the_record_says_so(stage: Stage) -> None:
    await stage.say(1)
    stage.slack.faults.add({"kind": "server_error", "method": "chat.postMessage", "channel": ANNA})
    await stage.running()
    await stage.until(stage.settled)
    assert len([call for call in stage.calls("chat.postMessage") if call["request"]["channel"] == ANNA]) == 5
    [row] = await stage.rows(kind="receipt")
    assert (row.state, row.ambiguous) == ("failed", 5)
    assert row.why == "always_errors"
    assert row.finished_at == stage.clock.now()


async def test_an_error_does_not_use_up_the_second_try_after_a_lost_reply(stage: Stage) -> None:
    await stage.say(1)
    for kind in ("server_error", "lost_reply", "server_error"):
        stage.slack.faults.add({"kind": kind, "method": "chat.postMessage", "channel": ANNA, "calls": 1})
    await stage.running()
    await stage.until(stage.settled)
    [row] = await stage.rows(kind="receipt")
    assert (row.state, row.ambiguous) == ("sent", 3)


@pytest.mark.parametrize(
    "fault", [{"kind": "server_error"}, {"kind": "lost_reply"}, {"kind": "rate_limited", "retry_after": 60}]
)
async def test_what_is_newer_waits_behind_what_is_tried_again_and_others_do_not(
    stage: Stage, fault: dict[str, Any]
) -> None:
    first, *_ = await stage.say(1)
    stage.slack.faults.add({**fault, "method": "chat.postMessage", "channel": ANNA, "calls": 1})
    relay = await stage.running(replace(FAST, unknown_again=60.0, unknown_limit=60.0))
    await stage.until(lambda: stage.states(kind="receipt", conversation=ANNA))
    stage.clock.advance(timedelta(seconds=1))
    await stage.say(5)
    other = await stage.world.book(timedelta(days=20), client="U0EXTRA1", price=0)
    await stage.world.cancel(other, who="U0EXTRA1")
    await stage.until(lambda: stage.posts("U0EXTRA1"))
    taken = 1 if fault["kind"] == "lost_reply" else 0
    assert len(stage.posts(ANNA)) == taken, "what is newer waits"
    async with stage.store.engines.writer.begin() as connection:
        await connection.execute(update(notices).where(notices.c.retry_at.is_not(None)).values(retry_at=None))
    relay.wake()
    await stage.until(stage.settled)
    rows = await stage.rows(kind="receipt", recipient=ANNA)
    assert rows[0].dedupe_key == first
    by_due = [row.message_ts for row in rows]
    assert by_due == sorted(by_due), "the order in which people read is the order in which things happened"


@pytest.mark.parametrize("kind", ["server_error", "lost_reply"])
async def test_a_message_waits_behind_an_edit_that_does_not_come_through_but_not_for_ever(
    stage: Stage, kind: str
) -> None:
    session = await stage.world.book(DAY * 10)
    stage.clock.set(session.refund_cutoff_at - DAY)
    await stage.relay().drain()
    stage.slack.faults.add({"kind": kind, "method": "chat.update"})
    await stage.world.cancel(session)
    stage.clock.advance(timedelta(seconds=1))
    [newer] = await stage.say(1)
    await stage.running()
    await stage.until(lambda: stage.states(dedupe_key=newer, state="sent"))
    assert len(stage.calls("chat.update")) >= 5, "the receipt is newer than the edit of the reminder"
    stage.slack.faults.remove()
    await stage.until(stage.settled)
    [row] = await stage.rows(kind="reminder", state="sent")
    assert (row.ambiguous, row.sent_revision) == (0, row.revision), "an edit is tried until it is of no use"


async def test_one_lost_reply_makes_at_most_one_duplicate_and_the_record_says_so(stage: Stage) -> None:
    await stage.say(10, people=10)
    stage.slack.faults.add({"kind": "lost_reply", "method": "chat.postMessage", "calls": 3})
    await stage.running()
    await stage.until(stage.settled)
    rows = await stage.rows(state="sent")
    assert len(rows) == 20
    twice = [row for row in rows if row.ambiguous]
    assert len(twice) == 3
    assert {row.why for row in twice} == {"perhaps_twice"}
    assert len(stage.posts()) == 23
    kept_promises(stage, rows)


async def test_a_lost_reply_to_an_edit_is_repeated_in_place(stage: Stage) -> None:
    session = await stage.world.book(DAY * 10)
    stage.clock.set(session.refund_cutoff_at - DAY)
    await stage.relay().drain()
    stage.slack.faults.add({"kind": "lost_reply", "method": "chat.update", "calls": 4})
    await stage.world.cancel(session)
    await stage.running()
    await stage.until(stage.settled)
    assert len(stage.calls("chat.update")) == 5
    [row] = await stage.rows(kind="reminder", state="sent")
    assert (row.ambiguous, row.sent_revision) == (0, row.revision)
    assert len([post for post in stage.posts(ANNA) if post.edited]) == 1


async def test_an_edit_of_a_message_that_is_gone_is_given_up_and_not_posted_again(stage: Stage) -> None:
    session = await stage.world.book(DAY * 10)
    stage.clock.set(session.refund_cutoff_at - DAY)
    await stage.relay().drain()
    [post] = stage.posts(ANNA)
    del stage.slack.workspace.channels[post.channel].messages[post.ts]
    await stage.world.cancel(session)
    await stage.relay().drain()
    [row] = await stage.rows(kind="reminder", state="sent")
    assert (row.why, row.why_code) == ("edit_refused", "message_not_found")
    assert len(stage.posts(ANNA)) == 1, "the receipt alone"


async def test_somebody_who_left_is_recorded_as_not_reached(stage: Stage) -> None:
    await stage.say(1)
    stage.slack.workspace.users[ANNA].deleted = True
    await stage.relay().drain()
    [row] = await stage.rows(kind="receipt")
    assert (row.state, row.why, row.why_code) == ("failed", "refused", "channel_not_found")


async def test_a_dead_token_stops_delivery_and_loses_nothing(stage: Stage) -> None:
    await stage.say(5)
    stage.token = "xoxb-revoked"
    relay = await stage.running()
    await stage.until(lambda: len(stage.calls("auth.test")) >= 2)
    assert relay.troubles() == {WORKSPACE: "Slack refuses this installation (invalid_auth)"}
    assert {(row.state, row.attempts, row.ambiguous) for row in await stage.rows(kind="receipt")} == {("pending", 0, 0)}
    stage.token = "xoxb-delivery"
    await stage.until(stage.settled)
    assert len(stage.posts(ANNA)) == 5


async def test_slack_out_of_reach_for_a_while_and_everything_arrives_once(stage: Stage) -> None:
    await stage.say(20, people=20)
    api = stage.slack.url
    stage.slack.url = f"http://127.0.0.1:{free_port()}"  # where nobody listens
    relay = await stage.running()
    await stage.until(lambda: relay.troubles())
    assert relay.troubles()[WORKSPACE].startswith("Slack does not answer")
    stage.slack.url = api
    await stage.until(stage.settled)
    assert len(stage.posts()) == 40
    assert {row.ambiguous for row in await stage.rows()} == {0}, "what was never sent is not ambiguous"


async def test_two_relays_on_one_database_send_nothing_twice(stage: Stage) -> None:
    await stage.say(60, people=30)
    await asyncio.gather(*(stage.relay().drain() for _ in range(2)))
    await stage.relay().drain()
    assert await stage.states(kind="receipt") == {"sent": 60}
    assert len(stage.posts()) == 120


async def test_stopping_ends_what_is_in_flight_and_gives_the_rest_back(stage: Stage) -> None:
    await stage.say(20)
    stage.slack.faults.add({"kind": "slow", "method": "chat.postMessage", "ms": 200})
    relay = stage.relay()
    async with relay.running(stop_seconds=60):
        await stage.until(lambda: stage.states(state="leased"))
    rows = await stage.rows()
    assert Counter(row.state for row in rows)["leased"] == 0
    assert Counter(row.state for row in rows)["sent"] == len(stage.posts())
    assert {row.ambiguous for row in rows} == {0}
    stage.slack.faults.remove()
    await stage.relay().drain()
    assert len(stage.posts()) == 40


async def test_what_is_cut_off_at_the_deadline_counts_as_unknown(stage: Stage) -> None:
    await stage.say(1)
    stage.slack.faults.add({"kind": "slow", "method": "chat.postMessage", "ms": 60_000, "calls": 2})
    async with stage.relay().running(stop_seconds=0.1):
        await stage.until(lambda: not stage.slack.faults.active())  # both calls have arrived and hang
    rows = [*await stage.rows(kind="receipt"), *await stage.rows(kind="coach_alert")]
    once_more = "once_more"
    assert [(row.state, row.ambiguous, row.why) for row in rows] == [("pending", 1, once_more)] * 2


async def another_process(stage: Stage, database_url: str, *, lease: float = 60.0) -> asyncio.subprocess.Process:
    """A relay of its own, to be killed or frozen; its `lease` (seconds) outlasts the test where nothing else is said."""
    script = (sys.executable, "-m", "tests.delivery.relay_process", database_url, stage.slack.api_url)
    env = {**os.environ, "NOW": stage.clock.now().isoformat(), "LEASE": str(lease)}
    return await asyncio.create_subprocess_exec(*script, env=env)


async def killed(process: asyncio.subprocess.Process) -> None:
    process.send_signal(signal.SIGKILL)
    await process.wait()


async def test_a_kill_doubles_no_more_than_the_calls_under_way_and_whoever_comes_alone_goes_on_at_once(
    stage: Stage, database_url: str
) -> None:
    await stage.say(60, people=30)
    stage.slack.faults.add({"kind": "slow", "method": "chat.postMessage", "ms": 20})
    process = await another_process(stage, database_url)
    try:
        await stage.until(lambda: len(stage.posts()) >= 25)
    finally:
        await killed(process)
    before = await stage.rows()
    under_way = [row for row in before if row.begun_at is not None]
    assert len(under_way) <= FAST.concurrency
    stage.slack.faults.remove()
    # Its lease is a minute long: nobody could wait for it here.
    await stage.running()
    await stage.until(stage.settled)
    rows = [row for row in await stage.rows() if row.state != "dropped"]  # the reminders of what was canceled
    assert Counter(row.state for row in rows) == {"sent": 120}
    unsure = [row for row in rows if row.ambiguous]
    assert {row.dedupe_key for row in unsure} == {row.dedupe_key for row in under_way}
    assert {row.why for row in unsure} <= {"killed"}
    assert 120 <= len(stage.posts()) <= 120 + len(under_way)
    kept_promises(stage, rows)


async def test_what_a_frozen_process_holds_is_left_to_it_until_its_lease_is_over(
    stage: Stage, database_url: str
) -> None:
    await stage.say(1)
    hang = stage.slack.faults.add({"kind": "slow", "method": "chat.postMessage", "ms": 2_000, "calls": 2})
    process = await another_process(stage, database_url)
    try:
        await stage.until(lambda: hang.remaining == 0)
        process.send_signal(signal.SIGSTOP)
        leased = [row for row in await stage.rows(state="leased") if row.begun_at is not None]
        assert {row.kind for row in leased} == {"receipt", "coach_alert"}
        await stage.running()
        await stage.say(2, people=2)  # one of them somebody else's
        await stage.until(lambda: stage.posts("U0EXTRA1"))
        meanwhile = {row.dedupe_key: row for row in await stage.rows()}
        assert all(meanwhile[row.dedupe_key] == row for row in leased), "a frozen process is no dead one"
        async with stage.store.engines.writer.begin() as connection:
            await connection.execute(
                update(notices)
                .where(notices.c.state == "leased", notices.c.dedupe_key.in_([row.dedupe_key for row in leased]))
                .values(lease_until=EPOCH + HOUR)
            )
        await stage.until(stage.settled)
        after = {row.dedupe_key: row for row in await stage.rows()}
        assert {(after[r.dedupe_key].state, after[r.dedupe_key].crashes) for r in leased} == {("sent", 1)}
    finally:
        await killed(process)


async def test_an_alert_channel_that_is_archived_does_not_keep_the_coach_from_hearing(stage: Stage) -> None:
    stage.slack.workspace.channels["C0COACH"].is_archived = True
    await stage.say(2)
    await stage.relay().drain()
    assert len(stage.posts(COACH)) == 2


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.deep), pytest.param(3, marks=pytest.mark.deep)])
async def test_in_any_weather_every_notice_ends_in_one_state_and_duplicates_are_accounted_for(
    stage: Stage, seed: int
) -> None:
    dice = random.Random(seed)
    await stage.say(25, people=12)
    relay = await stage.running()
    second = await stage.running()
    for _ in range(12):
        kind = dice.choice(["rate_limited", "server_error", "lost_reply", "slow"])
        method = dice.choice(["*", "chat.postMessage", "chat.update"])
        stage.slack.faults.add(
            {"kind": kind, "method": method, "calls": dice.randint(1, 4), "retry_after": 0, "ms": dice.randint(0, 30)}
        )
        await stage.say(1)
        calls = len(stage.calls("chat.postMessage"))
        await stage.until(lambda calls=calls: len(stage.calls("chat.postMessage")) > calls)
    stage.slack.faults.remove()
    await stage.until(stage.settled)
    kept_promises(stage, await stage.rows())
    # With nothing left to send, a probe finds out that Slack is back.
    await stage.until(lambda: not relay.troubles() and not second.troubles())


async def test_a_long_queue_is_never_held_in_memory(stage: Stage) -> None:
    session = await stage.world.book(DAY * 3, price=0)
    done = await stage.world.cancel(session)
    assert done.sessions[0].cancellation is not None
    due = stage.clock.now()
    row = notice_row(WORKSPACE, receipt(done.sessions[0].cancellation.action_id, ANNA, due))
    async with stage.store.engines.writer.begin() as connection:
        await connection.execute(insert(notices), [{**row, "dedupe_key": f"copy{number}"} for number in range(100)])
    pace = replace(FAST, batch=10)
    relay = stage.relay(pace)
    draining = asyncio.create_task(relay.drain())
    most = 0
    while not draining.done():
        most = max(most, (await stage.states())["leased"])
        await asyncio.wait([draining], timeout=0.02)
    await draining
    assert len(stage.posts(ANNA)) == 101
    assert 0 < most <= pace.batch * 2
