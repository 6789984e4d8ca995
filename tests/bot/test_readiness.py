"""What /readyz says of a whole bot, asked as an operator's machine would."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from bot import app, pages
from bot.demo import sample
from bot.settings import Settings
from coaching.clock import ShiftedClock
from playground.server import Playground
from storage import SqlStore, create_engines, migrate
from tests.support import patience

MANIFEST = Path(__file__).resolve().parents[2] / "manifest.yml"
SECRET, TOKEN = "0123456789abcdef0123456789abcdef", "xoxb-readiness"


async def until_ready_is(status: int, url: str, http: aiohttp.ClientSession) -> dict[str, Any]:
    while True:
        async with http.get(f"{url}/readyz") as answer:
            if answer.status == status:
                said: dict[str, Any] = await answer.json()
                return said
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("ours", [False, True], ids=["another workspace's", "ours"])
async def test_rows_that_no_token_of_ours_can_deliver_hold_nobody_up(
    ours: bool, tmp_path: Path, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "READY_SECONDS", 0.0)
    clock = ShiftedClock()
    clock.shift = sample.opening(clock.now()) - clock.now() + timedelta(hours=1)
    url = f"sqlite+aiosqlite:///{tmp_path / 'one.db'}"
    await migrate.upgrade(url)
    engines = create_engines(url, wait_seconds=patience.FOR_DATABASE)
    await sample.write(SqlStore(engines), clock.now())
    await engines.dispose()
    seed = sample.playground_seed()
    if not ours:
        seed["team"]["id"] = "T0ELSE"
    playground = Playground(MANIFEST, seed, request_url=None, signing_secret=SECRET, bot_token=TOKEN)
    async with asyncio.timeout(patience.SECONDS), playground.serve():
        if ours:
            playground.faults.add({"kind": "server_error", "method": "chat.postMessage"})
        settings = Settings(
            database_url=SecretStr(url),
            slack_bot_token=SecretStr(TOKEN),
            slack_signing_secret=SecretStr(SECRET),
            slack_api_url=playground.api_url,
            port=0,
        )
        async with app.running(settings, clock, patience=patience.SECONDS) as bot:
            while sample.TEAM not in bot.relay.troubles():  # noqa: ASYNC110 - the relay's own pace
                await asyncio.sleep(0.01)
            said = await until_ready_is(503 if ours else 200, f"http://127.0.0.1:{bot.port}", session)
            assert list(said["not_ready"]) == (["relay"] if ours else [])
