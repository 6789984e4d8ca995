"""Connections and bodies of strangers, over real sockets: what each may have, and who goes when it is too much."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from errno import EMFILE

import aiohttp
import pytest

from bot import bodies, connections, files
from bot import web as bot_web
from bot.logs import configure_logging
from bot.seldom import Seldom
from tests.bot.house import ASK, HEAD, House, opened


@pytest.fixture
async def house(session: aiohttp.ClientSession) -> AsyncIterator[House]:
    async with opened(session) as house:
        yield house


class Hours:
    """The loop's own time, which passes at once, and how often something was heard on a connection."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        loop, hand_on = asyncio.get_running_loop(), connections.Connection.buffer_updated
        time, self._passed, self.heard = loop.time, 0.0, 0

        def hear(connection: connections.Connection, nbytes: int) -> None:
            hand_on(connection, nbytes)
            self.heard += 1

        monkeypatch.setattr(connections.Connection, "buffer_updated", hear)
        monkeypatch.setattr(loop, "time", lambda: time() + self._passed)

    async def until_heard(self, times: int) -> None:
        while self.heard < times:  # noqa: ASYNC110 - by the server
            await asyncio.sleep(0)

    def let_pass(self, seconds: float) -> None:
        self._passed += seconds


@pytest.fixture
async def hours(monkeypatch: pytest.MonkeyPatch) -> Hours:
    return Hours(monkeypatch)


async def test_who_says_nothing_or_never_ends_a_head_is_cut(
    house: House, hours: Hours, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 3600.0)  # whoever had to be waited for would hang
    idle, half, drops = await house.line(), await house.line(), await house.line()
    await half.send(HEAD)
    await drops.send(HEAD)
    await hours.until_heard(2)
    await house.until("sessions_connections", 3)
    hours.let_pass(connections.HEAD_SECONDS * 0.9)
    await drops.send(b"X")
    await hours.until_heard(3)
    hours.let_pass(connections.HEAD_SECONDS * 0.1)
    for line in (idle, half, drops):
        assert await line.is_cut()
    assert house.figure("sessions_connections_cut_total", reason="idle") == 1
    assert house.figure("sessions_connections_cut_total", reason="slow") == 2
    await house.until("sessions_connections", 0)


async def test_a_stranger_has_one_request(house: House) -> None:
    line = await house.line()
    await line.send(ASK + ASK + HEAD)
    status, head = await line.answer()
    assert (status, b"Connection: close" in head) == (200, True)
    assert await line.is_cut()


@pytest.mark.parametrize("path", [b"/nothing", b"/slack/events"])
async def test_refusals_of_aiohttp_itself_end_a_strangers_connection_too(house: House, path: bytes) -> None:
    line = await house.line()
    await line.send(ASK.replace(b"/healthz", path) * 2)
    status, head = await line.answer()
    assert (status, b"Connection: close" in head) == (404 if path == b"/nothing" else 405, True)
    assert await line.is_cut()


async def test_slacks_connection_may_rest_and_is_used_again(house: House, hours: Hours) -> None:
    slack = await house.proven()
    stranger = await house.line()
    await house.until("sessions_connections", 2)
    hours.let_pass(connections.HEAD_SECONDS)
    assert await stranger.is_cut()  # who came later had less time than that
    for _ in range(3):
        await slack.send(house.signed(b"again") + b"again")
        assert (await slack.answer())[0] == 200
        assert await house.came.get() == b"again"
    heard = hours.heard
    await slack.send(HEAD)
    await hours.until_heard(heard + 1)
    hours.let_pass(connections.HEAD_SECONDS)
    assert await slack.is_cut()  # a head that never ends is one, whoever sends it


async def test_what_is_not_slacks_on_a_connection_of_slacks_ends_with_its_body(house: House) -> None:
    """As behind a proxy, which brings everybody on the same connections."""
    slack = await house.proven()
    await slack.send(ASK)
    assert (await slack.answer())[0] == 200
    await slack.send(HEAD + b"Content-Length: 5\r\n\r\n")
    status, head = await slack.answer()
    assert (status, b"Connection: close" in head) == (401, True)


