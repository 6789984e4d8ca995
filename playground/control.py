"""The control API: act as a person, read a person's screen, watch the traffic, switch faults (see README)."""

import asyncio
import inspect
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Protocol

from aiohttp import web

from playground import loopback, values
from playground.errors import PersonError
from playground.faults import FaultError, Faults
from playground.feed import Event, Feed
from playground.files import Files
from playground.json_types import Json, JsonObject
from playground.mails import Mails
from playground.manifest import Manifest
from playground.members import Members
from playground.payloads import channel_json
from playground.people import People
from playground.socket_mode import SocketMode
from playground.traffic import Traffic
from playground.views import Views
from playground.workspace import Channel, Message, NoSuchThingError, User, View, Workspace

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Room(Protocol):
    """The parts that the control API controls."""

    workspace: Workspace
    views: Views
    people: People
    members: Members
    traffic: Traffic
    faults: Faults
    feed: Feed
    socket: SocketMode
    manifest: Manifest
    mails: Mails
    files: Files

    def reset(self) -> None:
        """Restore the seed."""


class Control:
    """Serves `/control/…` to this machine only."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def routes(self) -> list[web.RouteDef]:
        """The routes that this part serves."""
        person = "/control/people/{user}"
        return [
            web.get("/control/workspace", self.guarded(self.workspace)),
            web.post("/control/reset", self.guarded(self.reset)),
            web.get("/control/changes", self.guarded(self.changes)),
            web.get("/control/feed", self.guarded(self.feed)),
            web.get("/control/traffic", self.guarded(self.traffic)),
            web.get("/control/faults", self.guarded(self.faults)),
            web.post("/control/faults", self.guarded(self.add_fault)),
            web.delete("/control/faults", self.guarded(self.remove_faults)),
            web.delete("/control/faults/{fault}", self.guarded(self.remove_faults)),
            web.post("/control/socket/disconnect", self.guarded(self.disconnect)),
            web.post("/control/users", self.guarded(self.add_user)),
            web.patch("/control/users/{user}", self.guarded(self.change_user)),
            web.get(f"{person}/screen", self.guarded(self.screen)),
            web.get(f"{person}/channels/{{channel}}", self.guarded(self.channel)),
            web.post(f"{person}/{{action}}", self.guarded(self.act)),
        ]

    def guarded(self, handler: Handler) -> Handler:
        """Serve this machine only, and answer refusals in JSON."""

        async def safe(request: web.Request) -> web.StreamResponse:
            local = request.remote in loopback.ADDRESSES and request.url.host in loopback.NAMES
            if not local or not _same_origin(request):
                return _refusal("forbidden", "only this machine, from the playground's own page", 403)
            try:
                return await handler(request)
            except PersonError as error:
                return _refusal(error.code, error.words, 409)
            except NoSuchThingError as error:
                return _refusal("no_such_thing", str(error), 404)
            except (FaultError, TypeError, KeyError, ValueError) as error:
                return _refusal("bad_request", f"{type(error).__name__}: {error}", 400)

        return safe

    async def workspace(self, _: web.Request) -> web.Response:
        """Return people, channels, commands, shortcuts and the app."""
        room, workspace = self._room, self._room.workspace
        return _ok(
            seq=room.feed.seq,
            run=workspace.run,
            team=workspace.team,
            app={
                "id": workspace.app_id,
                "name": room.manifest.name,
                "bot_user": workspace.bot_user,
                "bot_id": workspace.bot_id,
                "home_tab": room.manifest.home_tab,
                "messages_tab": room.manifest.messages_tab,
                "messages_tab_read_only": room.manifest.messages_tab_read_only,
                "socket_connections": room.socket.connections,
            },
            commands=[asdict(command) for command in room.manifest.commands.values()],
            shortcuts=[asdict(shortcut) for shortcut in room.manifest.shortcuts.values()],
            users=[asdict(user) for user in workspace.users.values()],
            outsiders=[asdict(user) for user in workspace.outsiders.values()],
            channels=[
                channel_json(channel, workspace) | {"members": list(channel.members)}
                for channel in workspace.channels.values()
            ],
        )

    async def reset(self, _: web.Request) -> web.Response:
        """Restore the seed."""
        self._room.reset()
        return _ok()

    async def changes(self, request: web.Request) -> web.Response:
        """Wait for changes after `since`, at most `timeout` seconds, and return them."""
        since = int(request.query.get("since", "0"))
        await self._room.feed.wait(since, min(float(request.query.get("timeout", "0")), 30.0))
        feed = self._room.feed
        return _ok(seq=feed.seq, events=feed.since(since), missed=feed.missed(since))

    async def feed(self, request: web.Request) -> web.StreamResponse:
        """Send every change over a WebSocket, after those since `since` when given."""
        socket = web.WebSocketResponse(heartbeat=20)
        await socket.prepare(request)
        feed = self._room.feed
        queue = feed.watch()
        # Reading detects that the watcher left. What a watcher sends is ignored.
        leaving = asyncio.create_task(_until_closed(socket, queue))
        last = int(request.query.get("since", feed.seq))
        try:
            if feed.missed(last):
                await socket.send_str(json.dumps({"seq": last, "type": "missed"}))
            for event in feed.since(last):
                await socket.send_str(json.dumps(event, default=str))
                last = event["seq"]
            while (next_event := await queue.get()) is not None:
                if next_event["seq"] > last:
                    await socket.send_str(json.dumps(next_event, default=str))
        except ConnectionError:
            return socket
        finally:
            feed.unwatch(queue)
            leaving.cancel()
        await socket.close()
        return socket

    async def traffic(self, request: web.Request) -> web.Response:
        """Return requests to the app and calls from it, after `since`."""
        return _ok(entries=self._room.traffic.since(int(request.query.get("since", "0"))))

    async def faults(self, _: web.Request) -> web.Response:
        """Return the active faults."""
        return _ok(faults=[fault.view() for fault in self._room.faults.active()])

    async def add_fault(self, request: web.Request) -> web.Response:
        """Switch a fault on."""
        fault = self._room.faults.add(await request.json())
        self._room.feed.emit("faults_changed")
        return _ok(fault=fault.view())

    async def remove_faults(self, request: web.Request) -> web.Response:
        """Switch one fault off, or all."""
        self._room.faults.remove(request.match_info.get("fault"))
        self._room.feed.emit("faults_changed")
        return _ok()

    async def disconnect(self, _: web.Request) -> web.Response:
        """Ask the app's sockets to reconnect."""
        await self._room.socket.disconnect()
        return _ok()

    async def add_user(self, request: web.Request) -> web.Response:
        """Add a person to the workspace."""
        body = await request.json()
        user = User(**{"name": str(body["id"]).lower(), "real_name": body.get("name", body["id"]), **body})
        self._room.workspace.users[user.id] = user
        self._room.feed.emit("user_joined", user=user.id)
        self._room.members.announce("team_join", user)
        return _ok(user=asdict(user))

    async def change_user(self, request: web.Request) -> web.Response:
        """Change a member's zone, locale, name or e-mail."""
        user = self._room.workspace.user(request.match_info["user"])
        for name, value in (await request.json()).items():
            if name == "id" or name not in User.__dataclass_fields__:
                raise KeyError(name)
            setattr(user, name, value)
        self._room.feed.emit("user_changed", user=user.id)
        self._room.members.announce("user_change", user)
        return _ok(user=asdict(user))

    async def screen(self, request: web.Request) -> web.Response:
        """Return everything this person sees: a tab's modals, the App Home, and all their conversations."""
        room, workspace = self._room, self._room.workspace
        user = workspace.anybody(request.match_info["user"])
        home = workspace.homes.get(user.id)
        return _ok(
            seq=room.feed.seq,
            now=workspace.clock(),
            user=asdict(user),
            stack=[self._view(view) for view in room.views.stack(user.id, request.query.get("tab", "main"))],
            home=self._view(home) if home else None,
            conversations=[self._conversation(channel, user.id) for channel in workspace.channels_of(user.id)],
            names=_names(workspace),
            mails=room.mails.count(user.id),
        )

    async def channel(self, request: web.Request) -> web.Response:
        """Return one conversation as this person sees it."""
        workspace = self._room.workspace
        user = workspace.user(request.match_info["user"])
        name = request.match_info["channel"]
        channel = workspace.dm(user.id) if name == "app" else workspace.channel(name)
        if user.id not in channel.members:
            raise PersonError("not_in_channel", f"{user.real_name} is not in {channel.name}")
        return _ok(conversation=self._conversation(channel, user.id), names=_names(workspace))

    async def act(self, request: web.Request) -> web.Response:
        """Perform an action as this person."""
        user = request.match_info["user"]
        body: JsonObject = await request.json() if request.can_read_body else {}
        yes, tab = bool(body.get("confirmed")), str(body.get("tab", "main"))
        room, people, members = self._room, self._room.people, self._room.members
        acting: dict[str, Callable[[], Json]] = {
            "command": lambda: people.command(user, body["text"], channel=body.get("channel"), tab=tab),
            "shortcut": lambda: people.shortcut(user, body["callback_id"], tab=tab),
            "message": lambda: people.say(user, body["channel"], body["text"], body.get("thread_ts")),
            "act": lambda: people.act(user, body["target"], body.get("choice"), confirmed=yes, tab=tab),
            "options": lambda: people.options(user, body["target"], body.get("typed", "")),
            "upload": lambda: room.files.upload(user, body["name"], body["content"]),
            "submit": lambda: people.submit(user, body["view_id"]),
            "close": lambda: people.close(user, tab=tab, everything=bool(body.get("all"))),
            "open_home": lambda: people.open_home(user, body.get("home_tab", "home")),
            "join": lambda: members.join(user, body["channel"]),
            "invite": lambda: members.join(body["who"], body["channel"], inviter=user),
            "leave": lambda: members.leave(user, body["channel"]),
            "remove": lambda: members.leave(body["who"], body["channel"]),
            "archive": lambda: members.archive(user, body["channel"]),
            "share": lambda: members.share(body["channel"]),
            "deactivate": lambda: members.deactivate(body["who"]),
            "reactivate": lambda: members.deactivate(body["who"], deleted=False),
            "unarchive": lambda: members.archive(user, body["channel"], archived=False),
        }
        action = request.match_info["action"]
        if action not in acting:
            return _refusal("no_such_action", f"a person cannot {action}", 404)
        done = acting[action]()
        return _ok(**(await done if inspect.isawaitable(done) else done))

    def _conversation(self, channel: Channel, user: str) -> JsonObject:
        return {
            "id": channel.id,
            "name": channel.name,
            "kind": channel.kind,
            "is_archived": channel.is_archived,
            "messages": [self._message(m, user) for m in self._room.workspace.seen_by(channel, user)],
        }

    def _message(self, message: Message, user: str) -> JsonObject:
        sender = self._room.workspace.users.get(message.user)
        return {
            "ts": message.ts,
            "channel": message.channel,
            "user": message.user,
            "user_name": sender.real_name if sender else message.user,
            "by_app": message.by_app,
            "text": message.text,
            "blocks": message.blocks,
            "attachments": message.attachments,
            "thread_ts": message.thread_ts,
            "ephemeral": message.ephemeral_to is not None,
            "edited": message.edited,
            "pings": message.pings,
            "values": values.state_of(message.blocks, message.values.get(user, {})),
            "warning": message.warnings.get(user),
        }

    def _view(self, view: View) -> JsonObject:
        shown = self._room.views.shown(view)
        return shown | {"values": shown["state"]["values"], "errors": view.errors, "warning": view.warning}


async def _until_closed(socket: web.WebSocketResponse, queue: asyncio.Queue[Event | None]) -> None:
    async for _ in socket:
        pass
    queue.put_nowait(None)


def _names(workspace: Workspace) -> JsonObject:
    names = {user.id: user.real_name for user in workspace.users.values()}
    return names | {channel.id: channel.name for channel in workspace.channels.values()}


def _ok(**fields: Json) -> web.Response:
    return web.json_response({"ok": True, **fields})


def _refusal(code: str, words: str, status: int) -> web.Response:
    return web.json_response({"ok": False, "error": code, "message": words}, status=status)


def _same_origin(request: web.Request) -> bool:
    """Return whether no other website's page sent this: a browser always names the origin of such a request."""
    origin = request.headers.get("Origin")
    return origin is None or origin == f"{request.scheme}://{request.host}"
