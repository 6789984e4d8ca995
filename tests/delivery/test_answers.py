"""What Slack's answers, and their absence, mean for sending again."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from bot.delivery.channels.channel import Locked, NotSent, Refused, Reply, Sent, ServerError, TooFast, Unknown
from bot.delivery.channels.slack import open_session, post, write_client
from bot.delivery.gate import Gate, Way
from bot.delivery.retry import Pace, backoff, growing
from tests.delivery.conftest import FAST, Stage
from tests.support import patience
from tests.support.postgres import free_port
from tests.support.world import ANNA

MESSAGE = {"text": "hello", "blocks": [{"type": "divider"}]}
Answer = Callable[[web.Request], web.StreamResponse]


def said(body: object, status: int = 200, **headers: str) -> Answer:
    """Answer with JSON."""
    return lambda _request: web.Response(
        text=json.dumps(body), status=status, content_type="application/json", headers=headers
    )


def error(code: str) -> Answer:
    """Answer as Slack refuses."""
    return said({"ok": False, "error": code})


def plain(text: str, status: int, content_type: str) -> Answer:
    """Answer as something between us and Slack does."""
    return lambda _request: web.Response(text=text, status=status, content_type=content_type)


def hang_up(request: web.Request) -> web.StreamResponse:
    """Take the request and drop the connection."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


@asynccontextmanager
async def stand_in(answer: Answer, *, seconds: float = 0.0) -> AsyncIterator[str]:
    """A Web API that always answers the same."""

    async def handle(request: web.Request) -> web.StreamResponse:
        await request.read()
        await asyncio.sleep(seconds)
        return answer(request)

    app = web.Application()
    app.router.add_post("/api/{method}", handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    finally:
        await runner.cleanup()


async def reply_of(url: str, seconds: float = patience.SECONDS) -> Reply:
    async with open_session() as session:
        return await post(write_client("xoxb-x", url, session), "C1", MESSAGE, seconds)


async def test_an_answer_that_came_while_the_process_stood_still_is_read() -> None:
    limit = 2.0
    async with stand_in(said({"ok": True, "channel": "C1", "ts": "1.2"}), seconds=0.5) as url:
        asyncio.get_running_loop().call_later(0.2, time.sleep, limit)
        assert await reply_of(url, seconds=limit) == Sent("C1", "1.2")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (said({"ok": True, "channel": "C1", "ts": "1.2"}), Sent("C1", "1.2")),
        (said({"ok": False, "error": "ratelimited"}, 429, **{"Retry-After": "7"}), TooFast(7.0)),
        (plain("slow down", 429, "text/plain"), TooFast(None)),
        *(
            (said({"ok": False, "error": "ratelimited"}, 429, **{"Retry-After": told}), TooFast(seconds))
            for told, seconds in (
                ("inf", 300.0),
                ("1e30", 300.0),
                ("9" * 400, 300.0),
                ("nan", None),
                ("-1", None),
                ("soon", None),
                ("0", 0.0),
            )
        ),
        (said({"ok": True, "channel": "C1", "ts": "1" * 300}), Sent(None, None)),
        (said({"ok": True, "channel": "C\0", "ts": "1.2"}), Sent(None, None)),
        (said({"ok": True, "channel": {"id": "C1"}, "ts": 1.2}), Sent(None, None)),
        (said({"ok": True}), Sent(None, None)),
        (error("no\0such"), ServerError("HTTP 200 unreadable")),
        (error("x" * 10_000), ServerError("HTTP 200 unreadable")),
        (error("\ud800"), ServerError("HTTP 200 unreadable")),
        (said({"ok": False, "error": ["odd"]}), ServerError("HTTP 200 unreadable")),
        (error("a_code_of_next_year"), Refused("a_code_of_next_year")),
        (said({"ok": False}), Unknown("HTTP 200 without an answer")),
        (plain("{}", 299, "application/json"), Unknown("HTTP 299 without an answer")),
        (plain("{}", 999, "application/json"), ServerError("HTTP 999")),
        (error("not_in_channel"), Refused("not_in_channel")),
        (error("invalid_blocks"), Refused("invalid_blocks")),
        (error("token_revoked"), Locked("token_revoked")),
        (error("missing_scope"), Locked("missing_scope")),
        (error("service_unavailable"), NotSent("service_unavailable")),
        (error("fatal_error"), ServerError("HTTP 200 fatal_error")),
        (plain("<html>bad gateway</html>", 502, "text/html"), ServerError("HTTP 502")),
        (plain("upstream error", 500, "text/plain"), ServerError("HTTP 500")),
        (plain("{not json", 503, "application/json"), ServerError("HTTP 503")),
        (plain("{not json", 200, "application/json"), Unknown("HTTP 200 without an answer")),
        (plain("<html>forbidden</html>", 403, "text/html"), NotSent("HTTP 403")),
    ],
)
async def test_each_answer_is_understood(answer: Answer, expected: Reply) -> None:
    async with stand_in(answer) as url:
        assert await reply_of(url) == expected


