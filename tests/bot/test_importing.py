"""The import command: which workspace it means, and what it says in the end."""

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from bot.demo.zone_rules import doctored
from bot.import_words import summary
from bot.importing import import_file
from bot.settings import Settings
from storage import SqlStore
from storage.import_report import Report
from storage.tables import sessions
from tests.support.imports import csv_of, everything
from tests.support.web_api import WebApi, web_api

ROOT = Path(__file__).parents[2]


@pytest.fixture
def headless(tmp_path: Path) -> Path:
    """A file whose first line names none of our columns."""
    path = tmp_path / "headless.csv"
    path.write_text("who,when\nAnna,tomorrow\n")
    return path


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A good file, in a directory without a .env, in an environment without Slack's settings."""
    monkeypatch.chdir(tmp_path)
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_API_URL"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "sessions.csv"
    path.write_text(csv_of({"session_id": "S1"}))
    return path


async def workspaces_of(store: SqlStore) -> list[str]:
    return [str(row[0]) for row in (await everything(store))["sessions"]]


async def test_local_times_are_read_by_the_pinned_rules_whatever_the_machine_has(
    file: Path, database_url: str, store: SqlStore
) -> None:
    line = {"session_id": "S1", "starts_at": "2026-12-10T10:00", "time_zone": "America/Vancouver"}
    await asyncio.to_thread(file.write_text, csv_of(line))
    machine = doctored(file.parent / "zoneinfo", "2025b", **{"America/Vancouver": "America/Los_Angeles"})
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "import", str(file), "--workspace", "T0NAMED",
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONTZPATH": str(machine), "DATABASE_URL": database_url},
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, said = await process.communicate()
    assert process.returncode == 0, said
    async with store.engines.reader.connect() as connection:
        [starts_at] = (await connection.execute(select(sessions.c.starts_at))).scalars()
    assert starts_at == datetime(2026, 12, 10, 17, 0, tzinfo=UTC)


async def test_a_named_workspace_is_the_one(file: Path, database_url: str, store: SqlStore) -> None:
    settings = Settings(database_url=SecretStr(database_url))
    assert await import_file(settings, file, "T0NAMED") == 0
    assert await workspaces_of(store) == ["T0NAMED"]


async def test_the_only_workspace_of_the_database_needs_no_naming(
    file: Path, database_url: str, store: SqlStore
) -> None:
    async with store.write("T0ONLY") as uow:
        await uow.workspace.ensure()
        await uow.commit()
    assert await import_file(Settings(database_url=SecretStr(database_url)), file, None) == 0
    assert await workspaces_of(store) == ["T0ONLY"]


async def test_the_workspace_of_the_token_comes_before_the_only_one(
    file: Path, database_url: str, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with store.write("T0ONLY") as uow:
        await uow.workspace.ensure()
        await uow.commit()
    async with web_api() as slack:
        _set_token(slack, monkeypatch)
        slack.answers["auth.test"] = {"ok": True, "team_id": "T0TOKEN", "user_id": "U0BOT"}
        assert await import_file(Settings(database_url=SecretStr(database_url)), file, None) == 0
    assert await workspaces_of(store) == ["T0TOKEN"]


async def test_a_dead_token_is_no_obstacle_where_the_workspace_is_clear(
    file: Path, database_url: str, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with store.write("T0ONLY") as uow:
        await uow.workspace.ensure()
        await uow.commit()
    async with web_api() as slack:
        _set_token(slack, monkeypatch)
        slack.answers["auth.test"] = {"ok": False, "error": "invalid_auth"}
        assert await import_file(Settings(database_url=SecretStr(database_url)), file, None) == 0
    assert await workspaces_of(store) == ["T0ONLY"]


def _set_token(slack: WebApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1-test")
    monkeypatch.setenv("SLACK_SIGNING_SECRET", "8f742231b10e8888abcd99yyyzzz85a5")
    monkeypatch.setenv("SLACK_API_URL", slack.base)


async def test_it_is_a_usage_mistake_when_no_workspace_can_be_found_out(
    file: Path, database_url: str, store: SqlStore, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(database_url=SecretStr(database_url))
    assert await import_file(settings, file, None) == 2
    assert await import_file(settings, file, "general") == 2
    said = capsys.readouterr().out
    assert "--workspace T…" in said
    assert "like T012AB3CD" in said
    assert await workspaces_of(store) == []


async def test_a_file_that_is_not_there_or_has_no_header_is_named_before_a_workspace_is_asked_for(
    file: Path, headless: Path, database_url: str, store: SqlStore, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(database_url=SecretStr(database_url))
    assert await import_file(settings, file.with_name("nofile.csv"), None) == 1
    assert "nofile.csv cannot be read: No such file or directory." in capsys.readouterr().out
    assert await import_file(settings, headless, None) == 1
    said = capsys.readouterr().out
    assert "Nothing was imported." in said
    assert "--workspace" not in said
    assert await workspaces_of(store) == []


def test_a_summary_counts_in_plain_words() -> None:
    one = Report(sessions=1, already_here=1, clients=1, coaches=1, packages=1, pending=1, new_coaches=1)
    many = Report(sessions=1200, already_here=2, clients=30, coaches=2, packages=0, pending=0, new_coaches=0)
    assert summary(one)[:4] == [
        "1 session imported.",
        "1 session of the file is here already, left as found.",
        "They are of 1 client and 1 coach, in 1 package.",
        "1 person is not in Slack yet: they are linked when they appear.",
    ]
    assert summary(many) == [
        "1,200 sessions imported.",
        "2 sessions of the file are here already, left as found.",
        "They are of 30 clients and 2 coaches.",
    ]
