"""A connection and its cursors, as SQLAlchemy's pool and engine use them.

Their methods look as if they blocked. They are called inside SQLAlchemy's greenlets, where `await_only` waits for the
connection's thread without blocking the event loop.
"""

import asyncio
import itertools
import sqlite3
from collections.abc import Awaitable, Iterator, Sequence
from functools import partial
from typing import Any

from sqlalchemy.engine import AdaptedConnection
from sqlalchemy.util import await_only
from sqlalchemy.util.concurrency import in_greenlet

from storage.sqlite.file import Answer, File, Transaction, Values
from storage.sqlite.thread import Thread


class Connection(AdaptedConnection):
    """An open file and its thread. Each statement, commit and rollback is one trip to the thread, and BEGIN is none."""

    def __init__(self, thread: Thread, file: File, *, reads_only: bool) -> None:
        self._connection: Any = file  # the name under which SQLAlchemy finds the driver's own
        self._thread = thread
        self._file = file
        self._reads_only = reads_only
        self._transaction: Transaction | None = None

    @classmethod
    def open(cls, name: str, *, pragmas: Sequence[str], reads_only: bool, **how: Any) -> "Connection":  # noqa: ANN401
        """Open a file. `how` are the arguments of `sqlite3.connect`."""
        thread = Thread(f"sqlite {name}")
        opened: list[File] = []
        try:
            await_only(thread.do(partial(_open, opened, name, pragmas, how)))
        except BaseException:  # a cancellation too: then it may be opened after this
            thread.post(partial(_close, opened))
            thread.end()
            raise
        return cls(thread, opened[0], reads_only=reads_only)

    def begin(self, statement: str, wait_seconds: float) -> None:
        """Begin a transaction with its first statement, which waits so long for a lock."""
        self._transaction = Transaction(statement, int(wait_seconds * 1000))

    def commit(self) -> None:
        """Commit, without being cut off: what is canceled meanwhile is committed all the same."""
        if self._transaction is not None and self._transaction.open:
            await_only(self._thread.do(self._file.keep))
        self._transaction = None

    def rollback(self) -> None:
        """Roll back. Nobody waits for a reader's rollback, as it releases nothing that others wait for."""
        transaction, self._transaction = self._transaction, None
        if transaction is None or not transaction.open:
            return
        if self._reads_only:
            self._thread.post(self._file.rollback)
        else:
            await_only(self._thread.do(self._file.rollback))

    def cursor(self) -> "Cursor":
        """Return a new cursor, which costs nothing."""
        return Cursor(self)

    def close(self) -> None:
        """Close the file and end the thread."""
        await_only(self._closing())

    def terminate(self) -> None:
        """Close the file although the last statement was cut off, or although nobody can wait for it."""
        if in_greenlet():
            await_only(self._closing())
        else:
            self._thread.post(self._file.close)
            self._thread.end()

    def ask(self, sql: str, values: Values) -> Answer:
        """Execute one statement and return all its rows."""
        return await_only(self._unless_canceled(partial(self._file.ask, self._transaction, sql, values)))

    def ask_many(self, sql: str, values: Sequence[Values]) -> Answer:
        """Execute one statement with several sets of values."""
        return await_only(self._unless_canceled(partial(self._file.ask_many, self._transaction, sql, values)))

    async def _unless_canceled(self, work: "partial[Answer]") -> Answer:
        """Wait for a statement. If that is canceled, so is the statement, whether it has begun or not.

        Its connection is closed and frees the file.
        """
        try:
            return await self._thread.do(work)
        except asyncio.CancelledError:
            self._file.cancel()
            raise

    def _closing(self) -> Awaitable[None]:
        closing = self._thread.do(self._file.close)
        self._thread.end()
        return closing


class Cursor:
    """Gives out the rows of one statement, which were fetched together."""

    arraysize = 1
    description: Any = None
    rowcount = -1
    lastrowid: int | None = None

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: Iterator[Any] = iter(())

    def execute(self, sql: str, parameters: Values = ()) -> None:
        """Execute one statement."""
        self._take(self._connection.ask(sql, parameters))

    def executemany(self, sql: str, parameters: Sequence[Values]) -> None:
        """Execute one statement with several sets of values."""
        self._take(self._connection.ask_many(sql, parameters))

    def fetchone(self) -> Any:  # noqa: ANN401 - a row is whatever was selected
        """Return the next row, or None."""
        return next(self._rows, None)

    def fetchmany(self, size: int | None = None) -> list[Any]:
        """Return the next rows."""
        return list(itertools.islice(self._rows, self.arraysize if size is None else size))

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""
        return list(self._rows)

    def close(self) -> None:
        """Forget the rows."""
        self._rows = iter(())

    async def _async_soft_close(self) -> None:
        """Do nothing: SQLAlchemy closes the driver's cursor here, which has been closed."""

    def _take(self, answer: Answer) -> None:
        self._rows = iter(answer.rows)
        self.description, self.rowcount, self.lastrowid = answer.description, answer.rowcount, answer.lastrowid


def _open(opened: list[File], name: str, pragmas: Sequence[str], how: dict[str, Any]) -> None:
    # Without an isolation level the driver begins no transactions by itself: with its deferred BEGIN,
    # read-modify-writes get lost.
    file = sqlite3.connect(name, factory=File, isolation_level=None, **how)
    opened.append(file)
    for pragma in pragmas:
        file.execute(f"PRAGMA {pragma}")


def _close(opened: list[File]) -> None:
    for file in opened:
        file.close()
