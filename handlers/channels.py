"""Channels that get another id: alerts follow them."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp

from coaching.actions.channels import follow
from handlers import parse
from handlers.deps import Deps

Context = Mapping[str, Any]


class ChannelsFeature:
    """Keeps the ids of alert channels up to date."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def register(self, app: AsyncApp) -> None:
        """Listen to channels that get another id."""
        app.event("channel_id_changed")(self.moved)

    async def moved(self, event: dict[str, Any], body: dict[str, Any], context: Context) -> None:
        """Follow a channel to its new id. What fails is answered as failed, so that Slack sends it again."""
        old, new = event.get("old_channel_id"), event.get("new_channel_id")
        if isinstance(old, str) and isinstance(new, str):
            await follow(self._deps.store, parse.workspace_id(body, context), old, new)
