"""The other side: Bolt as its documentation shows it, with our settings, and nothing around it.

`python -m benchmarks.bare MODE [FILE]`, settings in the environment as for `python -m bot serve`. In the mode `plain` the
handler opens a small static modal. In the mode `played` it knows each of the requests in FILE, and does for it what our bot
was recorded to do: the same queries in the same transactions, the same calls to Slack with the same content, and the same
answer, all of which it has at hand. So what differs is our code, and not how many bytes go over the wire.
"""

# The figures about starting and memory compare with a process that imports the same libraries, used or not.
import asyncio
import json
import os
import re
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import alembic.command  # noqa: F401
import apscheduler.schedulers.asyncio  # noqa: F401
import asyncpg  # noqa: F401
import babel.dates  # noqa: F401
import orjson  # noqa: F401
import prometheus_client  # noqa: F401
import pydantic_settings  # noqa: F401
import rich.console  # noqa: F401
import sqlalchemy.ext.asyncio  # noqa: F401
import structlog  # noqa: F401
import typer  # noqa: F401
import yaml  # noqa: F401
from aiohttp import web
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

Handler = Callable[[AsyncAck, AsyncBoltRequest, AsyncWebClient], Awaitable[None]]
MODAL = {
    "type": "modal",
    "callback_id": "static",
    "title": {"type": "plain_text", "text": "Sessions"},
    "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "*Leadership coaching* with Coach Number 1"}}]
    * 10,
}


async def _plain(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
    await client.views_open(trigger_id=body["trigger_id"], view=MODAL)
    await ack()


async def _played() -> Handler:
    """Return the handler that asks and answers as ours was recorded to do."""
    from benchmarks.recorded import read_bodies, scripts
    from benchmarks.usual import usual_engines

    url = os.environ["DATABASE_URL"]
    usual = usual_engines(url)
    known = await scripts(
        url, read_bodies(sys.argv[2]), api_url=os.environ["SLACK_API_URL"], token=os.environ["SLACK_BOT_TOKEN"]
    )

    async def handler(ack: AsyncAck, request: AsyncBoltRequest, client: AsyncWebClient) -> None:
        script = known[request.raw_body]
        for one in script.transactions:
            async with (usual.writer if one.writes else usual.reader).connect() as connection:
                for statement in one.asked:
                    await statement.ask(connection)
                if one.writes:
                    await connection.commit()
        for call in script.calls:
            await client.api_call(call.method, json=dict(call.sent))
        if script.answer[0]:
            await ack(**json.loads(script.answer[0]))
        else:
            await ack()

    return handler


async def _serve(mode: str) -> None:
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(
            token=os.environ["SLACK_BOT_TOKEN"],
            base_url=os.environ["SLACK_API_URL"],
            session=session,
            retry_handlers=[],
        )
        app = AsyncApp(client=client, signing_secret=os.environ["SLACK_SIGNING_SECRET"], process_before_response=True)
        if mode == "plain":
            app.command("/sessions")(_plain)
        else:
            handler, anything = await _played(), re.compile("")
            app.command("/sessions")(handler)
            app.view(anything)(handler)
            app.action(anything)(handler)
            app.event("app_home_opened")(handler)
        web_app = app.web_app(path="/slack/events")
        web_app.router.add_get("/readyz", _ready)
        runner = web.AppRunner(web_app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", int(os.environ["PORT"])).start()
        await asyncio.Event().wait()


async def _ready(_request: web.Request) -> web.Response:
    return web.json_response({"status": "ready"})


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
