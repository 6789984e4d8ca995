"""`/sessions` for a client with ten upcoming sessions: HTTP in, `views.open` out."""

import random
from collections.abc import Sequence
from contextlib import AsyncExitStack

from benchmarks import load
from benchmarks.processes import CEILING, Child, bare, ceiling, counts, ours, stand_in
from benchmarks.report import Promise, Result, paired
from benchmarks.world import KINDS, Databases, client_id, databases, write_lists

SMALL = 1_000


async def measure(*, quick: bool = False) -> list[Result]:
    """Compare with bare Bolt and with bare aiohttp, on both databases."""
    with databases() as made:
        results = []
        for kind in KINDS[:1] if quick else KINDS:
            results += await _against_bare(made, kind, rounds=2 if quick else 7, requests=10 if quick else 100)
        return results


async def _against_bare(made: Databases, kind: str, *, rounds: int, requests: int) -> list[Result]:
    url = await made.fresh(kind)
    clients = await write_lists(url, SMALL)
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(stand_in())
        sides = [
            await stack.enter_async_context(ours(slack, url)),
            await stack.enter_async_context(bare("list", slack, url)),
            await stack.enter_async_context(bare("plain", slack, url)),
            await stack.enter_async_context(ceiling("list", slack, url)),
        ]
        results = []
        for concurrency in (1, 8):
            rounds_of = await _in_turns(slack, sides, clients, concurrency, rounds, requests)
            mine, querying, plain, raw = ([timing.rate for timing in one] for one in rounds_of)
            cpu = [sum(timing.cpu for timing in one) / len(one) for one in rounds_of]
            told = (
                f"processor time per request: {cpu[0]:.2f} ms, bare {cpu[1]:.2f} ms, without queries {cpu[2]:.2f} ms, "
            )
            told += f"bare aiohttp {cpu[3]:.2f} ms"
            what = f"/sessions, {kind}, {concurrency} at a time"
            results += [
                paired(
                    f"{what}: bare Bolt with the same queries", mine, querying, "req/s", Promise.AT_LEAST, 0.6, told
                ),
                paired(f"{what}: bare Bolt without queries", mine, plain, "req/s"),
                paired(f"{what}: {CEILING}", mine, raw, "req/s"),
            ]
        return results


async def _in_turns(
    slack: Child, sides: Sequence[Child], clients: int, concurrency: int, rounds: int, requests: int
) -> list[list[load.Timing]]:
    """Let the sides take turns, each round in another order; every request must have opened one view."""
    timings: list[list[load.Timing]] = [[] for _ in sides]
    chosen = random.Random(7)
    for number in range(-1, rounds):
        order = list(enumerate(sides))
        for index, side in order[:: 1 if number % 2 else -1]:
            people = [client_id(chosen.randrange(clients)) for _ in range(requests)]
            before = (await counts(slack)).get("views.open", 0)
            timing = await load.run(side, [load.command(who) for who in people], concurrency=concurrency)
            opened = (await counts(slack)).get("views.open", 0) - before
            if opened != requests:
                raise RuntimeError(f"{requests} requests opened {opened} views")
            if number >= 0:  # the first turn warms up
                timings[index].append(timing)
    return timings
