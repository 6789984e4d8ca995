"""Waking relays in other processes by PostgreSQL's LISTEN and NOTIFY (ADR 0041).

Nothing depends on it: a relay that is not woken looks by itself. So a lost connection is made again without hurry.
"""

import asyncio
import contextlib
import random
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from storage import postgresql

CHANNEL = "sessions_notices"
TOGETHER_SECONDS = 0.05
"""Commits within this time are told together: the first at once, the others at its end."""
TRY_SECONDS = 10.0
"""How often a connection that says nothing is tried."""
ANSWER_SECONDS = 3.0
AGAIN_SECONDS = (0.5, 30.0)
"""The first and the longest wait before connecting again."""
_FAULTS = (OSError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, *postgresql.SILENT)
log = structlog.get_logger(__name__)


class Wakes:
    """Tells other processes of commits, and calls `on_wake` when they tell of theirs. `url` is PostgreSQL's.

    It must lead to the server itself: a pooler that gives each transaction another connection passes nothing on.
    """

    def __init__(self, url: str, on_wake: Callable[[], None], *, try_seconds: float = TRY_SECONDS) -> None:
        self._on_wake = on_wake
        self._try_seconds = try_seconds
        self._me = secrets.token_hex(8)
        self._stirred = asyncio.Event()
        self._to_tell = False
        self._echo = asyncio.Event()
        self._engine = postgresql.create_engine(
            url,
            application="sessions wakes",
            connect_seconds=ANSWER_SECONDS,
            command_seconds=ANSWER_SECONDS,
            server={},
            poolclass=NullPool,
        )
        self.listening = False
        """Whether what others tell arrives: what we told ourselves has come back."""

    def tell(self) -> None:
        """Tell the others soon that something was committed."""
        self._to_tell = True
        self._stirred.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Wakes"]:
        """Listen and tell until the block ends."""
        task = asyncio.create_task(self._run(), name="wakes")
        try:
            yield self
        finally:
            task.cancel()
            try:
                await asyncio.wait({task})
            finally:
                await self._engine.dispose()

    async def _run(self) -> None:
        wait, longest = AGAIN_SECONDS
        while True:
            try:
                async with self._engine.connect() as connection:
                    driver: Any = (await connection.get_raw_connection()).driver_connection
                    await self._listen(driver)
                    wait = AGAIN_SECONDS[0]
                    await self._serve(driver)
            except _FAULTS as error:
                log.info("other processes cannot wake this one for now; it looks by itself", why=type(error).__name__)
            except Exception:
                log.exception("listening for other processes failed; this one looks by itself")
            finally:
                self.listening = False
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311 - spreading, not secrecy
            wait = min(longest, wait * 2)

    async def _listen(self, driver: Any) -> None:  # noqa: ANN401 - the driver has no types
        """Listen, and make sure that it works. Raises TimeoutError if nothing arrives."""
        self._echo.clear()
        driver.add_termination_listener(lambda _: self._stirred.set())
        await driver.add_listener(CHANNEL, self._heard)
        await self._send(driver)
        async with asyncio.timeout(ANSWER_SECONDS):
            await self._echo.wait()
        self.listening = True
        self._on_wake()  # what was told before was not heard

    async def _serve(self, driver: Any) -> None:  # noqa: ANN401
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._try_seconds):
                    await self._stirred.wait()
            self._stirred.clear()
            if driver.is_closed():
                raise ConnectionResetError("the server has closed the connection")
            if not self._to_tell:
                await driver.execute("SELECT 1")
                continue
            self._to_tell = False
            await self._send(driver)
            await asyncio.sleep(TOGETHER_SECONDS)

    async def _send(self, driver: Any) -> None:  # noqa: ANN401
        await driver.execute("SELECT pg_notify($1, $2)", CHANNEL, self._me)

    def _heard(self, _driver: object, _pid: int, _channel: str, who: object) -> None:
        if who == self._me:
            self._echo.set()
        else:
            self._on_wake()
