"""An app's declaration: the parts of a Slack app manifest that decide what the app may do and receive."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

EVENT_SCOPES: Mapping[str, tuple[str, ...]] = {
    "app_mention": ("app_mentions:read",),
    "channel_archive": ("channels:read",),
    "channel_rename": ("channels:read",),
    "channel_unarchive": ("channels:read",),
    "group_archive": ("groups:read",),
    "group_rename": ("groups:read",),
    "group_unarchive": ("groups:read",),
    "member_joined_channel": ("channels:read", "groups:read"),
    "member_left_channel": ("channels:read", "groups:read"),
    "message.channels": ("channels:history",),
    "message.groups": ("groups:history",),
    "message.im": ("im:history",),
    "team_join": ("users:read",),
    "user_change": ("users:read",),
}
"""The scopes of which an event needs one. Slack refuses a manifest that subscribes to it without any."""


class ManifestError(ValueError):
    """The manifest cannot be used. The message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command as declared, with the text that the composer shows while it is typed."""

    name: str
    description: str
    usage_hint: str = ""
    should_escape: bool = False


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A global shortcut as declared."""

    callback_id: str
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """An app's declaration."""

    name: str
    bot_name: str
    commands: Mapping[str, Command] = field(default_factory=dict)
    shortcuts: Mapping[str, Shortcut] = field(default_factory=dict)
    scopes: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    interactivity: bool = False
    home_tab: bool = False
    messages_tab: bool = False
    messages_tab_read_only: bool = False
    socket_mode: bool = False

    @classmethod
    def load(cls, source: Path | Mapping[str, Any]) -> "Manifest":
        """Read a manifest from YAML or JSON text, or from a mapping.

        Raises:
            ManifestError: the file is not a manifest, or declares what Slack would refuse.
        """
        data = yaml.safe_load(source.read_text(encoding="utf-8")) if isinstance(source, Path) else source
        if not isinstance(data, Mapping) or "display_information" not in data:
            raise ManifestError(f"{source} is not a Slack app manifest: display_information is missing")
        features = _mapping(data, "features")
        settings = _mapping(data, "settings")
        home = _mapping(features, "app_home")
        name = str(_mapping(data, "display_information").get("name", "App"))
        commands: dict[str, Command] = {}
        for item in features.get("slash_commands") or ():
            command = Command(
                name=str(item["command"]),
                description=str(item["description"]),
                usage_hint=str(item.get("usage_hint", "")),
                should_escape=bool(item.get("should_escape", False)),
            )
            if not command.name.startswith("/"):
                raise ManifestError(f"slash command {command.name!r} must start with a slash")
            if command.name in commands:
                raise ManifestError(f"slash command {command.name} is declared twice")
            commands[command.name] = command
        shortcuts = {
            str(item["callback_id"]): Shortcut(str(item["callback_id"]), str(item["name"]), str(item["description"]))
            for item in features.get("shortcuts") or ()
            if item.get("type") == "global"
        }
        scopes = frozenset(_mapping(_mapping(data, "oauth_config"), "scopes").get("bot") or ())
        if commands and "commands" not in scopes:
            raise ManifestError("slash commands need the bot scope 'commands'")
        if features.get("shortcuts") and "commands" not in scopes:
            raise ManifestError("shortcuts need the bot scope 'commands'")
        events = frozenset(_mapping(settings, "event_subscriptions").get("bot_events") or ())
        for event in sorted(events):
            needed = EVENT_SCOPES.get(event, ())
            if needed and not scopes.intersection(needed):
                raise ManifestError(f"event {event} needs the bot scope {' or '.join(needed)}")
        return cls(
            name=name,
            bot_name=str(_mapping(features, "bot_user").get("display_name", name)),
            commands=commands,
            shortcuts=shortcuts,
            scopes=scopes,
            events=events,
            interactivity=bool(_mapping(settings, "interactivity").get("is_enabled", False)),
            home_tab=bool(home.get("home_tab_enabled", False)),
            messages_tab=bool(home.get("messages_tab_enabled", True)),
            messages_tab_read_only=bool(home.get("messages_tab_read_only_enabled", False)),
            socket_mode=bool(settings.get("socket_mode_enabled", False)),
        )


def _mapping(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = data.get(key) or {}
    if not isinstance(value, Mapping):
        raise ManifestError(f"{key} in the manifest must be a mapping")
    return value
