"""The export command: what is in the files, that an import takes them, and what it says."""

import asyncio
import os
import stat
import sys
import tracemalloc
import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from sqlalchemy import insert, text

from bot import exporting
from coaching.clock import ManualClock
from coaching.export_columns import FURTHER, What
from coaching.exports import HEADERS, Span, span_of
from coaching.ports import Queries
from coaching.sessions import Hat
from coaching.zones import zone
from storage import SqlStore, create_engines
from storage.tables import timeline
from tests.conftest import KINDS
from tests.support import patience
from tests.support.databases import Databases
from tests.support.exports import exported, read, rows_of
from tests.support.imports import Importer
from tests.support.world import ANNA, COACH, WORKSPACE, World

ROOT = Path(__file__).parents[2]
H = timedelta(hours=1)
EVIL = '=HYPERLINK("https://evil.example","see")'
PAT = "pat@example.org"


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    world = World(store, clock)
    await world.people()
    return world


async def _lived(world: World, importer: Importer) -> None:
    """Have sessions of every kind: booked with a package and without, imported, canceled, late, over, missed."""
    await world.grant(ANNA, 500, package="Five sessions")
    await world.grant(ANNA, 1000)
    await world.book(72 * H)
    canceled = await world.book(96 * H)
    quoted = await world.quote(canceled, reason=EVIL)
    await world.confirm(quoted)
    await world.book(120 * H, session_type="Talk, long", price=50)
    await importer.rows(
        {"session_id": "S1", "client": PAT, "package": "Old pack", "credits": "0.5", "starts_at": "2026-12-01T10:00"},
        {
            "session_id": "S2",
            "client": PAT,
            "package": "Old pack",
            "starts_at": "2025-12-01T10:00",
            "status": "completed",
        },
        {"session_id": "=S3", "client": PAT, "session_type": "'+ Talk", "status": "canceled", "credits": "2.25"},
        {"session_id": "S4", "price_cents": "1050", "currency": "EUR", "meeting_link": "https://zoom.example.com/j/1"},
    )
    assert "4 sessions imported" in importer.said


@pytest.fixture
async def folder(world: World, database_url: str, tmp_path: Path, clock: ManualClock) -> Path:
    await _lived(world, Importer(database_url, tmp_path, clock))
    assert (await exported(database_url, tmp_path / "out"))[0] == 0
    return tmp_path / "out"


def files_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def test_a_folder_has_a_file_of_each_kind_for_this_user_only(folder: Path) -> None:
    assert files_in(folder) == {"sessions.csv", "ledger.csv", "timeline.csv"}
    for what in What:
        file = folder / what.file
        assert list(rows_of(file)[0]) == list(HEADERS[what])
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_sessions_say_who_when_and_what_became_of_them(folder: Path) -> None:
    by_state = {(row["outcome"], row["session_type"]): row for row in rows_of(folder / "sessions.csv")}
    canceled = by_state["canceled", "Coaching"]
    assert canceled["reason"] == f"'{EVIL}"
    assert (canceled["canceled_by"], canceled["canceled_as"], canceled["credits_returned"]) == (ANNA, "client", "1")
    assert (canceled["client_name"], canceled["client_email"]) == ("Anna Lee", "u0anna@example.com")
    assert by_state["scheduled", "Talk, long"]["credits"] == "0.5"
    assert by_state["canceled", "'+ Talk"]["session_id"] == "'=S3"


async def test_the_ledger_balances_and_the_timeline_has_every_entry(folder: Path, store: SqlStore) -> None:
    balances: dict[str, float] = {}
    for row in rows_of(folder / "ledger.csv"):
        balances[row["from_account"]] = balances.get(row["from_account"], 0) - float(row["credits"])
        balances[row["to_account"]] = balances.get(row["to_account"], 0) + float(row["credits"])
    async with store.read(WORKSPACE) as queries:
        assert balances == {account: amount / 100 for account, amount in (await queries.ledger.balances()).items()}
    entries = rows_of(folder / "timeline.csv")
    async with store.engines.reader.connect() as connection:
        assert len(entries) == (await connection.execute(text("SELECT count(*) FROM timeline"))).scalar()
    assert {row["by_name"] for row in entries if row["event"] == "booked"} == {"Anna Lee"}


@pytest.mark.parametrize("kind", KINDS)
async def test_an_export_is_imported_elsewhere_and_exported_again_as_it_was(
    kind: str, databases: Databases, tmp_path: Path, clock: ManualClock
) -> None:
    first, second = await databases.fresh(kind), await databases.fresh(kind)
    engines = create_engines(first, wait_seconds=patience.FOR_DATABASE)
    world = World(SqlStore(engines), clock)
    await world.people()
    await _lived(world, Importer(first, tmp_path, clock))
    await engines.dispose()
    assert (await exported(first, tmp_path / "first", mark=True))[0] == 0
    elsewhere = Importer(second, tmp_path, clock)
    assert await elsewhere.path(tmp_path / "first" / "sessions.csv") == 0, elsewhere.said
    assert (await exported(second, tmp_path / "second"))[0] == 0
    before, after = (_imported(tmp_path / name / "sessions.csv") for name in ("first", "second"))
    assert len(before) == 7
    assert after == before


