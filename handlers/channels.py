"""Channels that get a new id: alerts follow them."""

from coaching.actions.channels import follow
from handlers.deps import Deps
from handlers.press import Happening, on_event


class ChannelsFeature:
    """Keeps the ids of alert channels up to date."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    @on_event("channel_id_changed")
    async def moved(self, happening: Happening) -> None:
        """Follow a channel to its new id. A failure is answered as failed, so that Slack sends the event again."""
        old, new = (happening.event.get(name) for name in ("old_channel_id", "new_channel_id"))
        if isinstance(old, str) and isinstance(new, str):
            await follow(self._deps.store, happening.workspace_id, old, new)
