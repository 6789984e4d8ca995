"""The database as the actions see it, as protocols. `storage/` implements them, and tests use the same implementation.

A unit of work sees one workspace: its methods take no workspace id, and cannot reach the rows of another workspace.
"""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from coaching.ports.business import BusinessReads
from coaching.ports.calendars import CalendarReads, CalendarWrites
from coaching.ports.catalogue import CatalogueReads, CatalogueWrites
from coaching.ports.clients import ClientReads
from coaching.ports.coaches import CoachReads, CoachWrites
from coaching.ports.credit_requests import CreditRequestSweeps, CreditRequestWrites
from coaching.ports.days import DaySweeps, DayWrites
from coaching.ports.drafts import DraftReads, DraftWrites
from coaching.ports.erasures import ErasureReads, ErasureWrites
from coaching.ports.every import EveryReads
from coaching.ports.exports import ExportReads, ExportWrites
from coaching.ports.figures import FigureReads
from coaching.ports.file_maps import FileMapReads, FileMapWrites
from coaching.ports.grants import GrantReads, GrantSweeps, GrantWrites
from coaching.ports.handovers import HandoverReads, HandoverWrites
from coaching.ports.ledger import LedgerReads, LedgerWrites
from coaching.ports.mails import MailReads, MailWrites
from coaching.ports.meetings import MeetingWrites
from coaching.ports.notes import NoteReads, NoteWrites
from coaching.ports.notices import NoticeWrites
from coaching.ports.notifications import NotificationReads, NotificationWrites
from coaching.ports.payments import PaymentReads, PaymentWrites
from coaching.ports.people import PeopleReads, PeopleWrites
from coaching.ports.plans import NudgeAhead, PlanSweeps, PlanWrites, Replan
from coaching.ports.pools import PoolReads, PoolWrites
from coaching.ports.requests import RequestReads, RequestSweeps, RequestWrites
from coaching.ports.schedule import ScheduleReads, ScheduleWrites
from coaching.ports.sessions import SessionReads, SessionSweeps, SessionWrites
from coaching.ports.shifts import ShiftSweeps, ShiftWrites
from coaching.ports.stakeholders import StakeholderReads, StakeholderWrites
from coaching.ports.terms import TermsReads, TermsWrites
from coaching.ports.timeline import TimelineReads, TimelineWrites
from coaching.ports.waiting import WaitingReads
from coaching.ports.workspace import WorkspaceReads, WorkspaceWrites

__all__ = ["NudgeAhead", "Queries", "Replan", "Store", "Sweep", "UnitOfWork"]


class Queries(Protocol):
    """One workspace, read-only."""

    @property
    def workspace_id(self) -> str: ...

    @property
    def business(self) -> BusinessReads: ...

    @property
    def calendars(self) -> CalendarReads: ...

    @property
    def notifications(self) -> NotificationReads: ...

    @property
    def catalogue(self) -> CatalogueReads: ...

    @property
    def clients(self) -> ClientReads: ...

    @property
    def coaches(self) -> CoachReads: ...

    @property
    def drafts(self) -> DraftReads: ...

    @property
    def erasures(self) -> ErasureReads: ...

    @property
    def every(self) -> EveryReads: ...

    @property
    def exports(self) -> ExportReads: ...

    @property
    def file_maps(self) -> FileMapReads: ...

    @property
    def figures(self) -> FigureReads: ...

    @property
    def grants(self) -> GrantReads: ...

    @property
    def handovers(self) -> HandoverReads: ...

    @property
    def ledger(self) -> LedgerReads: ...

    @property
    def mails(self) -> MailReads: ...

    @property
    def notes(self) -> NoteReads: ...

    @property
    def payments(self) -> PaymentReads: ...

    @property
    def people(self) -> PeopleReads: ...

    @property
    def pools(self) -> PoolReads: ...

    @property
    def requests(self) -> RequestReads: ...

    @property
    def schedule(self) -> ScheduleReads: ...

    @property
    def sessions(self) -> SessionReads: ...

    @property
    def stakeholders(self) -> StakeholderReads: ...

    @property
    def terms(self) -> TermsReads: ...

    @property
    def timeline(self) -> TimelineReads: ...

    @property
    def waiting(self) -> WaitingReads: ...

    @property
    def workspace(self) -> WorkspaceReads: ...