def _imported(file: Path) -> list[dict[str, str]]:
    """Return what an import brings in. One that was canceled elsewhere is in no package and was paid with nothing here."""
    kept = [name for name in HEADERS[What.SESSIONS] if name not in FURTHER]
    paid = {"package", "credits"}
    return [
        {name: row[name] for name in kept if name not in paid or row["status"] != "canceled"} for row in rows_of(file)
    ]


async def test_an_import_of_ones_own_export_changes_nothing(
    folder: Path, database_url: str, tmp_path: Path, clock: ManualClock
) -> None:
    importer = Importer(database_url, tmp_path, clock)
    assert await importer.path(folder / "sessions.csv") == 0
    assert "nothing changed" in importer.said


async def test_days_narrow_it_down(folder: Path, database_url: str, tmp_path: Path) -> None:
    day = date(2026, 12, 1)
    span = span_of(day, day, zone("UTC"))
    assert (await exported(database_url, tmp_path / "day", span=span))[0] == 0
    assert [row["session_id"] for row in rows_of(tmp_path / "day" / "sessions.csv")] == ["S1"]
    assert rows_of(tmp_path / "day" / "ledger.csv") == []
    assert len(rows_of(folder / "ledger.csv")) > 5


async def test_a_zip_has_the_same_files(folder: Path, database_url: str, tmp_path: Path) -> None:
    assert (await exported(database_url, tmp_path / "out.zip"))[0] == 0
    with zipfile.ZipFile(tmp_path / "out.zip") as packed:
        for what in What:
            assert packed.read(what.file) == (folder / what.file).read_bytes()


async def test_nothing_is_overwritten_and_what_fails_leaves_nothing(folder: Path, database_url: str) -> None:
    for to in (folder, folder / "sessions.csv"):
        code, said = await exported(database_url, to, what=[What.SESSIONS])
        assert code == 1
        assert "is there already" in said
    code, said = await exported(database_url, folder / "missing" / "deep" / "x.zip")
    assert code == 1
    assert "No such file or directory" in said
    code, said = await exported(database_url, folder / "all.csv")
    assert code == 1
    assert "--what" in said
    assert len(files_in(folder)) == 3


@pytest.mark.parametrize("there", [False, True], ids=["new", "there"])
async def test_a_folder_whose_last_file_fails_is_not_there_or_has_nothing_new(
    folder: Path, database_url: str, monkeypatch: pytest.MonkeyPatch, *, there: bool
) -> None:
    to = folder.parent / "again"
    if there:
        to.mkdir()
        (to / "mine.txt").write_text("kept")
    whole = exporting._write

    async def full(queries: Queries, what: What, span: Span, place: BinaryIO, *, mark: bool) -> int:
        if what is not list(What)[-1]:
            return await whole(queries, what, span, place, mark=mark)
        with Path("/dev/full").open("wb", buffering=0) as device:  # noqa: ASYNC230 - it waits for nothing
            return await whole(queries, what, span, device, mark=mark)  # type: ignore[arg-type]  # it is written to

    monkeypatch.setattr(exporting, "_write", full)
    code, said = await exported(database_url, to)
    assert code == 1
    assert "No space left on device. Nothing was exported." in said
    assert list(to.parent.glob(".*")) == []
    assert (files_in(to) if there else to.exists()) == ({"mine.txt"} if there else False)
    monkeypatch.undo()
    assert (await exported(database_url, to))[0] == 0
    assert files_in(to) == {what.file for what in What} | ({"mine.txt"} if there else set())


async def test_another_workspaces_rows_are_in_no_file(folder: Path, database_url: str) -> None:
    assert (await exported(database_url, folder / "other", workspace="T0OTHER"))[0] == 0
    assert [rows_of(folder / "other" / what.file) for what in What] == [[], [], []]


async def test_the_command_writes_to_standard_output_and_says_the_rest_beside_it(
    world: World, database_url: str, tmp_path: Path
) -> None:
    await world.grant(ANNA, 500)
    await world.book(72 * H)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "export", "-", "--what", "sessions", "--workspace", WORKSPACE, "--from", "2026-01-01",
        env={**os.environ, "DATABASE_URL": database_url, "PYTHONPATH": str(ROOT)}, cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, said = await process.communicate()
    assert process.returncode == 0, said
    assert [(row["client"], row["coach"]) for row in read(out.decode())] == [(ANNA, COACH)]
    assert "1 line of sessions.csv." in said.decode()


async def test_a_long_history_needs_no_more_memory_than_a_short_one(
    world: World, database_url: str, tmp_path: Path, store: SqlStore
) -> None:
    peaks = []
    for count in (2_000, 10_000):
        await _entries(store, count)
        tracemalloc.start()
        try:
            assert (await exported(database_url, tmp_path / f"{count}.csv", what=[What.TIMELINE]))[0] == 0
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
        assert len(rows_of(tmp_path / f"{count}.csv")) >= count
    assert peaks[1] < 1.5 * peaks[0], peaks


async def _entries(store: SqlStore, count: int) -> None:
    at = datetime(2026, 11, 16, tzinfo=UTC)
    rows: list[dict[str, Any]] = [
        {
            "workspace_id": WORKSPACE,
            "session_id": f"s{n // 3}",
            "id": f"{count}-{n % 3}",
            "at": at,
            "event": "booked",
            "actor_id": ANNA,
            "role": str(Hat.CLIENT),
            "detail": "x" * 200,
        }
        for n in range(count)
    ]
    async with store.engines.writer.begin() as connection:
        await connection.execute(insert(timeline), rows)
