"""Socket Mode over a real WebSocket: envelopes in, acknowledgements out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import structlog.testing
from aiohttp import web
from prometheus_client import CollectorRegistry
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bot import socket_mode
from bot.inbound import Dispatcher
from bot.metrics import Metrics
from bot.socket_mode import AppTokenRefused, SocketLink
from tests.support import patience


class Socket:
    """Slack's end: opens a WebSocket for whoever asks, sends envelopes and keeps the answers."""

    def __init__(self) -> None:
        self.connected: asyncio.Future[web.WebSocketResponse] = asyncio.get_running_loop().create_future()
        self.answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.tokens: list[str] = []
        self.base = ""
        self.refusal: dict[str, Any] | None = None
        self.down = self.unlinked = 0

    async def open(self, request: web.Request) -> web.Response:
        self.tokens.append(request.headers["Authorization"])
        if self.refusal is not None:
            return web.json_response({"ok": False, **self.refusal})
        if self.down:
            self.down -= 1
            return web.Response(status=503)
        return web.json_response({"ok": True, "url": self.base.replace("http", "ws") + "link"})

    async def link(self, request: web.Request) -> web.StreamResponse:
        if self.unlinked:
            self.unlinked -= 1
            return web.Response(status=502)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.connected.set_result(socket)
        async for message in socket:
            await self.answers.put(message.json())
        return socket

    async def send(self, envelope_id: str, payload: Any) -> None:
        envelope = {
            "type": "interactive",
            "envelope_id": envelope_id,
            "payload": payload,
            "accepts_response_payload": True,
        }
        await (await self.connected).send_json(envelope)


@asynccontextmanager
async def slack_socket() -> AsyncIterator[Socket]:
    socket = Socket()
    app = web.Application()
    app.router.add_post("/apps.connections.open", socket.open)
    app.router.add_get("/link", socket.link)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    socket.base = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        yield socket
    finally:
        await runner.cleanup()


@pytest.fixture
def app() -> AsyncApp:
    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="xoxb-made-up")

    app = AsyncApp(
        authorize=authorize, request_verification_enabled=False, ssl_check_enabled=False, process_before_response=True
    )

    @app.command("/sessions")
    async def command(ack: Any, command: dict[str, Any]) -> None:
        if command["text"] == "break":
            raise RuntimeError("secret detail")
        await ack("here you are")

    @app.event("team_join")
    async def event() -> None:
        raise RuntimeError("secret detail")

    return app


def link(app: AsyncApp, slack: Socket, metrics: Metrics | None = None) -> SocketLink:
    metrics = metrics or Metrics(CollectorRegistry())
    return SocketLink(Dispatcher(app, metrics), metrics, app_token="xapp-made-up", api_url=slack.base)


async def test_envelopes_are_answered_like_requests_and_a_failed_event_is_left_for_a_retry(app: AsyncApp) -> None:
    metrics = Metrics(CollectorRegistry())
    command = {"command": "/sessions", "text": "", "user_id": "U1", "team_id": "T1"}
    event = {"type": "event_callback", "team_id": "T1", "event": {"type": "team_join", "user": {"id": "U2"}}}
    async with slack_socket() as slack:
        async with link(app, slack, metrics).running():
            async with asyncio.timeout(patience.SECONDS):
                await slack.send("1", command)
                assert await slack.answers.get() == {"envelope_id": "1", "payload": {"text": "here you are"}}
                await slack.send("2", {**command, "text": "break"})
                failed = await slack.answers.get()
                assert "reference" in failed["payload"]["text"]
                assert "secret" not in failed["payload"]["text"]
                await slack.send("3", event)
                await slack.send("4", {"type": "block_actions", "actions": 5})
                assert await slack.answers.get() == {"envelope_id": "4"}
        assert slack.tokens == ["Bearer xapp-made-up"]
    assert metrics.registry.get_sample_value("sessions_requests_failed_total", {"kind": "event"}) == 1
    assert metrics.registry.get_sample_value("sessions_request_seconds_count", {"kind": "command"}) == 2


async def test_an_app_token_that_slack_does_not_accept_is_said_at_once(app: AsyncApp) -> None:
    async with slack_socket() as slack:
        slack.refusal = {"error": "invalid_auth"}
        with pytest.raises(AppTokenRefused, match="invalid_auth"):
            async with link(app, slack).running():
                pytest.fail("it runs")


async def test_it_waits_for_slack_to_come_back_with_one_line_and_no_traceback(
    app: AsyncApp, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(socket_mode, "AGAIN_SECONDS", 0.01)
    async with slack_socket() as slack:
        slack.down, slack.unlinked = 3, 2
        connection = link(app, slack)
        with structlog.testing.capture_logs() as lines:
            async with connection.running(), asyncio.timeout(patience.SECONDS):
                assert "not connected" in str(connection.state())
                await slack.send("1", {"command": "/sessions", "text": "", "user_id": "U1", "team_id": "T1"})
                assert (await slack.answers.get())["envelope_id"] == "1"
                assert connection.state() is True
        # Each address is good for one try, so a new one is asked for.
        assert len(slack.tokens) == 6
    assert [line["log_level"] for line in lines if "reached" in line["event"]] == ["warning"]
    assert not [record for record in caplog.records if record.exc_info]


async def test_what_is_under_way_when_the_bot_stops_is_answered_and_nothing_new_is_taken(app: AsyncApp) -> None:
    arrived, go = asyncio.Event(), asyncio.Event()

    @app.command("/slow")
    async def slow(ack: Any) -> None:
        arrived.set()
        await go.wait()
        await ack("done")

    command = {"command": "/slow", "text": "", "user_id": "U1", "team_id": "T1"}
    async with slack_socket() as slack, asyncio.timeout(patience.SECONDS):
        leaving = asyncio.Event()

        async def run() -> None:
            async with link(app, slack).running():
                await leaving.wait()

        running = asyncio.create_task(run())
        await slack.send("1", command)
        await arrived.wait()
        leaving.set()
        await asyncio.sleep(0)
        await slack.send("2", command)
        go.set()
        await running
        assert await slack.answers.get() == {"envelope_id": "1", "payload": {"text": "done"}}
        assert slack.answers.empty()
