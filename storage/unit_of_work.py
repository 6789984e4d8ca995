"""The store: a read view or a transaction, with database errors turned into typed errors."""

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
from storage.engine import SQLITE, Engines, patience_of
from storage.postgresql import SILENT
from storage.repositories.base import PolicyCache, Transaction
from storage.repositories.calendars import CalendarWrites
from storage.repositories.catalogue import CatalogueWrites
from storage.repositories.coaches import CoachWrites
from storage.repositories.credit_requests import CreditRequestSweeps, CreditRequestWrites
from storage.repositories.days import DaySweeps, DayWrites
from storage.repositories.drafts import DraftWrites
from storage.repositories.erasing import ErasureWrites
from storage.repositories.expiries import GrantSweeps
from storage.repositories.exports import ExportWrites
from storage.repositories.file_maps import FileMapWrites
from storage.repositories.grants import GrantWrites
from storage.repositories.handovers import HandoverWrites
from storage.repositories.ledger import LedgerWrites
from storage.repositories.mails import MailWrites
from storage.repositories.meetings import MeetingWrites
from storage.repositories.notes import NoteWrites
from storage.repositories.notices import NoticeWrites
from storage.repositories.notifications import NotificationWrites
from storage.repositories.outcomes import SessionSweeps
from storage.repositories.payments import PaymentWrites
from storage.repositories.people import PeopleWrites
from storage.repositories.plans import PlanSweeps, PlanWrites
from storage.repositories.pools import PoolWrites
from storage.repositories.queries import SqlQueries, noun
from storage.repositories.requests import RequestSweeps, RequestWrites
from storage.repositories.schedule import ScheduleWrites
from storage.repositories.session_changes import SessionWrites
from storage.repositories.shifts import ShiftSweeps, ShiftWrites
from storage.repositories.stakeholders import StakeholderWrites
from storage.repositories.terms import TermsWrites
from storage.repositories.timeline import TimelineWrites
from storage.repositories.workspace import WorkspaceWrites

# PostgreSQL: statement time-out, lost races (serialization, deadlock), no connections left, shutting down, unavailable.
_BUSY_STATES = {"57014", "40001", "40P01", "53300", "57P01", "57P02", "57P03", "55P03", "25P03"}


CLOSING_SECONDS = 0.5
"""How long an answer waits until its connection is returned: a silent server would hold it for longer."""
_closing: set[asyncio.Task[None]] = set()


@contextmanager
def busy_as_typed_error() -> Iterator[None]:
    """Raise StorageBusy for errors that a retry may cure: a locked, overloaded, restarting or unreachable database."""
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


class SqlUnitOfWork(SqlQueries):
    """One transaction in one workspace."""

    calendars = noun(CalendarWrites)
    catalogue = noun(CatalogueWrites)
    coaches = noun(CoachWrites)
    days = noun(DayWrites)
    drafts = noun(DraftWrites)
    erasures = noun(ErasureWrites)
    exports = noun(ExportWrites)
    file_maps = noun(FileMapWrites)
    grants = noun(GrantWrites)
    handovers = noun(HandoverWrites)
    ledger = noun(LedgerWrites)
    mails = noun(MailWrites)
    meetings = noun(MeetingWrites)
    notes = noun(NoteWrites)
    notices = noun(NoticeWrites)
    notifications = noun(NotificationWrites)
    payments = noun(PaymentWrites)
    people = noun(PeopleWrites)
    plans = noun(PlanWrites)
    pools = noun(PoolWrites)
    credit_requests = noun(CreditRequestWrites)
    requests = noun(RequestWrites)
    schedule = noun(ScheduleWrites)
    sessions = noun(SessionWrites)
    shifts = noun(ShiftWrites)
    stakeholders = noun(StakeholderWrites)
    terms = noun(TermsWrites)
    timeline = noun(TimelineWrites)
    workspace = noun(WorkspaceWrites)

    def __init__(self, transaction: Transaction, workspace_id: str, on_commit: Callable[[], None]) -> None:
        super().__init__(transaction, workspace_id)
        self._on_commit = on_commit

    async def has_claimed(self, key: str) -> bool:
        """Return whether a request was recorded before."""
        return await self.drafts.has_claimed(key)

    async def claim_request(self, key: str) -> None:
        """Record that a request is being carried out. Raises Replayed when it was recorded before."""
        await self.drafts.claim_request(key)

    async def commit(self) -> None:
        """Store everything, then wake the delivery of notices; see `committed`."""
        await committed(self.transaction, self._on_commit)


