"""What the actions need from the outside, as protocols. `storage/` implements them; tests use the same implementation."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from coaching.availability import Availability, TimeOff
from coaching.clock import require_utc
from coaching.credits import Grant, Part, Transfer
from coaching.drafts import Draft
from coaching.notices import Notice, NoticeKind, NoticeState
from coaching.packages import CatalogPackage, Holder, Holding, Movement, Pool
from coaching.policy import Policy, Terms, TermsScope
from coaching.sessions import Asked, Decision, Hat, Person, Session, Status
from coaching.stakeholders import NewsOf, Stakeholder
from coaching.timeline import Entry
from coaching.workspace import Coach, SessionType, Settings


class Scope(StrEnum):
    """Which of somebody's sessions: those that are still to end, or the rest (over or canceled)."""

    UPCOMING = "upcoming"
    PAST = "past"


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person as the workspace knows them. `member` is False when nobody by that id was met before.

    `fetched_at` is when Slack said so (wall time, aware UTC).
    """

    person: Person
    is_coach: bool
    is_admin: bool
    member: bool = True
    fetched_at: datetime | None = None

    def __post_init__(self) -> None:
        require_utc(self.fetched_at)


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """A notice as the timeline shows it. Instants are aware UTC."""

    kind: NoticeKind
    recipient: Person
    due_at: datetime
    state: NoticeState
    detail: str | None
    finished_at: datetime | None

    def __post_init__(self) -> None:
        require_utc(self.due_at, self.finished_at)


@dataclass(frozen=True, slots=True)
class Refund:
    """What a cancellation (`decision` None) or a coach's decision on it returned: UNIQUE per session, cancellation, decision.

    `percent` of a decision is the share of what was kept; `note` is what the coach told the client with it.
    """

    session_id: str
    cancellation_no: int
    decision: Decision | None
    action_id: str
    at: datetime
    by: str
    late: bool
    percent: int
    amount: int
    note: str | None = None

    def __post_init__(self) -> None:
        require_utc(self.at)


@dataclass(frozen=True, slots=True)
class Move:
    """A session's change of time. Instants are aware UTC; `late` says that it kept the terms of the old time."""

    session_id: str
    action_id: str
    at: datetime
    by: Person
    role: Hat
    old_starts_at: datetime
    new_starts_at: datetime
    late: bool


@dataclass(frozen=True, slots=True)
class Busy:
    """Time a coach has given away (aware UTC): scheduled sessions, and canceled ones that may still be taken back."""

    session_id: str
    starts_at: datetime
    ends_at: datetime


