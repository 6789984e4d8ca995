"""Fresh, migrated databases of both kinds, cheap enough for every test."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from storage import migrate
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
