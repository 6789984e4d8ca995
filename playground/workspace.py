"""The state of one Slack workspace: people, channels, messages, and the views each person has open."""

import itertools
import secrets
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from playground.feed import Feed
from playground.json_types import JsonObject
from playground.mrkdwn import message_pings

SLACKBOT = "USLACKBOT"
ChannelKind = Literal["public", "private", "im"]
Values = dict[str, dict[str, JsonObject]]
"""The input: block id → action id → the value in the form of Slack's `state.values`."""


@dataclass(slots=True)
class User:
    """A member of the workspace, a person or a bot. `tz` is an IANA zone."""

    id: str
    name: str
    real_name: str
    email: str | None = None
    tz: str = "America/New_York"
    locale: str = "en-US"
    is_admin: bool = False
    is_owner: bool = False
    is_bot: bool = False
    deleted: bool = False
    team: str | None = None
    """Their own workspace, if it is another organization's and they came by Slack Connect."""
    enterprise_id: str | None = None
    enterprise_teams: list[str] = field(default_factory=list)
    """Their organization, if they have one, and all their workspaces in it."""


@dataclass(slots=True)
class Message:
    """One message with its text as sent. If `ephemeral_to` is set, only that person sees it."""

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[JsonObject] = field(default_factory=list)
    attachments: list[JsonObject] = field(default_factory=list)
    thread_ts: str | None = None
    ephemeral_to: str | None = None
    by_app: bool = False
    edited: str | None = None
    pings: list[str] = field(default_factory=list)
    metadata: JsonObject | None = None
    values: dict[str, Values] = field(default_factory=dict)
    warnings: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Channel:
    """A channel or a direct conversation with the app."""

    id: str
    name: str
    kind: ChannelKind = "public"
    members: dict[str, None] = field(default_factory=dict)
    is_archived: bool = False
    creator: str = ""
    created: int = 0
    topic: str = ""
    messages: dict[str, Message] = field(default_factory=dict)


@dataclass(slots=True)
class View:
    """A modal in a person's stack, or a person's App Home."""

    id: str
    user: str
    payload: JsonObject
    hash: str
    root_view_id: str
    previous_view_id: str | None = None
    values: Values = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    warning: str | None = None
    tab: str = "main"


class NoSuchThingError(LookupError):
    """There is no such person, channel or message. The message names it."""


