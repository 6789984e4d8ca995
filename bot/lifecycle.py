"""Orderly start and stop: parts stop in the reverse order of their start, after their current work."""

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from types import TracebackType
from typing import Any, Self, TypeVar

import structlog

_T = TypeVar("_T")
STOP_SECONDS = 25.0
"""Seconds that an orderly stop of the whole process may take: orchestrators wait 30 s before they kill."""
_SIGNALS = (signal.SIGTERM, signal.SIGINT)
log = structlog.get_logger(__name__)


class Lifecycle:
    """Owns the process's parts.

    Use it as an async context manager, and start the web server last so that it stops first.

    A first SIGTERM or SIGINT starts an orderly stop. A second one ends the process at once. With `last_resort`
    (seconds) the process ends that long after the stop began, whatever hangs: a part, the event loop, a thread that
    never returns.
    """

    def __init__(self, *, last_resort: float | None = None) -> None:
        self._last_resort = last_resort
        self._stack = AsyncExitStack()
        self._stop = asyncio.Event()
        self._handled: list[signal.Signals] = []

    @property
    def stopping(self) -> bool:
        """Whether a stop was requested."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Start an orderly stop."""
        self._begin_to_stop()

    async def enter(self, part: AbstractAsyncContextManager[_T]) -> _T:
        """Start a part that is a context manager. It stops when its turn comes, with its own deadlines."""
        return await self._stack.enter_async_context(part)

    async def start(self, part: AbstractAsyncContextManager[_T]) -> _T | None:
        """Start a part that may take long. A stop requested before it is up ends the start and returns None."""
        starting = asyncio.ensure_future(self.enter(part))
        stopping = asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            if not starting.done():
                starting.cancel()
                await asyncio.wait({starting})
        return None if starting.cancelled() else await starting

    async def run_until_stopped(self) -> None:
        """Wait for SIGTERM, SIGINT or `stop()`."""
        await self._stop.wait()
        log.info("stopping")

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            # This does not work in a thread, nor on Windows, where Ctrl-C arrives as KeyboardInterrupt instead.
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(number, self._on_signal, number)
                self._handled.append(number)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._begin_to_stop()
        try:
            await self._stack.__aexit__(kind, error, trace)
        finally:
            self._release_signals()

    def _on_signal(self, number: signal.Signals) -> None:
        log.info("signal received", signal=number.name)
        self._release_signals()
        self._begin_to_stop()

    def _begin_to_stop(self) -> None:
        if not self._stop.is_set() and self._last_resort is not None:
            # There are two timers, because the log itself may hang.
            _later(self._last_resort, log.critical, "the stop takes too long; the process is ended")
            _later(self._last_resort + 0.5, os._exit, 1)
        self._stop.set()

    def _release_signals(self) -> None:
        loop = asyncio.get_running_loop()
        while self._handled:
            loop.remove_signal_handler(self._handled.pop())


def _later(seconds: float, do: Callable[[Any], object], what: object) -> None:
    """Run a function in a thread of its own after some seconds, unless the process has ended by then."""
    timer = threading.Timer(seconds, do, (what,))
    timer.daemon = True
    timer.start()


class BackgroundTasks:
    """Work that no caller awaits: kept alive, its failures logged, and given time to end at shutdown."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[object]] = set()
        self._closed = False

    def __len__(self) -> int:
        return len(self._tasks)

    def spawn(self, work: Coroutine[Any, Any, object], *, name: str) -> None:
        """Run the coroutine beside the caller. Raises RuntimeError once draining has begun."""
        if self._closed:
            work.close()
            raise RuntimeError(f"{name} was started after the background work had been closed")
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def drain(self, seconds: float = 10.0) -> None:
        """Refuse new work, wait for what runs, and cancel what has not ended by the deadline."""
        self._closed = True
        if not self._tasks:
            return
        _done, late = await asyncio.wait(set(self._tasks), timeout=seconds)
        for task in late:
            log.warning("background work was cut off", task_name=task.get_name(), seconds=seconds)
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=1.0)

    def _done(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            log.error("background work failed", task_name=task.get_name(), exc_info=error)
