"""Requests that pass to somebody else with time, found in all workspaces and handed over in short transactions."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime

from coaching.ports import Store, Sweep, UnitOfWork

Place = tuple[datetime, str, str]
"""The deadline, workspace and id of a request: its place among those that are found."""
Find = Callable[[Sweep, Place, int], Awaitable[Sequence[Place]]]
Take = Callable[[UnitOfWork, Collection[str], datetime], Awaitable[int]]


async def passed(store: Store, now: datetime, batch: int, find: Find, take: Take) -> int:
    """Hand over the first requests that somebody can take. Return how many were looked at with them, or 0.

    Safe to repeat, one transaction per batch. Rows that nobody can take are skipped, so that they do not block those
    behind them.
    """
    after: Place = (now, "", "")
    while True:
        async with store.sweep() as sweep:
            found = await find(sweep, after, batch)
            requests: dict[str, set[str]] = {}
            for _, workspace_id, request in found:
                requests.setdefault(workspace_id, set()).add(request)
            handed = sum([await take(sweep.within(one), requests[one], now) for one in sorted(requests)])
            await sweep.commit()
        if handed:
            return len(found)
        if len(found) < batch:
            return 0
        after = found[-1]
