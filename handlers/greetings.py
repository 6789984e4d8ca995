"""Messages to the app: they are answered with buttons, and neither read, stored nor logged."""

from collections.abc import Mapping

from coaching.actions import greetings
from coaching.sessions import Actor
from handlers import parse
from handlers.deps import Deps
from handlers.press import Happening, on_event

SLACKBOT = "USLACKBOT"
MAX_TS = 40
WRITTEN = ("file_share", "me_message")
"""The subtypes of what people write: with a file, or about themselves by /me."""


class GreetingsFeature:
    """Answers what people write to the app."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    @on_event("message")
    async def written(self, happening: Happening) -> None:
        """Answer a person. Messages of apps (our own too), edits, deletions and what is not written here get none.

        Slack sends these events only where the app was installed with `im:history`.
        """
        event = happening.event
        if not _is_written(event):
            return
        actor = Actor(happening.workspace_id, parse.user_id(event))
        message = f"{parse.text(event.get('channel'), 'channel')}:{parse.text(event.get('ts'), 'ts', MAX_TS)}"
        await greetings.reply(self._deps.store, self._deps.clock, actor, message)


def _is_written(event: Mapping[str, object]) -> bool:
    """Return whether a person wrote this to the app.

    Everything else has another subtype, or names the app that wrote it.
    """
    if event.get("channel_type") != "im" or event.get("user") == SLACKBOT:
        return False
    if event.get("subtype") and event.get("subtype") not in WRITTEN:
        return False
    return not any(event.get(name) for name in ("bot_id", "app_id", "bot_profile", "hidden", "edited"))
