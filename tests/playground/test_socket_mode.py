"""Socket Mode with Slack's own client and Bolt's own handler."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from tests.playground.conftest import APP_TOKEN, Play, Stage
from tests.playground.kit import home, modal, plain, section, text_input
from tests.support import patience

Json = dict[str, Any]


@asynccontextmanager
async def connected(stage: Stage) -> AsyncIterator[SocketModeClient]:
    """Bolt's handler with an open socket to the playground."""
    handler = AsyncSocketModeHandler(stage.app, APP_TOKEN)
    client = handler.client
    client.web_client = AsyncWebClient(token=APP_TOKEN, base_url=stage.pg.api_url)
    await handler.connect_async()
    await stage.pg.person("U1").wait_for(lambda _: stage.pg.socket.connections == 1)
    try:
        yield client
    finally:
        await handler.close_async()


async def test_commands_submissions_and_events_go_over_the_socket(play: Play) -> None:
    async with play(request_url=None) as stage:

        @stage.app.command("/tiny")
        async def tiny(ack: Any, command: Json, client: Any) -> None:
            form = modal(text_input("Note", "note"), submit=plain("Go"))
            await client.views_open(trigger_id=command["trigger_id"], view=form)
            await ack()

        @stage.app.view("tiny")
        async def submit(ack: Any) -> None:
            await ack(response_action="errors", errors={"note": "Not like this"})

        @stage.app.event("app_home_opened")
        async def opened(event: Json, client: Any) -> None:
            await client.views_publish(user_id=event["user"], view=home(section("Over the socket")))

        async with connected(stage):
            anna = stage.pg.person("U1")
            assert (await anna.command("/tiny"))["error"] is None
            await anna.fill("Note", "x")
            assert (await anna.submit())["outcome"] == "errors"
            assert anna.modal is not None
            assert anna.modal.errors == {"note": "Not like this"}
            await anna.close()
            assert (await anna.home()).lines == ["Over the socket"]
            assert {entry["via"] for entry in await anna.traffic(direction="to_app")} == {"socket"}


async def test_the_app_reconnects_when_it_is_asked_to(play: Play) -> None:
    async with play(request_url=None) as stage:

        @stage.app.command("/tiny")
        async def tiny(ack: Any) -> None:
            await ack("Here again")

        async with connected(stage):
            anna = stage.pg.person("U1")
            opened = len(await anna.traffic(name="apps.connections.open"))
            await anna.post("socket/disconnect")

            async def reopened(_: Any) -> bool:
                return (
                    len(await anna.traffic(name="apps.connections.open")) > opened and stage.pg.socket.connections == 1
                )

            await anna.wait_for(reopened, timeout=patience.SECONDS)
            await anna.command("/tiny")
            assert (await anna.dms())[-1].text == "Here again"


async def test_without_a_socket_nobody_is_there(play: Play) -> None:
    async with play(request_url=None) as stage:
        assert (await stage.pg.person("U1").command("/tiny"))["error"] == "dispatch_failed"


async def test_only_an_app_token_opens_a_socket(stage: Stage) -> None:
    with pytest.raises(SlackApiError, match="not_allowed_token_type"):
        await stage.client.apps_connections_open(app_token=stage.client.token or "")
