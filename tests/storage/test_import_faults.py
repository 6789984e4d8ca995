"""Imports beside other imports, beside a running bot, and killed in the middle; on both databases."""

import asyncio
import io
import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import text

from bot.importing import run_import
from coaching.actions.people import remember
from coaching.clock import ManualClock
from coaching.imports import ImportedLine, parse_header, parse_line
from coaching.sessions import Person
from storage import SqlStore
from storage.import_report import Report
from storage.importer import Import, importing
from tests.support.imports import Importer, assert_balanced, csv_of, everything, session
from tests.support.proxy import Proxy
from tests.support.world import ANNA, COACH, WORKSPACE, World

ROOT = Path(__file__).parents[2]


@pytest.fixture
def importer(database_url: str, tmp_path: Path, clock: ManualClock) -> Importer:
    return Importer(database_url, tmp_path, clock)


@pytest.fixture
def world(store: SqlStore, clock: ManualClock) -> World:
    return World(store, clock)


async def test_imports_at_once_bring_every_session_in_once(importer: Importer, store: SqlStore, tmp_path: Path) -> None:
    def row(number: int) -> dict[str, str]:
        start = datetime(2026, 11, 20, tzinfo=UTC) + timedelta(hours=number)
        return {"session_id": f"S{number:03}", "starts_at": start.isoformat(), "package": "All"}

    async def one(start: int) -> tuple[int, str]:
        path = tmp_path / f"{start}.csv"
        path.write_text(csv_of(*(row(i) for i in range(start, start + 200))))
        out = io.StringIO()
        console = Console(file=out, width=300)
        return await run_import(importer.url, path, WORKSPACE, console=console, clock=importer.clock), out.getvalue()

    done = await asyncio.gather(*(one(start) for start in (0, 100, 150, 0)))
    assert [code for code, _ in done] == [0, 0, 0, 0], done
    async with store.engines.reader.connect() as connection:
        rows = (await connection.execute(text("SELECT package_position AS p, grant_id AS g FROM sessions"))).all()
        sizes = (await connection.execute(text("SELECT size FROM grants"))).scalars().all()
    assert sorted(row.p for row in rows) == list(range(1, 351))
    assert (len({row.g for row in rows}), sizes) == (1, [350])
    await assert_balanced(store)


def line(now: datetime, **cells: str) -> ImportedLine:
    given = {
        "session_id": "S1",
        "client": ANNA,
        "coach": COACH,
        "session_type": "Coaching",
        "starts_at": "2026-11-20T10:00",
        "duration_minutes": "50",
        "time_zone": "UTC",
        **cells,
    }
    return parse_line(parse_header(list(given)), list(given.values()), now)


async def test_staging_keeps_nobody_from_writing(importer: Importer, world: World) -> None:
    await world.people()
    await world.grant()
    now = importer.clock.now()
    async with importing(importer.url, WORKSPACE, now) as work:
        await work.stage([(2, line(now))])
        assert await work.check() == []
        booked = await world.book(timedelta(days=9))  # would be refused after two seconds if staging held the lock
        await work.apply()
    assert {row[1] for row in (await everything(world.store))["sessions"]} == {"S1", booked.id}


async def test_somebody_who_appears_in_slack_while_a_file_is_checked_gets_their_sessions(
    importer: Importer, world: World
) -> None:
    now = importer.clock.now()
    async with importing(importer.url, WORKSPACE, now) as work:
        await work.stage([(2, line(now, client="anna@example.com"))])
        assert await work.check() == []
        await remember(world.store, world.clock, WORKSPACE, Person("U0NEW", "Anna", "anna@example.com"), now, link=True)
        report = await work.apply()
    assert isinstance(report, Report)
    assert report.pending == 0
    assert (await session(world.store, "S1")).client.id == "U0NEW"
    assert {row[3] for row in (await everything(world.store))["notices"]} == {"U0NEW"}
    await assert_balanced(world.store)


