"""What every Web API method can use: its arguments, the workspace, and ways to refuse."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from playground.errors import ApiError
from playground.events import Events
from playground.files import Files
from playground.json_types import Json, JsonObject
from playground.manifest import Manifest
from playground.rate_limits import RateLimiter
from playground.socket_mode import SocketMode
from playground.views import Views
from playground.workspace import Channel, NoSuchThingError, Workspace


@dataclass(slots=True)
class Context:
    """The parts of the playground that methods use."""

    workspace: Workspace
    views: Views
    manifest: Manifest
    events: Events
    socket: SocketMode
    posting: RateLimiter | None
    files: Files
    url: str = ""
    scopes: str = field(default="")

    def require(self, *any_of: str) -> None:
        """Refuse unless the app has one of these scopes.

        Raises:
            ApiError: `missing_scope`, with the needed and the provided scopes.
        """
        if any_of and not self.manifest.scopes.intersection(any_of):
            raise ApiError("missing_scope", needed=",".join(any_of), provided=self.scopes)

    def channel(self, channel_id: str) -> Channel:
        """Return a conversation that the app may see.

        Raises:
            ApiError: `channel_not_found`.
        """
        channel = self.workspace.channels.get(channel_id)
        if channel is None or (channel.kind != "public" and self.workspace.bot_user not in channel.members):
            raise ApiError("channel_not_found")
        return channel

    def destination(self, name_or_id: str) -> Channel:
        """Return a message's destination: a channel by id or name, or a direct conversation by user id.

        Raises:
            ApiError: `channel_not_found`.
        """
        user = self.workspace.users.get(name_or_id)
        if user is not None:
            if user.is_bot or user.deleted:
                raise ApiError("channel_not_found")
            return self.workspace.dm(user.id)
        if name_or_id in self.workspace.channels:
            return self.channel(name_or_id)
        try:
            return self.channel(self.workspace.channel(name_or_id).id)
        except NoSuchThingError:
            raise ApiError("channel_not_found") from None


class Args:
    """The arguments of a call, from a form, JSON or the query. `size` is the length of the request's body in bytes."""

    def __init__(self, values: Mapping[str, Json], size: int) -> None:
        self.raw = values
        self.size = size

    def text(self, name: str) -> str:
        """Return a string, empty if absent."""
        value = self.raw.get(name)
        return "" if value is None else str(value)

    def required(self, name: str) -> str:
        """Return a string that must be present.

        Raises:
            ApiError: `invalid_arguments`.
        """
        value = self.text(name)
        if not value:
            raise ApiError("invalid_arguments", [f"[ERROR] missing required field: {name}"])
        return value

    def json(self, name: str, error: str = "invalid_arguments") -> Json:
        """Return a value given as JSON or as JSON text, or None if absent.

        Raises:
            ApiError: `error`, if the text is not JSON.
        """
        value = self.raw.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise ApiError(error, [f"[ERROR] {name} is not valid JSON"]) from None

    def flag(self, name: str, default: bool = False) -> bool:
        """Return a boolean, in any spelling that Slack accepts."""
        value = self.raw.get(name)
        return default if value is None or value == "" else str(value).lower() in ("1", "true")

    def number(self, name: str, default: int, most: int) -> int:
        """Return a count from 1 to `most`.

        Raises:
            ApiError: `invalid_limit`.
        """
        try:
            value = int(self.text(name) or default)
        except ValueError:
            raise ApiError("invalid_limit") from None
        if not 1 <= value <= most:
            raise ApiError("invalid_limit")
        return value


def page(items: list[Json], args: Args, default: int, most: int) -> tuple[list[Json], JsonObject]:
    """Return one page of a list, and the `response_metadata` with the cursor of the next page.

    Raises:
        ApiError: `invalid_cursor` or `invalid_limit`.
    """
    limit = args.number("limit", default, most)
    cursor = args.text("cursor")
    if cursor and not (cursor.startswith("page:") and cursor[5:].isdigit()):
        raise ApiError("invalid_cursor")
    start = int(cursor[5:]) if cursor else 0
    following = start + limit
    return items[start:following], {"next_cursor": f"page:{following}" if following < len(items) else ""}


Handler = Callable[[Context, Args], JsonObject]


@dataclass(frozen=True, slots=True)
class Method:
    """A Web API method: its handler, and `scopes` of which the app needs one (none if empty)."""

    handler: Handler
    scopes: tuple[str, ...] = ()
    by: Literal["bot", "app"] = "bot"
