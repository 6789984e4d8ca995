"""Write CSV files, import them as the command line does, and look at what came in."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from sqlalchemy import text

from bot.importing import run_import
from coaching.clock import ManualClock
from coaching.imports import COLUMNS
from coaching.sessions import Session
from storage import SqlStore
from storage.tables import metadata
from tests.support.world import ANNA, COACH, WORKSPACE


@dataclass
class Importer:
    """Writes files and imports them; `said` is what the last run printed."""

    url: str
    directory: Path
    clock: ManualClock
    said: str = ""

    async def rows(self, *rows: Mapping[str, str]) -> int:
        """Import these lines, each with plausible values where it says nothing."""
        return await self.raw(csv_of(*rows).encode())

    async def raw(self, content: bytes) -> int:
        """Import a file with this content."""
        path = self.directory / "sessions.csv"
        path.write_bytes(content)
        return await self.path(path)

    async def path(self, path: Path) -> int:
        """Import a file."""
        out = io.StringIO()
        code = await run_import(
            self.url, path, WORKSPACE, console=Console(file=out, width=500, emoji=False), clock=self.clock
        )
        self.said = out.getvalue()
        return code


def csv_of(*rows: Mapping[str, str]) -> str:
    """Return a file of these lines, each with plausible values where it says nothing."""
    filled = []
    for row in rows:
        given = {
            "client": ANNA,
            "coach": COACH,
            "session_type": "Coaching",
            "starts_at": "2026-11-20T10:00Z",
            "duration_minutes": "50",
            "time_zone": "America/New_York",
            **row,
        }
        filled.append(",".join('"' + given.get(name, "").replace('"', '""') + '"' for name in COLUMNS))
    return "\n".join([",".join(COLUMNS), *filled, ""])


async def everything(store: SqlStore) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    async with store.engines.reader.connect() as connection:
        found = {}
        for table in metadata.sorted_tables:
            rows = await connection.execute(table.select())
            found[table.name] = sorted((tuple(row) for row in rows), key=repr)
        return found


async def session(store: SqlStore, session_id: str) -> Session:
    """Return a session that must be there."""
    async with store.read(WORKSPACE) as queries:
        found = await queries.sessions.find(session_id)
    assert found is not None
    return found


async def assert_balanced(store: SqlStore) -> None:
    """Nothing is negative but what was issued, and every imported session holds its price."""
    accounts: dict[str, int] = {}
    async with store.engines.reader.connect() as connection:
        for row in await connection.execute(text("SELECT source, target, amount FROM transfers")):
            accounts[row.source] = accounts.get(row.source, 0) - row.amount
            accounts[row.target] = accounts.get(row.target, 0) + row.amount
        prices = {
            f"session:{row.id}": row.price
            for row in await connection.execute(
                text("SELECT id, price FROM sessions WHERE price > 0 AND status = 'scheduled'")
            )
        }
    assert sum(accounts.values()) == 0
    assert [name for name, amount in accounts.items() if amount < 0 and name != "issued"] == []
    assert {name: amount for name, amount in accounts.items() if name.startswith("session:") and amount} == prices
