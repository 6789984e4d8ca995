"""Socket Mode: up to ten WebSocket connections. Each payload goes to one of them and is acknowledged by envelope id."""

import asyncio
import json
import secrets

from aiohttp import WSMsgType, web

from playground.feed import Feed
from playground.json_types import JsonObject

CONNECTIONS = 10


class SocketMode:
    """The app's open sockets."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._tickets: set[str] = set()
        self._open: list[web.WebSocketResponse] = []
        self._leaving: list[web.WebSocketResponse] = []
        self._waiting: dict[str, tuple[web.WebSocketResponse, asyncio.Future[JsonObject | None]]] = {}
        self._turn = 0

    @property
    def connections(self) -> int:
        """How many sockets the app has open."""
        return len(self._open)

    def ticket(self) -> str:
        """Return a one-time ticket for the URL that `apps.connections.open` returns."""
        ticket = secrets.token_urlsafe(16)
        self._tickets.add(ticket)
        return ticket

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one socket until it closes."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets or len(self._open) >= CONNECTIONS:
            return web.Response(status=403 if ticket not in self._tickets else 429)
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(heartbeat=30)
        await socket.prepare(request)
        hello = {
            "type": "hello",
            "num_connections": len(self._open) + 1,
            "debug_info": {"host": "playground", "build_number": 1, "approximate_connection_time": 18060},
            "connection_info": {"app_id": request.query.get("app_id", "")},
        }
        await socket.send_str(json.dumps(hello))
        self._open.append(socket)
        self._feed.emit("socket_connected", connections=len(self._open))
        try:
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    self._receive(message.data)
        finally:
            for sockets in (self._open, self._leaving):
                if socket in sockets:
                    sockets.remove(socket)
            for envelope_id, (owner, future) in list(self._waiting.items()):
                if owner is socket and not future.done():
                    future.set_result(None)
                    self._waiting.pop(envelope_id, None)
            self._feed.emit("socket_disconnected", connections=len(self._open))
        return socket

    def _receive(self, text: str) -> None:
        try:
            data = json.loads(text)
        except ValueError:
            return
        entry = self._waiting.pop(data.get("envelope_id", ""), None) if isinstance(data, dict) else None
        if entry is not None and not entry[1].done():
            entry[1].set_result(data)

    async def send(self, kind: str, payload: JsonObject, retry: tuple[int, str] | None) -> JsonObject | None:
        """Send one envelope on the next socket and wait for its ack, or None if no socket is open or it closed."""
        if not self._open:
            return None
        self._turn += 1
        socket = self._open[self._turn % len(self._open)]
        envelope_id = secrets.token_hex(16)
        envelope: JsonObject = {
            "envelope_id": envelope_id,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
        }
        if kind == "events_api":
            envelope["retry_attempt"], envelope["retry_reason"] = retry or (0, "")
        future: asyncio.Future[JsonObject | None] = asyncio.get_running_loop().create_future()
        self._waiting[envelope_id] = (socket, future)
        try:
            await socket.send_str(json.dumps(envelope))
            return await future
        except ConnectionError:
            return None
        finally:
            self._waiting.pop(envelope_id, None)

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask the app to reconnect, as Slack does now and then.

        The old sockets get nothing more, but their acks count.
        """
        leaving, self._open = self._open, []
        self._leaving += leaving
        for socket in leaving:
            await socket.send_str(json.dumps({"type": "disconnect", "reason": reason, "debug_info": {}}))

    async def close(self) -> None:
        """Close all sockets."""
        for socket in [*self._open, *self._leaving]:
            await socket.close()
