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
    """Makes databases: copies of a migrated file, or of a migrated template database. Nobody keeps one past their test."""

    directory: Path
    server: Callable[[], Server]
    _made: int = 0
    _templates: set[str] = field(default_factory=set)
    _lent: list[str] = field(default_factory=list)
    _spent: list[str] = field(default_factory=list)

    async def fresh(self, kind: str, *, kept: bool = False) -> str:
        """Return the URL of a new, migrated, empty database of that kind (`sqlite` or `postgresql`).

        It is thrown away after the test that asks for it; `kept` is for what several tests share.
        """
        if kind == "sqlite":
            template = self.directory / "template.db"
            if kind not in self._templates:
                await migrate.upgrade(f"sqlite+aiosqlite:///{template}")
                self._templates.add(kind)
            path = self._file(kept=kept)
            shutil.copy(template, path)
            return f"sqlite+aiosqlite:///{path}"
        server = self.server()
        if kind not in self._templates:
            await self.statements(f"CREATE DATABASE {TEMPLATE}")
            await migrate.upgrade(server.url(TEMPLATE))
            self._templates.add(kind)
        return await self.copy(TEMPLATE, kept=kept)

    async def copy(self, template: str, *, kept: bool = False) -> str:
        """Return the URL of a copy of a database on the server, to which nobody may be connected."""
        # Copying files costs half of what writing every page to the log does.
        return await self._database(f"TEMPLATE {template} STRATEGY FILE_COPY", kept=kept)

    async def empty(self, kind: str) -> str:
        """Return the URL of a new database without any table."""
        return f"sqlite+aiosqlite:///{self._file()}" if kind == "sqlite" else await self._database()

    async def statements(self, *lines: str) -> None:
        """Run statements on the server's own database, each by itself."""
        connection = await asyncpg.connect(
            host="127.0.0.1", port=self.server().port, user="postgres", database="postgres"
        )
        try:
            for line in lines:
                await connection.execute(line)
        finally:
            await connection.close()

    def over(self) -> None:
        """A test is over: what it was lent can be thrown away, files now, databases with the next one that is made."""
        for lent in self._lent:
            if lent.endswith(".db"):
                for path in self.directory.glob(f"{lent}*"):
                    path.unlink()
            else:
                self._spent.append(lent)
        self._lent.clear()

    def _file(self, *, kept: bool = False) -> Path:
        self._made += 1
        name = f"test{self._made}.db"
        if not kept:
            self._lent.append(name)
        return self.directory / name

    async def _database(self, how: str = "", *, kept: bool = False) -> str:
        self._made += 1
        name = f"test{self._made}"
        spent, self._spent = self._spent, []
        await self.statements(*(f"DROP DATABASE {old} WITH (FORCE)" for old in spent), f"CREATE DATABASE {name} {how}")
        if not kept:
            self._lent.append(name)
        return self.server().url(name)


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
