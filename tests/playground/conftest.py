"""A tiny Bolt app as the black box, and a playground around it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from playground.server import Playground
from tests.support import patience

SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
BOT_TOKEN = "xoxb-tiny-bot"
APP_TOKEN = "xapp-tiny-app"
MANIFEST: dict[str, Any] = {
    "display_information": {"name": "Tiny"},
    "features": {
        "bot_user": {"display_name": "tiny"},
        "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True},
        "shortcuts": [
            {"name": "Tiny things", "type": "global", "callback_id": "tiny_things", "description": "Shows them"},
            {"name": "About this", "type": "message", "callback_id": "about_this", "description": "Of a message"},
        ],
        "slash_commands": [
            {"command": "/tiny", "description": "Does little", "usage_hint": "[words]", "should_escape": True},
            {"command": "/plain", "description": "Takes text as typed"},
        ],
    },
    "oauth_config": {
        "scopes": {
            "bot": [
                "commands",
                "chat:write",
                "users:read",
                "users:read.email",
                "channels:read",
                "groups:read",
                "im:read",
                "im:write",
                "im:history",
                "channels:history",
                "app_mentions:read",
                "team:read",
            ]
        }
    },
    "settings": {
        "interactivity": {"is_enabled": True},
        "event_subscriptions": {"bot_events": ["app_home_opened", "message.im", "member_joined_channel", "team_join"]},
    },
}
SEED: dict[str, Any] = {
    "team": {"id": "T1", "name": "Tiny Team", "domain": "tiny-team"},
    "app": {"id": "A1", "bot_id": "B1", "bot_user_id": "UBOT"},
    "users": [
        {"id": "U1", "name": "anna", "real_name": "Anna Client", "email": "anna@example.com", "tz": "Europe/London"},
        {"id": "U2", "name": "ben", "real_name": "Ben Coach", "email": "ben@example.com", "locale": "de-DE"},
        {"id": "U3", "name": "cora", "real_name": "Cora Admin", "is_admin": True},
    ],
    "outsiders": [{"id": "X1", "name": "pat", "real_name": "Pat Outside", "email": "Pat@Example.org"}],
    "channels": [
        {"id": "C1", "name": "general", "members": ["U1", "U2", "U3", "app"]},
        {"id": "C2", "name": "random", "members": ["U1", "U2"]},
        {"id": "C3", "name": "secret", "is_private": True, "members": ["U2"]},
        {"id": "C4", "name": "old", "is_archived": True, "members": ["U1", "app"]},
    ],
}


@dataclass(slots=True)
class Stage:
    """A playground and the app behind it."""

    pg: Playground
    app: AsyncApp
    client: AsyncWebClient


Play = Callable[..., AbstractAsyncContextManager[Stage]]


@asynccontextmanager
async def _serve_app(app: AsyncApp) -> AsyncIterator[str]:
    """The Bolt app over plain HTTP; the address of its only endpoint."""
    server = web.AppRunner(app.web_app("/slack/events"), access_log=None, shutdown_timeout=0.1)
    await server.setup()
    await web.TCPSite(server, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{server.addresses[0][1]}/slack/events"
    finally:
        await server.cleanup()


@asynccontextmanager
async def _play(
    manifest: dict[str, Any] = MANIFEST, seed: dict[str, Any] = SEED, **options: Any
) -> AsyncIterator[Stage]:
    settings: dict[str, Any] = {
        "request_url": None,
        "app_token": APP_TOKEN,
        "rate_limits": False,
        **patience.OF_SLACK,
    } | options
    playground = Playground(manifest, seed, signing_secret=SIGNING_SECRET, bot_token=BOT_TOKEN, **settings)
    async with playground.serve() as pg:
        client = AsyncWebClient(token=BOT_TOKEN, base_url=pg.api_url, retry_handlers=[])
        app = AsyncApp(client=client, signing_secret=SIGNING_SECRET, process_before_response=True)
        async with _serve_app(app) as url:
            if "request_url" not in options:
                pg.set_request_url(url)
            yield Stage(pg, app, client)


@pytest.fixture
def play() -> Play:
    """Opens a playground with a Bolt app behind it: `async with play(…) as stage:`."""
    return _play


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """A playground with the tiny manifest and a Bolt app that has no listeners yet."""
    async with _play() as ready:
        yield ready
