"""The initial content of a workspace, read from JSON (see README)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from playground.workspace import SLACKBOT, Channel, User, Workspace


class SeedError(ValueError):
    """The seed refers to a person or thing that it does not contain. The message says which."""


@dataclass(frozen=True, slots=True)
class Seed:
    """People, channels and ids to start with. `README.md` describes each field."""

    team: Mapping[str, str] = field(default_factory=dict)
    app: Mapping[str, str] = field(default_factory=dict)
    users: tuple[Mapping[str, Any], ...] = ()
    outsiders: tuple[Mapping[str, Any], ...] = ()
    channels: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def load(cls, data: "Seed | Mapping[str, Any]") -> "Seed":
        """Read a seed from a mapping.

        Raises:
            SeedError: it has a field that seeds do not have.
        """
        if isinstance(data, Seed):
            return data
        unknown = set(data) - {"team", "app", "users", "outsiders", "channels"}
        if unknown:
            raise SeedError(f"a seed has no field {min(unknown)!r}")
        return cls(
            dict(data.get("team", {})),
            dict(data.get("app", {})),
            tuple(data.get("users", ())),
            tuple(data.get("outsiders", ())),
            tuple(data.get("channels", ())),
        )

    def fill(self, workspace: Workspace, *, app_name: str, bot_name: str) -> None:
        """Put everything into an empty workspace.

        Raises:
            SeedError: a person has no id, or a channel has a member who is not among the users.
        """
        workspace.team.update(self.team)
        workspace.app_id = self.app.get("id", workspace.app_id)
        workspace.bot_id = self.app.get("bot_id", workspace.bot_id)
        workspace.bot_user = self.app.get("bot_user_id", workspace.bot_user)
        handle = bot_name.lower().replace(" ", "-")
        workspace.users[workspace.bot_user] = User(workspace.bot_user, handle, app_name, is_bot=True)
        workspace.users[SLACKBOT] = User(SLACKBOT, "slackbot", "Slackbot")
        for group, people in ((self.users, workspace.users), (self.outsiders, workspace.outsiders)):
            for item in group:
                try:
                    user = User(**{"name": item["id"].lower(), "real_name": item.get("name", item["id"]), **item})
                except (KeyError, TypeError) as error:
                    raise SeedError(f"user {item!r}: {error}") from error
                people[user.id] = user
        for item in self.channels:
            members = [workspace.bot_user if name == "app" else str(name) for name in item.get("members", ())]
            strangers = [name for name in members if name not in workspace.users]
            if strangers:
                raise SeedError(f"channel {item['name']} has a member {strangers[0]} who is not among the users")
            channel = Channel(
                str(item.get("id") or workspace.new_id("C")),
                str(item["name"]),
                "private" if item.get("is_private") else "public",
                dict.fromkeys(members),
                bool(item.get("is_archived")),
                members[0] if members else SLACKBOT,
                int(workspace.clock()),
                str(item.get("topic", "")),
            )
            workspace.channels[channel.id] = channel
