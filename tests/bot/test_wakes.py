"""Whole bots on one database: what the relay of one does not take is told to the other, and nothing else is."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot import app
from bot.delivery import relay as relays
from bot.demo import sample
from bot.settings import Settings
from playground.server import Playground
from storage.wakes import Wakes
from tests.support import patience

MANIFEST = Path(__file__).resolve().parents[2] / "manifest.yml"
SECRET, TOKEN = "0123456789abcdef0123456789abcdef", "xoxb-wakes"


async def test_bots_on_one_database_wake_each_other(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relays, "_RESTS", 3600.0)  # so nothing else ends a rest
    seed = sample.playground_seed()
    playground = Playground(MANIFEST, seed, request_url=None, signing_secret=SECRET, bot_token=TOKEN)
    async with asyncio.timeout(patience.SECONDS), playground.serve(), AsyncExitStack() as stack:
        settings = Settings(
            database_url=SecretStr(postgres_url),
            slack_bot_token=SecretStr(TOKEN),
            slack_signing_secret=SecretStr(SECRET),
            slack_api_url=playground.api_url,
            port=0,
        )
        bots = [await stack.enter_async_context(app.running(settings, patience=patience.SECONDS)) for _ in range(2)]
        while not all(bot.relay.is_woken() for bot in bots):  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)
        while not all(bot.relay.rests for bot in bots):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        with monkeypatch.context() as deaf:
            told: list[Wakes] = []
            deaf.setattr(Wakes, "tell", told.append)
            bots[0].store.on_commit()
            assert told == []  # its own relay has room for it
        await bots[0].relay.stop()
        bots[0].store.on_commit()
        while bots[1].relay.rests:  # noqa: ASYNC110
            await asyncio.sleep(0)
