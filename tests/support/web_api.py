"""The least of a Slack Web API for tests of the process: answers what it is told, and keeps what was asked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web


class WebApi:
    """Answers each method with the JSON in `answers` (else ok) and counts the calls."""

    def __init__(self) -> None:
        self.answers: dict[str, dict[str, Any]] = {}
        self.calls: list[str] = []
        self.response_url_texts: list[str] = []
        self.base = ""

    async def method(self, request: web.Request) -> web.Response:
        """Any Web API method."""
        name = request.match_info["method"]
        self.calls.append(name)
        return web.json_response(
            self.answers.get(name, {"ok": True}), headers={"x-oauth-scopes": "commands,chat:write"}
        )

    async def response_url(self, request: web.Request) -> web.Response:
        """A response_url: where Bolt tells a person why a command was refused."""
        self.response_url_texts.append((await request.json())["text"])
        return web.Response(text="ok")


@asynccontextmanager
async def web_api() -> AsyncIterator[WebApi]:
    """Serve a WebApi on a free port of this machine; `base` is its SLACK_API_URL."""
    api = WebApi()
    app = web.Application()
    app.router.add_post("/api/{method}", api.method)
    app.router.add_post("/response/{id}", api.response_url)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    api.base = f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    try:
        yield api
    finally:
        await runner.cleanup()
