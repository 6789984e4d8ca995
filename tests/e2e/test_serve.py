"""`serve` as an operator runs it: a process of its own, real settings, signals, against a server that speaks Slack's protocol."""

import asyncio
import contextlib
import os
import signal
import sqlite3
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import psutil
import pytest

from bot.demo.sample import ANNA, CARLA, playground_seed
from bot.signatures import sign
from playground.server import Playground
from storage import SqlStore, create_engines
from tests.support import patience
from tests.support.databases import Databases
from tests.support.postgres import free_port
from tests.support.web_api import web_api

ROOT = Path(__file__).resolve().parents[2]
SECRET, BOT_TOKEN, APP_TOKEN = "0123456789abcdef0123456789abcdef", "xoxb-e2e-token", "xapp-e2e-token"


def environment(**settings: str) -> dict[str, str]:
    keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**keep, "PYTHONUNBUFFERED": "1", "LOG_FORMAT": "json", **settings}


@contextlib.asynccontextmanager
async def served(**settings: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """Run `python -m bot serve` until the block ends; yield the process and its address once it is ready."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "serve", cwd=ROOT, env=environment(PORT=str(port), **settings),
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with aiohttp.ClientSession() as http, asyncio.timeout(patience.SECONDS):
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    async with http.get(f"http://127.0.0.1:{port}/readyz") as answer:
                        if answer.status == 200:
                            break
                assert process.returncode is None, (await process.stderr.read()).decode() if process.stderr else ""
                await asyncio.sleep(0.05)
        yield process, f"http://127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def command(*words: str, **settings: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *words, cwd=ROOT, env=environment(**settings),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


def practice(path: Path) -> Path:
    """Write a CSV with one session three days ahead and one in two hours."""
    soon, far = (datetime.now(UTC) + timedelta(hours=h) for h in (2, 72))
    path.write_text(
        "session_id,client,coach,session_type,starts_at,duration_minutes,time_zone,package,credits,status,meeting_link,price_cents,currency\n"
        f"far,{ANNA},{CARLA},Coaching,{far.isoformat()},50,America/New_York,5-pack,1,scheduled,,,\n"
        f"soon,anna@northwind.example,{CARLA},Coaching,{soon.isoformat()},50,America/New_York,5-pack,1,,,,\n"
    )
    return path


def playground(*, app_token: str | None = None) -> Playground:
    return Playground(
        ROOT / "manifest.yml", playground_seed(), request_url=None, signing_secret=SECRET, bot_token=BOT_TOKEN,
        app_token=app_token, rate_limits=False, **patience.OF_SLACK,
    )  # fmt: skip


async def without_undo(url: str, workspace_id: str) -> None:
    """Let coaches hear of cancellations at once: nobody moves this process's clock past the undo window."""
    engines = create_engines(url, wait_seconds=patience.FOR_DATABASE)
    try:
        async with SqlStore(engines).write(workspace_id) as uow:
            settings = await uow.workspace.settings()
            await uow.workspace.save_settings(replace(settings, undo_window=timedelta(0)))
            await uow.commit()
    finally:
        await engines.dispose()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_import_serve_cancel_and_stop_in_order(databases: Databases, kind: str, tmp_path: Path) -> None:
    async with playground().serve() as pg:
        settings = {
            "DATABASE_URL": await databases.empty(kind),
            "SLACK_API_URL": pg.api_url,
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_SIGNING_SECRET": SECRET,
        }
        file = practice(tmp_path / "sessions.csv")
        code, said = await command("import", str(file), **settings)
        assert code == 0, said
        await without_undo(settings["DATABASE_URL"], pg.workspace.team["id"])
        async with served(**settings) as (process, url):
            pg.set_request_url(f"{url}/slack/events")
            dana, anna, carla = pg.person("U0DANA"), pg.person(ANNA), pg.person(CARLA)
            await dana.command("/sessions setup")
            assert dana.modal is not None
            assert "Coaches" in dana.modal.text
            await anna.command("/sessions")
            assert anna.modal is not None
            # The line that named Anna by e-mail became hers when she first appeared.
            await anna.wait_for(lambda p: p.modal is not None)
            await anna.close(everything=True)
            await anna.command("/sessions cancel")
            assert anna.modal is not None
            labels = [
                option["text"]["text"]
                for block in anna.modal.blocks
                if (block.get("element") or {}).get("type") == "checkboxes"
                for option in block["element"]["options"]
            ]
            assert len(labels) == 2
            for label in labels:
                await anna.tick(label)
            await anna.submit()
            assert "1 credit" in anna.modal.text
            await anna.submit()
            await carla.wait_for("Anna Lee canceled 2 sessions")
            await anna.wait_for("You canceled 2 sessions")
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), patience.SECONDS) == 0
        code, said = await command("import", str(file), **settings)
        assert code == 0, said
        assert "already" in said