async def test_where_there_is_no_room_the_oldest_stranger_goes_then_who_rests_longest(
    session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot_web, "MAX_CONNECTIONS", 3)
    async with opened(session) as house:
        slack = await house.proven()
        first, second = await house.line(), await house.line()
        await first.send(HEAD)
        third = await house.line()
        assert await first.is_cut()
        other = await house.proven()
        assert await second.is_cut()
        another = await house.proven()
        assert await third.is_cut()
        house.may_answer.clear()
        await slack.send(house.signed(b"1") + b"1")
        assert await house.came.get() == b"1"
        newcomer = await house.line()
        assert await other.is_cut()  # of those that rest the one that rested longest
        for line in (another, newcomer):
            await line.send(house.signed(b"2") + b"2")
            assert await house.came.get() == b"2"
        turned_away = await house.line()
        assert await turned_away.is_cut()  # everybody else is being answered
        house.may_answer.set()
        for line in (slack, another, newcomer):
            assert (await line.answer())[0] == 200
        assert house.figure("sessions_connections_cut_total", reason="crowded_out") == 5


async def test_a_crowd_that_comes_at_once_does_not_push_out_slack_who_comes_among_them(
    session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot_web, "MAX_CONNECTIONS", 150)
    async with opened(session) as house:

        async def slack(number: int) -> int:
            async with aiohttp.ClientSession() as own:
                house.slack.session = own
                return (await house.slack.send(b"%d" % number))[0]

        crowd = [asyncio.create_task(slack(n) if n % 50 == 49 else _idle(house)) for n in range(500)]
        assert [task.result() for task in crowd if await task is not None] == [200] * 10
        assert house.figure("sessions_connections_cut_total", reason="crowded_out") > 300


async def _idle(house: House) -> None:
    await house.line()


async def test_who_is_cut_before_the_body_is_asked_for_leaves_no_traceback(
    lines: list[str], house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_on = connections.Connection.buffer_updated

    def hand_on_and_cut(self: connections.Connection, nbytes: int) -> None:
        hand_on(self, nbytes)
        self.cut("crowded_out")

    monkeypatch.setattr(connections.Connection, "buffer_updated", hand_on_and_cut)
    line = await house.line()
    await line.send(house.signed(b"", length=10))
    assert await line.is_cut()
    await house.until("sessions_requests_refused_total", 1, reason="truncated")
    assert "Traceback" not in "".join(lines)


@pytest.mark.parametrize("lead", [b"", b"\r\n" * 4])
@pytest.mark.parametrize("piece", [100, 40_000])
async def test_a_head_may_be_so_large_and_no_larger(house: House, lead: bytes, piece: int) -> None:
    line, fields = await house.line(), b"".join(b"X-%d: %s\r\n" % (number, b"x" * 4000) for number in range(9))
    too_much = lead + (HEAD + fields)[: connections.MAX_HEAD_BYTES + 1]
    for at in range(0, len(too_much), piece):
        await line.send(too_much[at : at + piece])
    assert (await line.answer())[0] == 431
    assert await line.is_cut()
    line = await house.line()
    await line.send(lead + HEAD + fields[:30_000] + b"\r\n\r\n")
    assert (await line.answer())[0] == 401


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ("", "unsigned"),
        ("X-Slack-Request-Timestamp: 1\r\nX-Slack-Signature: v0=00\r\n", "stale"),
        ("X-Slack-Request-Timestamp: now\r\nX-Slack-Signature: v0=00\r\n", "malformed_timestamp"),
        ("X-Slack-Request-Timestamp: {now}\r\nX-Slack-Signature: v0=00\r\n", "bad_signature"),
        (
            "X-Slack-Request-Timestamp: {now}\r\nX-Slack-Signature: v0={hex}\r\nX-Slack-Signature: v0={hex}\r\n",
            "unsigned",
        ),
    ],
)
async def test_odd_heads_are_refused_before_any_body(house: House, headers: str, reason: str) -> None:
    now = house.slack.headers(b"")["X-Slack-Request-Timestamp"]
    line = await house.line()
    given = headers.format(now=now, hex="0" * 64).encode()
    await line.send(HEAD + given + b"Content-Length: 1048576\r\n\r\n")
    assert (await line.answer())[0] == 401
    assert house.figure("sessions_requests_refused_total", reason=reason) == 1


