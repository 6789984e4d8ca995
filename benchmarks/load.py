"""The load: signed requests over keep-alive connections, as lean as a Python client can be, so that it hides nothing."""

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from benchmarks.processes import SECRET, Child
from benchmarks.standin import WORKSPACE

_triggers = itertools.count(1)
PATH = "/slack/events"


def command(user_id: str, text: str = "") -> bytes:
    """Return the body of `/sessions TEXT` as Slack sends it."""
    return urlencode(
        {
            "token": "x",
            "team_id": WORKSPACE,
            "team_domain": "bench",
            "channel_id": "C0BENCH",
            "channel_name": "general",
            "user_id": user_id,
            "user_name": user_id.lower(),
            "command": "/sessions",
            "text": text,
            "api_app_id": "A0BENCH",
            "is_enterprise_install": "false",
            "response_url": "https://hooks.slack.com/commands/T0BENCH/1/x",
            "trigger_id": f"{next(_triggers)}.1.x",
        }
    ).encode()


def submission(user_id: str, view: dict[str, Any], values: dict[str, Any] | None = None) -> bytes:
    """Return the body of a view_submission of `view` as Slack sends it: what was shown, with Slack's own fields.

    `values` is what its inputs hold.
    """
    return _payload(user_id, view, values or {}, {"type": "view_submission", "response_urls": []})


def choice(user_id: str, view: dict[str, Any], block_id: str, option: dict[str, Any]) -> bytes:
    """Return the body of a choice in the menu of a modal's block; the other menus hold what they showed at first."""
    values: dict[str, dict[str, Any]] = {}
    chosen = {}
    for block in view["blocks"]:
        menu = block.get("accessory") or block.get("element")
        if menu is None:
            continue
        held = {"type": menu["type"], "selected_option": menu.get("initial_option")}
        if block["block_id"] == block_id:
            held["selected_option"] = option
            chosen = {**held, "action_id": menu["action_id"], "block_id": block_id, "action_ts": "1.1"}
        values[block["block_id"]] = {menu["action_id"]: held}
    container = {"type": "view", "view_id": "V0BENCH"}
    return _payload(user_id, view, values, {"type": "block_actions", "container": container, "actions": [chosen]})


def press(user_id: str, view: dict[str, Any], action_id: str, value: str) -> bytes:
    """Return the body of a press on a modal's button."""
    container = {"type": "view", "view_id": "V0BENCH"}
    pressed = {"type": "button", "action_id": action_id, "block_id": "b", "value": value, "action_ts": "1.1"}
    return _payload(user_id, view, {}, {"type": "block_actions", "container": container, "actions": [pressed]})


def overflow(user_id: str, action_id: str, value: str) -> bytes:
    """Return the body of a choice in a menu (three dots) of somebody's Home."""
    option = {"text": {"type": "plain_text", "text": "x"}, "value": value}
    chosen = {
        "type": "overflow",
        "action_id": action_id,
        "block_id": "b",
        "selected_option": option,
        "action_ts": "1.1",
    }
    more = {"type": "block_actions", "container": {"type": "view", "view_id": "V0BENCH"}, "actions": [chosen]}
    return _payload(user_id, {"type": "home", "blocks": [], "private_metadata": "", "callback_id": ""}, {}, more)


def home_opened(user_id: str) -> bytes:
    """Return the body of the event that somebody opened the Home tab."""
    event = {"type": "app_home_opened", "user": user_id, "channel": "D0BENCH", "tab": "home", "event_ts": "1.1"}
    body = {"type": "event_callback", "team_id": WORKSPACE, "api_app_id": "A0BENCH", "token": "x", "event": event}
    return json.dumps(body | {"event_id": f"Ev{next(_triggers)}", "event_time": int(time.time())}).encode()


def _payload(user_id: str, view: dict[str, Any], values: dict[str, Any], more: dict[str, Any]) -> bytes:
    payload = {
        "team": {"id": WORKSPACE, "domain": "bench"},
        "user": {"id": user_id, "username": user_id.lower(), "name": user_id.lower(), "team_id": WORKSPACE},
        "api_app_id": "A0BENCH",
        "token": "x",
        "trigger_id": f"{next(_triggers)}.1.x",
        "view": {
            **view,
            "id": "V0BENCH",
            "team_id": WORKSPACE,
            "state": {"values": values},
            "hash": "1.x",
            "root_view_id": "V0BENCH",
            "app_id": "A0BENCH",
            "bot_id": "B0BOT",
        },
        "is_enterprise_install": False,
        "enterprise": None,
        **more,
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


@dataclass(frozen=True, slots=True)
class Timing:
    """How one round went. `rate` is requests per second, `cpu` the server's processor time per request (ms)."""

    rate: float
    cpu: float
    slowest: float
    bodies: Sequence[bytes]


async def run(server: Child, bodies: Sequence[bytes], *, concurrency: int = 1) -> Timing:
    """Send each body once, `concurrency` at a time. Raises RuntimeError on any answer but 200."""
    waiting = iter([_signed(body, server.port) for body in bodies])
    answers: list[bytes] = []
    slowest = 0.0

    async def one_after_the_other(connection: _Connection, requests: Iterator[bytes]) -> None:
        nonlocal slowest
        for request in requests:
            began = time.perf_counter()
            status, body = await connection.ask(request)
            slowest = max(slowest, time.perf_counter() - began)
            if status != 200:
                raise RuntimeError(f"answered {status}: {body[:500]!r}")
            answers.append(body)

    loop = asyncio.get_running_loop()
    connections = [(await loop.create_connection(_Connection, "127.0.0.1", server.port))[1] for _ in range(concurrency)]
    try:
        used, began = server.cpu(), time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for connection in connections:
                group.create_task(one_after_the_other(connection, waiting))
        took = time.perf_counter() - began
        return Timing(len(bodies) / took, (server.cpu() - used) / len(bodies) * 1000, slowest, answers)
    finally:
        for connection in connections:
            connection.close()


def _signed(body: bytes, port: int) -> bytes:
    stamp = str(int(time.time()))
    signature = hmac.new(SECRET.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    form = "application/json" if body.startswith(b"{") else "application/x-www-form-urlencoded"
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: Slackbot 1.0 (+https://api.slack.com/robots)\r\n"
        f"Accept: application/json,*/*\r\nContent-Type: {form}\r\n"
        f"X-Slack-Request-Timestamp: {stamp}\r\nX-Slack-Signature: v0={signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class _Connection(asyncio.Protocol):
    """One keep-alive connection, one request at a time; understands what our servers answer, and no more of HTTP."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0 or self._answer is None:
            return
        head = bytes(self._buffer[:end]).lower()
        _, given, rest = head.partition(b"content-length:")
        length = int(rest.split(b"\r\n", 1)[0]) if given else 0
        if len(self._buffer) < end + 4 + length:
            return
        body = bytes(self._buffer[end + 4 : end + 4 + length])
        self._buffer.clear()
        if not self._answer.done():
            self._answer.set_result((int(head[9:12]), body))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("the server hung up"))

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send and wait for the answer."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """Hang up."""
        self._transport.close()
