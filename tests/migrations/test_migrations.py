"""The migrations make exactly the tables that the code believes in, once, whoever starts at the same time."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

import storage.constraints  # noqa: F401 - hangs the triggers on the metadata
from storage import create_engines
from storage.engine import Engines
from storage.migrate import NewerDatabase, head, revision, upgrade
from storage.statistics import (
    ADDRESS_FIGURES,
    CALENDAR_FIGURES,
    COACH_FIGURES,
    EXPORT_FIGURES,
    FIGURES,
    FILE_MAP_FIGURES,
    FORGIVEN_FIGURES,
    GIVER_FIGURES,
    HANDED_FIGURES,
    LATER_FIGURES,
    LINK_FIGURES,
    MEANT_FIGURES,
    NAMED_CLIENT_FIGURES,
    NOTE_FIGURES,
    NOTIFICATION_FIGURES,
    REFUSED_FIGURES,
    REQUEST_FIGURES,
    THIRD_FIGURES,
    WITH_COACH_FIGURES,
)
from storage.tables import metadata
from tests.conftest import KINDS
from tests.migrations.catalog import catalog
from tests.support import patience
from tests.support.databases import Databases

pytestmark = pytest.mark.parametrize("kind", KINDS)

Opener = Callable[[str], Engines]

# Alembic's own comparison misses CHECK texts and partial-index predicates; the catalogs below are compared for those.
PLUGINS = ["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"]


@pytest.fixture
async def opened() -> AsyncIterator[Opener]:
    """Open engines that are closed after the test, failed or not."""
    async with AsyncExitStack() as stack:

        def opener(url: str) -> Engines:
            engines = create_engines(url, wait_seconds=patience.FOR_DATABASE)
            stack.push_async_callback(engines.dispose)
            return engines

        yield opener


async def _look(engines: Engines) -> dict[str, str]:
    async with engines.reader.connect() as connection:
        return await connection.run_sync(catalog)


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(
        connection,
        opts={
            "compare_type": True,
            "compare_server_default": True,
            "autogenerate_plugins": PLUGINS,
            "target_metadata": metadata,
        },
    )
    return list(compare_metadata(context, metadata))


async def test_an_empty_database_comes_to_the_newest_revision(databases: Databases, kind: str, opened: Opener) -> None:
    url = await databases.empty(kind)
    engines = opened(url)
    assert await revision(engines.writer) is None
    await upgrade(url)
    assert await revision(engines.writer) == head()
    found = await _look(engines)
    tables = {name for name in metadata.tables if any(name in definition for definition in found)}
    assert tables == set(metadata.tables)


async def test_alembic_finds_no_difference_between_models_and_migrations(
    databases: Databases, kind: str, opened: Opener
) -> None:
    engines = opened(await databases.fresh(kind))
    async with engines.writer.connect() as connection:
        assert await connection.run_sync(_differences) == []
        # The comparison itself is alive: it sees what is missing.
        await connection.execute(text("DROP INDEX ix_sessions_coach"))
        assert [difference[0] for difference in await connection.run_sync(_differences)] == ["add_index"]  # type: ignore[index]


async def test_the_catalogs_of_models_and_migrations_are_the_same(
    databases: Databases, kind: str, opened: Opener
) -> None:
    migrated, modelled = (opened(url) for url in (await databases.fresh(kind), await databases.empty(kind)))
    async with modelled.writer.begin() as connection:
        await connection.run_sync(metadata.create_all)
    expected, found = await _look(modelled), await _look(migrated)
    assert found == expected
    assert sum("trigger" in name for name in found) >= 3
    assert sum(" WHERE " in definition for name, definition in found.items() if "index" in name) >= 8


async def test_migrating_again_changes_nothing(databases: Databases, kind: str, opened: Opener) -> None:
    url = await databases.fresh(kind)
    engines = opened(url)
    before = await _look(engines)
    await upgrade(url)
    assert await _look(engines) == before


async def test_six_that_start_at_once_migrate_once(databases: Databases, kind: str, opened: Opener) -> None:
    url = await databases.empty(kind)
    await asyncio.gather(*(upgrade(url) for _ in range(6)))
    engines = opened(url)
    assert await revision(engines.writer) == head()


async def test_processes_that_start_at_once_migrate_once(databases: Databases, kind: str, opened: Opener) -> None:
    url = await databases.empty(kind)
    script = "import asyncio, sys; from storage.migrate import upgrade; asyncio.run(upgrade(sys.argv[1]))"

    def run() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", script, url], stderr=subprocess.PIPE)

    started = [run() for _ in range(3)]
    ended = [(await asyncio.to_thread(process.communicate))[1] for process in started]
    assert [(process.returncode, error) for process, error in zip(started, ended, strict=True)] == [(0, b"")] * 3
    engines = opened(url)
    assert await revision(engines.writer) == head()


async def test_a_database_of_a_newer_release_is_refused_and_left_alone(
    databases: Databases, kind: str, opened: Opener
) -> None:
    url = await databases.fresh(kind)
    engines = opened(url)
    async with engines.writer.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    before = await _look(engines)
    with pytest.raises(NewerDatabase, match="9999"):
        await upgrade(url)
    assert await _look(engines) == before
    assert await revision(engines.writer) == "9999"


async def test_sqlites_figures_name_every_index_there_is(databases: Databases, kind: str, opened: Opener) -> None:
    if kind != "sqlite":
        return
    engines = opened(await databases.fresh(kind))
    figures = (
        *FIGURES,
        *LATER_FIGURES,
        *THIRD_FIGURES,
        *MEANT_FIGURES,
        *REQUEST_FIGURES,
        *LINK_FIGURES,
        *CALENDAR_FIGURES,
        *NOTE_FIGURES,
        *NOTIFICATION_FIGURES,
        *ADDRESS_FIGURES,
        *REFUSED_FIGURES,
        *FORGIVEN_FIGURES,
        *WITH_COACH_FIGURES,
        *EXPORT_FIGURES,
        *FILE_MAP_FIGURES,
        *HANDED_FIGURES,
        *GIVER_FIGURES,
        *NAMED_CLIENT_FIGURES,
        *COACH_FIGURES,
    )
    big = {table for table, _, _ in figures} - {"exceptions"}  # they are requests now
    async with engines.reader.connect() as connection:
        rows = await connection.execute(text("SELECT name, tbl_name FROM sqlite_master WHERE type = 'index'"))
        named = {(row.tbl_name, row.name) for row in rows if row.tbl_name in big and not row.name.startswith("sqlite_")}
        found = await connection.execute(text("SELECT tbl, idx FROM sqlite_stat1"))
        assert {tuple(row) for row in found} == named | {(table, table) for table in big}


async def test_transfers_cannot_be_changed_by_anybody(databases: Databases, kind: str, opened: Opener) -> None:
    engines = opened(await databases.fresh(kind))
    columns = "workspace_id, key, kind, source, target, amount, at"
    async with engines.writer.begin() as connection:
        await connection.execute(text(f"INSERT INTO transfers ({columns}) VALUES ('T', 'k', 'issue', 'a', 'b', 1, 0)"))
    for statement in ("UPDATE transfers SET amount = 2", "DELETE FROM transfers"):
        with pytest.raises(Exception, match="transfers are immutable"):
            async with engines.writer.begin() as connection:
                await connection.execute(text(statement))
