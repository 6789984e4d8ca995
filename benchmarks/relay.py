"""Ten thousand due notices: our relay against a bare loop of `chat.postMessage` with the SDK's client."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import func, select

from benchmarks.processes import ROOT, TOKEN, counts, stand_in
from benchmarks.report import Promise, Result, paired
from benchmarks.world import databases, write_reminders
from storage import create_engines
from storage.tables import notices

NOTICES, WAVES = 10_000, 10
GROWTH = 1.1
"""Resident memory after the last wave against after the first: flat, but for what the allocator keeps."""


async def measure(*, quick: bool = False) -> list[Result]:
    """Deliver in waves, in turns with the bare loop."""
    waves = 2 if quick else WAVES
    each = 20 if quick else NOTICES // WAVES
    with databases() as made:
        url = await made.fresh("sqlite")
        await write_reminders(url, waves, each)
        async with (
            stand_in() as slack,
            _side("ours", f"{slack.url}/api/", url, each) as mine,
            _side("bare", f"{slack.url}/api/", url, each) as theirs,
        ):
            done: list[tuple[_Wave, _Wave]] = []
            for wave in range(waves):
                pair = [await side.deliver(wave) for side in ((mine, theirs) if wave % 2 else (theirs, mine))]
                done.append((pair[0], pair[1]) if wave % 2 else (pair[1], pair[0]))
            told = await counts(slack)
        sent = await _sent(url)
        if not (sent == waves * each == told.get("chat.postMessage", 0) / 2):
            raise RuntimeError(f"{waves * each} notices: {sent} marked as sent, Slack saw {told}")
    cpu = [sum(wave[side].cpu for wave in done) / (waves * each) * 1000 for side in (0, 1)]
    weights = [wave[0].resident for wave in done]
    return [
        paired(
            f"Relay, {waves * each:,} notices: bare loop of chat.postMessage",
            [each / wave[0].took for wave in done],
            [each / wave[1].took for wave in done],
            "msg/s",
            Promise.AT_LEAST,
            0.7,
            f"processor time per message: {cpu[0]:.2f} ms, bare {cpu[1]:.2f} ms",
        ),
        Result(
            f"Relay: resident after the last / the first {each:,} notices",
            weights[-1],
            weights[0],
            "MB",
            weights[-1] / weights[0],
            Promise.AT_MOST,
            GROWTH,
        ),
    ]


@dataclass(frozen=True, slots=True)
class _Wave:
    took: float
    cpu: float
    resident: float


@dataclass(frozen=True, slots=True)
class _Side:
    process: asyncio.subprocess.Process

    async def deliver(self, wave: int) -> _Wave:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{wave}\n".encode())
        line = await self.process.stdout.readline()
        if not line:
            raise RuntimeError("the process that delivers ended")
        return _Wave(**json.loads(line))


@asynccontextmanager
async def _side(side: str, slack_url: str, database_url: str, each: int) -> AsyncIterator[_Side]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.relay_side", side, str(each)),
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DATABASE_URL": database_url,
            "SLACK_API_URL": slack_url,
            "SLACK_BOT_TOKEN": TOKEN,
        },
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield _Side(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


async def _sent(url: str) -> int:
    engines = create_engines(url)
    try:
        async with engines.reader.connect() as connection:
            statement = select(func.count()).select_from(notices).where(notices.c.state == "sent")
            return int((await connection.execute(statement)).scalar_one())
    finally:
        await engines.dispose()
