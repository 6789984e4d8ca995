"""An open database file, as the thread of its connection uses it."""

import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple

Values = Sequence[Any]


class Answer(NamedTuple):
    """What a statement returned, rows included: nothing more has to be fetched."""

    rows: Sequence[Any]
    description: Any
    rowcount: int
    lastrowid: int | None


class Transaction:
    """A transaction that begins together with its first statement. `begin` says how, `wait` how long for a lock (ms)."""

    __slots__ = ("begin", "open", "wait")

    def __init__(self, begin: str, wait: int) -> None:
        self.begin = begin
        self.wait = wait
        self.open = False
        """Whether it has begun."""


class File(sqlite3.Connection):
    """A connection that executes nothing outside of its transaction.

    It keeps no cursor. An open one, alive in some error's traceback, would keep the file locked after the connection was
    closed.
    """

    _wait: int | None = None
    _canceled = False

    def ask(self, transaction: Transaction | None, sql: str, values: Values) -> Answer:
        """Execute one statement and fetch its rows."""
        self._enter(transaction)
        cursor = self.execute(sql, values)
        try:
            rows = cursor.fetchall() if cursor.description else ()
            return Answer(rows, cursor.description, cursor.rowcount, cursor.lastrowid)
        finally:
            cursor.close()

    def ask_many(self, transaction: Transaction | None, sql: str, values: Sequence[Values]) -> Answer:
        """Execute one statement with several sets of values."""
        self._enter(transaction)
        cursor = self.executemany(sql, values)
        try:
            return Answer((), cursor.description, cursor.rowcount, cursor.lastrowid)
        finally:
            cursor.close()

    def cancel(self) -> None:
        """Execute nothing more: who asked has gone. Called by another thread, also before what is asked has begun."""
        self._canceled = True
        self.interrupt()

    def keep(self) -> None:
        """Commit. Raises OperationalError when SQLite has rolled the transaction back by itself."""
        self._still_open()
        self.commit()

    def _enter(self, transaction: Transaction | None) -> None:
        self._still_wanted()
        if transaction is None:
            return
        if transaction.open:
            self._still_open()
            return
        if self.in_transaction:
            self.rollback()  # nobody waited for the last one's rollback, so nobody saw it fail
        if self._wait != transaction.wait:
            self.execute(f"PRAGMA busy_timeout = {transaction.wait}")
            self._wait = transaction.wait
        self.execute(transaction.begin)
        transaction.open = True
        self._still_wanted()  # this may have waited long for a lock, and does not end when it is interrupted

    def _still_wanted(self) -> None:
        """Raise OperationalError if nobody waits any more."""
        if self._canceled:
            raise sqlite3.OperationalError("interrupted")

    def _still_open(self) -> None:
        """Raise OperationalError when SQLite has ended the transaction, as it does for some errors (a full disk).

        The next statement would otherwise be committed by itself, and a commit would seem to keep what is lost.
        """
        if not self.in_transaction:
            raise sqlite3.OperationalError("the database has rolled this transaction back")
