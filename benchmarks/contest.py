"""Three sides that answer the same requests in turns: ours, bare Bolt with the same queries, and bare aiohttp below it."""

import asyncio
import itertools
import json
import random
import statistics
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import load
from benchmarks.processes import Child, bare, ceiling, counts, ours, stand_in
from benchmarks.report import Promise, Result, paired

AGAINST_BOLT = 0.6
AGAINST_THE_DRIVER = 0.1
"""What is promised of the rate, and of the processor time."""


@dataclass(frozen=True, slots=True)
class Interaction:
    """What people do: one request of Slack's each. `calls` is the Web API method that each of them causes, if any.

    `once`: each can be answered once only. `shows` is in the answer if it is carried out.
    """

    name: str
    bodies: Sequence[bytes]
    calls: str | None = None
    once: bool = False
    shows: str = ""


@dataclass(frozen=True, slots=True)
class Contest:
    """The running sides: ours, bare Bolt, bare aiohttp."""

    slack: Child
    sides: Sequence[Child]

    async def results(self, interaction: Interaction, kind: str, *, rounds: int, requests: int) -> list[Result]:
        """Let the sides take turns, one request at a time and eight at a time; the first turn warms up.

        Raises RuntimeError when a request did not cause its call to Slack.
        """
        found = []
        supply = iter(interaction.bodies) if interaction.once else _again(interaction.bodies)
        for concurrency in (1, 8):
            timings: list[list[load.Timing]] = [[] for _ in self.sides]
            for number in range(-1, rounds):
                bodies = list(itertools.islice(supply, requests))
                for index in (0, 1, 2) if number % 2 else (2, 1, 0):
                    timing = await self._turn(interaction, self.sides[index], bodies, concurrency)
                    if number >= 0:
                        timings[index].append(timing)
            found += _results(f"{interaction.name}, {kind}, {concurrency} at a time", timings)
        return found

    async def _turn(
        self, interaction: Interaction, side: Child, bodies: Sequence[bytes], concurrency: int
    ) -> load.Timing:
        before = await counts(self.slack)
        if interaction.once and concurrency == 1:
            timing = await _at_rest(side, bodies)
        else:
            timing = await load.run(side, bodies, concurrency=concurrency)
        after = await counts(self.slack)
        called = {name: after.get(name, 0) - before.get(name, 0) for name in after if name.startswith("views.")}
        wanted = {interaction.calls: len(bodies)} if interaction.calls else {}
        if {name: times for name, times in called.items() if times} != wanted or after["apologies"]:
            raise RuntimeError(f"{interaction.name}: {len(bodies)} requests called {called}, wanted {wanted}")
        if wrong := [body for body in timing.bodies if interaction.shows.encode() not in body]:
            raise RuntimeError(f"{interaction.name}: answered {wrong[0][:500]!r}")
        return timing


async def _at_rest(side: Child, bodies: Sequence[bytes]) -> load.Timing:
    """Send each request when the work that followed the last one is done: that is not part of the answer.

    It is part of the processor time.
    """
    timings, before = [], side.cpu()
    for body in bodies:
        timings.append(await load.run(side, [body]))
        async with asyncio.timeout(20):
            used, quiet = side.cpu(), 0
            while quiet < 2:
                await asyncio.sleep(0.01)
                used, last = side.cpu(), used
                quiet = quiet + 1 if used - last < 0.0005 else 0
    cpu = (side.cpu() - before) / len(bodies) * 1000
    answers = [body for timing in timings for body in timing.bodies]
    rate = statistics.median(timing.rate for timing in timings)
    return load.Timing(rate, cpu, max(timing.slowest for timing in timings), answers)


@asynccontextmanager
async def contest(urls: Sequence[str], bodies: Sequence[bytes]) -> AsyncIterator[Contest]:
    """Run the three sides, each on its database, until the block ends. They know what will be asked of them."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        path = Path(directory) / "bodies.json"
        path.write_text(json.dumps([body.decode() for body in bodies]))
        async with (
            stand_in() as slack,
            ours(slack, urls[0]) as mine,
            bare(slack, urls[1], path) as bolt,
            ceiling(slack, urls[2], path) as raw,
        ):
            yield Contest(slack, (mine, bolt, raw))


def _again(bodies: Sequence[bytes]) -> "itertools.chain[bytes]":
    dice = random.Random(7)
    return itertools.chain.from_iterable(dice.sample(bodies, len(bodies)) for _ in itertools.count())


def _results(what: str, timings: Sequence[Sequence[load.Timing]]) -> list[Result]:
    cpu = [sum(timing.cpu for timing in one) / len(one) for one in timings]
    told = f"processor time per request: {cpu[0]:.2f} ms, bare Bolt {cpu[1]:.2f} ms, bare aiohttp {cpu[2]:.2f} ms"
    rate, its_rate = ([timing.rate for timing in one] for one in timings[:2])
    work, bolts, its_work = ([1000 / timing.cpu for timing in one] for one in timings)
    return [
        paired(f"{what}: bare Bolt", rate, its_rate, "req/s", Promise.AT_LEAST, AGAINST_BOLT, told),
        paired(f"{what}: bare Bolt", work, bolts, "req/CPU-s"),
        paired(
            f"{what}: bare aiohttp and the raw driver",
            work,
            its_work,
            "req/CPU-s",
            Promise.AT_LEAST,
            AGAINST_THE_DRIVER,
        ),
    ]