class SqlSweep:
    """One transaction over all workspaces."""

    def __init__(self, transaction: Transaction, on_commit: Callable[[], None]) -> None:
        self._transaction = transaction
        self._on_commit = on_commit
        self.days = DaySweeps(transaction)
        self.grants = GrantSweeps(transaction)
        self.plans = PlanSweeps(transaction)
        self.credit_requests = CreditRequestSweeps(transaction)
        self.requests = RequestSweeps(transaction)
        self.sessions = SessionSweeps(transaction)
        self.shifts = ShiftSweeps(transaction)

    def within(self, workspace_id: str) -> SqlUnitOfWork:
        """Return a unit of work in one workspace, in the same transaction."""
        return SqlUnitOfWork(self._transaction, workspace_id, self._on_commit)

    async def commit(self) -> None:
        """Store everything, then wake the delivery of notices; see `committed`."""
        await committed(self._transaction, self._on_commit)


async def committed(transaction: Transaction, on_commit: Callable[[], None]) -> None:
    """Commit, then wake the delivery of notices. Raises StorageBusy, or ReplyLost when the outcome is unknown.

    PostgreSQL may not answer: part of a request's time is reserved for looking up the outcome. SQLite's commit is not
    cut off, and a commit that raises has not happened.
    """
    with deadline.writing():
        await (transaction.connection.commit() if transaction.sqlite else _answered(transaction.connection))
    if transaction.wakes:
        on_commit()


async def _answered(connection: AsyncConnection) -> None:
    """Commit within the time that may be spent on it. Raises ReplyLost."""
    try:
        async with asyncio.timeout(deadline.for_commit()):
            await connection.commit()
    except (OSError, *SILENT) as error:
        raise ReplyLost(str(error)) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise ReplyLost(str(error)) from error
        raise


@asynccontextmanager
async def _connected(engine: AsyncEngine, *, closes_at_once: bool = False) -> AsyncIterator[AsyncConnection]:
    """Take a connection, waiting no longer than the request may. `closes_at_once`: giving it back waits for nothing."""
    connection = engine.connect()
    async with asyncio.timeout(deadline.left(patience_of(engine)) if deadline.remaining() is not None else None):
        await connection.start()
    try:
        yield connection
    finally:
        await (connection.close() if closes_at_once else _given_back(connection))


async def _given_back(connection: AsyncConnection) -> None:
    """Close a connection, even if this task is canceled, and wait for that only a moment.

    No answer depends on it.
    """
    closing = asyncio.create_task(connection.close(), name="closing a connection")
    _closing.add(closing)
    closing.add_done_callback(_closed)
    await asyncio.wait({closing}, timeout=CLOSING_SECONDS)


def _closed(closing: asyncio.Task[None]) -> None:
    _closing.discard(closing)
    if not closing.cancelled():
        closing.exception()  # the pool has logged the error and discarded the connection


class SqlStore:
    """The database. `on_commit` is called after a commit that enqueued notices; set it to the relay's wake-up."""

    def __init__(self, engines: Engines, on_commit: Callable[[], None] = lambda: None) -> None:
        self.engines = engines
        self.on_commit = on_commit
        self._policies: PolicyCache = {}

    @asynccontextmanager
    async def read(self, workspace_id: str) -> AsyncIterator[SqlQueries]:
        """Open a read-only view of one workspace. Raises StorageBusy."""
        with busy_as_typed_error():
            # Nobody waits for the rollback of SQLite's readers (ADR 0038), so nothing can hold this up or cut it off.
            async with _connected(self.engines.reader, closes_at_once=self.engines.dialect == SQLITE) as connection:
                yield SqlQueries(Transaction(connection, self._policies), workspace_id)

    @asynccontextmanager
    async def write(self, workspace_id: str) -> AsyncIterator[SqlUnitOfWork]:
        """Open a transaction in one workspace. Without `commit` it is rolled back. Raises StorageBusy."""
        with busy_as_typed_error():
            async with _connected(self.engines.writer) as connection:
                yield SqlUnitOfWork(Transaction(connection, self._policies), workspace_id, self.on_commit)

    @asynccontextmanager
    async def sweep(self) -> AsyncIterator[SqlSweep]:
        """Open a transaction over all workspaces. Without `commit` it is rolled back. Raises StorageBusy."""
        with busy_as_typed_error():
            async with _connected(self.engines.writer) as connection:
                yield SqlSweep(Transaction(connection, self._policies), self.on_commit)
