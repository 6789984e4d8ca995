"""The doctor, as an operator runs it: what it says, what it does not say, and that it changes nothing."""

import asyncio
import json
import os
import sqlite3
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from coaching.news.admins import COPIES, channel_trouble, channel_trouble_key
from coaching.stakeholders import NewsOf
from storage import create_engines, migrate
from storage.engine import create_auditor
from tests.bot.doctor.conftest import Doctor
from tests.conftest import KINDS
from tests.support.damage import damage
from tests.support.databases import Databases
from tests.support.postgres import free_port
from tests.support.world import COACH, OTHER_COACH, WORKSPACE, World

ROOT = Path(__file__).resolve().parents[3]
HOUR = timedelta(hours=1)


async def _break(world: World, sql: str) -> None:
    async with world.store.engines.writer.begin() as connection:
        assert (await connection.execute(text(sql))).rowcount > 0


async def _command(url: str, *arguments: str) -> tuple[int, str, str]:
    """Run it as a process of its own; return its exit code and what it printed."""
    keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "doctor", *arguments,
        env={**keep, "PYTHONPATH": str(ROOT), "PYTHONTZPATH": "", "DATABASE_URL": url},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_all_is_well(world: World, database_url: str) -> None:
    code, said, complained = await _command(database_url)
    assert (code, complained) == (0, "")
    assert "All is well." in said
    assert "✗" not in said
    for group in (
        "Settings",
        "Zones",
        "Database",
        "Migrations",
        "Clock",
        "Languages",
        "Channels",
        "Ledger",
        "Sessions",
        "Notices",
        "Waiting",
        "Rights",
    ):
        assert f"✓ {group}" in said
    assert "– Slack" in said


async def test_a_fault_is_told_with_its_ids_and_what_to_do(world: World, database_url: str) -> None:
    session = await world.book(200 * HOUR)
    await _break(world, f"UPDATE sessions SET price = 250, reason = 'My dog Rex' WHERE id = '{session.id}'")
    code, said, complained = await _command(database_url)
    assert (code, complained) == (1, "")
    said = " ".join(said.split())
    assert "✗ Ledger" in said
    assert "✓ Sessions" in said
    assert "1. A session's account holds its price until it ends or is canceled, then nothing." in said
    assert f"[session_accounts_hold_the_price · workspace {WORKSPACE}]" in said
    assert f"· {session.id} scheduled 100" in said
    assert "Credits affected" in said
    assert "Stop the bot, keep a copy of the database" in said
    assert "1 fault was found" in said
    assert "Rex" not in said


async def test_a_channel_that_took_nothing_is_named_once_while_it_is_used(
    world: World, doctor: Doctor, database_url: str
) -> None:
    now = world.clock.now()
    async with world.store.write(WORKSPACE) as uow:
        await uow.stakeholders.save(NewsOf.COACH, OTHER_COACH, ["C0COPIES"])
        for week in (0, 7):
            at = now - timedelta(days=week)
            await uow.notices.tell_admins(channel_trouble(COACH, "C0COACH", "not_in_channel", at))
        copies = channel_trouble(OTHER_COACH, "C0COPIES", "is_archived", now)
        await uow.notices.tell_admins(replace(copies, dedupe_key=channel_trouble_key(COPIES, "C0COPIES", now)))
        await uow.notices.tell_admins(channel_trouble(OTHER_COACH, "C0BEFORE", "is_archived", now))
        await uow.commit()
    code, said = await doctor(database_url)
    assert code == 1
    assert "✗ Channels 2 took no messages" in said
    assert said.count("C0COACH took none on") == 1
    assert "type /invite @Sessions there, or pick another channel in /sessions setup" in said
    assert "C0COPIES took none on" in said
    assert "It is archived: unarchive it" in said
    assert "C0BEFORE" not in said, "nobody uses it any more"
    async with world.store.write(WORKSPACE) as uow:
        await uow.coaches.save(COACH, None)
        await uow.stakeholders.save(NewsOf.COACH, OTHER_COACH, [])
        await uow.commit()
    assert "✓ Channels" in (await doctor(database_url))[1]


async def test_machines_get_the_same(world: World, database_url: str) -> None:
    session = await world.book(200 * HOUR)
    await _break(world, f"UPDATE sessions SET reschedules = 9 WHERE id = '{session.id}'")
    code, said, _ = await _command(database_url, "--json")
    told = json.loads(said)
    states = {group["id"]: group["state"] for group in told["groups"]}
    [fault] = [fault for group in told["groups"] for fault in group["faults"]]
    assert (code, told["ok"]) == (1, False)
    assert states.pop("sessions") == "faults"
    assert states.pop("slack") == "skipped"
    assert set(states.values()) == {"ok"}
    assert (fault["id"], fault["count"], fault["examples"]) == ("moves_are_counted", 1, [session.id])
    assert (fault["workspace"], fault["money"]) == (WORKSPACE, False)
    assert datetime.fromisoformat(told["checked_at"]).tzinfo is not None


async def test_a_workspaces_language_that_is_not_spoken_is_told(
    world: World, database_url: str, doctor: Doctor
) -> None:
    await _break(world, "UPDATE workspaces SET language = 'en_US'")
    assert (await doctor(database_url))[0] == 0
    await _break(world, "UPDATE workspaces SET language = 'tlh'")
    code, said = await doctor(database_url)
    assert code == 1
    assert "✗ Languages 1 not spoken" in said
    assert f"[workspace_language · workspace {WORKSPACE}]" in said
    assert "tlh is not spoken by this release." in said