class Queries(Protocol):
    """Reads. Every one is bound to a workspace; none writes."""

    async def viewer(self, workspace_id: str, user_id: str) -> Viewer:
        """Return what is known of a person (an unknown one with `member=False`)."""
        ...

    async def coach_left(self, workspace_id: str, coach_id: str) -> bool:
        """Return whether Slack has said that this coach left, as the admins were told."""
        ...

    async def coaches_left(self, workspace_id: str, coach_ids: Collection[str]) -> set[str]:
        """Return which coaches have left Slack, as the admins were told."""
        ...

    async def sessions_ahead(self, workspace_id: str, coach_id: str, now: datetime) -> int:
        """Return how many scheduled sessions of a coach have not started."""
        ...

    async def ids_ahead(self, workspace_id: str, coach_id: str, now: datetime, most: int) -> list[str]:
        """Return some sessions of a coach that have not started, those of one client together."""
        ...

    async def channels_refused(
        self, workspace_id: str, given: Sequence[Coach], now: datetime
    ) -> Mapping[str, datetime]:
        """Return when the present alert channel of each coach last refused, if it did this week or the week before."""
        ...

    async def settings(self, workspace_id: str) -> Settings:
        """Return the workspace's settings, or the defaults where nothing was set up."""
        ...

    async def coaches(self, workspace_id: str) -> list[Coach]:
        """Return the coaches by name."""
        ...

    async def admins(self, workspace_id: str) -> list[Person]:
        """Return the admins who were named (workspace admins of Slack are admins besides)."""
        ...

    async def stakeholders(self, workspace_id: str) -> list[Stakeholder]:
        """Return everybody who is told besides coaches, whatever about."""
        ...

    async def told_besides(
        self, workspace_id: str, coach_ids: Collection[str], type_ids: Collection[str]
    ) -> list[Stakeholder]:
        """Return who is told about these coaches or session types; `own_of` is filled in."""
        ...

    async def list_sessions(
        self, workspace_id: str, hat: Hat, person_id: str, scope: Scope, now: datetime, *, limit: int, offset: int
    ) -> tuple[list[Session], int]:
        """Return one page of a client's or coach's sessions (soonest first; past: latest first) and how many there are."""
        ...

    async def cancelable(
        self, workspace_id: str, hat: Hat, person_id: str, now: datetime, *, limit: int
    ) -> list[Session]:
        """Return scheduled sessions that have not started, soonest first."""
        ...

    async def session(self, workspace_id: str, session_id: str) -> Session | None:
        """Return one session with its cancellation, if any."""
        ...

    async def sessions(self, workspace_id: str, session_ids: Collection[str]) -> list[Session]:
        """Return several sessions, soonest first; unknown ids are left out."""
        ...

    async def action_sessions(self, workspace_id: str, action_id: str) -> list[Session]:
        """Return the sessions one cancellation or decision touched, as that cancellation left them, soonest first."""
        ...

    async def requested(self, workspace_id: str, request_ids: Collection[str]) -> Mapping[str, set[str]]:
        """Return the ids of the sessions that each request for an exception is about."""
        ...

    async def policies(self, workspace_id: str, policy_ids: Collection[str]) -> Mapping[str, Policy]:
        """Return policies by id."""
        ...

    async def current_policy(
        self, workspace_id: str, session_type: str | None = None, package_id: str | None = None
    ) -> tuple[str, Policy]:
        """Return the id and terms that bookings get now: the package's, else the session type's, else the workspace's."""
        ...

    async def policy_today(self, workspace_id: str, session_id: str) -> str | None:
        """Return the id of the terms that a session would be booked under now; None for an unknown one."""
        ...

    async def terms(self, workspace_id: str, scope: TermsScope) -> Terms | None:
        """Return what bookings in a scope get now; None when there is no such session type or package."""
        ...

    async def timeline(self, workspace_id: str, session_id: str) -> list[tuple[Entry, Person]]:
        """Return a session's timeline, oldest first, with who acted."""
        ...

    async def notice_lines(self, workspace_id: str, session: Session) -> list[NoticeLine]:
        """Return the notices about a session, by due time."""
        ...

    async def draft(self, workspace_id: str, draft_id: str, user_id: str) -> Draft | None:
        """Return this person's draft; somebody else's does not exist for them."""
        ...

    async def grants(self, workspace_id: str, client_id: str) -> list[Grant]:
        """Return what a client may spend, with balances, first to expire first: their own grants and their pools'."""
        ...

    async def holdings(self, workspace_id: str, holder: Holder) -> list[Holding]:
        """Return what a person may spend (their own and their pools') or what a pool holds, first to expire first."""
        ...

    async def holdings_by_id(self, workspace_id: str, grant_ids: Collection[str]) -> list[Holding]:
        """Return grants by id, first to expire first; unknown ids are left out."""
        ...

    async def told_together(self, workspace_id: str, person_id: str, at: datetime) -> list[Holding]:
        """Return the grants of a person, or of pools they are the contact of, of whose expiry they are told at `at`."""
        ...

    async def movements(self, workspace_id: str, holder: Holder, *, limit: int, offset: int) -> list[Movement]:
        """Return the history of a person's or a pool's credits, newest first."""
        ...

    async def packages(self, workspace_id: str) -> list[CatalogPackage]:
        """Return the catalogue by name, with what is not offered any more and what came in with imports."""
        ...

    async def pools(self, workspace_id: str) -> list[Pool]:
        """Return the company pools by name, with their members."""
        ...

    async def looked_after(self, workspace_id: str, contact_id: str) -> list[Pool]:
        """Return the pools that somebody is the contact of, by name, with their members."""
        ...

    async def pool(self, workspace_id: str, pool_id: str) -> Pool | None:
        """Return one pool with its members."""
        ...

    async def session_types(self, workspace_id: str) -> list[SessionType]:
        """Return what can be booked, by name."""
        ...

    async def availability(self, workspace_id: str, coach_id: str) -> Availability | None:
        """Return a coach's weekly hours with their time off that has not ended; None when they give none."""
        ...

    async def available_coaches(self, workspace_id: str) -> list[Person]:
        """Return the coaches who give hours, by name."""
        ...

    async def busy(
        self, workspace_id: str, coach_id: str, since: datetime, until: datetime, now: datetime
    ) -> list[Busy]:
        """Return what a coach has given away between two instants, soonest first."""
        ...

    async def moves(self, workspace_id: str, action_id: str) -> list[tuple[Session, Move]]:
        """Return the sessions one action moved, with the change, soonest first."""
        ...


