"""Every row of a database, before and after: what a knock changed, and putting it back."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import asyncpg
from sqlalchemy import make_url

from storage.tables import metadata

Rows = frozenset[tuple[Any, ...]]
Contents = Mapping[str, Rows]
_ABOUT_SLACK = frozenset({"known_blocks"})
"""Tables that say what a workspace's Slack takes. Any view that is shown first may teach it."""
COLUMNS = {
    table.name: [column.name for column in table.columns]
    for table in metadata.sorted_tables
    if table.name not in _ABOUT_SLACK
}
_KEPT_EQUAL = {"coaches": "name", "availability": "name"}
"""Columns that the database keeps equal to a member's name: who changes a member changes them too."""


@dataclass(frozen=True, slots=True)
class Change:
    """A row that came, went, or is one side of a changed one."""

    table: str
    row: Mapping[str, Any]


def _differences(before: Contents, after: Contents) -> Iterator[Change]:
    for table, rows in after.items():
        for row in _compared(table, rows) ^ _compared(table, before[table]):
            yield Change(table, dict(row))


def _compared(table: str, rows: Rows) -> frozenset[tuple[tuple[str, Any], ...]]:
    own = [(place, name) for place, name in enumerate(COLUMNS[table]) if name != _KEPT_EQUAL.get(table)]
    return frozenset(tuple((name, row[place]) for place, name in own) for row in rows)


class Copy(Protocol):
    """A copy of a furnished database."""

    async def changes(self) -> list[Change]:
        """Return what differs from how it was when it was copied."""
        ...

    async def restore(self) -> None:
        """Make it as it was when it was copied."""
        ...

    async def close(self) -> None:
        """Let go of it."""
        ...


class SqliteCopy:
    """A copy of a file, put back by SQLite's own backup, which running connections see as any commit."""

    def __init__(self, template_url: str, url: str) -> None:
        self._template = sqlite3.connect(str(make_url(template_url).database), check_same_thread=False)
        self._live = sqlite3.connect(str(make_url(url).database), isolation_level=None, check_same_thread=False)
        self._first = self._contents()
        self._version = self._data_version()

    async def changes(self) -> list[Change]:
        """Return what differs from how it was when it was copied."""
        # It changes with every commit of another connection: without one there is nothing to compare.
        return [] if self._data_version() == self._version else list(_differences(self._first, self._contents()))

    async def restore(self) -> None:
        """Make it as it was when it was copied."""
        self._template.backup(self._live)
        self._version = self._data_version()

    async def close(self) -> None:
        """Let go of it."""
        self._live.close()
        self._template.close()

    def _contents(self) -> Contents:
        return {
            table: frozenset(self._live.execute(f"SELECT {_listed(table)} FROM {table}").fetchall())
            for table in COLUMNS
        }

    def _data_version(self) -> int:
        return int(self._live.execute("PRAGMA data_version").fetchone()[0])


class PostgresCopy:
    """A database made from the furnished one, put back row by row with triggers and foreign keys asleep."""

    def __init__(self, connection: "asyncpg.Connection[Any]", first: Contents) -> None:
        self._connection = connection
        self._first = first

    @classmethod
    async def open(cls, url: str) -> "PostgresCopy":
        """Connect, and remember how it is now."""
        parts = make_url(url)
        connection = await asyncpg.connect(
            host=parts.host, port=parts.port, user=parts.username, database=parts.database
        )
        await connection.execute("SET session_replication_role = replica")
        return cls(connection, await _fetched(connection))

    async def changes(self) -> list[Change]:
        """Return what differs from how it was when it was copied."""
        return list(_differences(self._first, await _fetched(self._connection)))

    async def restore(self) -> None:
        """Make it as it was when it was copied."""
        async with self._connection.transaction():
            now = await _fetched(self._connection)
            for table, rows in self._first.items():
                if rows == now[table]:
                    continue
                await self._connection.execute(f"DELETE FROM {table}")
                marks = ", ".join(f"${number + 1}" for number in range(len(COLUMNS[table])))
                await self._connection.executemany(
                    f"INSERT INTO {table} ({_listed(table)}) VALUES ({marks})", list(rows)
                )

    async def close(self) -> None:
        """Let go of it."""
        await self._connection.close()


async def copied(template_url: str, url: str) -> Copy:
    """Return the copy at `url` of the furnished database."""
    if url.startswith("sqlite"):
        return SqliteCopy(template_url, url)
    return await PostgresCopy.open(url)


def copy_file(template_url: str, directory: Path, name: str) -> str:
    """Copy a furnished SQLite file that nobody is connected to; return the copy's URL."""
    path = directory / f"{name}.db"
    with (
        closing(sqlite3.connect(str(make_url(template_url).database))) as source,
        closing(sqlite3.connect(path)) as target,
    ):
        source.backup(target)
    return f"sqlite+aiosqlite:///{path}"


def lose(url: str, sql: str) -> None:
    """Change a SQLite file that nobody is connected to, before it is copied."""
    with closing(sqlite3.connect(str(make_url(url).database), isolation_level=None)) as connection:
        connection.execute(sql)


def _listed(table: str) -> str:
    return ", ".join(f'"{column}"' for column in COLUMNS[table])


async def _fetched(connection: "asyncpg.Connection[Any]") -> Contents:
    found = {}
    for table in COLUMNS:
        found[table] = frozenset(map(tuple, await connection.fetch(f"SELECT {_listed(table)} FROM {table}")))
    return found