async def test_socket_mode_serves_without_any_public_address(databases: Databases, tmp_path: Path) -> None:
    async with playground(app_token=APP_TOKEN).serve() as pg:
        settings = {
            "DATABASE_URL": await databases.empty("sqlite"),
            "SLACK_API_URL": pg.api_url,
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "FIRST_ADMIN": ANNA,
        }
        code, said = await command("import", str(practice(tmp_path / "sessions.csv")), **settings)
        assert code == 0, said
        async with served(**settings) as (process, url):
            anna = pg.person(ANNA)
            await anna.command("/sessions")
            assert anna.modal is not None
            assert "Coaching" in anna.modal.text
            async with aiohttp.ClientSession() as http, http.post(f"{url}/slack/events", data=b"{}") as answer:
                assert answer.status == 404  # no door over HTTP in Socket Mode
            await anna.close(everything=True)
            await anna.command("/sessions setup")  # Slack says that she is no admin
            assert anna.modal.title == "Set up Sessions"
            await anna.close(everything=True)
            pg.faults.add({"kind": "slow", "method": "views.open", "calls": 1, "ms": 1000})
            slow = asyncio.create_task(anna.command("/sessions"))
            while pg.faults.active():  # noqa: ASYNC110 - until the call has arrived
                await asyncio.sleep(0.01)
            process.send_signal(signal.SIGINT)
            assert not (await slow).get("error")  # what was under way is acknowledged
            assert anna.modal is not None
            assert await asyncio.wait_for(process.wait(), patience.SECONDS) == 0


async def test_a_log_of_a_whole_life_holds_no_secret_and_nothing_private(databases: Databases, tmp_path: Path) -> None:
    async with playground().serve() as pg:
        settings = {
            "DATABASE_URL": await databases.empty("sqlite"),
            "SLACK_API_URL": pg.api_url,
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_SIGNING_SECRET": SECRET,
            "LOG_LEVEL": "DEBUG",
        }
        await command("import", str(practice(tmp_path / "sessions.csv")), **settings)
        async with served(**settings) as (process, url):
            pg.set_request_url(f"{url}/slack/events")
            anna = pg.person(ANNA)
            await anna.command("/sessions cancel")
            assert anna.modal is not None
            label = next(
                block["element"]["options"][0]["text"]["text"]
                for block in anna.modal.blocks
                if (block.get("element") or {}).get("type") == "checkboxes"
            )
            await anna.tick(label)
            await anna.submit()
            await anna.fill("Reason", "my very private reason")
            await anna.submit()
            await anna.wait_for("You canceled 1 session")
            process.send_signal(signal.SIGTERM)
            _, log = await asyncio.wait_for(process.communicate(), patience.SECONDS)
    written = log.decode()
    assert "ready" in written
    for private in (SECRET, BOT_TOKEN, "my very private reason", "anna@northwind.example", "Anna Lee"):
        assert private not in written
    for misleading in ("will be unused", "SQLiteImpl", "non-transactional DDL"):
        assert misleading not in written


async def test_wrong_settings_stop_the_start_with_a_sentence_for_each_mistake() -> None:
    code, said = await command("serve", SLACK_BOT_TOKEN="xapp-wrong", PORT="99999", DATABASE_URL="mysql://x")
    assert code == 2
    for name in ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "PORT", "DATABASE_URL"):
        assert name in said
    assert "Traceback" not in said


