"""No statement reads what grows: on both databases, as planned with the figures of a million sessions."""

import os
import pickle
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from coaching.clock import ManualClock
from storage import SqlStore, create_engines
from storage.import_staging import staging
from tests.conftest import KINDS, START
from tests.statements.excuses import EXCUSED, SELDOM, Excuses
from tests.statements.figures import of_a_million
from tests.statements.judge import Fault, Verdict, judged
from tests.statements.plugin import WHERE
from tests.statements.recorder import Asked, Recorded, recording
from tests.statements.walk import everything
from tests.support.crowd import crowd
from tests.support.databases import Databases
from tests.support.world import WORKSPACE, World

ROOT = Path(__file__).parents[2]
RECORDED = ("tests/actions", "tests/handlers", "tests/delivery/test_directory.py", "tests/delivery/test_relay.py")
"""The tests that between them do everything there is to do."""
_PAIRS = "(id, version) IN (VALUES ('s1', 1), ('s2', 1))"
PLANTED: tuple[tuple[str, set[Fault]], ...] = (
    ("SELECT id FROM sessions WHERE reason = 'x'", {Fault.SCAN}),
    (f"SELECT s.id FROM sessions AS s WHERE s.workspace_id = '{WORKSPACE}' AND s.reason = 'x'", {Fault.WORKSPACE}),
    ("SELECT dedupe_key FROM notices WHERE state = 'pending' AND attempts > 3", {Fault.SCAN}),
    (
        f"SELECT id FROM sessions WHERE workspace_id = '{WORKSPACE}' AND coach_id = 'U3' ORDER BY booked_at LIMIT 5",
        {Fault.SORT},
    ),
    (f"SELECT id FROM sessions WHERE workspace_id = '{WORKSPACE}' AND {_PAIRS}", {Fault.WORKSPACE}),
    (f"SELECT id FROM sessions WHERE workspace_id = '{WORKSPACE}' AND id IN ('s1', 's2') AND {_PAIRS}", set()),
    (
        f"SELECT id FROM sessions WHERE workspace_id = '{WORKSPACE}' AND coach_id = 'U3' ORDER BY starts_at LIMIT 5",
        set(),
    ),
    ("SELECT id FROM policies", set()),
)
"""What the judge must say of these. PostgreSQL looks up pairs, and reads a table rather than its whole workspace."""
SAID_OF_POSTGRESQL = {Fault.WORKSPACE: Fault.SCAN}


@asynccontextmanager
async def crowded(databases: Databases, kind: str) -> AsyncIterator[World]:
    """Yield a crowded workspace on a database of this kind."""
    engines = create_engines(await databases.fresh(kind), wait_seconds=60)
    try:
        world = World(SqlStore(engines), ManualClock(START))
        await crowd(world.store, world, WORKSPACE)
        yield world
    finally:
        await engines.dispose()


@pytest.fixture(params=KINDS)
async def world(request: pytest.FixtureRequest, databases: Databases) -> AsyncIterator[World]:
    async with crowded(databases, request.param) as world:
        yield world


async def found_in(store: SqlStore, asked: Iterable[Asked]) -> list[Verdict]:
    """Return what is wrong with the plans of these statements."""
    async with store.engines.reader.connect() as connection:
        return await judged(connection, asked)


def unexcused(found: Iterable[Verdict], excused: Excuses) -> list[str]:
    """Return what is wrong and not excused."""
    return [str(one) for one in found if one.fault not in excused.get(one.asked.by, {})]


def at_home(one: Asked) -> Asked:
    """Return the statement as asked of the crowded workspace: of one that is empty any plan is good."""
    given = tuple(WORKSPACE if isinstance(v, str) and re.fullmatch("T[0-9A-Z]+", v) else v for v in one.parameters)
    return replace(one, parameters=given)


async def planned_anew(store: SqlStore, statements: Collection[Asked]) -> list[str]:
    """Return the statements that compare a parameter with the column of a partial index's condition.

    SQLite plans them anew whenever they run, PostgreSQL's lasting plans cannot use the index: see `storage.types.word`.
    """
    if store.engines.dialect == "sqlite":
        ask = "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql LIKE '%WHERE%'"
    else:
        ask = "SELECT indexdef FROM pg_indexes WHERE indexdef LIKE '%WHERE%'"
    async with store.engines.reader.connect() as connection:
        conditions = [row[0].split("WHERE", 1)[1] for row in await connection.exec_driver_sql(ask)]
    columns = {name for one in conditions for name in re.findall(r"\b([a-z]\w*)\)?(?:::text)? = '", one)}
    assert columns == {"medium", "source", "state", "status"}
    compared = re.compile(rf"\.({'|'.join(columns)}) = (\?|\$)")
    # What is only returned, such as a sum by a CASE, chooses no index.
    return [one.sql for one in statements if compared.search(one.sql.partition("WHERE")[2])]


async def test_no_statement_reads_what_grows(databases: Databases) -> None:
    needed: set[tuple[str, Fault]] = set()
    for kind in KINDS:
        async with crowded(databases, kind) as world:
            with recording() as found:
                await everything(world)
            await of_a_million(world.store)
            asked = found[kind].values()
            assert len(asked) > 100
            verdicts = await found_in(world.store, asked)
            faults = unexcused(verdicts, EXCUSED)
            assert not faults, "\n\n".join(faults)
            assert await planned_anew(world.store, asked) == []
            needed |= {(one.asked.by, one.fault) for one in verdicts}
    # An excuse that neither database needs any more would hide what is asked under the same name one day.
    stale = sorted(
        f"{by}: {fault}" for by, excuses in EXCUSED.items() for fault in excuses if (by, fault) not in needed
    )
    assert stale == []


async def test_a_statement_that_reads_what_grows_is_found(world: World) -> None:
    await of_a_million(world.store)
    lite = world.store.engines.dialect == "sqlite"
    async with world.store.engines.reader.connect() as connection:
        for sql, faults in PLANTED:
            said = {one.fault for one in await judged(connection, [Asked(sql, (), "")])}
            if lite:
                assert said == faults, sql
            elif _PAIRS not in sql:
                assert said <= faults | {SAID_OF_POSTGRESQL.get(one, one) for one in faults}, sql
                assert bool(said) == bool(faults), sql


@pytest.mark.deep
@pytest.mark.timeout(3600)
async def test_nothing_that_any_test_asks_reads_what_grows(world: World, tmp_path: Path) -> None:
    where = tmp_path / "statements"
    run = [
        sys.executable,
        "-m",
        "pytest",
        "-n",
        "0",
        "-q",
        "-p",
        "tests.statements.plugin",
        "-m",
        "not deep",
        *RECORDED,
    ]
    kind = world.store.engines.dialect
    subprocess.run([*run, "-k", kind], cwd=ROOT, env=os.environ | {WHERE: str(where)}, check=True, capture_output=True)  # noqa: ASYNC221 - nothing else runs here
    found: Recorded = pickle.loads(where.read_bytes())  # noqa: S301 - written by the line above
    assert len(found[kind]) > 300
    await everything(world)  # so that no table is empty
    await of_a_million(world.store)
    # Tests, migrations, doctor and imports may read everything: nobody waits for them.
    ours = [
        at_home(one)
        for one in found[kind].values()
        if one.by
        and not one.by.startswith(("reconciliation.", "migrate.", "import"))
        and not any(table in one.sql for table in staging.tables)
    ]
    found_wrong = unexcused(await found_in(world.store, ours), EXCUSED | SELDOM)
    assert not found_wrong, "\n\n".join(found_wrong)