class Workspace:
    """The state that the server keeps. All changes go through this class, so that the feed reports each of them."""

    def __init__(self, feed: Feed, *, clock: Callable[[], float] = time.time) -> None:
        self.feed = feed
        self.clock = clock
        self.team: JsonObject = {"id": "T0PLAYGRND", "name": "Playground", "domain": "playground"}
        self.users: dict[str, User] = {}
        self.outsiders: dict[str, User] = {}
        """People who are not in this workspace: Slack knows nothing of them. They have mail and a calendar."""
        self.channels: dict[str, Channel] = {}
        self.app_id = "A0PLAYGRND"
        self.bot_id = "B0PLAYGRND"
        self.bot_user = "U0APP"
        self.stacks: dict[tuple[str, str], list[View]] = {}
        self.views: dict[str, View] = {}
        self.homes: dict[str, View] = {}
        self._counter = itertools.count(1)
        self._last_ts = 0
        self.without_blocks: Callable[[], Collection[str]] = frozenset
        """The newer blocks that this workspace does not have yet."""
        self.run = secrets.token_hex(4)
        """The name of these contents, from one reset to the next."""

    def clear(self) -> None:
        """Delete everything except the ids of the team and the app."""
        for kept in (self.users, self.outsiders, self.channels, self.stacks, self.views, self.homes):
            kept.clear()
        # The clock may have been set back. What was read of the earlier messages says nothing of the new ones.
        self._last_ts = 0
        self.run = secrets.token_hex(4)

    # ids and times

    def new_id(self, prefix: str) -> str:
        """Return a new id in Slack's style, such as `V0000000012AB`."""
        return f"{prefix}{next(self._counter):08d}{secrets.token_hex(1).upper()}"

    def new_ts(self) -> str:
        """Return a timestamp id later than all others in this workspace."""
        self._last_ts = max(int(self.clock() * 1_000_000), self._last_ts + 1)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    # finding things

    def user(self, user_id: str) -> User:
        """Return the member with this id.

        Raises:
            NoSuchThingError: there is none.
        """
        try:
            return self.users[user_id]
        except KeyError:
            raise NoSuchThingError(f"nobody has the id {user_id}") from None

    def anybody(self, user_id: str) -> User:
        """Return the member or the outsider with this id.

        Raises:
            NoSuchThingError: there is none.
        """
        return self.outsiders.get(user_id) or self.user(user_id)

    def addressed(self, address: str) -> User | None:
        """Return whose mail address this is, or None."""
        wanted = address.casefold()
        everybody = (*self.users.values(), *self.outsiders.values())
        return next((one for one in everybody if one.email and one.email.casefold() == wanted), None)

    def channel(self, name_or_id: str) -> Channel:
        """Return the channel with this id or name. A leading `#` is allowed.

        Raises:
            NoSuchThingError: there is none.
        """
        found = self.channels.get(name_or_id)
        if found is None:
            name = name_or_id.removeprefix("#")
            found = next((c for c in self.channels.values() if c.kind != "im" and c.name == name), None)
        if found is None:
            raise NoSuchThingError(f"there is no channel {name_or_id}")
        return found

    def channels_of(self, user_id: str) -> Iterator[Channel]:
        """Return the channels and direct conversations this member is in."""
        return (channel for channel in self.channels.values() if user_id in channel.members)

    def dm(self, user_id: str) -> Channel:
        """Return the direct conversation between this person and the app, creating it on first use."""
        self.user(user_id)
        for channel in self.channels.values():
            if channel.kind == "im" and user_id in channel.members:
                return channel
        channel = Channel(
            self.new_id("D"), "directmessage", "im", dict.fromkeys((user_id, self.bot_user)), created=int(self.clock())
        )
        self.channels[channel.id] = channel
        self.feed.emit("channel_created", channel=channel.id, user=user_id)
        return channel

    # messages

    def post(
        self,
        channel: Channel,
        user: str,
        text: str,
        blocks: Iterable[JsonObject] = (),
        *,
        by_app: bool = False,
        ephemeral_to: str | None = None,
        thread_ts: str | None = None,
        attachments: Iterable[JsonObject] = (),
        metadata: JsonObject | None = None,
    ) -> Message:
        """Post a message in a channel, for all its members or for one of them."""
        kept = list(blocks)
        message = Message(
            self.new_ts(),
            channel.id,
            user,
            text,
            kept,
            list(attachments),
            thread_ts,
            ephemeral_to,
            by_app,
            None,
            message_pings(text, kept),
            metadata,
        )
        channel.messages[message.ts] = message
        self.feed.emit("ephemeral" if ephemeral_to else "message", channel=channel.id, ts=message.ts, user=ephemeral_to)
        return message

    def edit(self, message: Message, text: str, blocks: list[JsonObject] | None) -> None:
        """Replace a message's text, and its blocks unless `blocks` is None."""
        message.text = text
        if blocks is not None:
            kept = {(b.get("block_id"), a) for b in blocks for a in _action_ids(b)}
            message.blocks = blocks
            for values in message.values.values():
                for block_id in list(values):
                    values[block_id] = {a: v for a, v in values[block_id].items() if (block_id, a) in kept}
        message.edited = self.new_ts()
        message.pings = message_pings(text, message.blocks)
        message.warnings.clear()
        self.feed.emit("message_edited", channel=message.channel, ts=message.ts, user=message.ephemeral_to)

    def delete(self, message: Message) -> None:
        """Delete a message."""
        del self.channels[message.channel].messages[message.ts]
        self.feed.emit("message_deleted", channel=message.channel, ts=message.ts, user=message.ephemeral_to)

    def seen_by(self, channel: Channel, user_id: str) -> list[Message]:
        """Return the messages of a channel that this person sees, oldest first."""
        return [m for m in channel.messages.values() if m.ephemeral_to in (None, user_id)]


def _action_ids(block: JsonObject) -> Iterator[str]:
    for element in (*block.get("elements", ()), block.get("accessory"), block.get("element")):
        if isinstance(element, dict) and "action_id" in element:
            yield element["action_id"]
