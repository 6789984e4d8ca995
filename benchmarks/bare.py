"""The other side: Bolt as its documentation shows it, with our settings, and nothing around it.

`python -m benchmarks.bare MODE`, settings in the environment as for `python -m bot serve`. MODE says what the handler does
before it answers: `plain` opens a small static modal; `list` runs what our /sessions asks of the database and opens a static
modal of the same content as ours; `cancel` runs what our confirmation asks, in one transaction, and answers with a static
view of the same content as ours; `book` runs what our booking dialog asks when another day is chosen, and puts a static view
of the same content in its place. So what differs is our code, and not how many bytes go over the wire.
"""

# The figures about starting and memory compare with a process that imports the same libraries, used or not.
import asyncio
import json
import os
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
from slack_sdk.web.async_client import AsyncWebClient

Handler = Callable[[AsyncAck, dict[str, Any], AsyncWebClient], Awaitable[None]]
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


async def _list_handler() -> Handler:
    from benchmarks.recorded import list_statements, list_view_for
    from benchmarks.usual import usual_engines
    from benchmarks.world import client_id
    from storage import create_engines

    engines, usual = create_engines(os.environ["DATABASE_URL"]), usual_engines(os.environ["DATABASE_URL"])
    recorded_for = client_id(0)
    asked = await list_statements(engines, recorded_for)
    modal = await list_view_for(engines, recorded_for)

    async def handler(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        replace = {recorded_for: body["user_id"]}
        async with usual.reader.connect() as connection:
            for one in asked.asked:
                await one.ask(connection, replace)
        await client.views_open(trigger_id=body["trigger_id"], view=modal)
        await ack()

    return handler


async def _cancel_handler() -> Handler:
    from benchmarks.recorded import cancel_statements
    from benchmarks.usual import usual_engines
    from storage import create_engines

    engines, usual = create_engines(os.environ["DATABASE_URL"]), usual_engines(os.environ["DATABASE_URL"])
    asked, view = await cancel_statements(engines)

    async def handler(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:  # noqa: ARG001
        draft_id = json.loads(body["view"]["private_metadata"])["draft"]
        async with usual.writer.connect() as connection:
            for one in asked[draft_id].asked:
                await one.ask(connection)
            await connection.commit()
        await ack(response_action="update", view=view)

    return handler


async def _book_handler() -> Handler:
    from benchmarks.calendars import TYPE_ID
    from benchmarks.recorded import booking_statements, booking_view_for
    from benchmarks.usual import usual_engines
    from benchmarks.world import COACHES, client_id
    from storage import create_engines

    engines, usual = create_engines(os.environ["DATABASE_URL"]), usual_engines(os.environ["DATABASE_URL"])
    asked, booking = await booking_statements(engines, client_id(0), COACHES[0], TYPE_ID)
    view = booking_view_for(booking, client_id(0))

    async def handler(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        async with usual.reader.connect() as connection:
            for one in asked.asked:
                await one.ask(connection)
        await client.views_update(view_id=body["view"]["id"], hash=body["view"]["hash"], view=view)
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
        if mode == "cancel":
            from handlers.ids import Callback

            app.view(Callback.CONFIRM)(await _cancel_handler())
        elif mode == "book":
            from handlers.ids import Action

            app.action(Action.BOOK_DAY)(await _book_handler())
        else:
            app.command("/sessions")(await _list_handler() if mode == "list" else _plain)
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
