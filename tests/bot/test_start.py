"""A start imports what only mail or pages need where they are set up, and nobody else waits for it."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.bot.slack_stand_in import slack

_START = """
import asyncio, os, sys
from bot.app import running
from bot.settings import load_settings

async def start():
    async with running(load_settings(os.environ)):
        pass

asyncio.run(start())
print(*sorted({name.partition(".")[0] for name in sys.modules} & {"aiosmtplib", "calendars", "jinja2", "web"}))
"""
MAIL = {"SMTP_URL": "smtp://127.0.0.1:1", "MAIL_FROM": "sessions@example.com"}
PAGES = {"PUBLIC_URL": "https://sessions.example.com"}


@pytest.mark.parametrize(
    ("given", "imported"),
    [
        ({}, []),
        (PAGES, ["calendars", "jinja2", "web"]),
        (MAIL, ["aiosmtplib", "calendars", "web"]),
        (MAIL | PAGES, ["aiosmtplib", "calendars", "jinja2", "web"]),
    ],
    ids=["neither", "pages", "mail", "both"],
)
async def test_a_start_imports_what_is_set_up(given: dict[str, str], imported: list[str], tmp_path: Path) -> None:
    async with slack(tmp_path) as known:
        database = {"DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path / 'sessions.db'}", "PORT": "0"}
        started = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            _START,
            env={"PATH": os.environ["PATH"]} | known | database | given,
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await started.communicate()
    assert (started.returncode, said.decode().splitlines()[-1].split()) == (0, imported)
