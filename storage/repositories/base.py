"""The base of all repositories: a transaction, the workspace whose rows they see, and the execution of statements."""

import asyncio
from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, CursorResult, Executable, Insert, Result, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from coaching import deadline
from coaching.policy import Policy
from storage.engine import SQLITE, patience_of

PolicyCache = dict[tuple[str, str], Policy]
"""Policies are immutable, so a process reads each of them once."""


class Transaction:
    """A connection, and the state shared by all repositories on it."""

    __slots__ = ("connection", "policies", "sqlite", "wakes")

    def __init__(self, connection: AsyncConnection, policies: PolicyCache) -> None:
        self.connection = connection
        self.policies = policies
        self.sqlite = connection.dialect.name == SQLITE
        self.wakes = False
        """Whether the commit gives the relay something to do."""


async def executed(
    connection: AsyncConnection, statement: Executable, parameters: dict[str, Any] | Sequence[dict[str, Any]]
) -> Result[Any]:
    """Execute within what is left of the request. Raises TimeoutError (OutOfTime where nothing is left).

    A PostgreSQL statement is cut off together with its connection, because a lock or a silent server could hold it for
    longer. An SQLite statement is not: it waits for locks only, with a limit of its own (see `storage.engine`), and
    cutting it off would close the only connection that writes.
    """
    if deadline.remaining() is None:
        return await connection.execute(statement, parameters)
    seconds = deadline.left(patience_of(connection.engine))
    if connection.dialect.name == SQLITE:
        return await connection.execute(statement, parameters)
    async with asyncio.timeout(seconds):
        return await connection.execute(statement, parameters)


class Statements:
    """Runs statements in one transaction. Only the unit of work commits it."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._sqlite = transaction.sqlite

    async def _run(self, statement: Executable, parameters: dict[str, Any] | None = None) -> Result[Any]:
        return await executed(self._transaction.connection, statement, parameters or {})

    async def _write(
        self, statement: Executable, parameters: dict[str, Any] | Sequence[dict[str, Any]] | None = None
    ) -> CursorResult[Any]:
        result = await executed(self._transaction.connection, statement, parameters or {})
        assert isinstance(result, CursorResult)  # noqa: S101 - what a write always returns
        return result

    def _insert_or_ignore(self, table: Table) -> Insert:
        """Return an INSERT that leaves an existing row unchanged."""
        if self._sqlite:
            return sqlite.insert(table).on_conflict_do_nothing()
        return postgresql.insert(table).on_conflict_do_nothing()

    def _upsert(self, table: Table, *changing: str, where: ColumnElement[bool] | None = None) -> Insert:
        """Return an INSERT that replaces the named columns of an existing row that satisfies `where`."""
        key = list(table.primary_key.columns)
        if self._sqlite:
            lite = sqlite.insert(table)
            return lite.on_conflict_do_update(
                index_elements=key, set_={c: lite.excluded[c] for c in changing}, where=where
            )
        post = postgresql.insert(table)
        return post.on_conflict_do_update(index_elements=key, set_={c: post.excluded[c] for c in changing}, where=where)


class Repository(Statements):
    """The rows of one noun in one workspace."""

    def __init__(self, transaction: Transaction, workspace_id: str) -> None:
        super().__init__(transaction)
        self._ws = workspace_id

    def _with(self, kind: "type[RepositoryT]") -> "RepositoryT":
        """Return another noun's repository in the same workspace and transaction."""
        return kind(self._transaction, self._ws)


class Sweeps(Statements):
    """Operations on one noun's due rows, in all workspaces."""

    def _within(self, workspace_id: str, kind: "type[RepositoryT]") -> "RepositoryT":
        """Return a repository of one workspace in the same transaction."""
        return kind(self._transaction, workspace_id)


RepositoryT = TypeVar("RepositoryT", bound=Repository)