async def test_one_workspace_can_be_looked_at_alone(world: World, database_url: str, doctor: Doctor) -> None:
    other = World(world.store, world.clock, "T0OTHER")
    await other.people()
    await other.grant()
    session = await other.book(50 * HOUR)
    await _break(world, f"UPDATE sessions SET reschedules = 9 WHERE id = '{session.id}'")
    assert (await doctor(database_url, WORKSPACE))[0] == 0
    assert (await doctor(database_url, "T0OTHER"))[0] == 1
    assert (await doctor(database_url))[0] == 1
    assert await doctor(database_url, "T0NONE") == (
        2,
        "The database holds no workspace T0NONE; it holds T0OTHER, T0TEST.",
    )


async def test_what_waits_too_long_is_told(world: World, database_url: str, doctor: Doctor) -> None:
    await _break(world, "UPDATE notices SET due_at = due_at - 3600000000 WHERE kind = 'receipt'")
    await _break(world, "UPDATE notices SET recipient = 'mail:pat@example.com', due_at = 1 WHERE kind = 'starting'")
    code, said = await doctor(database_url)
    assert code == 1
    assert "What is due is sent within 15 minutes." in said
    assert "Found 1 case:" in said  # nobody can tell a person who is not in Slack yet
    assert "pat@example.com" not in said


@pytest.mark.parametrize("kind", KINDS)
async def test_it_never_migrates_by_itself(databases: Databases, kind: str, doctor: Doctor) -> None:
    url = await databases.empty(kind)
    if kind == "sqlite":
        sqlite3.connect(make_url(url).database or "").close()
    code, said = await doctor(url)
    assert code == 1
    assert f"it is at none, this release needs {migrate.head()}." in said
    assert "Run `python -m bot migrate`" in said
    engine = create_auditor(url)
    assert await migrate.revision(engine) is None
    await engine.dispose()


async def test_a_database_of_a_newer_release_is_not_to_be_migrated(
    world: World, database_url: str, doctor: Doctor
) -> None:
    await _break(world, "UPDATE alembic_version SET version_num = '9999'")
    code, said = await doctor(database_url)
    assert code == 1
    assert "A newer release has migrated it: run that release, not this one." in said


async def test_a_file_that_is_not_there_is_not_made(tmp_path: Path, doctor: Doctor) -> None:
    code, said = await doctor(f"sqlite:///{tmp_path / 'none.db'}")
    assert code == 1
    assert "there is no file" in said
    assert not any(tmp_path.iterdir())  # noqa: ASYNC240


async def test_a_damaged_page_is_called_that_and_not_busy(databases: Databases, doctor: Doctor) -> None:
    url = await databases.fresh("sqlite")
    await damage(create_engines(url), "grants")
    code, said = await doctor(url)
    assert code == 1
    assert "a page of it is damaged: stop the bot and restore the latest good copy" in said
    assert "less busy" not in said


async def test_a_disk_without_room_is_a_fault(
    databases: Databases, doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.doctor.database.ROOM_BYTES", 10**18)
    code, said = await doctor(await databases.fresh("sqlite"))
    assert code == 1
    assert "its disk is full: make room" in said


async def test_no_password_is_told_when_a_server_does_not_answer(doctor: Doctor) -> None:
    code, said = await doctor(f"postgresql://me:hunter2secret@127.0.0.1:{free_port()}/sessions")
    assert code == 1
    assert "PostgreSQL does not answer at 127.0.0.1:" in said
    assert "hunter2secret" not in said


async def test_settings_that_cannot_be_used_are_faults(world: World, database_url: str, doctor: Doctor) -> None:
    code, said = await doctor(database_url, SLACK_BOT_TOKEN="xapp-of-another-kind", LOG_LEVEL="LOUD")
    assert code == 1
    assert "LOG_LEVEL is not a log level" in said
    assert "SLACK_BOT_TOKEN holds another kind of token" in said
    assert "SLACK_SIGNING_SECRET is missing" in said
    assert "✗ Settings" in said
    assert "xapp-of-another-kind" not in said
    assert "DATABASE_URL is not a database URL" in (await doctor("nonsense"))[1]


async def test_it_waits_for_nobody_and_nobody_waits_for_it(world: World, database_url: str, doctor: Doctor) -> None:
    """Somebody is writing while it looks: it sees what was before, and is not cut off where requests are."""
    engines = world.store.engines
    async with engines.writer.begin() as connection:
        await connection.execute(text("UPDATE sessions SET reschedules = 9"))
        await connection.execute(text("UPDATE transfers SET at = at WHERE 1 = 0"))
        code, said = await doctor(database_url)
        assert (code, "All is well." in said) == (0, True)
        await connection.rollback()
    engine = create_auditor(database_url)
    async with engine.connect() as connection:
        if engines.dialect == "postgresql":
            assert (await connection.execute(text("SHOW statement_timeout"))).scalar_one() == "10min"
        with pytest.raises(Exception, match=r"read-?only"):
            await connection.execute(text("DELETE FROM admins"))
    await engine.dispose()


async def test_an_unknown_option_is_usage() -> None:
    assert (await _command("sqlite:///none.db", "--nonsense"))[0] == 2
    assert (await _command("sqlite:///none.db", "--workspace", "nonsense"))[0] == 2