class UnitOfWork(Queries, Protocol):
    """One transaction: reads see it, nothing is kept unless `commit` is reached."""

    async def commit(self) -> None:
        """Keep everything, then wake whoever delivers notices. Raises StorageBusy."""
        ...

    async def claim_request(self, workspace_id: str, key: str) -> None:
        """Remember that a request is being carried out. Raises Replayed when it was before."""
        ...

    async def lock_sessions(self, workspace_id: str, session_ids: Collection[str]) -> list[Session]:
        """Lock rows in id order and return them, soonest first; unknown ids are left out."""
        ...

    async def lock_draft(self, workspace_id: str, draft_id: str, user_id: str) -> Draft | None:
        """Lock and return this person's draft: two clicks on one dialog are carried out one after the other."""
        ...

    async def save_draft(self, workspace_id: str, draft: Draft, now: datetime) -> None:
        """Insert or replace a draft. Raises DialogExpired when it is somebody else's."""
        ...

    async def payments(self, workspace_id: str, session_ids: Collection[str]) -> Mapping[str, list[Part]]:
        """Return what each grant has in each session's account now: paid and neither returned nor forfeited."""
        ...

    async def forfeits(self, workspace_id: str, session_ids: Collection[str]) -> Mapping[str, list[Part]]:
        """Return what each session's latest cancellation forfeited, per grant."""
        ...

    async def mark_canceled(
        self,
        workspace_id: str,
        sessions: Sequence[Session],
        *,
        at: datetime,
        by: str,
        role: Hat,
        reason: str | None,
        undo_until: datetime | None = None,
    ) -> None:
        """Cancel scheduled sessions at the versions given, all or none; their slot is held until `undo_until`.

        Raises ChangedMeanwhile.
        """
        ...

    async def add_refunds(self, workspace_id: str, refunds: Sequence[Refund]) -> None:
        """Record what cancellations or decisions returned. Raises ChangedMeanwhile when one was recorded before."""
        ...

    async def post(self, workspace_id: str, transfers: Sequence[Transfer]) -> None:
        """Append transfers to the ledger. Raises ChangedMeanwhile when a key exists."""
        ...

    async def revive_grants(self, workspace_id: str, until: Mapping[str, datetime], now: datetime) -> None:
        """Make expired grants usable again until the instants given; what they held before is moved to `expired` first."""
        ...

    async def add_timeline(self, workspace_id: str, entries: Sequence[Entry]) -> None:
        """Append timeline entries."""
        ...

    async def add_notices(self, workspace_id: str, notices: Sequence[Notice]) -> None:
        """Enqueue notices; one whose key exists already is left as it is."""
        ...

    async def tell_admins(self, workspace_id: str, told: Notice) -> bool:
        """Enqueue a notice for each admin, named here or Slack's, unless they were told before; False when there is none."""
        ...

    async def forget_left(self, workspace_id: str, coach_id: str) -> None:
        """A coach who had left Slack is back: the admins are told anew should they leave again."""
        ...

    async def drop_reminders(
        self,
        workspace_id: str,
        session_ids: Collection[str],
        why: str,
        now: datetime,
        *,
        countdown_only: bool = False,
    ) -> None:
        """Drop reminders that have not gone out, and have the messages of those that have edited.

        `countdown_only` leaves the notice before the start: whoever keeps a session still wants to hear of it.
        """
        ...

    async def refresh_notices(
        self, workspace_id: str, kind: NoticeKind, session_ids: Collection[str], now: datetime
    ) -> None:
        """Have the messages of that kind about these sessions rendered and edited again."""
        ...

    async def refresh_coach_news(
        self, workspace_id: str, session_ids: Collection[str], now: datetime, due_at: datetime
    ) -> None:
        """Have a coach's news of bookings and moves of these sessions edited at `due_at`: something became of them (K2)."""
        ...

    async def parts_in(self, workspace_id: str, session_id: str, account: str) -> list[Part]:
        """Return how much of what each grant paid for a session an account holds now."""
        ...

    async def mark_over(self, workspace_id: str, session: Session, outcome: Status) -> None:
        """Close a session at the status and version given, or correct how it was closed. Raises ChangedMeanwhile."""
        ...

    async def revive_missed(self, workspace_id: str, session_id: str, by_id: str, now: datetime) -> None:
        """Have the word to a client about a missed session name who noted it; put it back where a correction kept it unsaid."""
        ...

    async def complete_over(self, ended_by: datetime, now: datetime, limit: int) -> int:
        """Close scheduled sessions of all workspaces that ended by an instant, at most so many; return how many.

        What they were paid with goes to `earned` and the timeline says it; what somebody else has locked is left alone.
        """
        ...

    async def add_exceptions(self, workspace_id: str, sessions: Sequence[Session], asked: Asked) -> None:
        """Record one request about the latest cancellation of each session. Raises ChangedMeanwhile when there is one."""
        ...

    async def close_exceptions(self, workspace_id: str, sessions: Sequence[Session], *, withdrawn: bool) -> None:
        """Close what is open about the latest cancellation of each session; nothing where nobody asked."""
        ...

    async def withdraw_requests(self, workspace_id: str, sessions: Sequence[Session], now: datetime) -> None:
        """Close the requests about cancellations that are taken back; their messages do not go out any more."""
        ...

    async def overdue_exceptions(self, now: datetime, limit: int) -> list[tuple[str, str]]:
        """Return workspace and request of open exceptions whose deadline has passed, in all workspaces, the oldest first."""
        ...

    async def keep_reminders(self, workspace_id: str, session_ids: Collection[str]) -> None:
        """End the countdown of sessions whose client keeps them."""
        ...

    async def insert_session(self, session: Session, *, exclusive: bool, rebooks: str | None = None) -> None:
        """Insert a session, with its type and package looked up by name. Raises SlotTaken when `exclusive` and overlapping."""
        ...

    async def lock_client_grants(self, workspace_id: str, client_id: str) -> list[Grant]:
        """Lock and return a client's grants with their balances."""
        ...

    async def add_grant(
        self, workspace_id: str, client_id: str, grant: Grant, *, package: str | None, now: datetime
    ) -> None:
        """Give a person a grant; `package` names the package it is, made where it is missing."""
        ...

    async def give(self, workspace_id: str, holding: Holding) -> None:
        """Insert a grant and issue its balance, to a person or to a pool."""
        ...

    async def lock_grant(self, workspace_id: str, grant_id: str) -> Holding | None:
        """Lock and return one grant, None where it does not exist."""
        ...

    async def lock_expiring(self, now: datetime, limit: int) -> list[tuple[str, Holding]]:
        """Lock grants of all workspaces that expire within their workspace's notice and hold something nobody was told of."""
        ...

    async def lock_expired(self, before: datetime, limit: int) -> list[tuple[str, Holding]]:
        """Lock grants of all workspaces that expired at `before` or earlier and are not closed."""
        ...

    async def mark_warned(self, workspace_id: str, grant_ids: Collection[str], at: datetime | None) -> None:
        """Remember when the holders of these grants are told that they expire."""
        ...

    async def mark_closed(self, workspace_id: str, grant_ids: Collection[str], at: datetime) -> None:
        """Remember that nothing is left in these expired grants."""
        ...

    async def save_expiry(self, workspace_id: str, grant_id: str, expires_at: datetime | None) -> None:
        """Change when a grant expires; its holder is told again."""
        ...

    async def save_package(self, workspace_id: str, package: CatalogPackage) -> str:
        """Add a package (its id is empty) or change it; return its id, which never changes."""
        ...

    async def save_pool(
        self, workspace_id: str, pool_id: str, name: str, contact_id: str | None, member_ids: Sequence[str]
    ) -> None:
        """Add a pool or replace its name, contact and members; its credits and their history stay."""
        ...

    async def next_position(self, workspace_id: str, grant_id: str, now: datetime) -> int:
        """Return the lowest place in a package that no session holds, nor one that may still be taken back."""
        ...

    async def settled(self, workspace_id: str, sessions: Sequence[Session]) -> Mapping[str, list[Transfer]]:
        """Return the transfers of each session's latest cancellation: what it returned and what it forfeited."""
        ...

    async def balances_of(self, workspace_id: str, grant_ids: Collection[str]) -> Mapping[str, int]:
        """Lock grants in id order and return what they hold."""
        ...

    async def mark_restored(self, workspace_id: str, sessions: Sequence[Session], at: datetime) -> None:
        """Make canceled sessions scheduled again, all or none. Raises ChangedMeanwhile, SlotTaken."""
        ...

    async def withdraw_alerts(self, workspace_id: str, action_id: str, now: datetime) -> bool:
        """Drop a cancellation's alerts, copies included; False (and nothing dropped for good) when one began to go out."""
        ...

    async def revive_reminders(self, workspace_id: str, session_ids: Collection[str], now: datetime) -> None:
        """Put back the reminders that a cancellation dropped and that still lie ahead."""
        ...

    async def mark_moved(
        self,
        workspace_id: str,
        moves: Sequence[tuple[Session, Session]],
        *,
        at: datetime,
        by: str,
        role: Hat,
        action_id: str,
    ) -> None:
        """Move sessions (as they were, as they shall be), all or none. Raises ChangedMeanwhile, SlotTaken."""
        ...

    async def allow_late_move(self, workspace_id: str, session_id: str) -> None:
        """Let the client move this session once, inside the window too."""
        ...

    async def save_availability(self, workspace_id: str, coach_id: str, availability: Availability) -> None:
        """Replace a coach's hours, buffers, notice and horizon; their time off is kept."""
        ...

    async def add_time_off(self, workspace_id: str, coach_id: str, time_off: TimeOff) -> None:
        """Add a time in which a coach takes no bookings."""
        ...

    async def remove_time_off(self, workspace_id: str, coach_id: str, starts_at: datetime) -> None:
        """Take a time off back."""
        ...

    async def save_session_type(self, workspace_id: str, session_type: SessionType) -> None:
        """Add a session type or change its length and price for bookings from now on."""
        ...

    async def ensure_workspace(self, workspace_id: str, name: str | None = None) -> None:
        """Create the workspace with default settings where it is missing."""
        ...

    async def lock_workspace(self, workspace_id: str) -> None:
        """Wait until nobody else changes the set-up: what is read and then replaced must not lose another admin's change."""
        ...

    async def save_settings(self, workspace_id: str, settings: Settings) -> None:
        """Replace the workspace's settings; a changed policy becomes a new immutable row."""
        ...

    async def save_terms(self, workspace_id: str, scope: TermsScope, policy: Policy | None) -> None:
        """Give a scope these terms for bookings from now on; None takes a session type's or package's own ones away."""
        ...

    async def save_coach(self, workspace_id: str, person_id: str, alert_channel: str | None) -> None:
        """Add a coach or change their channel."""
        ...

    async def remove_coach(self, workspace_id: str, person_id: str) -> None:
        """Take a coach off the list; their sessions stay."""
        ...

    async def save_stakeholders(self, workspace_id: str, of: NewsOf, of_id: str, targets: Sequence[str]) -> None:
        """Replace who is told about a coach or a session type."""
        ...

    async def save_admins(self, workspace_id: str, person_ids: Sequence[str]) -> None:
        """Replace the named admins."""
        ...

    async def save_member(self, workspace_id: str, person: Person, fetched_at: datetime) -> None:
        """Insert or update what Slack says of a person."""
        ...

    async def link_member(self, workspace_id: str, pending_id: str, user_id: str) -> Sequence[str]:
        """Hand everything of a person known by e-mail to their Slack account; return the sessions that moved."""
        ...


class Store(Protocol):
    """The database."""

    def read(self) -> AbstractAsyncContextManager[Queries]:
        """Open a read-only view of one instant of the database. Raises StorageBusy."""
        ...

    def write(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Open a transaction that may write; leaving it without `commit` undoes it. Raises StorageBusy."""
        ...
