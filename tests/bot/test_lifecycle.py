"""Stopping: work in flight ends, parts close in reverse order, and nothing can hold the process for ever."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
import structlog.testing

from bot.lifecycle import BackgroundTasks, Lifecycle
from tests.bot.conftest import SECRET, Slack
from tests.support import patience

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def process(*flags: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, asyncio.StreamReader, int]]:
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bot.slow_server", SECRET, *flags, cwd=ROOT,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert running.stdout is not None
    try:
        port = int((await line_with(running.stdout, "port ")).split()[1])
        yield running, running.stdout, port
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()


async def line_with(out: asyncio.StreamReader, prefix: str) -> str:
    while line := (await out.readline()).decode():
        if line.startswith(prefix):
            return line
    raise AssertionError(f"the process ended before it said {prefix!r}")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_request_in_flight_is_answered_then_everything_closes_in_reverse_order(
    session: aiohttp.ClientSession, number: signal.Signals
) -> None:
    async with process() as (running, out, port):
        request = asyncio.create_task(Slack(session, port).send(b"{}"))
        await line_with(out, "request arrived")
        running.send_signal(number)
        assert await request == (200, "answered")
        rest = [line for line in (await out.read()).decode().splitlines() if not line.startswith("20")]
        assert rest.index("request answered") < rest.index("database closed") < rest.index("stopped")
        assert rest.index("background work done") < rest.index("database closed")
        assert await running.wait() == 0


async def test_a_second_signal_ends_a_process_whose_request_never_ends(session: aiohttp.ClientSession) -> None:
    async with process("hang") as (running, out, port):
        request = asyncio.create_task(Slack(session, port).send(b"{}"))
        await line_with(out, "request arrived")
        running.send_signal(signal.SIGTERM)
        await closed_to_newcomers(port)
        running.send_signal(signal.SIGTERM)
        assert await running.wait() == -signal.SIGTERM
        with pytest.raises(aiohttp.ClientError):
            await request


async def test_a_process_ends_in_time_whatever_hangs_a_request_or_a_thread(session: aiohttp.ClientSession) -> None:
    async with process("hang", "last") as (running, out, port):
        request = asyncio.create_task(Slack(session, port).send(b"{}"))
        await line_with(out, "blocked")
        running.send_signal(signal.SIGTERM)
        assert await running.wait() == 1
        with pytest.raises(aiohttp.ClientError):
            await request


async def closed_to_newcomers(port: int) -> None:
    async with asyncio.timeout(patience.SECONDS):
        while True:
            try:
                _reader, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionError:
                return
            writer.close()
            await asyncio.sleep(0)


async def test_a_failed_start_closes_what_had_started() -> None:
    closed: list[str] = []

    @asynccontextmanager
    async def database() -> AsyncIterator[str]:
        yield "connection"
        closed.append("never reached: the body raised")

    async def close() -> None:
        closed.append("relay")

    async def start() -> None:
        async with Lifecycle() as life:
            (await life.enter(AsyncExitStack())).push_async_callback(close)
            assert await life.enter(database()) == "connection"
            raise OSError("port taken")

    with pytest.raises(OSError, match="port taken"):
        await start()
    assert closed == ["relay"]


async def test_background_work_is_waited_for_and_refused_afterwards() -> None:
    tasks, go, done = BackgroundTasks(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        await go.wait()
        done.set()

    tasks.spawn(work(), name="work")
    asyncio.get_running_loop().call_soon(go.set)
    await tasks.drain()
    assert done.is_set()
    assert len(tasks) == 0
    with pytest.raises(RuntimeError, match="late"):
        tasks.spawn(work(), name="late")


async def test_background_work_past_the_deadline_is_cut_off() -> None:
    tasks, cancelled = BackgroundTasks(), asyncio.Event()

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    tasks.spawn(endless(), name="endless")
    with structlog.testing.capture_logs() as lines:
        await tasks.drain(0.01)
    assert cancelled.is_set()
    assert [line["task_name"] for line in lines] == ["endless"]


async def test_failing_background_work_is_logged() -> None:
    tasks = BackgroundTasks()

    async def failing() -> None:
        raise RuntimeError("no")

    with structlog.testing.capture_logs() as lines:
        tasks.spawn(failing(), name="failing")
        await tasks.drain()
        await asyncio.sleep(0)
    assert [(line["event"], line["task_name"]) for line in lines] == [("background work failed", "failing")]
