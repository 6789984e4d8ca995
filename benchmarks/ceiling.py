"""The third side: bare aiohttp and the raw driver, with the same queries, the same answer and the same call to Slack.

`python -m benchmarks.ceiling FILE`, settings in the environment as for `python -m bot serve`; FILE as in benchmarks/bare.py.
No signature is checked, nothing is rendered, nothing is told afterwards: what is left is what Python and the database cost.
"""

import asyncio
import os
import sqlite3
import sys
from collections.abc import Mapping
from typing import Any, Protocol

import aiohttp
import asyncpg
import orjson
from aiohttp import web
from sqlalchemy import make_url

from benchmarks.recorded import Recording, Script, read_bodies, scripts


class Database(Protocol):
    """A database as its driver knows it."""

    async def run(self, transaction: Recording) -> None:
        """Ask all of it in one transaction, and fetch what comes back."""


class Sqlite:
    """The standard library's module, on the event loop itself: there is no thread to hop to."""

    def __init__(self, url: str) -> None:
        self._connection = sqlite3.connect(str(make_url(url).database), isolation_level=None)
        for pragma in ("busy_timeout = 2000", "journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            self._connection.execute(f"PRAGMA {pragma}")

    async def run(self, transaction: Recording) -> None:
        """Ask all of it in one transaction."""
        self._connection.execute("BEGIN IMMEDIATE" if transaction.writes else "BEGIN")
        for one in transaction.raw:
            if one.many:
                self._connection.executemany(one.sql, one.values)
            else:
                self._connection.execute(one.sql, one.values).fetchall()
        self._connection.execute("COMMIT")


class Postgres:
    """A pool of asyncpg's."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def run(self, transaction: Recording) -> None:
        """Ask all of it in one transaction."""
        isolation = {} if transaction.writes else {"isolation": "repeatable_read", "readonly": True}
        async with self._pool.acquire() as connection, connection.transaction(**isolation):
            for one in transaction.raw:
                if one.many:
                    await connection.executemany(one.sql, one.values)
                else:
                    await connection.fetch(one.sql, *one.values)


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
    """Answers the requests in a file as ours was recorded to do."""

    def __init__(self, database: Database, session: aiohttp.ClientSession, known: Mapping[str, Script]) -> None:
        self._database, self._session, self._known = database, session, known
        self._api = os.environ["SLACK_API_URL"]
        self._headers = {
            "Authorization": f"Bearer {os.environ['SLACK_BOT_TOKEN']}",
            "Content-Type": "application/json;charset=utf-8",
        }

    async def answer(self, request: web.Request) -> web.Response:
        """Ask, tell Slack, and answer."""
        script = self._known[await request.text()]
        for one in script.transactions:
            await self._database.run(one)
        for call in script.calls:
            async with self._session.post(
                self._api + call.method, data=orjson.dumps(call.sent), headers=self._headers
            ) as response:
                told = await response.json()
            if not told["ok"]:
                raise RuntimeError(f"{call.method}: {told}")
        return web.Response(
            text=script.answer[0], content_type="application/json" if script.answer[0] else "text/plain"
        )


async def _serve(bodies: str) -> None:
    url = os.environ["DATABASE_URL"]
    known = await scripts(
        url, read_bodies(bodies), api_url=os.environ["SLACK_API_URL"], token=os.environ["SLACK_BOT_TOKEN"]
    )
    database = await open_database(url)
    async with aiohttp.ClientSession() as session:
        ceiling = Ceiling(database, session, known)

        async def ready(_request: web.Request) -> web.Response:
            return web.Response()

        app = web.Application()
        app.add_routes([web.post("/slack/events", ceiling.answer), web.get("/readyz", ready)])
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", int(os.environ["PORT"])).start()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
