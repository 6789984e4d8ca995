"""The third side: bare aiohttp and the raw driver, with the same queries, the same answer and the same call to Slack.

`python -m benchmarks.ceiling MODE`, settings in the environment as for `python -m bot serve`; MODE as in benchmarks/bare.py.
No signature is checked, nothing is rendered, nothing is told afterwards: what is left is what Python and the database cost.
"""

import asyncio
import json
import os
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import parse_qs

import aiohttp
import asyncpg
from aiohttp import web
from sqlalchemy import make_url

from benchmarks.recorded import Raw

Answer = Callable[[dict[str, Any]], Awaitable[web.Response]]


class Database(Protocol):
    """A database as its driver knows it."""

    async def run(self, statements: Sequence[Raw], replace: Mapping[Any, Any], *, writes: bool) -> None:
        """Ask all of it in one transaction, and fetch what comes back."""


class Sqlite:
    """The standard library's module, on the event loop itself: there is no thread to hop to."""

    def __init__(self, url: str) -> None:
        self._connection = sqlite3.connect(str(make_url(url).database), isolation_level=None)
        for pragma in ("busy_timeout = 2000", "journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            self._connection.execute(f"PRAGMA {pragma}")

    async def run(self, statements: Sequence[Raw], replace: Mapping[Any, Any], *, writes: bool) -> None:
        """Ask all of it in one transaction."""
        self._connection.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
        for one in statements:
            if one.many:
                self._connection.executemany(one.sql, one.values)
            else:
                self._connection.execute(one.sql, one.given(replace)).fetchall()
        self._connection.execute("COMMIT")


class Postgres:
    """A pool of asyncpg's."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def run(self, statements: Sequence[Raw], replace: Mapping[Any, Any], *, writes: bool) -> None:
        """Ask all of it in one transaction."""
        isolation = {} if writes else {"isolation": "repeatable_read", "readonly": True}
        async with self._pool.acquire() as connection, connection.transaction(**isolation):
            for one in statements:
                if one.many:
                    await connection.executemany(one.sql, one.values)
                else:
                    await connection.fetch(one.sql, *one.given(replace))


async def _as_it_is(_connection: object) -> None:
    """Ask nothing of a connection that comes back."""


async def open_database(url: str) -> Database:
    """Open what an SQLAlchemy URL names."""
    where = make_url(url)
    if where.get_backend_name() == "sqlite":
        return Sqlite(url)
    # The same limit as ours has, and no reset between two requests.
    pool = await asyncpg.create_pool(
        host=where.host,
        port=where.port,
        user=where.username,
        database=where.database,
        min_size=1,
        max_size=10,
        reset=_as_it_is,
    )
    return Postgres(pool)


class Ceiling:
    """Answers requests of one kind."""

    def __init__(self, database: Database, session: aiohttp.ClientSession) -> None:
        self._database, self._session = database, session
        self._api = os.environ["SLACK_API_URL"]
        self._headers = {"Authorization": f"Bearer {os.environ['SLACK_BOT_TOKEN']}"}

    async def answering(self, mode: str) -> Answer:
        """Prepare what MODE needs: what ours asks of the database, and one answer of the same content."""
        from storage import create_engines

        engines = create_engines(os.environ["DATABASE_URL"])
        try:
            return await {"list": self._list, "cancel": self._cancel, "book": self._book}[mode](engines)
        finally:
            await engines.dispose()

    async def _list(self, engines: Any) -> Answer:
        from benchmarks.recorded import list_statements, list_view_for
        from benchmarks.world import client_id

        who = client_id(0)
        asked, view = (await list_statements(engines, who)).raw, json.dumps(await list_view_for(engines, who))

        async def answer(form: dict[str, Any]) -> web.Response:
            await self._database.run(asked, {who: form["user_id"][0]}, writes=False)
            await self._call("views.open", trigger_id=form["trigger_id"][0], view=view)
            return web.Response()

        return answer

    async def _cancel(self, engines: Any) -> Answer:
        from benchmarks.recorded import cancel_statements

        asked, view = await cancel_statements(engines)
        body = json.dumps({"response_action": "update", "view": view}).encode()

        async def answer(form: dict[str, Any]) -> web.Response:
            draft = json.loads(json.loads(form["payload"][0])["view"]["private_metadata"])["draft"]
            await self._database.run(asked[draft].raw, {}, writes=True)
            return web.Response(body=body, content_type="application/json")

        return answer

    async def _book(self, engines: Any) -> Answer:
        from benchmarks.calendars import TYPE_ID
        from benchmarks.recorded import booking_statements, booking_view_for
        from benchmarks.world import COACHES, client_id

        asked, booking = await booking_statements(engines, client_id(0), COACHES[0], TYPE_ID)
        view = json.dumps(booking_view_for(booking, client_id(0)))

        async def answer(form: dict[str, Any]) -> web.Response:
            shown = json.loads(form["payload"][0])["view"]
            await self._database.run(asked.raw, {}, writes=False)
            await self._call("views.update", view_id=shown["id"], hash=shown["hash"], view=view)
            return web.Response()

        return answer

    async def _call(self, method: str, **fields: str) -> None:
        async with self._session.post(self._api + method, data=fields, headers=self._headers) as response:
            told = await response.json()
        if not told["ok"]:
            raise RuntimeError(f"{method}: {told}")


async def _serve(mode: str) -> None:
    database = await open_database(os.environ["DATABASE_URL"])
    async with aiohttp.ClientSession() as session:
        answer = await Ceiling(database, session).answering(mode)

        async def handle(request: web.Request) -> web.Response:
            return await answer(parse_qs(await request.text()))

        async def ready(_request: web.Request) -> web.Response:
            return web.Response()

        app = web.Application()
        app.add_routes([web.post("/slack/events", handle), web.get("/readyz", ready)])
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", int(os.environ["PORT"])).start()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
