"""The thread of one connection: SQLite's calls block, and the event loop must not."""

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")
_Order = tuple[Callable[[], Any], "asyncio.Future[Any] | None"]


class Thread:
    """Carries out orders, one after another, in the order in which they were given."""

    def __init__(self, name: str) -> None:
        self._orders: SimpleQueue[_Order | None] = SimpleQueue()
        self._ended = False
        # The thread knows its orders only, so that it ends with the connection that somebody forgot to close.
        threading.Thread(target=_work, args=(self._orders,), name=name, daemon=True).start()

    def __del__(self) -> None:
        self._orders.put(None)

    def do(self, work: Callable[[], T]) -> "asyncio.Future[T]":
        """Return the result of some work, to be awaited. It is carried out even if nobody waits any more.

        Raises ProgrammingError after the end.
        """
        if self._ended:
            raise sqlite3.ProgrammingError("Cannot operate on a closed database.")
        result: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._orders.put((work, result))
        return result

    def post(self, work: Callable[[], object]) -> None:
        """Carry out work that nobody waits for, and whose errors nobody has to see."""
        self._orders.put((work, None))

    def end(self) -> None:
        """Carry out nothing more after the orders given so far."""
        self._ended = True
        self._orders.put(None)


def _work(orders: "SimpleQueue[_Order | None]") -> None:
    while True:
        order = orders.get()
        if order is None:
            return
        _carry_out(*order)
        del order  # until the next one comes, nothing of this one is kept alive


def _carry_out(work: Callable[[], Any], result: "asyncio.Future[Any] | None") -> None:
    value, failed = None, None
    try:
        value = work()
    except BaseException as error:  # noqa: BLE001 - raised where it is waited for
        failed = error
    if result is not None:
        with contextlib.suppress(RuntimeError):  # the loop is closed, and nobody waits
            result.get_loop().call_soon_threadsafe(_settle, result, value, failed)


def _settle(result: "asyncio.Future[Any]", value: object, failed: BaseException | None) -> None:
    if result.done():
        return  # who waited was canceled
    if failed is None:
        result.set_result(value)
    else:
        result.set_exception(failed)