class UnitOfWork(Queries, Protocol):
    """One transaction in one workspace. Reads see its writes. Nothing is stored unless `commit` is reached."""

    async def commit(self) -> None:
        """Store everything, then wake the delivery of notices. Raises StorageBusy."""
        ...

    async def has_claimed(self, key: str) -> bool:
        """Return whether a request was recorded before."""
        ...

    async def claim_request(self, key: str) -> None:
        """Record that a request is being carried out. Raises Replayed when it was recorded before."""
        ...

    @property
    def calendars(self) -> CalendarWrites: ...

    @property
    def notifications(self) -> NotificationWrites: ...

    @property
    def catalogue(self) -> CatalogueWrites: ...

    @property
    def coaches(self) -> CoachWrites: ...

    @property
    def days(self) -> DayWrites: ...

    @property
    def drafts(self) -> DraftWrites: ...

    @property
    def erasures(self) -> ErasureWrites: ...

    @property
    def exports(self) -> ExportWrites: ...

    @property
    def file_maps(self) -> FileMapWrites: ...

    @property
    def grants(self) -> GrantWrites: ...

    @property
    def handovers(self) -> HandoverWrites: ...

    @property
    def ledger(self) -> LedgerWrites: ...

    @property
    def mails(self) -> MailWrites: ...

    @property
    def meetings(self) -> MeetingWrites: ...

    @property
    def notes(self) -> NoteWrites: ...

    @property
    def notices(self) -> NoticeWrites: ...

    @property
    def payments(self) -> PaymentWrites: ...

    @property
    def people(self) -> PeopleWrites: ...

    @property
    def plans(self) -> PlanWrites: ...

    @property
    def pools(self) -> PoolWrites: ...

    @property
    def credit_requests(self) -> CreditRequestWrites: ...

    @property
    def requests(self) -> RequestWrites: ...

    @property
    def schedule(self) -> ScheduleWrites: ...

    @property
    def sessions(self) -> SessionWrites: ...

    @property
    def shifts(self) -> ShiftWrites: ...

    @property
    def stakeholders(self) -> StakeholderWrites: ...

    @property
    def terms(self) -> TermsWrites: ...

    @property
    def timeline(self) -> TimelineWrites: ...

    @property
    def workspace(self) -> WorkspaceWrites: ...


class Sweep(Protocol):
    """One transaction over all workspaces, for time-driven jobs. Nothing is stored unless `commit` is reached."""

    async def commit(self) -> None:
        """Store everything, then wake the delivery of notices. Raises StorageBusy."""
        ...

    def within(self, workspace_id: str) -> UnitOfWork:
        """Return a unit of work in one workspace, in the same transaction."""
        ...

    @property
    def days(self) -> DaySweeps: ...

    @property
    def grants(self) -> GrantSweeps: ...

    @property
    def plans(self) -> PlanSweeps: ...

    @property
    def credit_requests(self) -> CreditRequestSweeps: ...

    @property
    def requests(self) -> RequestSweeps: ...

    @property
    def sessions(self) -> SessionSweeps: ...

    @property
    def shifts(self) -> ShiftSweeps: ...


class Store(Protocol):
    """The database."""

    def read(self, workspace_id: str) -> AbstractAsyncContextManager[Queries]:
        """Open a read-only view of one workspace at one instant. Raises StorageBusy."""
        ...

    def write(self, workspace_id: str) -> AbstractAsyncContextManager[UnitOfWork]:
        """Open a transaction that may write in one workspace. Without `commit` it is rolled back.

        Raises StorageBusy.
        """
        ...

    def sweep(self) -> AbstractAsyncContextManager[Sweep]:
        """Open a transaction over all workspaces, for jobs. Without `commit` it is rolled back. Raises StorageBusy."""
        ...
