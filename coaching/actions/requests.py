"""Requests that nobody answered in time: what happens then, one function for each kind."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime

from coaching.actions import credit_answers, exceptions, move_requests
from coaching.clock import Clock
from coaching.ports import Store, UnitOfWork
from coaching.requests import RequestKind

OVERDUE: Mapping[RequestKind, Callable[[UnitOfWork, Collection[str], datetime], Awaitable[int]]] = {
    RequestKind.EXCEPTION: exceptions.decide_overdue,
    RequestKind.MOVE: move_requests.expire,
    RequestKind.CREDITS: credit_answers.expire,
}
"""Settles requests of a kind by their ids, at an instant after their deadlines, and returns how many were settled."""


async def decide_overdue(store: Store, clock: Clock, batch: int) -> int:
    """Let time decide about requests whose deadline has passed. Return how many open rows were found.

    A job of `upkeep`: one transaction for each kind, so that each locks sessions before grants and notices. Safe to
    repeat. Returns 0 when none of the rows could be decided: an immediate retry would find the same ones.
    """
    return sum([await _decide(store, clock, kind, batch) for kind in OVERDUE])


async def _decide(store: Store, clock: Clock, kind: RequestKind, batch: int) -> int:
    now, decided = clock.now(), 0
    async with store.sweep() as sweep:
        due = await sweep.requests.overdue(kind, now, batch)
        found: dict[str, set[str]] = {}
        for workspace_id, request_id in due:
            found.setdefault(workspace_id, set()).add(request_id)
        for workspace_id in sorted(found):
            decided += await OVERDUE[kind](sweep.within(workspace_id), found[workspace_id], now)
        await sweep.commit()
    return len(due) if decided else 0
