"""Killed at any moment, an action happened whole or not at all, and what was answered has happened."""

import asyncio
import random
import signal
import sys
import time
from collections.abc import Iterable

import pytest
from sqlalchemy import text

from storage import create_engines
from tests.conftest import KINDS
from tests.support import patience
from tests.support.databases import Databases
from tests.support.invariants import violations

TOGETHER = 2


async def _kill_storm(url: str, kills: int, seed: int) -> None:
    """Let two processes work on one database, kill one of them at a random moment, start another, and so on."""
    choose = random.Random(seed)
    answered: dict[str, set[str]] = {}
    readers: list[asyncio.Task[None]] = []

    async def listen(process: asyncio.subprocess.Process, begun: asyncio.Event) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            begun.set()
            if line.endswith(b"\n"):
                action, *sessions = line.decode().split()
                answered[action] = set(sessions)
        begun.set()

    async def start(number: int) -> tuple[asyncio.subprocess.Process, asyncio.Event]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.support.canceler", url, str(number), stdout=asyncio.subprocess.PIPE
        )
        begun = asyncio.Event()
        readers.append(asyncio.create_task(listen(process, begun)))
        return process, begun

    running = [await start(n) for n in range(TOGETHER)]
    try:
        for number in range(TOGETHER, TOGETHER + kills):
            process, begun = running[0]
            await asyncio.wait_for(begun.wait(), patience.SECONDS)
            time.sleep(choose.random() * 0.06)  # noqa: ASYNC251 - the moment of death, not a wait for something
            process.send_signal(signal.SIGKILL)
            assert await process.wait() == -signal.SIGKILL
            del running[0]
            if number < kills:
                running.append(await start(number))
        for _, begun in running:
            await asyncio.wait_for(begun.wait(), patience.SECONDS)
    finally:
        await _end(process for process, _ in running)
        await asyncio.gather(*readers)
    assert len(answered) >= kills
    engines = create_engines(url, wait_seconds=patience.FOR_DATABASE)
    async with engines.reader.connect() as connection:
        found = await violations(connection)
        kept: dict[str, set[str]] = {}
        for row in await connection.execute(
            text("SELECT action_id, session_id FROM refunds WHERE decision = 'policy'")
        ):
            kept.setdefault(row.action_id, set()).add(row.session_id)
    await engines.dispose()
    assert not found, "\n".join(found)
    assert {action: kept.get(action) for action in answered} == answered


async def _end(processes: Iterable[asyncio.subprocess.Process]) -> None:
    for process in processes:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.parametrize("kind", KINDS)
async def test_killed_while_canceling_nothing_is_half_done(databases: Databases, kind: str) -> None:
    await _kill_storm(await databases.fresh(kind), kills=4, seed=1)


@pytest.mark.deep
@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", KINDS)
async def test_killed_many_times_nothing_is_half_done(databases: Databases, kind: str) -> None:
    await _kill_storm(await databases.fresh(kind), kills=40, seed=7)
