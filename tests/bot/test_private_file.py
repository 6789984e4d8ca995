"""SQLite's file is for whoever runs the bot, whichever command makes it and however lax the umask is."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from bot.database import prepare
from storage import create_engines
from storage.private_file import file_of
from tests.bot.test_database import ROOT
from tests.support import patience
from tests.support.imports import csv_of


@pytest.fixture(autouse=True)
def lax() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def rights(directory: Path) -> dict[str, int]:
    """Return the mode of every file of a database."""
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.glob("x.db*")}


def run(url: str, *words: str) -> str:
    keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "bot", *words], cwd=ROOT, capture_output=True, text=True, timeout=patience.SECONDS, check=False,
        env={**keep, "DATABASE_URL": url},
    )  # fmt: skip
    return done.stdout + done.stderr


@pytest.mark.parametrize("form", ["{}/x.db", "file:{}/x.db?uri=true"])
async def test_the_file_and_what_sqlite_puts_beside_it_are_private(tmp_path: Path, form: str) -> None:
    url = f"sqlite+aiosqlite:///{form.format(tmp_path)}"
    await prepare(url)
    assert rights(tmp_path)["x.db"] == 0o600
    engines = create_engines(url, wait_seconds=patience.FOR_DATABASE)
    async with engines.writer.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = version_num"))
        beside = rights(tmp_path)
    await engines.dispose()
    assert beside == {"x.db": 0o600, "x.db-wal": 0o600, "x.db-shm": 0o600}


@pytest.mark.parametrize("words", [["migrate"], ["import", "--workspace", "T012AB3CD", "sessions.csv"]], ids=" ".join)
def test_every_command_that_makes_it_makes_it_private(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "sessions.csv").write_text(csv_of({"session_id": "S1"}))
    run(f"sqlite:///{tmp_path}/x.db", *(str(tmp_path / word) if word.endswith(".csv") else word for word in words))
    assert rights(tmp_path)["x.db"] == 0o600


def test_a_file_that_others_may_read_is_left_so_and_doctor_says_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    (tmp_path / "x.db").touch(0o640)
    run(url, "migrate")
    assert rights(tmp_path)["x.db"] == 0o640
    assert "others on this machine may read it" in run(url, "doctor")
    (tmp_path / "x.db").chmod(0o600)
    assert "others on this machine" not in run(url, "doctor")


def test_the_file_of_a_uri_is_found() -> None:
    assert file_of(make_url("sqlite:///file:/a%20b/x.db?uri=true")) == Path("/a b/x.db")
    assert file_of(make_url("sqlite:///sessions.db")) == Path("sessions.db")