async def test_a_refused_token_and_a_taken_port_are_said_in_one_sentence(databases: Databases) -> None:
    async with playground().serve() as pg:
        settings = {
            "DATABASE_URL": await databases.empty("sqlite"),
            "SLACK_API_URL": pg.api_url,
            "SLACK_SIGNING_SECRET": SECRET,
        }
        code, said = await command("serve", SLACK_BOT_TOKEN="xoxb-other", PORT="0", **settings)
        assert code == 1
        assert "SLACK_BOT_TOKEN" in said
        assert "Traceback" not in said
        taken = pg.url.rsplit(":", 1)[1]
        code, said = await command("serve", SLACK_BOT_TOKEN=BOT_TOKEN, PORT=taken, **settings)
        assert code == 1
        assert taken in said
        assert "Traceback" not in said


async def test_an_app_token_that_slack_refuses_stops_the_start_with_one_sentence(databases: Databases) -> None:
    async with playground(app_token=APP_TOKEN).serve() as pg:
        code, said = await command(
            "serve", DATABASE_URL=await databases.empty("sqlite"), SLACK_API_URL=pg.api_url, PORT="0",
            SLACK_BOT_TOKEN=BOT_TOKEN, SLACK_APP_TOKEN="xapp-other",
        )  # fmt: skip
    assert code == 1
    assert "SLACK_APP_TOKEN: Slack does not accept it" in said
    assert "Traceback" not in said


@contextlib.asynccontextmanager
async def starting(**settings: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `python -m bot serve` until the block ends, whatever becomes of it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "serve", cwd=ROOT, env=environment(**settings), stderr=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_socket_mode_starts_while_slack_is_down_says_so_and_stops_when_asked(databases: Databases) -> None:
    port = free_port()
    settings = {
        "DATABASE_URL": await databases.empty("sqlite"),
        "SLACK_API_URL": f"http://127.0.0.1:{free_port()}/api/",
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_APP_TOKEN": APP_TOKEN,
        "PORT": str(port),
    }
    async with starting(**settings) as process, asyncio.timeout(patience.SECONDS):
        assert process.stderr is not None
        log = ""
        while '"ready"' not in log:
            log += (line := (await process.stderr.readline()).decode())
            assert line, log
        async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{port}/readyz") as answer:
            assert "not connected to Slack" in (await answer.json())["not_ready"]["socket"]
        process.send_signal(signal.SIGTERM)
        log += (await process.stderr.read()).decode()
        assert await process.wait() == 0
    assert "Traceback" not in log


async def test_a_stand_in_whose_auth_test_names_no_workspace_is_served_all_the_same(databases: Databases) -> None:
    port = free_port()
    async with web_api() as api:
        api.answers["users.info"] = {"ok": True, "user": {"id": ANNA, "tz": "Europe/Oslo"}}
        settings = {
            "DATABASE_URL": await databases.empty("sqlite"),
            "SLACK_API_URL": api.base,
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_SIGNING_SECRET": SECRET,
            "PORT": str(port),
        }
        fields = {"command": "/sessions", "text": "", "user_id": ANNA, "team_id": "T0BARE", "trigger_id": "1.2.3"}
        body, now = urlencode(fields).encode(), str(int(time.time()))
        headers = {
            "X-Slack-Request-Timestamp": now,
            "X-Slack-Signature": sign(SECRET.encode(), now, body),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        async with starting(**settings) as process, aiohttp.ClientSession() as http, asyncio.timeout(patience.SECONDS):
            assert process.stderr is not None
            while b'"ready"' not in (line := await process.stderr.readline()):
                assert line, "it did not start"
            async with http.get(f"http://127.0.0.1:{port}/readyz") as answer:
                assert "names no workspace" in (await answer.json())["not_ready"]["slack"]
            async with http.post(f"http://127.0.0.1:{port}/slack/events", data=body, headers=headers) as answer:
                assert answer.status == 200
        assert api.calls.count("views.open") == 1


async def test_a_start_that_waits_for_the_database_ends_when_asked(databases: Databases, tmp_path: Path) -> None:
    path = tmp_path / "held.db"
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("PRAGMA journal_mode = WAL")
    holder.execute("BEGIN IMMEDIATE")
    settings = {
        "DATABASE_URL": f"sqlite:///{path}",
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_SIGNING_SECRET": SECRET,
        "SLACK_API_URL": f"http://127.0.0.1:{free_port()}/api/",
        "PORT": "0",
    }
    async with starting(**settings) as process, asyncio.timeout(patience.SECONDS):
        opened = psutil.Process(process.pid)
        while str(path) not in {file.path for file in opened.open_files()}:  # noqa: ASYNC110 - another process's
            await asyncio.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    holder.close()
