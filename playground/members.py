"""Joining and leaving the workspace and its channels, and the events about it."""

from playground.errors import PersonError
from playground.events import Events
from playground.json_types import JsonObject
from playground.manifest import Manifest
from playground.methods_people import belonging
from playground.workspace import Channel, User, Workspace


class Members:
    """Adds people and the app to channels and removes them."""

    def __init__(self, workspace: Workspace, events: Events, manifest: Manifest) -> None:
        self._workspace = workspace
        self._events = events
        self._manifest = manifest

    def join(self, user_id: str, channel: str, inviter: str | None = None) -> JsonObject:
        """Add a member (or the app: `app`) to a channel."""
        place = self._workspace.channel(channel)
        member = self._workspace.bot_user if user_id == "app" else self._workspace.user(user_id).id
        if place.kind == "private" and inviter is None:
            raise PersonError("invite_needed", f"{place.name} is private: somebody in it has to invite")
        if member not in place.members:
            place.members[member] = None
            self._workspace.feed.emit("channel_changed", channel=place.id, user=None)
            self._member_event("member_joined_channel", place, member, inviter)
        return {"channel": place.id}

    def leave(self, user_id: str, channel: str) -> JsonObject:
        """Remove a member (or the app: `app`) from a channel."""
        place = self._workspace.channel(channel)
        member = self._workspace.bot_user if user_id == "app" else self._workspace.user(user_id).id
        if member in place.members:
            self._member_event("member_left_channel", place, member, None)
            del place.members[member]
            self._workspace.feed.emit("channel_changed", channel=place.id, user=None)
        return {"channel": place.id}

    def _member_event(self, kind: str, channel: Channel, member: str, inviter: str | None) -> None:
        if self._workspace.bot_user not in channel.members:
            return
        event = {"type": kind, "user": member, "channel": channel.id, "team": self._workspace.team["id"]}
        event["channel_type"] = "C" if channel.kind == "public" else "G"
        if inviter:
            event["inviter"] = inviter
        self._events.publish(kind, event)

    def archive(self, user_id: str, channel: str, *, archived: bool = True) -> JsonObject:
        """Archive or unarchive a channel."""
        place = self._workspace.channel(channel)
        place.is_archived = archived
        self._workspace.feed.emit("channel_changed", channel=place.id, user=None)
        kind = ("channel" if place.kind == "public" else "group") + ("_archive" if archived else "_unarchive")
        if self._workspace.bot_user in place.members or place.kind == "public":
            self._events.publish(kind, {"type": kind, "channel": place.id, "user": user_id})
        return {"channel": place.id}

    def share(self, channel: str) -> JsonObject:
        """Share a private channel with another organization. As in Slack, it gets a new id."""
        place = self._workspace.channel(channel)
        if place.kind != "private":
            raise PersonError("not_private", f"{place.name} is not private: only a private channel gets another id")
        old, place.id = place.id, self._workspace.new_id("C")
        self._workspace.channels = {one.id: one for one in self._workspace.channels.values()}
        for message in place.messages.values():
            message.channel = place.id
        self._workspace.feed.emit("channel_changed", channel=place.id, user=None)
        if self._workspace.bot_user in place.members:
            kind = "channel_id_changed"
            self._events.publish(kind, {"type": kind, "old_channel_id": old, "new_channel_id": place.id})
        return {"channel": place.id}

    def deactivate(self, who: str, *, deleted: bool = True) -> JsonObject:
        """Deactivate or reactivate a member's account."""
        user = self._workspace.user(who)
        user.deleted = deleted
        self._workspace.feed.emit("user_changed", user=user.id)
        self.announce("user_change", user)
        return {"user": user.id}

    def announce(self, kind: str, user: User) -> None:
        """Publish the event of a member who joined (`team_join`) or changed (`user_change`)."""
        profile = {"real_name": user.real_name, "display_name": user.name}
        shown: JsonObject = {
            "id": user.id,
            "name": user.name,
            "real_name": user.real_name,
            "tz": user.tz,
            "locale": user.locale,
            "profile": profile,
        }
        team = user.team or self._workspace.team["id"]
        shown |= {"team_id": team, "is_admin": user.is_admin, "is_bot": user.is_bot, "deleted": user.deleted}
        shown |= belonging(user)
        if user.email and "users:read.email" in self._manifest.scopes:
            profile["email"] = user.email
        self._events.publish(kind, {"type": kind, "user": shown})
