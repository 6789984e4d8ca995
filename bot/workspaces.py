"""Which workspace a command is about: the one named, else the token's, else the only one in the database."""

import re

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import select

from bot.authorize import SingleWorkspace, SlackUnavailable, TokenRefused
from bot.database import prepare
from bot.settings import Need, SettingsError, load_settings
from coaching.errors import StorageBusy
from storage import create_engines
from storage.tables import workspaces
from storage.unit_of_work import busy_as_typed_error

_WORKSPACE = re.compile(r"[TE][A-Z0-9]{2,30}")
NO_WORKSPACE_ID = "--workspace wants a Slack workspace id, like T012AB3CD."


def is_workspace(text: str) -> bool:
    """Return whether a text looks like the id of a workspace."""
    return _WORKSPACE.fullmatch(text) is not None


async def of_token() -> str | None:
    """Return the workspace that SLACK_BOT_TOKEN belongs to, or None if it is not set or Slack does not answer."""
    try:
        settings = load_settings(need=Need.SLACK)
    except SettingsError:
        return None
    if settings.slack_bot_token is None:
        return None
    async with aiohttp.ClientSession() as session:
        token = settings.slack_bot_token.get_secret_value()
        client = AsyncWebClient(token, base_url=settings.slack_api_url, session=session, timeout=10)
        try:
            return (await SingleWorkspace(client).identity()).workspace_id
        except (TokenRefused, SlackUnavailable, aiohttp.ClientError, TimeoutError):
            return None


async def only_one(url: str) -> str | None:
    """Return the only workspace in this database, or None if there are several or none. Raises DatabaseUnusable."""
    await prepare(url)
    engines = create_engines(url)
    try:
        with busy_as_typed_error():
            async with engines.reader.connect() as connection:
                known = (await connection.execute(select(workspaces.c.workspace_id).limit(2))).scalars().all()
    except StorageBusy:
        return None
    finally:
        await engines.dispose()
    return known[0] if len(known) == 1 else None
