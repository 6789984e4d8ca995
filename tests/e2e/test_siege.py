"""Nobody outside can stop the bot: a real process that may open so many files, and strangers who hold on to all of them."""

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import psutil
import pytest

from bot import files
from bot.demo.sample import ANNA
from tests.e2e.test_serve import BOT_TOKEN, ROOT, SECRET, environment, playground
from tests.support import patience
from tests.support.databases import Databases
from tests.support.postgres import free_port

MEBIBYTE = 1024 * 1024
HEAD = b"POST /slack/events HTTP/1.1\r\nHost: sessions.example\r\n"
ENDLESS = HEAD + b"Content-Length: 1048576\r\n"


@asynccontextmanager
async def limited(log: Path, most: int, **settings: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """Run `serve` where a process may open `most` files, logging into a file; yield it and its port once it is ready."""
    port = free_port()
    with log.open("wb") as stderr:
        process = await asyncio.create_subprocess_exec(
            "sh", "-c", f'ulimit -n {most} && exec "$@"', "sh", sys.executable, "-m", "bot", "serve",
            cwd=ROOT, env=environment(PORT=str(port), **settings), stderr=stderr,
        )  # fmt: skip
    try:
        async with asyncio.timeout(patience.SECONDS):
            while not _is_ready(log):
                assert process.returncode is None
                await asyncio.sleep(0.05)
        yield process, port
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _is_ready(log: Path) -> bool:
    return '"ready"' in log.read_text()


class Strangers:
    """Connections that are held until the block ends, whatever the other side does."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._writers: list[asyncio.StreamWriter] = []

    async def come(self, number: int, *parts: bytes) -> None:
        """Connect so often, each time sending the parts as far as they are taken, and nothing more."""
        for _ in range(number):
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self._port)
                self._writers.append(writer)
                for part in parts:
                    writer.write(part)
                    await asyncio.sleep(0)

    def go(self) -> None:
        """Let go of all of them."""
        for writer in self._writers:
            writer.transport.abort()


@pytest.mark.parametrize("most", [256, pytest.param(1024, marks=pytest.mark.deep)])
async def test_idle_connections_half_heads_and_endless_bodies_stop_nobody(
    databases: Databases, tmp_path: Path, most: int
) -> None:
    if files.raise_limit() < 3 * most:
        pytest.skip("so many connections take more files than this machine lets a process open")
    async with playground().serve() as pg:
        settings = {
            "DATABASE_URL": await databases.empty("sqlite"),
            "SLACK_API_URL": pg.api_url,
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_SIGNING_SECRET": SECRET,
        }
        log = tmp_path / "log"
        async with limited(log, most, **settings) as (serve, port):
            process = psutil.Process(serve.pid)
            pg.set_request_url(f"http://127.0.0.1:{port}/slack/events")
            anna = pg.person(ANNA)

            async def clicks() -> None:
                answer = await anna.command("/sessions credits")
                assert not answer.get("error")  # Slack, like the playground, waits three seconds
                assert anna.modal is not None
                await anna.close(everything=True)

            await clicks()
            before = process.memory_info().rss
            siege, many, crowd = Strangers(port), most * 3 // 10, most * 11 // 10
            fresh = (
                f"X-Slack-Request-Timestamp: {int(time.time())}\r\nX-Slack-Signature: v0={'0' * 64}\r\n\r\n".encode()
            )
            try:
                await siege.come(crowd)
                await clicks()
                await siege.come(many, HEAD + b"X-Slack-Signature: v0")
                await clicks()
                await siege.come(many, HEAD + b"".join(b"X-%d: %s\r\n" % (n, b"x" * 8000) for n in range(100)))
                await clicks()
                for some in (b"\r\n", fresh):
                    await siege.come(many, ENDLESS + some, b"x" * (MEBIBYTE - 1))
                    await clicks()
                await siege.come(many, b"\x16\x03\x01\x02 no HTTP at all\r\n\r\n")
                await siege.come(many, b"GET /healthz HTTP/9.9\r\nContent-Length: x\r\n\r\n")
                await clicks()
                async with aiohttp.ClientSession() as http:
                    async with http.get(f"http://127.0.0.1:{port}/metrics") as answer:
                        figures = await answer.text()
                    async with http.get(f"http://127.0.0.1:{port}/healthz") as answer:
                        assert answer.status == 200
                grown, opened = process.memory_info().rss - before, process.num_fds()
                await siege.come(most // 10)
                await siege.come(most // 10, ENDLESS + fresh)
                serve.terminate()  # nobody outside can keep it from stopping either
                assert await serve.wait() == 0
            finally:
                siege.go()
    written = log.read_text()
    for reason in ("crowded_out", "head_too_large"):
        assert f'sessions_connections_cut_total{{reason="{reason}"}}' in figures
    for reason in ("unsigned", "not_http"):
        assert f'sessions_requests_refused_total{{reason="{reason}"}}' in figures
    assert grown < 100 * MEBIBYTE
    assert opened < most // 2
    assert len(written) < 32_000
    assert "Traceback" not in written
