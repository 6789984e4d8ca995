"""Canceling three sessions: from the submission of the confirmation to its answer."""

import asyncio
import itertools
import statistics
from collections.abc import Iterator
from contextlib import AsyncExitStack

from sqlalchemy import func, select

from benchmarks import load
from benchmarks.processes import CEILING, Child, bare, ceiling, counts, ours, stand_in
from benchmarks.report import Promise, Result, paired
from benchmarks.world import KINDS, Databases, databases, write_drafts
from storage import create_engines
from storage.tables import sessions

PER_ACTION = 3
NOTICES = 2  # of each action: the client's receipt and the coach's alert


async def measure(*, quick: bool = False) -> list[Result]:
    """Compare with bare Bolt that runs the same statements, on both databases."""
    with databases() as made:
        results = []
        for kind in KINDS[:1] if quick else KINDS:
            results += await _against_bare(made, kind, rounds=1 if quick else 5, requests=4 if quick else 16)
        return results


async def _against_bare(made: Databases, kind: str, *, rounds: int, requests: int) -> list[Result]:
    url = await made.fresh(kind)
    submissions = await write_drafts(url, requests * (rounds * 2 + 1))
    theirs, rawest = await made.copy(url), await made.copy(url)
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(stand_in())
        sides = [
            (await stack.enter_async_context(ours(slack, url)), iter(submissions)),
            (await stack.enter_async_context(bare("cancel", slack, theirs)), iter(submissions)),
            (await stack.enter_async_context(ceiling("cancel", slack, rawest)), iter(submissions)),
        ]
        for server, bodies in sides:
            await _confirm(server, bodies, requests, 1)
        results = []
        for what, measured in (("one by one", _one_by_one), ("8 at a time, ours delivers notices too", _at_once)):
            rates: list[list[float]] = [[], [], []]
            used = [0.0, 0.0, 0.0]
            for number in range(rounds):
                for index in (0, 1, 2) if number % 2 else (2, 1, 0):
                    server, bodies = sides[index]
                    before = server.cpu()
                    rates[index].append(await measured(server, bodies, requests))
                    used[index] += (server.cpu() - before) / (rounds * requests) * 1000
            told = f"processor time per request: {used[0]:.1f} ms with delivering its notices, bare {used[1]:.1f} ms, "
            told += f"bare aiohttp {used[2]:.1f} ms"
            promise = Promise.AT_LEAST if measured is _one_by_one else Promise.TOLD
            named = f"Cancel {PER_ACTION} sessions, {kind}, {what}"
            results.append(paired(f"{named}: bare Bolt", rates[0], rates[1], "req/s", promise, 0.6, told))
            results.append(paired(f"{named}: {CEILING}", rates[0], rates[2], "req/s"))
        await _told(slack, sides[0][0], len(submissions) * NOTICES)
    for database in (url, theirs, rawest):
        canceled = await _canceled(database)
        if canceled != len(submissions) * PER_ACTION:
            raise RuntimeError(f"{len(submissions)} submissions canceled {canceled} sessions in {database}")
    return results


async def _told(slack: Child, server: Child, messages: int) -> None:
    """Wait until so many messages were sent, and no more. Raises RuntimeError, TimeoutError."""
    sent = -1
    async with asyncio.timeout(60):
        while sent < messages:
            await asyncio.sleep(0.05)
            sent = (await counts(slack)).get("chat.postMessage", 0)
    await _at_rest(server)
    sent = (await counts(slack)).get("chat.postMessage", 0)
    if sent != messages:
        raise RuntimeError(f"{sent} messages were sent, {messages} were due")


async def _one_by_one(server: Child, bodies: Iterator[bytes], requests: int) -> float:
    """Return how many answers a second there would be if each submission came when all work for the last one is done.

    What follows a cancellation of ours (a receipt, an alert, their rows) is not part of the answer.
    """
    times = []
    for _ in range(requests):
        await _at_rest(server)
        times.append(1 / (await _confirm(server, bodies, 1, 1)).rate)
    return 1 / statistics.median(times)


async def _at_rest(server: Child) -> None:
    """Wait until a server uses no processor time for 40 ms. Raises TimeoutError."""
    async with asyncio.timeout(20):
        used, quiet = server.cpu(), 0
        while quiet < 4:
            await asyncio.sleep(0.01)
            used, before = server.cpu(), used
            quiet = quiet + 1 if used == before else 0


async def _at_once(server: Child, bodies: Iterator[bytes], requests: int) -> float:
    """Return answers a second with eight people at once and everything else going on."""
    return (await _confirm(server, bodies, requests, 8)).rate


async def _confirm(server: Child, bodies: Iterator[bytes], requests: int, concurrency: int) -> load.Timing:
    timing = await load.run(server, list(itertools.islice(bodies, requests)), concurrency=concurrency)
    wrong = [body for body in timing.bodies if b'"response_action": "update"' not in body]
    if wrong:
        raise RuntimeError(f"not confirmed: {wrong[0][:300]!r}")
    return timing


async def _canceled(url: str) -> int:
    engines = create_engines(url)
    try:
        async with engines.reader.connect() as connection:
            statement = select(func.count()).select_from(sessions).where(sessions.c.status == "canceled")
            return int((await connection.execute(statement)).scalar_one())
    finally:
        await engines.dispose()
