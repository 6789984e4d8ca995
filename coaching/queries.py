"""What can be asked of the database, as a protocol. Every question is bound to a workspace; none writes."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from coaching.availability import Availability
from coaching.credits import Grant
from coaching.drafts import Draft
from coaching.news.notice import NoticeLine
from coaching.packages import CatalogPackage, Holder, Holding, Movement, Pool
from coaching.policy import Policy, Terms, TermsScope
from coaching.records import Acquaintance, Busy, Move, Scope, Viewer
from coaching.returns import Payment
from coaching.sessions import Hat, Person, Session
from coaching.stakeholders import Stakeholder
from coaching.timeline import Entry
from coaching.workspace import Coach, SessionType, Settings


class Queries(Protocol):
    """Reads. Every one is bound to a workspace; none writes."""

    async def viewer(self, workspace_id: str, user_id: str) -> Viewer:
        """Return what is known of a person (an unknown one with `member=False`)."""
        ...

    async def strangers(self, workspace_id: str, user_ids: Collection[str]) -> set[str]:
        """Return who of these Slack has told nothing of yet."""
        ...

    async def coach_left(self, workspace_id: str, coach_id: str) -> bool:
        """Return whether Slack has said that this coach left, as the admins were told."""
        ...

    async def coaches_left(self, workspace_id: str, coach_ids: Collection[str]) -> set[str]:
        """Return which coaches have left Slack, as the admins were told."""
        ...

    async def listed_coaches(self, workspace_id: str, person_ids: Collection[str]) -> set[str]:
        """Return who of these is on the list of coaches."""
        ...

    async def all_admins(self, workspace_id: str) -> list[str]:
        """Return the ids of all admins, named here or Slack's, sorted."""
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

    async def payments(self, workspace_id: str, session_ids: Collection[str]) -> Mapping[str, list[Payment]]:
        """Return what each grant has in each session's account now: paid and neither returned nor forfeited."""
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
        self, workspace_id: str, person_ids: Collection[str], since: datetime, until: datetime, now: datetime
    ) -> list[Busy]:
        """Return what these people have between two instants, each once, as coaches and as clients, soonest first."""
        ...

    async def acquaintance(self, workspace_id: str, user_id: str, email: str | None) -> Acquaintance | None:
        """Return what is kept of somebody with this id or e-mail; None where nothing here has to do with them."""
        ...

    async def moves(self, workspace_id: str, action_id: str) -> list[tuple[Session, Move]]:
        """Return the sessions one action moved, with the change, soonest first."""
        ...
