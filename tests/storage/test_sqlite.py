"""SQLite's connections: how often they go to their thread, and what they leave behind when something goes wrong."""

import asyncio
import gc
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from coaching import deadline
from coaching.clock import ManualClock
from storage import Engines, SqlStore, create_engines
from storage.sqlite.file import Answer, File, Transaction, Values
from storage.sqlite.thread import Thread
from tests.support import patience
from tests.support.databases import Databases
from tests.support.world import ANNA, BORIS, WORKSPACE, World

NAMES = text("SELECT id FROM members ORDER BY id")
FOR_EVER = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n")


def adding(user_id: str) -> str:
    return f"INSERT INTO members (workspace_id, id) VALUES ('{WORKSPACE}', '{user_id}')"


@pytest.fixture
async def url(databases: Databases) -> str:
    return await databases.fresh("sqlite")


@pytest.fixture
async def engines(url: str) -> AsyncIterator[Engines]:
    engines = create_engines(url, wait_seconds=patience.FOR_DATABASE)
    assert [await members(engine) for engine in (engines.writer, engines.reader)] == [[], []]  # both are connected
    yield engines
    await engines.dispose()


async def members(engine: AsyncEngine) -> list[str]:
    async with engine.connect() as connection:
        return list((await connection.execute(NAMES)).scalars())


@dataclass
class Trips:
    """How often the threads were given something to do, and how often without waiting for it."""

    waited: int = 0
    posted: int = 0


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> Trips:
    counted, do, post = Trips(), Thread.do, Thread.post

    def noted(thread: Thread, work: Callable[[], object]) -> "asyncio.Future[object]":
        counted.waited += 1
        return do(thread, work)

    def posted(thread: Thread, work: Callable[[], object]) -> None:
        counted.posted += 1
        post(thread, work)

    monkeypatch.setattr(Thread, "do", noted)
    monkeypatch.setattr(Thread, "post", posted)
    return counted


async def test_a_read_view_waits_once_for_each_statement(engines: Engines, trips: Trips) -> None:
    async with engines.reader.connect() as connection:
        for _ in range(3):
            await connection.execute(NAMES)
    assert (trips.waited, trips.posted) == (3, 1)


async def test_a_transaction_waits_once_for_each_statement_and_once_for_its_commit(
    engines: Engines, trips: Trips
) -> None:
    async with engines.writer.begin() as connection:
        await connection.exec_driver_sql(adding(ANNA))
        await connection.execute(NAMES)
    assert (trips.waited, trips.posted) == (3, 0)
    assert await members(engines.reader) == [ANNA]


async def test_a_transaction_in_which_nothing_is_asked_costs_nothing(engines: Engines, trips: Trips) -> None:
    async with engines.writer.begin():
        pass
    async with engines.reader.connect():
        pass
    assert (trips.waited, trips.posted) == (0, 0)


async def test_a_view_of_the_store_costs_no_trip_but_its_statements(
    engines: Engines, clock: ManualClock, trips: Trips
) -> None:
    world = World(SqlStore(engines), clock)
    await world.people()
    await world.grant()
    async with world.store.read(WORKSPACE) as queries:
        trips.waited = trips.posted = 0
        await queries.workspace.settings()
        await queries.people.admins()
    assert (trips.waited, trips.posted) == (2, 1)


