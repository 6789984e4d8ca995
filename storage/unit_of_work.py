"""The store: a read view or a transaction, with the database's troubles turned into typed errors."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from coaching import deadline
from coaching.errors import ReplyLost, StorageAils, StorageBusy
from storage.ailments import ailment
from storage.engine import Engines, patience_of
from storage.postgresql import SILENT
from storage.repositories.base import PolicyCache
from storage.repositories.catalogue import CatalogueReads, CatalogueWrites
from storage.repositories.channels import ChannelWrites
from storage.repositories.dialogs import DialogReads, DialogWrites
from storage.repositories.exceptions import ExceptionReads, ExceptionWrites
from storage.repositories.grants import GrantReads
from storage.repositories.history import HistoryReads
from storage.repositories.ledger import LedgerReads
from storage.repositories.linking import LinkWrites
from storage.repositories.outcomes import OutcomeWrites
from storage.repositories.plans import PlanWrites
from storage.repositories.returns import PaymentReads
from storage.repositories.schedule import ScheduleReads, ScheduleWrites
from storage.repositories.sessions import SessionReads
from storage.repositories.shifts import ShiftWrites
from storage.repositories.stakeholders import StakeholderReads, StakeholderWrites
from storage.repositories.troubles import TroubleReads

# PostgreSQL: statement time-out, lost races (serialization, deadlock), no connections left, shutting down, unavailable.
_BUSY_STATES = {"57014", "40001", "40P01", "53300", "57P01", "57P02", "57P03", "55P03", "25P03"}


CLOSING_SECONDS = 0.5
"""How long an answer waits for its connection to be given back: a silent server would not let go of it for longer."""
_closing: set[asyncio.Task[None]] = set()


@contextmanager
def busy_as_typed_error() -> Iterator[None]:
    """Raise StorageBusy for what a second try may cure: a locked, overloaded, restarting or unreachable database."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        if why := ailment(error):
            raise StorageAils(why) from error
        if isinstance(error, OperationalError | InterfaceError | sqlite3.OperationalError) or _passes(error):
            raise StorageBusy(str(error)) from error
        raise
    except (PoolTimeout, OSError, *SILENT) as error:
        raise StorageBusy(str(error)) from error


def _passes(error: Exception) -> bool:
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    invalidated = isinstance(error, DBAPIError) and error.connection_invalidated
    return invalidated or state in _BUSY_STATES or str(state).startswith("08")


class SqlQueries(
    SessionReads,
    LedgerReads,
    GrantReads,
    HistoryReads,
    CatalogueReads,
    DialogReads,
    ScheduleReads,
    StakeholderReads,
    TroubleReads,
    ExceptionReads,
    PaymentReads,
):
    """Reads on one connection."""


class SqlUnitOfWork(
    ShiftWrites,
    CatalogueWrites,
    HistoryReads,
    DialogWrites,
    PlanWrites,
    ScheduleWrites,
    StakeholderWrites,
    ChannelWrites,
    LinkWrites,
    OutcomeWrites,
    ExceptionWrites,
):
    """One transaction."""

    def __init__(self, connection: AsyncConnection, policies: PolicyCache, on_commit: Callable[[], None]) -> None:
        super().__init__(connection, policies)
        self._on_commit = on_commit

    async def commit(self) -> None:
        """Keep everything, then wake whoever delivers notices. Raises StorageBusy; ReplyLost where nobody can say.

        PostgreSQL may not answer: enough of a request's time is kept to look up what became of it. SQLite's commit is not cut
        off, and what it raises has not happened.
        """
        with deadline.writing():
            await (self._connection.commit() if self._sqlite else _answered(self._connection))
        if self.told:
            self._on_commit()


async def _answered(connection: AsyncConnection) -> None:
    """Commit within what may be spent on it. Raises ReplyLost."""
    found = deadline.remaining()
    seconds = None if found is None else max(found - deadline.LOOK_UP_SECONDS, found / 2)
    try:
        async with asyncio.timeout(seconds):
            await connection.commit()
    except (OSError, *SILENT) as error:
        raise ReplyLost(str(error)) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise ReplyLost(str(error)) from error
        raise


@asynccontextmanager
async def _connected(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Take a connection, waiting no longer than the request may."""
    connection = engine.connect()
    async with asyncio.timeout(deadline.left(patience_of(engine)) if deadline.remaining() is not None else None):
        await connection.start()
    try:
        yield connection
    finally:
        await _given_back(connection)


async def _given_back(connection: AsyncConnection) -> None:
    """Close a connection, whoever is cut off meanwhile, and wait for that a moment only: nobody's answer depends on it."""
    closing = asyncio.create_task(connection.close(), name="closing a connection")
    _closing.add(closing)
    closing.add_done_callback(_closed)
    await asyncio.wait({closing}, timeout=CLOSING_SECONDS)


def _closed(closing: asyncio.Task[None]) -> None:
    _closing.discard(closing)
    if not closing.cancelled():
        closing.exception()  # the pool has logged it and thrown the connection away


class SqlStore:
    """The database. `on_commit` is called after a commit that enqueued notices; set it to the relay's wake-up."""

    def __init__(self, engines: Engines, on_commit: Callable[[], None] = lambda: None) -> None:
        self.engines = engines
        self.on_commit = on_commit
        self._policies: PolicyCache = {}

    @asynccontextmanager
    async def read(self) -> AsyncIterator[SqlQueries]:
        """Open a read-only view. Raises StorageBusy."""
        with busy_as_typed_error():
            async with _connected(self.engines.reader) as connection:
                yield SqlQueries(connection, self._policies)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[SqlUnitOfWork]:
        """Open a transaction; leaving it without `commit` undoes it. Raises StorageBusy."""
        with busy_as_typed_error():
            async with _connected(self.engines.writer) as connection:
                yield SqlUnitOfWork(connection, self._policies, self.on_commit)
