"""Canceling three sessions: from the submission of the confirmation to its answer."""

import itertools
from collections.abc import Iterator
from contextlib import AsyncExitStack

from sqlalchemy import func, select

from benchmarks import load
from benchmarks.processes import Child, bare, ours, stand_in
from benchmarks.report import Promise, Result, paired
from benchmarks.world import KINDS, Databases, databases, write_drafts
from storage import create_engines
from storage.tables import sessions

PER_ACTION = 3


async def measure(*, quick: bool = False) -> list[Result]:
    """Compare with bare Bolt that runs the same statements, on both databases."""
    with databases() as made:
        results = []
        for kind in KINDS[:1] if quick else KINDS:
            results += await _against_bare(made, kind, rounds=1 if quick else 7, requests=4 if quick else 24)
        return results


async def _against_bare(made: Databases, kind: str, *, rounds: int, requests: int) -> list[Result]:
    url = await made.fresh(kind)
    submissions = await write_drafts(url, requests * (rounds * 2 + 1))
    theirs = await made.copy(url)
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(stand_in())
        sides = [
            (await stack.enter_async_context(ours(slack, url)), iter(submissions)),
            (await stack.enter_async_context(bare("cancel", slack, theirs)), iter(submissions)),
        ]
        for server, bodies in sides:
            await _confirm(server, bodies, requests, 1)
        results = []
        for concurrency in (1, 8):
            rates: list[list[load.Timing]] = [[], []]
            for number in range(rounds):
                for index in (0, 1) if number % 2 else (1, 0):
                    server, bodies = sides[index]
                    rates[index].append(await _confirm(server, bodies, requests, concurrency))
            mine, others = ([timing.rate for timing in one] for one in rates)
            cpu = [sum(timing.cpu for timing in one) / len(one) for one in rates]
            told = f"processor time per request: {cpu[0]:.2f} ms (with delivering the notices), bare {cpu[1]:.2f} ms"
            what = f"cancel {PER_ACTION} sessions, {kind}, {concurrency} at a time: bare Bolt, same statements"
            results.append(paired(what, mine, others, "req/s", Promise.AT_LEAST, 0.6, told))
    for database in (url, theirs):
        canceled = await _canceled(database)
        if canceled != len(submissions) * PER_ACTION:
            raise RuntimeError(f"{len(submissions)} submissions canceled {canceled} sessions in {database}")
    return results


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
