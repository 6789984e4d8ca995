"""How long until it is ready, and how much memory it holds after ten thousand requests."""

from contextlib import AsyncExitStack

from benchmarks import load
from benchmarks.processes import Child, bare, ours, stand_in
from benchmarks.report import Promise, Result, paired
from benchmarks.world import client_id, databases, write_lists

REQUESTS, SESSIONS = 10_000, 1_000
LONGER, HEAVIER = 1.25, 1.35
"""So much more the start may take, and the process may weigh: its own modules, catalogues and statements."""


async def measure(*, quick: bool = False) -> list[Result]:
    """Compare with a bare Bolt app that imports the same libraries."""
    rounds, requests = (1, 40) if quick else (7, REQUESTS)
    with databases() as made:
        empty = await made.fresh("sqlite")
        url = await made.fresh("sqlite")
        clients = await write_lists(url, SESSIONS)
        async with AsyncExitStack() as stack:
            slack = await stack.enter_async_context(stand_in())
            mine, others = [], []
            for _ in range(rounds):
                async with ours(slack, empty) as running:
                    mine.append(running.started_in * 1000)
                async with bare(slack, empty) as running:
                    others.append(running.started_in * 1000)
            results = [paired("Start to ready: bare Bolt, same imports", mine, others, "ms", Promise.AT_MOST, LONGER)]
            sides = [
                await stack.enter_async_context(ours(slack, url)),
                await stack.enter_async_context(bare(slack, url)),
            ]
            before = [side.resident() for side in sides]
            for side in sides:
                await _requests(side, clients, requests)
            after = [side.resident() for side in sides]
            grown = [b - a for a, b in zip(before, after, strict=True)]
            told = f"grown since the start by {grown[0]:.1f} MB, bare {grown[1]:.1f} MB"
            what = f"Resident after {requests:,} requests: bare Bolt, same imports"
            results.append(Result(what, after[0], after[1], "MB", after[0] / after[1], Promise.AT_MOST, HEAVIER, told))
            return results


async def _requests(side: Child, clients: int, requests: int) -> None:
    for start in range(0, requests, 500):
        people = (client_id(number % clients) for number in range(start, min(start + 500, requests)))
        await load.run(side, [load.command(who) for who in people], concurrency=8)
