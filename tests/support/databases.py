"""Fresh, migrated databases of both kinds, cheap enough for every test."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
from sqlalchemy import delete, text

from storage import SqlStore, migrate
from storage.tables import metadata
from tests.support.postgres import Server

TEMPLATE = "template_sessions"


@dataclass
class Databases:
    """Makes databases: copies of a migrated file, or of a migrated template database."""

    directory: Path
    server: Callable[[], Server]
    _made: int = 0
    _templates: set[str] = field(default_factory=set)

    async def fresh(self, kind: str) -> str:
        """Return the URL of a new, migrated, empty database of that kind (`sqlite` or `postgresql`)."""
        self._made += 1
        if kind == "sqlite":
            template = self.directory / "template.db"
            if kind not in self._templates:
                await migrate.upgrade(f"sqlite+aiosqlite:///{template}")
                self._templates.add(kind)
            path = self.directory / f"test{self._made}.db"
            shutil.copy(template, path)
            return f"sqlite+aiosqlite:///{path}"
        server = self.server()
        if kind not in self._templates:
            await self.statement(f"CREATE DATABASE {TEMPLATE}")
            await migrate.upgrade(server.url(TEMPLATE))
            self._templates.add(kind)
        name = f"test{self._made}"
        await self.statement(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        return server.url(name)

    async def empty(self, kind: str) -> str:
        """Return the URL of a new database without any table."""
        self._made += 1
        if kind == "sqlite":
            return f"sqlite+aiosqlite:///{self.directory / f'empty{self._made}.db'}"
        await self.statement(f"CREATE DATABASE empty{self._made}")
        return self.server().url(f"empty{self._made}")

    async def statement(self, sql: str) -> None:
        """Run one statement on the server's own database."""
        connection = await asyncpg.connect(
            host="127.0.0.1", port=self.server().port, user="postgres", database="postgres"
        )
        try:
            await connection.execute(sql)
        finally:
            await connection.close()


async def empty_but(store: SqlStore, workspace_id: str) -> None:
    """Delete everything of all workspaces but one: past the guard that lets nobody delete transfers."""
    guard = "transfers_no_delete"
    async with store.engines.writer.begin() as connection:
        made = None
        if connection.dialect.name == "sqlite":
            named = text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = :name")
            made = (await connection.execute(named, {"name": guard})).scalar_one()
            await connection.execute(text(f"DROP TRIGGER {guard}"))
        else:
            await connection.execute(text("SET LOCAL session_replication_role = replica"))
        for table in reversed(metadata.sorted_tables):
            if "workspace_id" in table.c:
                await connection.execute(delete(table).where(table.c.workspace_id != workspace_id))
        if made:
            await connection.exec_driver_sql(made)
