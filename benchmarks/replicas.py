"""Processor time for each confirmed cancellation, its messages included: two replicas on one PostgreSQL against one."""

import asyncio
import itertools
import json
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

from benchmarks import load
from benchmarks.processes import Child, counts, ours, stand_in
from benchmarks.report import Promise, Result, paired
from benchmarks.world import databases, write_drafts

NOTICES = 2
"""Of each confirmation: the client's receipt and the coach's alert."""
MOST = 1.05


@dataclass(frozen=True, slots=True)
class _Side:
    """Replicas on one database, with a Slack of their own."""

    slack: Child
    replicas: Sequence[Child]
    submissions: Iterator[bytes]

    async def spent(self, confirmations: int) -> float:
        """Return the processor time of all replicas for each confirmation (ms), until its messages are sent."""
        before, sent = [one.cpu() for one in self.replicas], await self._sent()
        for replica, share in zip(self.replicas, self._shares(confirmations), strict=True):
            timing = await load.run(replica, list(itertools.islice(self.submissions, share)))
            if any(json.loads(body).get("response_action") != "update" for body in timing.bodies):
                raise RuntimeError("a submission was not confirmed")
        due, now = sent + confirmations * NOTICES, sent
        async with asyncio.timeout(60):
            while now < due:
                await asyncio.sleep(0.02)
                now = await self._sent()
        if now != due:
            raise RuntimeError(f"{now - sent} messages were sent, and {due - sent} were due")
        used = sum(one.cpu() - start for one, start in zip(self.replicas, before, strict=True))
        return used / confirmations * 1000

    def _shares(self, confirmations: int) -> list[int]:
        least, more = divmod(confirmations, len(self.replicas))
        return [least + (number < more) for number in range(len(self.replicas))]

    async def _sent(self) -> int:
        return (await counts(self.slack)).get("chat.postMessage", 0)


async def measure(*, quick: bool = False) -> list[Result]:
    """Let one bot and a pair of them take turns, each on its copy of the database."""
    rounds, confirmations = (1, 4) if quick else (7, 24)
    with databases() as made:
        url = await made.fresh("postgresql")
        submissions = await write_drafts(url, (rounds + 1) * confirmations, undo_window=timedelta(0))
        async with AsyncExitStack() as stack:
            sides = []
            for replicas in (1, 2):
                place, slack = await made.copy(url), await stack.enter_async_context(stand_in())
                running = [await stack.enter_async_context(ours(slack, place)) for _ in range(replicas)]
                sides.append(_Side(slack, running, iter(submissions)))
            spent: list[list[float]] = [[], []]
            for number in range(-1, rounds):
                for index in (0, 1) if number % 2 else (1, 0):
                    used = await sides[index].spent(confirmations)
                    if number >= 0:  # the first turn warms up
                        spent[index].append(used)
    what = "Processor time for a confirmation and its messages: two replicas, one bot"
    return [paired(what, spent[1], spent[0], "ms", Promise.AT_MOST, MOST)]
