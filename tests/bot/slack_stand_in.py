"""A stand-in for Slack that knows one token."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import yaml

from bot.manifest import MANIFEST
from playground.server import Playground
from tests.support.world import WORKSPACE

TOKEN, SECRET = "xoxb-doctor-token", "0123456789abcdef0123456789abcdef"


@asynccontextmanager
async def slack(tmp_path: Path, *, without: str = "", team: str = WORKSPACE) -> AsyncIterator[Mapping[str, str]]:
    """Serve a playground whose app lacks a scope, if one is named; yield the settings that lead there."""
    manifest: dict[str, Any] = yaml.safe_load(MANIFEST.read_text())
    scopes = manifest["oauth_config"]["scopes"]["bot"]
    manifest["oauth_config"]["scopes"]["bot"] = [scope for scope in scopes if scope != without]
    path = tmp_path / "manifest.yml"
    path.write_text(yaml.safe_dump(manifest))
    seed = {
        "team": {"id": team, "name": "Test", "domain": "test"},
        "app": {"id": "A1", "bot_id": "B1", "bot_user_id": "UBOT"},
        "users": [{"id": "U0ANNA", "name": "anna", "real_name": "Anna Lee"}],
        "channels": [],
    }
    playground = Playground(path, seed, request_url=None, signing_secret=SECRET, bot_token=TOKEN, rate_limits=False)
    async with playground.serve():
        yield {"SLACK_BOT_TOKEN": TOKEN, "SLACK_SIGNING_SECRET": SECRET, "SLACK_API_URL": playground.api_url}
