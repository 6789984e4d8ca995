"""A DATABASE_URL that cannot work: one sentence that says what is wrong, from every command that uses it."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from bot.database import DatabaseUnusable, prepare
from tests.support import patience
from tests.support.databases import Databases
from tests.support.imports import csv_of
from tests.support.postgres import Server, free_port

ROOT = Path(__file__).parents[2]
PASSWORD = "hunter2-hunter2"


@pytest.fixture(params=["directory", "file", "folder", "down", "missing"])
def mistake(
    request: pytest.FixtureRequest, tmp_path: Path, postgres_server: Callable[[], Server]
) -> tuple[str, tuple[str, ...]]:
    """A URL that cannot work, and what has to be said about it."""
    kind = str(request.param)
    (tmp_path / "notes.txt").write_text("This is no database. " * 100)
    file, port = f"sqlite+aiosqlite:///{tmp_path}", free_port()
    if kind == "missing":
        url = make_url(postgres_server().url("nowhere")).set(password=PASSWORD)
        return url.render_as_string(hide_password=False), ("has no database nowhere", "create it")
    cases = {
        "directory": (f"{file}/missing/x.db", ("/missing does not exist", "create it")),
        "file": (f"{file}/notes.txt", ("notes.txt is not an SQLite database",)),
        "folder": (file, ("is a directory",)),
        "down": (f"postgresql+asyncpg://u:{PASSWORD}@127.0.0.1:{port}/x", (f"does not answer at 127.0.0.1:{port}",)),
    }
    return cases[kind]


async def test_what_is_wrong_is_said_in_one_sentence(mistake: tuple[str, tuple[str, ...]]) -> None:
    url, words = mistake
    with pytest.raises(DatabaseUnusable, match="DATABASE_URL: ") as caught:
        await prepare(url)
    for word in words:
        assert word in str(caught.value)
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    "words", [["serve"], ["migrate"], ["import"], ["import", "--workspace", "T012AB3CD"]], ids=" ".join
)
def test_every_command_says_it_and_fails(words: list[str], tmp_path: Path) -> None:
    file = tmp_path / "sessions.csv"
    file.write_text(csv_of({"session_id": "S1"}))
    command = [*words, str(file)] if words[0] == "import" else words
    said = run(command, f"sqlite:///{tmp_path}/missing/x.db")
    assert said.count("DATABASE_URL: the directory") == 1


@pytest.mark.parametrize("word", ["serve", "migrate"])
def test_a_postgresql_that_is_down_is_no_matter_of_host_and_port_to_listen_on(word: str) -> None:
    said = run([word], f"postgresql://u:p@127.0.0.1:{free_port()}/x")
    assert "DATABASE_URL: PostgreSQL does not answer" in said
    assert "Set HOST" not in said


def run(words: list[str], url: str) -> str:
    keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    slack = {"SLACK_API_URL": f"http://127.0.0.1:{free_port()}/api/", "SLACK_BOT_TOKEN": "xoxb-x"}
    done = subprocess.run(
        [sys.executable, "-m", "bot", *words], cwd=ROOT, capture_output=True, text=True, timeout=patience.SECONDS, check=False,
        env={**keep, **slack, "SLACK_SIGNING_SECRET": "0123456789abcdef", "DATABASE_URL": url, "PORT": "0"},
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "Traceback" not in said
    return said


async def test_a_database_ahead_of_this_release_is_said_too(databases: Databases) -> None:
    url = await databases.fresh("sqlite")
    with sqlite3.connect(str(make_url(url).database)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(DatabaseUnusable, match="newer than this release"):
        await prepare(url)
