"""Read operations on one workspace: a repository for each noun, created when it is first used."""

from typing import Generic, TypeVar

from storage.repositories.base import Repository, Transaction
from storage.repositories.business import BusinessReads
from storage.repositories.calendars import CalendarReads
from storage.repositories.catalogue import CatalogueReads
from storage.repositories.clients import ClientReads
from storage.repositories.coaches import CoachReads
from storage.repositories.drafts import DraftReads
from storage.repositories.erasing import ErasureReads
from storage.repositories.every import EveryReads
from storage.repositories.exports import ExportReads
from storage.repositories.figures import FigureReads
from storage.repositories.file_maps import FileMapReads
from storage.repositories.grants import GrantReads
from storage.repositories.handovers import HandoverReads
from storage.repositories.ledger import LedgerReads
from storage.repositories.mails import MailReads
from storage.repositories.notes import NoteReads
from storage.repositories.notifications import NotificationReads
from storage.repositories.payments import PaymentReads
from storage.repositories.people import PeopleReads
from storage.repositories.pools import PoolReads
from storage.repositories.requests import RequestReads
from storage.repositories.schedule import ScheduleReads
from storage.repositories.sessions import SessionReads
from storage.repositories.stakeholders import StakeholderReads
from storage.repositories.terms import TermsReads
from storage.repositories.timeline import TimelineReads
from storage.repositories.waiting import WaitingReads
from storage.repositories.workspace import WorkspaceReads

RepositoryT = TypeVar("RepositoryT", bound=Repository, covariant=True)


class noun(Generic[RepositoryT]):  # noqa: N801 - read as a decorator is: `sessions = noun(SessionReads)`
    """A repository as an attribute of a unit. Most units use few nouns, so each is created on demand and kept."""

    def __init__(self, kind: type[RepositoryT]) -> None:
        self._kind = kind

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, unit: "Bound", owner: type | None = None) -> RepositoryT:
        made = self._kind(unit.transaction, unit.workspace_id)
        unit.__dict__[self._name] = made  # takes precedence over this descriptor from now on
        return made


class Bound:
    """An object on one connection that sees the rows of one workspace."""

    def __init__(self, transaction: Transaction, workspace_id: str) -> None:
        self.transaction = transaction
        self.workspace_id = workspace_id


class SqlQueries(Bound):
    """The read operations of one workspace."""

    business = noun(BusinessReads)
    calendars = noun(CalendarReads)
    notifications = noun(NotificationReads)
    catalogue = noun(CatalogueReads)
    clients = noun(ClientReads)
    coaches = noun(CoachReads)
    drafts = noun(DraftReads)
    erasures = noun(ErasureReads)
    every = noun(EveryReads)
    exports = noun(ExportReads)
    file_maps = noun(FileMapReads)
    figures = noun(FigureReads)
    grants = noun(GrantReads)
    handovers = noun(HandoverReads)
    ledger = noun(LedgerReads)
    mails = noun(MailReads)
    notes = noun(NoteReads)
    payments = noun(PaymentReads)
    people = noun(PeopleReads)
    pools = noun(PoolReads)
    requests = noun(RequestReads)
    schedule = noun(ScheduleReads)
    sessions = noun(SessionReads)
    stakeholders = noun(StakeholderReads)
    terms = noun(TermsReads)
    timeline = noun(TimelineReads)
    waiting = noun(WaitingReads)
    workspace = noun(WorkspaceReads)
