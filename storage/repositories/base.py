"""What every repository shares: a connection, its dialect, and the policies already read."""

import asyncio
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, Executable, Insert, Result, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from coaching import deadline
from coaching.policy import Policy
from storage.engine import SQLITE, patience_of

PolicyCache = dict[tuple[str, str], Policy]
"""Policies are immutable, so one process reads each once."""


async def executed(
    connection: AsyncConnection, statement: Executable, parameters: dict[str, Any] | Sequence[dict[str, Any]]
) -> Result[Any]:
    """Execute within what is left of the request. Raises TimeoutError (OutOfTime where nothing is left).

    PostgreSQL's statement is cut off, and its connection with it: somebody's lock, or a server that is silent, could hold it
    longer. SQLite's is not: it waits for locks only, with a limit of its own (see `storage.engine`), and a statement cut off
    would leave its thread holding the file.
    """
    if deadline.remaining() is None:
        return await connection.execute(statement, parameters)
    seconds = deadline.left(patience_of(connection.engine))
    if connection.dialect.name == SQLITE:
        return await connection.execute(statement, parameters)
    async with asyncio.timeout(seconds):
        return await connection.execute(statement, parameters)


class Repository:
    """Reads and writes on one connection. Repositories never commit."""

    def __init__(self, connection: AsyncConnection, policies: PolicyCache) -> None:
        self._connection = connection
        self._policies = policies
        self._sqlite = connection.dialect.name == "sqlite"

    async def _run(self, statement: Executable, parameters: dict[str, Any] | None = None) -> Result[Any]:
        return await executed(self._connection, statement, parameters or {})

    async def _write(
        self, statement: Executable, parameters: dict[str, Any] | Sequence[dict[str, Any]] | None = None
    ) -> CursorResult[Any]:
        result = await executed(self._connection, statement, parameters or {})
        assert isinstance(result, CursorResult)  # noqa: S101 - what a write always returns
        return result

    def _insert_or_ignore(self, table: Table) -> Insert:
        """Return an INSERT that leaves an existing row as it is."""
        if self._sqlite:
            return sqlite.insert(table).on_conflict_do_nothing()
        return postgresql.insert(table).on_conflict_do_nothing()

    def _upsert(self, table: Table, *changing: str, where: ColumnElement[bool] | None = None) -> Insert:
        """Return an INSERT that replaces the named columns of an existing row, if it is as `where` says."""
        key = list(table.primary_key.columns)
        if self._sqlite:
            lite = sqlite.insert(table)
            return lite.on_conflict_do_update(
                index_elements=key, set_={c: lite.excluded[c] for c in changing}, where=where
            )
        post = postgresql.insert(table)
        return post.on_conflict_do_update(index_elements=key, set_={c: post.excluded[c] for c in changing}, where=where)
