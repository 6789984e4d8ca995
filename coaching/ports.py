"""What the actions need from the outside, as protocols. `storage/` implements them; tests use the same implementation."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from coaching.availability import Availability, TimeOff
from coaching.credits import Grant, Part, Transfer
from coaching.drafts import Draft
from coaching.localtime import LocalDay, LocalDays, LocalTime
from coaching.news.kinds import NoticeKind
from coaching.news.notice import Notice
from coaching.packages import CatalogPackage, Holding
from coaching.plans import Change, Planned
from coaching.policy import Policy, TermsScope
from coaching.queries import Queries
from coaching.records import Refund
from coaching.returns import Payment, Returned
from coaching.sessions import Asked, Hat, Person, Session, Status
from coaching.shifts import Around
from coaching.stakeholders import NewsOf
from coaching.timeline import Entry
from coaching.why import Why
from coaching.workspace import SessionType, Settings


@dataclass(frozen=True, slots=True)
class Replan:
    """Whose plans are to be made again: a client's, or (None) everybody's; `after` is the last session dealt with, by end."""

    workspace_id: str
    person_id: str | None
    after: tuple[datetime, str] | None


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

    async def lock_payments(self, workspace_id: str, session_ids: Collection[str]) -> Mapping[str, list[Payment]]:
        """Lock the grants that paid, in id order, and return what each has in each session's account now."""
        ...

    async def lock_forfeits(self, workspace_id: str, session_ids: Collection[str]) -> Mapping[str, list[Payment]]:
        """Lock the grants that paid, in id order, and return what each session's latest cancellation forfeited of them."""
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

    async def open_returned(self, workspace_id: str, opened: Sequence[Returned], now: datetime) -> None:
        """Insert grants for what comes back, each with the owner and the package of its parent; they hold nothing yet."""
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
        why: Why,
        now: datetime,
        *,
        countdown_only: bool = False,
    ) -> None:
        """Drop reminders that have not gone out.

        `countdown_only` leaves the notice before the start: whoever keeps a session still wants to hear of it.
        """
        ...

    async def retell(
        self,
        workspace_id: str,
        kinds: Collection[NoticeKind],
        session_ids: Collection[str],
        now: datetime,
        *,
        coaches_at: datetime | None = None,
        released: Collection[str] = (),
    ) -> None:
        """Have the messages of these kinds about these sessions rendered and edited again, a coach's not before `coaches_at`.

        They are locked in the order of their keys, whatever their kind: one call for everything that one change is told by.
        The alerts of `released`, some of these sessions, wait for the end of an undo window no more: that window is closed.
        """
        ...

    async def alert_messages(
        self, workspace_id: str, session_ids: Collection[str], now: datetime
    ) -> Collection[tuple[str, str] | None]:
        """Return where alerts and requests about these sessions are shown (channel, ts); None for one that is under way."""
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

    async def drop_answered(self, workspace_id: str, session_ids: Collection[str], now: datetime) -> None:
        """Drop what was still to ask for a decision about these sessions, of requests of which nothing is open any more."""
        ...

    async def overdue_exceptions(self, now: datetime, limit: int) -> list[tuple[str, str]]:
        """Return workspace and request of open exceptions whose deadline has passed, in all workspaces, the oldest first."""
        ...

    async def left_behind(self, after: tuple[datetime, str, str], limit: int) -> list[tuple[datetime, str, str]]:
        """Return deadline, workspace and request of open exceptions of coaches who have left, in that order, in all workspaces.

        Those that come after one of these; an instant with two empty names is before all that are still in time then.
        """
        ...

    async def give_to_admins(self, workspace_id: str, request_ids: Collection[str]) -> None:
        """Note that admins decide about open requests."""
        ...

    async def keep_reminders(self, workspace_id: str, session_ids: Collection[str]) -> None:
        """End the countdown of sessions whose client keeps them."""
        ...

    async def insert_session(self, session: Session, *, exclusive: bool, rebooks: str | None = None) -> None:
        """Insert a session, with its type and package looked up by name.

        Raises SlotTaken or ClientBusy when it is `exclusive` and overlaps another one of its coach's or client's.
        """
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

    async def save_expiry(self, workspace_id: str, grant_id: str, last_day: LocalDay | None) -> None:
        """Change which day is a grant's last (None: it never expires); its holder is told again."""
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
        """Make canceled sessions scheduled again, all or none. Raises ChangedMeanwhile, SlotTaken, ClientBusy."""
        ...

    async def close_undo(self, workspace_id: str, session_ids: Collection[str]) -> None:
        """Let go of what canceled sessions hold: they cannot be taken back any more."""
        ...

    async def withdraw_alerts(self, workspace_id: str, action_id: str, now: datetime) -> bool:
        """Drop a cancellation's alerts, copies included; False (and nothing dropped for good) when one began to go out."""
        ...

    async def planned(self, workspace_id: str, session_ids: Collection[str]) -> Mapping[str, Sequence[Planned]]:
        """Lock and return every reminder these sessions ever had, by session; the sessions are locked already."""
        ...

    async def change_plans(self, workspace_id: str, changes: Sequence[Change], why: Why, now: datetime) -> None:
        """Drop reminders, saying why, and have others wait for another time; what went out meanwhile stays told."""
        ...

    async def time_zones(self, workspace_id: str, person_ids: Collection[str]) -> Mapping[str, str | None]:
        """Return the time zone of each person who is known."""
        ...

    async def ask_replan(self, workspace_id: str, person_id: str | None = None) -> None:
        """Have the plans of a person's sessions (None: of all) made again; an unfinished one begins again.

        Before any session is locked: whoever makes the plans locks in this order.
        """
        ...

    async def next_replan(self) -> Replan | None:
        """Lock and return whose plans are to be made again next, None where nobody's are."""
        ...

    async def to_replan(self, of: Replan, now: datetime, limit: int) -> list[tuple[datetime, str]]:
        """Return ends and ids of the next scheduled sessions whose plans are to be made again, soonest first."""
        ...

    async def replanned(self, of: Replan, up_to: tuple[datetime, str] | None) -> None:
        """Remember how far the plans were made again; None: to the end of this pass."""
        ...

    async def warnings_ahead(
        self, workspace_id: str, person_id: str | None, now: datetime
    ) -> list[tuple[str, str, datetime]]:
        """Return key, recipient and instant of the warnings of expiry that wait for the end of somebody's quiet hours."""
        ...

    async def forget_warnings(self, workspace_id: str, keys: Collection[str]) -> None:
        """Take back warnings that have not gone out, as though they had never been planned."""
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
        """Move sessions (as they were, as they shall be), all or none; they may take one another's places.

        Raises ChangedMeanwhile, SlotTaken, ClientBusy.
        """
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

    async def coaches_by_older_rules(self, rules: str, now: datetime) -> list[tuple[str, str]]:
        """Return workspace and coach of sessions ahead that nobody has looked at under these rules, in all workspaces."""
        ...

    async def lock_by_older_rules(
        self, workspace_id: str, coach_id: str, rules: str, now: datetime, limit: int
    ) -> list[Session]:
        """Lock a coach's sessions ahead that nobody has looked at under these rules, the soonest of them."""
        ...

    async def sessions_around(
        self, workspace_id: str, people: Collection[str], since: datetime, until: datetime, rules: str, now: datetime
    ) -> Around:
        """Return what takes these people's time between two instants, as clients and as coaches.

        None of them can be booked or moved by anybody else until this is committed.
        """
        ...

    async def mark_shifted(
        self, workspace_id: str, shifts: Sequence[tuple[Session, Session]], at: datetime, action_id: str
    ) -> None:
        """Give sessions (as they were, as they shall be) their new instants, all or none.

        Raises ChangedMeanwhile, SlotTaken, ClientBusy.
        """
        ...

    async def note_rules(self, workspace_id: str, looked_at: Sequence[tuple[str, LocalTime]], rules: str) -> None:
        """Remember that these rules were looked at, and what each session's clocks show by which rules."""
        ...

    async def days_off_by_older_rules(self, rules: str, now: datetime, limit: int) -> list[tuple[str, str]]:
        """Return workspace and coach of days off ahead that were computed by older rules, in all workspaces."""
        ...

    async def take_days_off(self, workspace_id: str, coach_id: str, rules: str, now: datetime) -> list[LocalDays]:
        """Take away a coach's days off ahead that were computed by older rules, and return them."""
        ...

    async def put_days_off(self, workspace_id: str, coach_id: str, off: TimeOff) -> None:
        """Add days off; of two times off that begin together the longer one stays."""
        ...

    async def expiries_by_older_rules(self, rules: str, limit: int) -> list[tuple[str, str]]:
        """Return workspace and id of open grants whose last day ends as older rules said, in all workspaces."""
        ...

    async def shift_expiry(self, workspace_id: str, grant_id: str, last_day: LocalDay) -> None:
        """Let a grant end with its last day by the rules of now; it stays the day that its holder was told."""
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

    async def move_channel(self, workspace_id: str, old: str, new: str) -> None:
        """Replace a channel's id everywhere: alert channels, stakeholders, notices to come and messages that were sent."""
        ...

    async def save_admins(
        self, workspace_id: str, person_ids: Sequence[str], by: str | None = None, at: datetime | None = None
    ) -> None:
        """Replace the named admins; `by` stands for all of them from then on (`at`, wall time), those who stay included."""
        ...

    async def save_member(self, workspace_id: str, person: Person, fetched_at: datetime) -> None:
        """Insert or update what Slack says of a person.

        Of somebody who was an admin by our word and is none, it is kept from when on that word may have been wrong: since
        Slack last said it.
        """
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