@pytest.mark.parametrize("answer", [hang_up, plain("ok?", 200, "text/plain"), said(["a", "list"])])
async def test_an_answer_that_is_none_leaves_us_in_doubt(answer: Answer) -> None:
    async with stand_in(answer) as url:
        assert isinstance(await reply_of(url), Unknown)


async def test_a_time_out_after_sending_leaves_us_in_doubt() -> None:
    async with stand_in(said({"ok": True}), seconds=0.5) as url:
        assert await reply_of(url, 0.1) == Unknown("TimeoutError")


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"])
async def test_what_never_left_was_not_sent(host: str) -> None:
    assert isinstance(await reply_of(f"http://{host}:{free_port()}/api/"), NotSent)


def test_waiting_doubles_up_to_a_limit_and_never_falls_below_half() -> None:
    pace = Pace(backoff=1.0, backoff_limit=60.0)
    for attempts, most in [(1, 1.0), (2, 2.0), (4, 8.0), (7, 60.0), (10_000, 60.0)]:
        waits = [backoff(pace, attempts) for _ in range(50)]
        assert max(waits) <= most
        assert min(waits) >= most / 2
        assert len(set(waits)) > 1


def test_errors_of_slacks_own_are_tried_again_at_growing_distance() -> None:
    waits = [growing(Pace(), errors) for errors in (1, 2, 3, 4, 5, 10_000)]
    assert waits == [15.0, 60.0, 240.0, 960.0, 960.0, 960.0]


class Stopwatch:
    """Monotonic seconds that pass when told."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_failures_at_the_same_time_close_the_gate_once_and_later_ones_for_longer() -> None:
    watch = Stopwatch()
    gate = Gate(Pace(backoff=1.0), watch)
    for _ in range(10):
        gate.failed("down")
    assert gate.way is Way.CLOSED
    watch.seconds = 1.0
    assert gate.way is Way.ONE
    assert gate.wants_probe
    gate.failed("still down")
    watch.seconds = 1.9
    assert gate.way is Way.CLOSED
    watch.seconds = 3.0
    gate.probed()
    assert (gate.way, gate.wants_probe) == (Way.ONE, False)
    gate.answered()
    assert (gate.way, gate.why) == (Way.OPEN, None)


def test_several_limits_in_a_row_pause_the_workspace_until_the_time_is_over() -> None:
    watch = Stopwatch()
    gate = Gate(Pace(), watch)
    gate.limited("C1", 10, "Slack")
    gate.answered()
    gate.limited("C1", 10, "Slack")
    gate.limited("C2", 10, "Slack")
    for _ in range(5):
        gate.limited("C1", 10, "Slack")
    assert gate.way is Way.OPEN, "one busy channel is not the whole workspace"
    gate.limited("C3", 10, "Slack")
    assert gate.way is Way.CLOSED
    gate.answered()  # of one that was under way
    assert gate.way is Way.CLOSED
    watch.seconds = 10.0
    assert (gate.way, gate.wants_probe) == (Way.ONE, False)


async def test_a_lost_reply_does_not_end_a_conversations_wait(stage: Stage) -> None:
    await stage.say(1)
    for fault in ({"kind": "rate_limited", "retry_after": 0}, {"kind": "lost_reply"}, {"kind": "rate_limited"}):
        stage.slack.faults.add({**fault, "method": "chat.postMessage", "channel": ANNA, "calls": 1})
    await stage.running(replace(FAST, limited=60.0, backoff_limit=600.0))
    started = datetime.now(UTC)
    await stage.until(lambda: stage.rows(kind="receipt", state="pending", ambiguous=1, attempts=1))
    await stage.until(lambda: not stage.slack.faults.active())
    await stage.until(lambda: stage.rows(kind="receipt", state="pending"))
    [row] = await stage.rows(kind="receipt")
    assert row.retry_at > started + timedelta(seconds=100), "it is the second limit in a row, and Slack said 1 s"
