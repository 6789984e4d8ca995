"""Child processes under measurement: started, found ready, weighed, and ended with the block."""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import psutil

from tests.support.postgres import free_port

ROOT = Path(__file__).parents[1]
TOKEN = "xoxb-benchmark"
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
_START_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Child:
    """A running process that listens on `port`; `started_in` is how long it took until it said so (seconds)."""

    port: int
    started_in: float
    seen: psutil.Process

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def cpu(self) -> float:
        """Return the processor time that it and its threads have used, those that ended included (seconds)."""
        # Linux's clock of another process, as clock_getcpuclockid(3) returns it. psutil counts hundredths of a second.
        return time.clock_gettime((~self.seen.pid << 3) | 2)

    def resident(self) -> float:
        """Return its resident memory (MB)."""
        return float(self.seen.memory_info().rss) / 1e6


@asynccontextmanager
async def child(
    *arguments: str, environment: Mapping[str, str] | None = None, ready: str = "/"
) -> AsyncIterator[Child]:
    """Run `python ARGUMENTS`, with "{port}" replaced by a free port, until the block ends.

    Raises RuntimeError with the end of its log when it does not answer 200 at `ready`.
    """
    port = free_port()
    filled = [argument.replace("{port}", str(port)) for argument in arguments]
    env = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PORT": str(port), **(environment or {})}
    with tempfile.TemporaryFile() as log:
        began = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            sys.executable, *filled, cwd=ROOT, env=env, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            try:
                await _answers(f"http://127.0.0.1:{port}{ready}", process)
            except RuntimeError as error:
                log.seek(0)
                raise RuntimeError(f"{' '.join(filled)}: {error}\n{log.read()[-3000:].decode()}") from None
            yield Child(port, time.perf_counter() - began, psutil.Process(process.pid))
        finally:
            if process.returncode is None:
                process.terminate()
                try:
                    await asyncio.wait_for(process.wait(), 15)
                except TimeoutError:
                    process.kill()
                    await process.wait()


async def _answers(url: str, process: asyncio.subprocess.Process) -> None:
    deadline, told = time.perf_counter() + _START_SECONDS, "nothing listens"
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(5)) as session:
        while time.perf_counter() < deadline:
            if process.returncode is not None:
                raise RuntimeError(f"ended with {process.returncode}")
            try:
                async with session.get(url) as response:
                    if response.status == 200:
                        return
                    told = await response.text()
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.01)
    raise RuntimeError(f"did not become ready: {told[:500]}")


async def settled(process: Child, *, rest: float = 45.0, idle: float = 0.1) -> None:
    """Wait until a process has done what fell due long ago: it hardly computes for most of the time between its chores."""
    quiet_since, looked, used = time.monotonic(), time.monotonic(), process.cpu()
    while time.monotonic() - quiet_since < rest:
        await asyncio.sleep(1.0)
        now, then = time.monotonic(), process.cpu()
        if then - used > idle * (now - looked):
            quiet_since = now
        looked, used = now, then


@asynccontextmanager
async def stand_in() -> AsyncIterator[Child]:
    """Run the stand-in of Slack's Web API."""
    async with child("-m", "benchmarks.standin", "{port}", ready="/counts") as running:
        yield running


@asynccontextmanager
async def ours(slack: Child, database_url: str) -> AsyncIterator[Child]:
    """Run our bot as people do."""
    async with child("-m", "bot", "serve", environment=_settings(slack, database_url), ready="/readyz") as running:
        yield running


@asynccontextmanager
async def bare(slack: Child, database_url: str, bodies: Path | None = None) -> AsyncIterator[Child]:
    """Run the bare Bolt app (benchmarks/bare.py) with the same settings; it answers these bodies as ours does."""
    mode = ("plain",) if bodies is None else ("played", str(bodies))
    env = _settings(slack, database_url)
    async with child("-m", "benchmarks.bare", *mode, environment=env, ready="/readyz") as running:
        yield running


CEILING = "bare aiohttp, raw driver"
"""How the third side is named: nothing in Python answers faster and does as much."""


@asynccontextmanager
async def ceiling(slack: Child, database_url: str, bodies: Path) -> AsyncIterator[Child]:
    """Run the bare aiohttp app (benchmarks/ceiling.py) with the same settings."""
    env = _settings(slack, database_url)
    async with child("-m", "benchmarks.ceiling", str(bodies), environment=env, ready="/readyz") as running:
        yield running


async def counts(slack: Child) -> dict[str, int]:
    """Return how often each Web API method was called."""
    async with aiohttp.ClientSession() as session, session.get(f"{slack.url}/counts") as response:
        found: dict[str, int] = await response.json()
        return found


def _settings(slack: Child, database_url: str) -> dict[str, str]:
    return {
        "DATABASE_URL": database_url,
        "HOST": "127.0.0.1",
        "SLACK_API_URL": f"{slack.url}/api/",
        "SLACK_BOT_TOKEN": TOKEN,
        "SLACK_SIGNING_SECRET": SECRET,
    }