async def test_of_too_many_bodies_the_oldest_has_no_more_time(
    session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = bodies.Bodies(most=2, most_bytes=200_000)
    monkeypatch.setattr(bot_web, "Bodies", lambda: few)
    async with opened(session) as house:
        first, second, third = [await house.line() for _ in range(3)]
        for line in (first, second):
            await line.send(house.signed(b"", length=300_000))
        assert (await house.slack.send(b"whole"))[0] == 200  # the third
        assert (await first.answer())[0] == 408
        await third.send(house.signed(b"", length=300_000) + b"x" * 150_000)
        await second.send(b"x" * 100_000)  # more than all may take together: the older of them goes
        assert (await second.answer())[0] == 408
        assert (await house.slack.send(b"y" * 150_000))[0] == 200
        assert (await third.answer())[0] == 408


async def test_a_body_that_does_not_end_is_408(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.05)
    line = await house.line()
    await line.send(house.signed(b"{}", length=3) + b"{}")
    assert (await line.answer())[0] == 408


@pytest.fixture
def lines() -> list[str]:
    """What is logged, as an operator has it."""
    written: list[str] = []

    class Stream:
        def write(self, text: str) -> int:
            written.append(text)
            return len(text)

        def flush(self) -> None: ...

        def isatty(self) -> bool:
            return False

    configure_logging("INFO", "json", stream=Stream())  # type: ignore[arg-type]
    return written


async def test_what_is_no_http_is_a_line_now_and_then(lines: list[str], house: House) -> None:
    for nonsense in (b"\x16\x03\x01", b"GET / HTTP/9.9", b"GET /" + b"x" * 9000 + b" HTTP/1.1", b"A B C D E") * 5:
        line = await house.line()
        await line.send(nonsense + b"\r\n\r\n")
        assert (await line.answer())[0] == 400
    for _ in range(5):
        line = await house.line()
        await line.send(HEAD + b"\r\n")
        assert (await line.answer())[0] == 401
    said = [line for line in lines if "refused" in line]
    assert [sum(why in line for line in said) for why in ("not_http", "unsigned")] == [1, 1]
    assert house.figure("sessions_requests_refused_total", reason="not_http") == 20
    assert "Traceback" not in "".join(lines)


async def test_however_many_ask_readiness_is_looked_at_once(house: House) -> None:
    asking = [asyncio.create_task(house.slack.get("/readyz")) for _ in range(20)]
    await house.until("sessions_connections", 20)
    house.look_ends.set()
    assert {status for status, _ in await asyncio.gather(*asking)} == {200}
    assert house.looks == 1


def test_lines_of_one_kind_come_seldom_and_say_how_many_were_kept_back() -> None:
    now = 0.0
    seldom = Seldom(10, monotonic=lambda: now)
    assert [seldom.due("a"), seldom.due("a"), seldom.due("b"), seldom.due("a")] == [0, None, 0, None]
    now = 10.0
    assert [seldom.due("a"), seldom.due("b")] == [2, 0]


async def test_without_free_files_asyncio_writes_a_line_and_not_a_traceback_each(lines: list[str]) -> None:
    loop = asyncio.get_running_loop()
    try:
        files.say_seldom_when_out_of_files(loop)
        for _ in range(100):
            message = "socket.accept() out of system resource"
            loop.call_exception_handler({"message": message, "exception": OSError(EMFILE, "Too many open files")})
        loop.call_exception_handler({"message": "something else", "exception": RuntimeError("ours")})
    finally:
        loop.set_exception_handler(None)
    assert sum("no connection can be taken" in line for line in lines) == 1
    assert "out of system resource" not in "".join(lines)
    assert "something else" in "".join(lines)


def test_the_limit_on_files_is_raised_as_far_as_it_may_be() -> None:
    program = "from bot import files; print(files.limit(), files.raise_limit(), files.limit())"
    for hard, after in ((512, 512), (2000, 2000)):
        shell = f"ulimit -Sn 256 && ulimit -Hn {hard} && exec {sys.executable} -c '{program}'"
        said = subprocess.run(["sh", "-c", shell], check=True, capture_output=True, text=True)
        assert said.stdout.split() == ["256", str(after), str(after)]
