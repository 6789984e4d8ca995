"""What our bot asks and answers, request by request, so that a bare app can ask and answer exactly the same.

Each request goes through the product's own handlers once to warm up, and once more to be noted. Nothing is kept: what
they would commit is rolled back.
"""

import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import Executable, event
from sqlalchemy.ext.asyncio import AsyncConnection

import handlers
from benchmarks.standin import WORKSPACE
from bot.inbound import parse
from coaching.actions import browse
from coaching.clock import SystemClock
from coaching.sessions import Actor
from storage import Engines, SqlStore, create_engines
from storage.repositories.queries import SqlQueries
from storage.unit_of_work import SqlUnitOfWork


@dataclass(frozen=True, slots=True)
class Statement:
    """One Core statement with its parameters: one set, or several for an executemany."""

    statement: Executable
    parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]]

    async def ask(self, connection: AsyncConnection) -> None:
        """Execute it and fetch what it returns."""
        result = await connection.execute(self.statement, self.parameters)
        if result.returns_rows:
            result.all()


@dataclass(frozen=True, slots=True)
class Raw:
    """What the driver was given: SQL in the database's own words, and one set of values, or several for an executemany."""

    sql: str
    values: Any
    many: bool


@dataclass(frozen=True, slots=True)
class Recording:
    """The same requests as SQLAlchemy and as the driver got them, in one transaction."""

    asked: list[Statement]
    raw: list[Raw]
    writes: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A call to Slack: the method, and what was sent as JSON."""

    method: str
    sent: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Script:
    """Everything that one request causes until it is answered: transactions in their order, calls, and the answer's body."""

    transactions: list[Recording] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    answer: list[str] = field(default_factory=list)


@contextmanager
def recording(engines: Engines) -> Iterator[Recording]:
    """Collect what is executed meanwhile."""
    found = Recording([], [])
    with _listening(engines, lambda: found):
        yield found


@contextmanager
def _listening(engines: Engines, where: Any) -> Iterator[None]:
    def note(_connection: object, clause: Executable, many: Any, one: Any, _options: object) -> None:
        where().asked.append(Statement(clause, list(many) if many else dict(one)))

    def note_raw(_connection: object, _cursor: object, sql: str, values: Any, _context: object, many: bool) -> None:
        if not sql.startswith(("BEGIN", "PRAGMA")):
            where().raw.append(Raw(sql, values, many))

    # On PostgreSQL the reader is the writer with other options: what is asked of it is heard by whoever listens there.
    apart = engines.reader.sync_engine.pool is not engines.writer.sync_engine.pool
    sides = [engines.writer.sync_engine, *([engines.reader.sync_engine] if apart else [])]
    for engine in sides:
        event.listen(engine, "before_execute", note)
        event.listen(engine, "before_cursor_execute", note_raw)
    try:
        yield
    finally:
        for engine in sides:
            event.remove(engine, "before_execute", note)
            event.remove(engine, "before_cursor_execute", note_raw)


async def list_statements(engines: Engines, user_id: str) -> Recording:
    """Return what `/sessions` asks once the process is warm (policies are immutable and read once)."""
    store = SqlStore(engines)
    for _ in range(2):
        with recording(engines) as asked:
            page = await browse.list_sessions(store, SystemClock(), Actor(WORKSPACE, user_id))
    assert page.rows
    return asked


async def scripts(url: str, bodies: Sequence[str], *, api_url: str, token: str) -> dict[str, Script]:
    """Return, for each body that Slack would send, what it causes. Raises RuntimeError for one that fails."""
    engines = create_engines(url)
    try:
        async with aiohttp.ClientSession() as session:
            recorder = _Recorder(engines, session, api_url=api_url, token=token)
            return {body: await recorder.script(body.encode()) for body in bodies}
    finally:
        await engines.dispose()


class _Recorder:
    def __init__(self, engines: Engines, session: aiohttp.ClientSession, *, api_url: str, token: str) -> None:
        self._script = Script()
        self._session = session
        self._engines = engines
        self._constants: dict[Any, Executable] = {}
        client = AsyncWebClient(token=token, base_url=api_url, session=self, retry_handlers=[])  # type: ignore[arg-type]
        self._app = AsyncApp(
            client=client, process_before_response=True, request_verification_enabled=False, ssl_check_enabled=False
        )
        store = _DryStore(engines, self._began)
        handlers.register(self._app, store=store, clock=SystemClock(), spawn=lambda work: work.close())

    async def script(self, body: bytes) -> Script:
        for _ in range(2):
            self._script = script = Script()
            with _listening(self._engines, lambda: self._script.transactions[-1]):
                request = parse(body, headers={})
                answer = await self._app.async_dispatch(request)
            if answer.status != 200:
                raise RuntimeError(f"a recorded request was answered with {answer.status}")
            script.answer.append(answer.body)
        for one in script.transactions:
            one.asked[:] = [Statement(self._constant(it.statement), it.parameters) for it in one.asked]
        return script

    @property
    def closed(self) -> bool:
        """Slack's client asks its session for that."""
        return self._session.closed

    def request(self, method: str, url: str, **arguments: Any) -> Any:
        """Note a call, and make it."""
        name = url.rpartition("/")[2]
        if name.startswith("views."):
            self._script.calls.append(Call(name, arguments["json"]))
        elif name != "auth.test":
            raise RuntimeError(f"{name} is called for a person who should be known")
        return self._session.request(method, url, **arguments)

    def _began(self, *, writes: bool) -> None:
        self._script.transactions.append(Recording([], [], writes))

    def _constant(self, statement: Any) -> Executable:
        """Return one object for equal statements, as a bare handler would keep them in a constant."""
        key = statement._generate_cache_key()  # noqa: SLF001 - what SQLAlchemy itself tells statements apart by
        if key is None:
            return statement  # type: ignore[no-any-return]
        literals = tuple(bind.value for bind in key.bindparams if not bind.required)
        try:
            return self._constants.setdefault((key.key, literals), statement)
        except TypeError:  # a literal that cannot be hashed
            return statement  # type: ignore[no-any-return]


class _DryUnit(SqlUnitOfWork):
    async def commit(self) -> None:
        await self.transaction.connection.rollback()


class _DryStore(SqlStore):
    """Tells `began` of each transaction, and commits none."""

    def __init__(self, engines: Engines, began: Any) -> None:
        super().__init__(engines)
        self._began = began

    @asynccontextmanager
    async def read(self, workspace_id: str) -> AsyncIterator[SqlQueries]:
        self._began(writes=False)
        async with super().read(workspace_id) as queries:
            yield queries

    @asynccontextmanager
    async def write(self, workspace_id: str) -> AsyncIterator[SqlUnitOfWork]:
        self._began(writes=True)
        async with super().write(workspace_id) as uow:
            yield _DryUnit(uow.transaction, workspace_id, lambda: None)


def read_bodies(path: str) -> list[str]:
    """Return the bodies in a file that `benchmarks.contest` wrote."""
    found: list[str] = json.loads(Path(path).read_text())
    return found
