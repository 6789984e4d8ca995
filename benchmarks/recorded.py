"""What our requests ask of the database, statement by statement, so that a bare handler can ask exactly the same."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Executable, event, select
from sqlalchemy.ext.asyncio import AsyncConnection

from benchmarks.standin import WORKSPACE
from coaching.actions import browse, cancel, slots
from coaching.clock import SystemClock
from coaching.sessions import Actor
from handlers.meta import BookingMeta, Meta
from handlers.views.book import Picks, booking_view
from handlers.views.kit import Json
from handlers.views.list import list_view
from handlers.views.result import result_view
from storage import Engines, SqlStore
from storage.repositories.base import Transaction
from storage.tables import drafts
from storage.unit_of_work import SqlUnitOfWork, busy_as_typed_error


@dataclass(frozen=True, slots=True)
class Statement:
    """One Core statement with its parameters: one set, or several for an executemany."""

    statement: Executable
    parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]]

    async def ask(self, connection: AsyncConnection, replace: Mapping[Any, Any] | None = None) -> None:
        """Execute it and fetch what it returns; values in `replace` stand for others."""
        given = self.parameters
        if replace and isinstance(given, Mapping):
            given = {name: replace.get(value, value) if value.__hash__ else value for name, value in given.items()}
        result = await connection.execute(self.statement, given)
        if result.returns_rows:
            result.all()


@dataclass(frozen=True, slots=True)
class Raw:
    """What the driver was given: SQL in the database's own words, and one set of values, or several for an executemany."""

    sql: str
    values: Any
    many: bool

    def given(self, replace: Mapping[Any, Any]) -> Any:
        """Return the values of one set, with those in `replace` standing for others."""
        return [replace.get(value, value) if value.__hash__ else value for value in self.values]


@dataclass(frozen=True, slots=True)
class Recording:
    """The same requests as SQLAlchemy and as the driver got them."""

    asked: list[Statement]
    raw: list[Raw]


@contextmanager
def recording(engines: Engines) -> Iterator[Recording]:
    """Collect what is executed meanwhile."""
    found = Recording([], [])

    def note(_connection: object, clause: Executable, many: Any, one: Any, _options: object) -> None:
        found.asked.append(Statement(clause, list(many) if many else dict(one)))

    def note_raw(_connection: object, _cursor: object, sql: str, values: Any, _context: object, many: bool) -> None:
        if not sql.startswith(("BEGIN", "PRAGMA")):
            found.raw.append(Raw(sql, values, many))

    # On PostgreSQL the reader is the writer with other options: what is asked of it is heard by whoever listens there.
    apart = engines.reader.sync_engine.pool is not engines.writer.sync_engine.pool
    sides = [engines.writer.sync_engine, *([engines.reader.sync_engine] if apart else [])]
    for engine in sides:
        event.listen(engine, "before_execute", note)
        event.listen(engine, "before_cursor_execute", note_raw)
    try:
        yield found
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


async def list_view_for(engines: Engines, user_id: str) -> Json:
    """Return the modal that `/sessions` opens for somebody."""
    page = await browse.list_sessions(SqlStore(engines), SystemClock(), Actor(WORKSPACE, user_id))
    return list_view(page, Meta(subject=user_id))


async def booking_statements(
    engines: Engines, user_id: str, coach_id: str, type_id: str
) -> tuple[Recording, slots.Booking]:
    """Return what the booking dialog asks once the process is warm, and what it then knows."""
    store = SqlStore(engines)
    for _ in range(2):
        with recording(engines) as asked:
            booking = await slots.open_booking(
                store, SystemClock(), Actor(WORKSPACE, user_id), subject_id=user_id, coach_id=coach_id, type_id=type_id
            )
    assert booking.free is not None
    return asked, booking


def booking_view_for(booking: slots.Booking, user_id: str) -> Json:
    """Return the dialog in which the day in the middle is chosen: its menus are as long as any."""
    assert booking.free is not None
    days = list(booking.free.days)
    return booking_view(booking, BookingMeta(subject=user_id, session="0" * 26), Picks(day=days[len(days) // 2]))


async def cancel_statements(engines: Engines) -> tuple[dict[str, Recording], Json]:
    """Return, for each draft, what confirming it asks, and one answer; nothing is kept of these dry runs.

    Equal statements are one object, as a bare handler would keep them in a constant.
    """
    store = _DryStore(engines)
    constants: dict[Any, Executable] = {}
    async with engines.reader.connect() as connection:
        rows = (await connection.execute(select(drafts.c.id, drafts.c.user_id).order_by(drafts.c.id))).all()
    found: dict[str, Recording] = {}
    view: Json = {}
    for row in rows:
        with recording(engines) as asked:
            command = cancel.Confirm(actor=Actor(WORKSPACE, row.user_id), draft_id=row.id)
            done = await cancel.confirm(store, SystemClock(), command)
        assert isinstance(done, cancel.Canceled)
        constant = [Statement(_constant(one.statement, constants), one.parameters) for one in asked.asked]
        found[row.id] = Recording(constant, asked.raw)
        view = result_view(done)
    return found, view


def _constant(statement: Any, known: dict[Any, Executable]) -> Executable:
    key = statement._generate_cache_key()  # noqa: SLF001 - what SQLAlchemy itself tells statements apart by
    if key is None:
        return statement  # type: ignore[no-any-return]
    literals = tuple(bind.value for bind in key.bindparams if not bind.required)
    try:
        return known.setdefault((key.key, literals), statement)
    except TypeError:  # a literal that cannot be hashed
        return statement  # type: ignore[no-any-return]


class _DryUnit(SqlUnitOfWork):
    async def commit(self) -> None:
        await self.transaction.connection.rollback()


class _DryStore(SqlStore):
    @asynccontextmanager
    async def write(self, workspace_id: str) -> AsyncIterator[SqlUnitOfWork]:
        with busy_as_typed_error():
            async with self.engines.writer.connect() as connection:
                yield _DryUnit(Transaction(connection, self._policies), workspace_id, lambda: None)
