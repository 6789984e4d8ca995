"""The import of 100,000 lines: against a bare executemany of the very rows it writes, its memory, and who waits for it."""

import asyncio
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from benchmarks.report import Promise, Result, paired
from coaching.actions import browse
from coaching.clock import SystemClock
from coaching.imports import COLUMNS
from coaching.sessions import Actor
from storage import SqlStore, create_engines, migrate
from storage.tables import metadata
from tests.support import postgres
from tests.support.databases import Databases

ROOT = Path(__file__).parents[1]
WORKSPACE = "T0BENCH"
LINES, FEW, ROUNDS = 100_000, 10_000, 3
READ_EVERY = 0.02
_WRITTEN = (
    *("sessions", "refunds", "transfers", "timeline", "notices"),
    *("grants", "session_types", "packages", "coaches", "members"),
)

_CHILD = """
import asyncio, json, os, resource, sys, time
from pathlib import Path
from rich.console import Console
from bot.importing import run_import
from coaching.clock import SystemClock
from storage.importer import Import

locked, copy = [], Import.apply
async def apply(self, *arguments):
    report = await copy(self, *arguments)
    locked.append(report.locked)
    return report
Import.apply = apply

url, path, workspace_id = sys.argv[1:]
began = time.perf_counter()
with open(os.devnull, "w") as nowhere:
    code = asyncio.run(run_import(url, Path(path), workspace_id, console=Console(file=nowhere), clock=SystemClock()))
took = time.perf_counter() - began
# Not getrusage: its peak begins with what the parent had when it forked.
status = Path("/proc/self/status")
words = status.read_text().partition("VmHWM:")[2].split() if status.exists() else []
peak = int(words[0]) / 1024 if words else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"code": code, "took": took, "locked": locked[0], "peak": peak}))
"""


async def measure(*, kind: str = "sqlite") -> list[Result]:
    """Return the figures for one kind of database; takes a few minutes."""
    directory = Path(tempfile.mkdtemp(prefix="bench-import-"))
    try:
        with postgres.running() as server:
            databases = Databases(directory, lambda: server)
            for count, name in ((LINES, "many.csv"), (FEW, "few.csv"), (200, "first.csv")):
                write_file(directory / name, count, first=name == "first.csv")
            return await _measure(databases, directory, kind)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def write_file(path: Path, count: int, *, first: bool = False) -> None:
    """Write a believable file: ten sessions per client, 50 coaches, two in three clients with a package, a month each way."""
    chance = random.Random(count)
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    with path.open("w") as file:
        file.write(",".join(COLUMNS) + "\n")
        for number in range(count):
            client = number // 10
            start = now + timedelta(hours=chance.randrange(-24 * 30, 24 * 90))
            who = f"U0FIRST{client}" if first else f"client{client}@example.com"
            package = "Ten sessions" if client % 3 else ""
            link = f"https://meet.example.com/{number}"
            file.write(
                f"{'F' if first else 'S'}{number:06d},{who},U0COACH{client % 50},Coaching,{start:%Y-%m-%dT%H:%MZ},50,"
                f"America/New_York,{package},,,{link},,\n"
            )


async def _measure(databases: Databases, directory: Path, kind: str) -> list[Result]:
    ours, bare, slowest, locked, peaks = [], [], [], [], []
    rows = 0
    for _ in range(ROUNDS):
        url = await databases.fresh(kind)
        await _import(url, directory / "first.csv")
        async with _reading(url) as waits:
            done = await _import(url, directory / "many.csv")
        ours.append(done["took"])
        locked.append(done["locked"])
        peaks.append(done["peak"])
        slowest.append(max(waits))
        took, rows = await _bare(url, await databases.fresh(kind))
        bare.append(took)
    few = await _import(await databases.fresh(kind), directory / "few.csv")
    grown = median(peaks) / few["peak"]
    told = (
        f"{rows:,} rows; writers wait {median(locked):.1f} s at most on SQLite"
        if kind == "sqlite"
        else f"{rows:,} rows"
    )
    return [
        paired(f"Import of {LINES:,} lines / bare executemany, {kind}", ours, bare, "s", Promise.AT_MOST, 3.0, told),
        Result(
            f"Import: peak memory with {LINES:,} / {FEW:,} lines, {kind}",
            median(peaks),
            few["peak"],
            "MB",
            grown,
            Promise.AT_MOST,
            1.5,
        ),
        Result(
            f"Import: slowest /sessions meanwhile / one second, {kind}",
            max(slowest) * 1000,
            1000.0,
            "ms",
            max(slowest),
            Promise.AT_MOST,
            1.0,
        ),
    ]


async def _import(url: str, path: Path) -> dict[str, Any]:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _CHILD, url, str(path), WORKSPACE),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await child.communicate()
    done: dict[str, Any] = json.loads(output)
    if done["code"]:
        raise RuntimeError(f"the import of {path.name} failed")
    return done


@asynccontextmanager
async def _reading(url: str) -> AsyncIterator[list[float]]:
    """Look at somebody's list again and again, as a running bot would, and note how long each look takes (seconds)."""
    engines = create_engines(url)
    store, waits, over = SqlStore(engines), [0.0], asyncio.Event()

    async def read() -> None:
        while not over.is_set():
            began = time.perf_counter()
            page = await browse.list_sessions(store, SystemClock(), Actor(WORKSPACE, "U0FIRST3"))
            assert page.total
            waits.append(time.perf_counter() - began)
            await asyncio.sleep(READ_EVERY)

    reader = asyncio.create_task(read())
    try:
        yield waits
    finally:
        over.set()
        await reader
        await engines.dispose()


async def _bare(source: str, target: str) -> tuple[float, int]:
    """Write the rows of `source` into an empty database, the leanest way the drivers know: one executemany per table."""
    await migrate.upgrade(target)
    reading, writing = (create_engines(url, wait_seconds=600) for url in (source, target))
    took, count = 0.0, 0
    try:
        async with reading.reader.connect() as old, writing.writer.connect() as new:
            for name in _WRITTEN:
                rows = await _rows(old, name)
                count += len(rows)
                if not rows:
                    continue
                width = range(1, len(rows[0]) + 1)
                marks = ", ".join("?" if new.dialect.name == "sqlite" else f"${i}" for i in width)
                names = ", ".join(f'"{column.name}"' for column in metadata.tables[name].c)
                began = time.perf_counter()
                await new.exec_driver_sql(f"INSERT INTO {name} ({names}) VALUES ({marks})", rows)
                took += time.perf_counter() - began
            began = time.perf_counter()
            await new.commit()
            took += time.perf_counter() - began
    finally:
        await reading.dispose()
        await writing.dispose()
    return took, count


async def _rows(connection: AsyncConnection, name: str) -> list[tuple[Any, ...]]:
    names = ", ".join(f'"{column.name}"' for column in metadata.tables[name].c)
    return [tuple(row) for row in await connection.exec_driver_sql(f"SELECT {names} FROM {name}")]
