"""Delivers commands, interactions and events to the app by signed HTTP or Socket Mode.

It has three seconds to answer.
"""

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

import aiohttp

from playground.json_types import Json, JsonObject
from playground.socket_mode import SocketMode
from playground.traffic import Traffic

Kind = Literal["command", "interactive", "event"]
ACK_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Ack:
    """The app's answer. `error` is Slack's error code, if anything went wrong. `ms` is milliseconds."""

    status: int | None
    body: bytes
    ms: float
    error: str | None = None
    headers: JsonObject | None = None

    @property
    def ok(self) -> bool:
        """Whether the app acknowledged."""
        return self.error is None

    def payload(self) -> Json:
        """Return the answer as JSON, or None if it is empty, and the text itself if it is not JSON."""
        text = self.body.decode("utf-8", "replace").strip()
        if not text:
            return None
        try:
            return json.loads(text)
        except ValueError:
            return text


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return Slack's v0 request signature."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


class Dispatcher:
    """Sends payloads to the app and records the exchanges."""

    def __init__(
        self,
        traffic: Traffic,
        socket: SocketMode,
        *,
        signing_secret: str,
        request_url: str | None,
        prefer_socket: bool,
        ack_seconds: float = ACK_SECONDS,
    ) -> None:
        self._traffic = traffic
        self._socket = socket
        self._secret = signing_secret
        self.request_url = request_url
        self._app_there = asyncio.Event()
        self._app_there.set()
        self._prefer_socket = prefer_socket
        self.ack_seconds = ack_seconds
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open the HTTP client."""
        # Slack sends no cookies, and a limit on connections would make a slow app look slower than it is.
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=True
        )

    async def stop(self) -> None:
        """Close the HTTP client."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def hold(self) -> None:
        """Hold back what is sent from now on until `go_on`: the app is restarting."""
        self._app_there.clear()

    def go_on(self, request_url: str | None) -> None:
        """Send to this URL from now on, including what was held back."""
        self.request_url = request_url
        self._app_there.set()

    async def deliver(
        self,
        kind: Kind,
        name: str,
        payload: JsonObject,
        *,
        user: str | None = None,
        retry: tuple[int, str] | None = None,
    ) -> Ack:
        """Send one payload and wait for the answer, at most the ack limit."""
        await self._app_there.wait()
        started = time.perf_counter()
        by_socket = self._prefer_socket or self.request_url is None
        if by_socket:
            status, body, headers, error = await self._by_socket(kind, payload, retry)
        else:
            status, body, headers, error = await self._by_http(kind, payload, retry)
        ack = Ack(status, body, round((time.perf_counter() - started) * 1000, 3), error, headers)
        self._traffic.add(
            "to_app",
            kind,
            name,
            via="socket" if by_socket else "http",
            status=status,
            ms=ack.ms,
            ok=ack.ok,
            error=error,
            user=user,
            retry=retry[0] if retry else 0,
            request=payload,
            response=ack.payload(),
        )
        return ack

    async def verify(self) -> bool:
        """Challenge the request URL as Slack does when it is set.

        Return whether the app answered with the challenge.
        """
        challenge = secrets.token_urlsafe(24)
        payload: JsonObject = {"token": "playground-verification", "challenge": challenge, "type": "url_verification"}
        answer = (await self.deliver("event", "url_verification", payload)).payload()
        return challenge in (answer, answer.get("challenge") if isinstance(answer, dict) else None)

    async def _by_http(
        self, kind: Kind, payload: JsonObject, retry: tuple[int, str] | None
    ) -> tuple[int | None, bytes, JsonObject | None, str | None]:
        assert self._session is not None, "the playground is not serving"  # noqa: S101 - a programming mistake
        assert self.request_url is not None  # noqa: S101 - the caller chose HTTP because it is set
        content_type = "application/x-www-form-urlencoded"
        if kind == "command":
            body = urlencode(payload).encode()
        elif kind == "interactive":
            body = urlencode({"payload": json.dumps(payload)}).encode()
        else:
            content_type = "application/json"
            body = json.dumps(payload).encode()
        timestamp = str(int(time.time()))
        headers = {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature(self._secret, timestamp, body),
        }
        if retry is not None:
            headers["X-Slack-Retry-Num"], headers["X-Slack-Retry-Reason"] = str(retry[0]), retry[1]
        try:
            async with self._session.post(
                self.request_url,
                data=body,
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=self.ack_seconds),
            ) as response:
                answer = await response.read()
        except TimeoutError:
            return None, b"", None, "operation_timeout"
        except (aiohttp.ClientError, OSError):
            return None, b"", None, "dispatch_failed"
        error = None
        if response.status >= 500:
            error = "http_service_error"
        elif response.status != 200:
            error = "http_client_error"
        return response.status, answer, dict(response.headers), error

    async def _by_socket(
        self, kind: Kind, payload: JsonObject, retry: tuple[int, str] | None
    ) -> tuple[int | None, bytes, JsonObject | None, str | None]:
        envelope = {"command": "slash_commands", "interactive": "interactive", "event": "events_api"}[kind]
        try:
            async with asyncio.timeout(self.ack_seconds):
                answer = await self._socket.send(envelope, payload, retry)
        except TimeoutError:
            return None, b"", None, "operation_timeout"
        if answer is None:
            return None, b"", None, "dispatch_failed"
        content = answer.get("payload")
        return 200, b"" if content in (None, "", {}) else json.dumps(content).encode(), None, None