async def test_somebody_who_appears_between_two_steps_of_the_check_is_noticed(
    importer: Importer, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, prepare, anna = importer.clock.now(), Import._prepare, Person("U0NEW", "Anna", "anna@example.com")

    async def then_appears(work: Import) -> None:
        await prepare(work)
        monkeypatch.undo()
        await remember(world.store, world.clock, WORKSPACE, anna, now, link=True)

    monkeypatch.setattr(Import, "_prepare", then_appears)
    async with importing(importer.url, WORKSPACE, now) as work:
        await work.stage([(2, line(now, client="anna@example.com"))])
        assert await work.check() == []
        report = await work.apply()
    assert isinstance(report, Report)
    assert report.pending == 0
    assert (await session(world.store, "S1")).client.id == "U0NEW"


async def test_a_clash_that_arises_while_a_file_is_checked_stops_the_import(importer: Importer, world: World) -> None:
    now = importer.clock.now()
    async with importing(importer.url, WORKSPACE, now) as work:
        await work.stage([(2, line(now, client="carla@example.com"))])
        assert await work.check() == []
        await remember(world.store, world.clock, WORKSPACE, Person(COACH, "Carla", "carla@example.com"), now, link=True)
        before = await everything(world.store)
        clashes = await work.apply()
    assert isinstance(clashes, list)
    assert [(clash.line, clash.problem.column) for clash in clashes] == [(2, "coach")]
    assert await everything(world.store) == before


async def test_what_another_import_brings_in_while_a_file_is_checked_is_here_already(
    importer: Importer, store: SqlStore
) -> None:
    now = importer.clock.now()
    unpaid = {"session_id": "S1", "credits": "0"}
    async with importing(importer.url, WORKSPACE, now) as work:
        await work.stage([(2, line(now, **unpaid))])
        assert await work.check() == []
        assert await importer.rows(unpaid) == 0
        before = await everything(store)
        report = await work.apply()
    assert isinstance(report, Report)
    assert (report.sessions, report.already_here) == (0, 1)
    assert await everything(store) == before


_CHILD = """
import asyncio, sys
from pathlib import Path
from coaching.clock import SystemClock
from coaching.imports import parse_header, parse_line, read_records
from storage.import_report import Report
from storage.importer import Import, importing

url, path, workspace_id, stop_at = sys.argv[1:]

def on_step(what, done, total):
    if what == stop_at:
        print("inside the transaction", flush=True)
        sys.stdin.read()  # until killed

async def main():
    now = SystemClock().now()
    async with importing(url, workspace_id, now) as work:
        records = read_records(Path(path).read_text().splitlines(keepends=True))
        header = parse_header(next(records)[1])
        await work.stage([(number, parse_line(header, cells, now)) for number, cells in records])
        assert await work.check() == []
        await work.apply(on_step)

asyncio.run(main())
"""


@pytest.mark.parametrize("step", ["reminders", "done"])
async def test_an_import_killed_while_it_copies_leaves_nothing_and_the_next_one_works(
    importer: Importer, store: SqlStore, tmp_path: Path, step: str
) -> None:
    rows = [{"session_id": f"S{i}", "client": f"c{i % 97}@example.com", "package": "P"} for i in range(2000)]
    path = tmp_path / "many.csv"
    path.write_text(csv_of(*rows))
    before = await everything(store)
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _CHILD, importer.url, str(path), WORKSPACE, step),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert child.stdout is not None
    assert await child.stdout.readline() == b"inside the transaction\n"
    child.kill()
    await child.communicate()
    assert child.returncode == -signal.SIGKILL
    assert await everything(store) == before
    assert await importer.path(path) == 0
    assert "2,000 sessions imported" in importer.said
    await assert_balanced(store)


async def test_an_import_whose_last_commit_is_not_answered_is_not_called_undone(
    proxied_url: str, proxy: Proxy, tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    importer, copy = Importer(proxied_url, tmp_path, clock), Import._copy

    async def losing(self: Import, on_step: Callable[[str, int, int], None]) -> None:
        await copy(self, on_step)
        proxy.lose_reply(b"COMMIT;")

    with monkeypatch.context() as patch:
        patch.setattr(Import, "_copy", losing)
        assert await importer.rows({"session_id": "S1"}) == 1
    assert proxy.lost.is_set()
    assert "it is unknown whether the file was imported" in importer.said
    assert "nothing was imported" not in importer.said
    assert await importer.rows({"session_id": "S1"}) == 0
    assert "1 session of the file is here already, left as found: nothing changed." in importer.said


async def test_what_fails_after_the_last_commit_does_not_call_an_import_undone(
    proxied_url: str, proxy: Proxy, tmp_path: Path, clock: ManualClock
) -> None:
    importer = Importer(proxied_url, tmp_path, clock)
    proxy.lose_reply(b"ANALYZE sessions")
    assert await importer.rows({"session_id": "S1"}) == 0
    assert proxy.lost.is_set()
    assert "1 session imported." in importer.said
