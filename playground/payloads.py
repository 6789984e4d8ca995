"""The payloads that the app receives, with the same fields as Slack's."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from playground import values
from playground.json_types import JsonObject
from playground.views import Views
from playground.workspace import Channel, Message, User, View, Workspace

VERIFICATION_TOKEN = "playground-verification"  # noqa: S105 - deprecated by Slack but still sent. It is no secret


def message_json(workspace: Workspace, message: Message) -> JsonObject:
    """Return a message as the Web API, events and interactions show it."""
    data: JsonObject = {
        "type": "message",
        "user": message.user,
        "text": message.text,
        "ts": message.ts,
        "team": workspace.team["id"],
    }
    if message.by_app:
        data |= {"bot_id": workspace.bot_id, "app_id": workspace.app_id}
    if message.blocks:
        data["blocks"] = message.blocks
    if message.attachments:
        data["attachments"] = message.attachments
    if message.thread_ts:
        data["thread_ts"] = message.thread_ts
    if message.edited:
        data["edited"] = {"user": message.user, "ts": message.edited}
    if message.metadata:
        data["metadata"] = message.metadata
    return data


def channel_json(channel: Channel, workspace: Workspace) -> JsonObject:
    """Return a conversation as `conversations.info` shows it."""
    common: JsonObject = {
        "id": channel.id,
        "created": channel.created,
        "is_archived": channel.is_archived,
        "is_im": channel.kind == "im",
        "is_org_shared": False,
        "context_team_id": workspace.team["id"],
    }
    if channel.kind == "im":
        person = next(member for member in channel.members if member != workspace.bot_user)
        return common | {"user": person, "is_user_deleted": workspace.users[person].deleted, "priority": 0}
    return common | {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": channel.kind == "public",
        "is_group": channel.kind == "private",
        "is_mpim": False,
        "is_private": channel.kind == "private",
        "is_general": channel.name == "general",
        "is_member": workspace.bot_user in channel.members,
        "creator": channel.creator,
        "topic": {"value": channel.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "num_members": len(channel.members),
        "previous_names": [],
    }


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person acts: in a view, or on a message in a channel."""

    view: View | None = None
    message: Message | None = None
    channel: Channel | None = None


class Payloads:
    """Builds payloads for one workspace and app."""

    def __init__(self, workspace: Workspace, views: Views) -> None:
        self._workspace = workspace
        self._views = views

    def _team(self) -> JsonObject:
        return {"id": self._workspace.team["id"], "domain": self._workspace.team["domain"]}

    def _user(self, user: User) -> JsonObject:
        team = user.team or self._workspace.team["id"]
        return {"id": user.id, "username": user.name, "name": user.name, "team_id": team}

    def command(
        self, user: User, channel: Channel, command: str, text: str, *, response_url: str, trigger_id: str
    ) -> JsonObject:
        """Return the form fields of a slash command."""
        names = {"public": channel.name, "private": "privategroup", "im": "directmessage"}
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": self._workspace.team["id"],
            "team_domain": self._workspace.team["domain"],
            "channel_id": channel.id,
            "channel_name": names[channel.kind],
            "user_id": user.id,
            "user_name": user.name,
            "command": command,
            "text": text,
            "api_app_id": self._workspace.app_id,
            "is_enterprise_install": "false",
            "response_url": response_url,
            "trigger_id": trigger_id,
        }

    def _interaction(self, kind: str, user: User) -> JsonObject:
        return {
            "type": kind,
            "team": self._team(),
            "user": self._user(user),
            "api_app_id": self._workspace.app_id,
            "token": VERIFICATION_TOKEN,
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _container(self, place: Place) -> JsonObject:
        if place.view is not None:
            return {"type": "view", "view_id": place.view.id}
        message, channel = place.message, place.channel
        assert message is not None and channel is not None  # noqa: S101, PT018 - a place is a view or a message
        return {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": channel.id,
            "is_ephemeral": message.ephemeral_to is not None,
        }

    def block_actions(
        self, user: User, place: Place, actions: Iterable[JsonObject], *, trigger_id: str, response_url: str | None
    ) -> JsonObject:
        """Return the payload of a click or choice in a view or message."""
        payload = self._interaction("block_actions", user)
        payload |= {"container": self._container(place), "trigger_id": trigger_id}
        if place.view is not None:
            payload["view"] = self._views.shown(place.view)
        elif place.message is not None and place.channel is not None:
            names = {"public": place.channel.name, "private": "privategroup", "im": "directmessage"}
            payload["channel"] = {"id": place.channel.id, "name": names[place.channel.kind]}
            if place.message.ephemeral_to is None:
                payload["message"] = message_json(self._workspace, place.message)
            filled = place.message.values.get(user.id, {})
            payload["state"] = {"values": values.state_of(place.message.blocks, filled)}
            payload["response_url"] = response_url
        payload["actions"] = list(actions)
        return payload

    def shortcut(self, user: User, callback_id: str, *, trigger_id: str) -> JsonObject:
        """Return the payload of a global shortcut. It names no channel and has no response_url."""
        kept = {"callback_id": callback_id, "trigger_id": trigger_id, "action_ts": self._workspace.new_ts()}
        return self._interaction("shortcut", user) | kept

    def view_submission(self, user: User, view: View, trigger_id: str) -> JsonObject:
        """Return the payload of a submitted modal."""
        payload = self._interaction("view_submission", user)
        return payload | {"trigger_id": trigger_id, "view": self._views.shown(view), "response_urls": []}

    def view_closed(self, user: User, view: View, *, is_cleared: bool) -> JsonObject:
        """Return the payload of a modal that was closed without submitting."""
        return self._interaction("view_closed", user) | {"view": self._views.shown(view), "is_cleared": is_cleared}

    def block_suggestion(self, user: User, place: Place, block_id: str, action_id: str, value: str) -> JsonObject:
        """Return the payload that requests the options of an external select."""
        payload = self._interaction("block_suggestion", user)
        payload |= {"container": self._container(place), "block_id": block_id, "action_id": action_id, "value": value}
        if place.view is not None:
            payload["view"] = self._views.shown(place.view)
        elif place.message is not None and place.channel is not None:
            payload["channel"] = {"id": place.channel.id, "name": place.channel.name}
            payload["message"] = message_json(self._workspace, place.message)
        return payload

    def event(self, event: JsonObject) -> JsonObject:
        """Return the envelope of an event."""
        workspace = self._workspace
        team = workspace.team["id"]
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": team,
            "context_team_id": team,
            "api_app_id": workspace.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": workspace.new_id("Ev"),
            "event_time": int(time.time()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": team,
                    "user_id": workspace.bot_user,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
        }
