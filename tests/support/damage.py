"""Damage a page of an SQLite file, as a disk may."""

from pathlib import Path

from sqlalchemy import text

from storage import Engines


async def damage(engines: Engines, table: str) -> None:
    """Overwrite a table's first page; every connection is closed."""
    async with engines.reader.connect() as connection:
        asked = text("SELECT rootpage FROM sqlite_master WHERE name = :name")
        page = (await connection.execute(asked, {"name": table})).scalar_one()
        size = (await connection.execute(text("PRAGMA page_size"))).scalar_one()
    # The last to close an SQLite file writes its log back into it.
    await engines.dispose()
    with Path(engines.writer.url.database or "").open("r+b") as file:  # noqa: ASYNC230 - a page is quick
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