async def test_a_statement_that_finds_the_file_locked_begins_anew_and_is_never_committed_by_itself(
    engines: Engines, url: str
) -> None:
    other = sqlite3.connect(str(make_url(url).database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    hasty = create_engines(url, wait_seconds=0.01)
    async with hasty.writer.connect() as connection:
        with pytest.raises(OperationalError, match="locked"):
            await connection.exec_driver_sql(adding(ANNA))
        other.execute("ROLLBACK")
        await connection.exec_driver_sql(adding(ANNA))
        assert await members(hasty.reader) == []
        await connection.rollback()
    assert await members(engines.reader) == []
    other.close()
    await hasty.dispose()


async def test_a_late_request_waits_for_the_file_only_as_long_as_it_may_and_the_next_one_as_usual(
    engines: Engines, url: str
) -> None:
    other = sqlite3.connect(str(make_url(url).database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    with deadline.within(0.05), pytest.raises(OperationalError, match="locked"):
        async with engines.writer.begin() as connection:
            await connection.exec_driver_sql(adding(ANNA))
    assert time.monotonic() - began < patience.FOR_DATABASE
    other.close()
    async with engines.writer.begin() as connection:
        waits = (await connection.exec_driver_sql("PRAGMA busy_timeout")).scalar_one()
    assert waits == patience.FOR_DATABASE * 1000


async def test_what_sqlite_has_rolled_back_by_itself_is_not_gone_on_with(engines: Engines) -> None:
    async with engines.writer.connect() as connection:
        await connection.exec_driver_sql(adding(ANNA))
        await connection.exec_driver_sql("ROLLBACK")  # as SQLite does on a full disk
        with pytest.raises(OperationalError, match="rolled"):
            await connection.exec_driver_sql(adding(BORIS))
        with pytest.raises(OperationalError, match="rolled"):
            await connection.commit()
    assert await members(engines.reader) == []
    async with engines.writer.begin() as connection:
        await connection.exec_driver_sql(adding(BORIS))
    assert await members(engines.reader) == [BORIS]


async def test_a_reader_sees_what_came_later_even_if_its_last_rollback_failed(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed, rollback = threading.Event(), File.rollback

    def failing(file: File) -> None:
        if not failed.is_set():
            failed.set()
            raise sqlite3.OperationalError("disk I/O error")
        rollback(file)

    monkeypatch.setattr(File, "rollback", failing)
    assert await members(engines.reader) == []
    async with engines.writer.begin() as connection:
        await connection.exec_driver_sql(adding(ANNA))
    assert failed.is_set()
    assert await members(engines.reader) == [ANNA]


@pytest.mark.parametrize("side", ["reader", "writer"])
async def test_a_canceled_statement_ends_at_once_and_the_next_one_gets_through(engines: Engines, side: str) -> None:
    engine: AsyncEngine = getattr(engines, side)

    async def ask() -> None:
        async with engine.connect() as connection:
            await connection.execute(NAMES)
            await connection.execute(FOR_EVER)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(ask(), 0.1)
    async with asyncio.timeout(patience.SECONDS), engines.writer.begin() as connection:
        await connection.exec_driver_sql(adding(ANNA))
    assert await members(engine) == [ANNA]


async def test_a_statement_that_is_canceled_before_it_runs_never_runs(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its thread was busy. Nobody could interrupt it later, and the file would be locked for as long as it takes."""
    go_on, begun, ran, ask = threading.Event(), asyncio.Event(), list[str](), File.ask
    loop = asyncio.get_running_loop()

    def held(file: File, transaction: Transaction | None, sql: str, values: Values) -> Answer:
        loop.call_soon_threadsafe(begun.set)
        go_on.wait()
        file.set_trace_callback(ran.append)
        return ask(file, transaction, sql, values)

    monkeypatch.setattr(File, "ask", held)

    async def write() -> None:
        async with engines.writer.begin() as connection:
            await connection.execute(FOR_EVER)

    writing = asyncio.create_task(write())
    await begun.wait()
    writing.cancel()
    loop.call_later(0.05, go_on.set)
    async with asyncio.timeout(patience.SECONDS):
        with pytest.raises(asyncio.CancelledError):
            await writing
    assert ran == []
    monkeypatch.undo()
    async with engines.writer.begin() as connection:
        await connection.exec_driver_sql(adding(ANNA))
    assert await members(engines.reader) == [ANNA]


async def test_a_commit_that_is_canceled_is_carried_out_all_the_same(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, keep = asyncio.Event(), threading.Event(), File.keep
    loop = asyncio.get_running_loop()

    def held(file: File) -> None:
        loop.call_soon_threadsafe(begun.set)
        go_on.wait()
        keep(file)

    monkeypatch.setattr(File, "keep", held)

    async def write() -> None:
        async with engines.writer.begin() as connection:
            await connection.exec_driver_sql(adding(ANNA))

    writing = asyncio.create_task(write())
    await begun.wait()
    writing.cancel()
    loop.call_later(0.05, go_on.set)
    with pytest.raises(asyncio.CancelledError):
        await writing
    monkeypatch.undo()
    async with engines.writer.begin() as connection:
        await connection.exec_driver_sql(adding(BORIS))
    assert await members(engines.reader) == sorted([ANNA, BORIS])


async def test_an_opening_that_is_canceled_leaves_neither_file_nor_thread(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, opened = asyncio.Event(), threading.Event(), threading.Event()
    loop, connect, closed = asyncio.get_running_loop(), sqlite3.connect, File.close

    def slow(*names: str, **how: object) -> object:
        loop.call_soon_threadsafe(begun.set)
        go_on.wait()
        return connect(*names, **how)  # type: ignore[call-overload]

    def noted(file: File) -> None:
        closed(file)
        opened.set()

    monkeypatch.setattr(sqlite3, "connect", slow)
    monkeypatch.setattr(File, "close", noted)
    engines = create_engines(url, wait_seconds=patience.FOR_DATABASE)
    opening = asyncio.create_task(members(engines.reader))
    await begun.wait()
    opening.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert await asyncio.to_thread(opened.wait, patience.SECONDS)
    await _ended(url)
    await engines.dispose()


async def test_a_connection_that_is_closed_or_forgotten_leaves_no_thread(url: str) -> None:
    engines = create_engines(url, wait_seconds=patience.FOR_DATABASE)
    await members(engines.reader)
    assert _threads(url)
    await engines.dispose()
    await _ended(url)
    thread = Thread(f"sqlite {make_url(url).database}")
    assert await thread.do(lambda: 1) == 1
    assert _threads(url)
    del thread
    gc.collect()
    await _ended(url)


async def test_a_closed_connection_refuses_work_instead_of_waiting_for_ever() -> None:
    thread = Thread("sqlite closed")
    thread.end()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        await thread.do(lambda: 1)


def _threads(url: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == f"sqlite {make_url(url).database}"]


async def _ended(url: str) -> None:
    for thread in _threads(url):
        await asyncio.to_thread(thread.join, patience.SECONDS)
    assert not _threads(url)
