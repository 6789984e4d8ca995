"""Cancel a piece of work at its n-th wait, whatever it waits for: the way a time-out or a stop may cut it off."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from types import coroutine
from typing import Any


@coroutine
def _counted(work: Coroutine[Any, Any, Any], at: int, cut: list[int]) -> Generator[Any, Any, Any]:
    waits, send, value = 0, work.send, None
    while True:
        try:
            awaited = send(value)
        except StopIteration as done:
            return done.value
        if waits == at:
            task = asyncio.current_task()
            assert task is not None
            cut.append(waits)
            # At the loop's next turn, when the work waits for what it has just begun.
            asyncio.get_running_loop().call_soon(task.cancel)
        waits += 1
        try:
            value = yield awaited
            send = work.send
        except BaseException as error:  # noqa: BLE001 - handed to the work, as a task would
            value, send = error, work.throw  # type: ignore[assignment]


async def cut_off(work: Callable[[], Coroutine[Any, Any, Any]], at: int) -> bool:
    """Carry out the work and cancel it at its wait number `at`; False when it has fewer. Raises what the work raises."""
    cut: list[int] = []

    async def run() -> Any:
        return await _counted(work(), at, cut)

    try:
        await asyncio.create_task(run())
    except asyncio.CancelledError:
        assert cut
    return bool(cut)


Prepared = Callable[[], Awaitable[Callable[[], Coroutine[Any, Any, Any]]]]
"""Makes ready what one piece of work needs, and returns the work."""


async def at_every_wait(
    prepare: Prepared, next_write: Callable[[], Awaitable[object]], spent: Callable[[], bool], *, first: int, step: int
) -> int:
    """Cut work off at its `first` wait, then anew `step` waits later, and so on; after each, `next_write` must go through.

    `spent` says whether what was prepared was used up by the work that was cut off. Returns about how many waits it has.
    """
    at, work = first, await prepare()
    while await cut_off(work, at):
        await next_write()
        if spent():
            work = await prepare()
        at += step
    return at
