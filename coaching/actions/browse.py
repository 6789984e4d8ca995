"""Views of sessions: lists, the choosing dialog, details, credits. Nothing is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from coaching.actions.access import hats_for, require_subject
from coaching.actions.departed import gone
from coaching.availability import Availability
from coaching.causes import Blocked
from coaching.clock import Clock
from coaching.credits import Grant
from coaching.drafts import Draft, Stage
from coaching.errors import DialogExpired, NotYours
from coaching.ids import new_id
from coaching.news.notice import NoticeLine
from coaching.policy import Policy
from coaching.ports import Queries, Store
from coaching.records import Scope, Viewer
from coaching.returns import Payment
from coaching.sessions import Actor, Hat, Person, Session, Status
from coaching.timeline import Entry
from coaching.workspace import Settings

LIST_PAGE = 10
"""Sessions on one page of the list."""
CHOOSE_PAGE = 30
"""Sessions on one page of the choosing dialog: 30 groups of one still fit Slack's 100 blocks."""
CHOOSE_MOST = 1000
"""The limit of sessions in the choosing dialog, over all pages."""


@dataclass(frozen=True, slots=True)
class Row:
    """A session with its terms. `blocked` is why the viewer cannot cancel it (None: they can).

    `fixed` is why they cannot move it. `has_hours`: its coach has hours, so there may be times to move it to.
    """

    session: Session
    policy: Policy
    blocked: Blocked | None
    fixed: Blocked | None = None
    has_hours: bool = False

    @property
    def movable(self) -> bool:
        """Whether the viewer can move it now."""
        return self.fixed is None and self.has_hours


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPage:
    """One page of a list.

    `page` counts from 0; `subject` is the person whose sessions these are, seen in the role `hat`. `bookable`, set for
    an empty list only: some coach has hours, so a session could be booked. `listed`: the viewer is on the list of
    coaches, which decides the words of an empty list. A former coach is not on it.
    """

    viewer: Viewer
    hat: Hat
    subject: Person
    scope: Scope
    rows: Sequence[Row]
    total: int
    page: int
    now: datetime
    bookable: bool = False
    listed: bool = True

    @property
    def pages(self) -> int:
        """The number of pages, at least one."""
        return max(1, -(-self.total // LIST_PAGE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Choosing:
    """One page of the choosing dialog: the sessions that can be canceled, and what the draft already contains."""

    viewer: Viewer
    hat: Hat
    subject: Person
    draft: Draft
    rows: Sequence[Row]
    total: int
    page: int
    now: datetime
    support_contact: str | None

    @property
    def pages(self) -> int:
        """The number of pages, at least one."""
        return max(1, -(-self.total // CHOOSE_PAGE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """Everything about one session: terms, cancellation, timeline and notices.

    `coach_gone`: the coach was removed or has left Slack.
    `other_terms_now`: the same booking would get other terms now than those it was booked under.
    `payments`: what paid for it, while it is booked.
    """

    viewer: Viewer
    hat: Hat
    row: Row
    timeline: Sequence[tuple[Entry, Person]]
    notices: Sequence[NoticeLine]
    settings: Settings
    now: datetime
    coach_gone: bool = False
    other_terms_now: bool = False
    payments: Sequence[Payment] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What the App Home shows. `hours` are the viewer's own as a coach."""

    viewer: Viewer
    upcoming: SessionPage
    past: SessionPage
    coaching: SessionPage | None
    grants: Sequence[Grant]
    settings: Settings
    now: datetime
    hours: Availability | None = None


async def list_sessions(
    store: Store,
    clock: Clock,
    actor: Actor,
    *,
    hat: Hat = Hat.CLIENT,
    subject_id: str | None = None,
    scope: Scope = Scope.UPCOMING,
    page: int = 0,
) -> SessionPage:
    """Return one page of a person's sessions. Raises NotYours, AdminsOnly."""
    now = clock.now()
    async with store.read(actor.workspace_id) as queries:
        viewer = await queries.people.viewer(actor.user_id)
        return await _page(queries, viewer, actor, hat, subject_id or actor.user_id, scope, page, now)


async def choose(
    store: Store,
    clock: Clock,
    actor: Actor,
    *,
    draft_id: str | None,
    hat: Hat = Hat.CLIENT,
    subject_id: str | None = None,
    page: int = 0,
    only: str | None = None,
) -> Choosing:
    """Return one page of the choosing dialog, a new one without `draft_id`.

    `only` starts it with this one session picked.
    Raises NotYours (also where `only` cannot be canceled), AdminsOnly, and DialogExpired when the draft was confirmed
    already.
    """
    now, workspace_id, whose = clock.now(), actor.workspace_id, subject_id or actor.user_id
    async with store.read(workspace_id) as queries:
        await require_subject(queries, actor, hat, whose)
        viewer = await queries.people.viewer(actor.user_id)
        subject = await _subject(queries, viewer, whose)
        draft = None if draft_id is None else await queries.drafts.find(draft_id, actor.user_id)
        draft_id = draft_id or new_id(now)
        draft = draft or Draft(id=draft_id, user_id=actor.user_id, hat=hat, subject_id=whose)
        if draft.stage is Stage.DONE or (draft.hat, draft.subject_id) != (hat, whose):
            raise DialogExpired(draft_id)
        sessions = await queries.sessions.cancelable(hat, whose, now, limit=CHOOSE_MOST)
        rows = await _rows(queries, sessions, now, hat)
        settings = await queries.workspace.settings()
    rows = [row for row in rows if row.blocked is None]
    if only is not None:
        if all(row.session.id != only for row in rows):
            raise NotYours("session", [only], actor.user_id)
        # Open the page that has it, with its box ticked.
        at = next((i for i, row in enumerate(rows) if row.session.id == only), 0)
        page = at // CHOOSE_PAGE
        draft = Draft(id=draft_id, user_id=actor.user_id, hat=hat, subject_id=whose, picked=(only,))
    page = min(max(page, 0), max(0, (len(rows) - 1) // CHOOSE_PAGE))
    return Choosing(
        viewer=viewer,
        hat=hat,
        subject=subject,
        draft=draft,
        rows=rows[page * CHOOSE_PAGE : (page + 1) * CHOOSE_PAGE],
        total=len(rows),
        page=page,
        now=now,
        support_contact=settings.support_contact,
    )


async def details(store: Store, clock: Clock, actor: Actor, session_id: str) -> Details:
    """Return one session that the actor may see as its client, its coach, or an admin. Raises NotYours."""
    now, workspace_id = clock.now(), actor.workspace_id
    async with store.read(workspace_id) as queries:
        session = await queries.sessions.find(session_id)
        if session is None:
            raise NotYours("session", [session_id], actor.user_id)
        hat = (await hats_for(queries, actor, [session]))[session.id]
        viewer = await queries.people.viewer(actor.user_id)
        rows = await _rows(queries, [session], now, hat, only_looks=_only_looks(hat, viewer))
        booked = session.status is Status.SCHEDULED
        payments = (await queries.payments.of([session_id])).get(session_id, ()) if booked else None
        return Details(
            viewer=viewer,
            hat=hat,
            row=rows[0],
            timeline=await queries.timeline.of(session_id),
            notices=_shown_to(hat, session, await queries.timeline.notice_lines(session)),
            settings=await queries.workspace.settings(),
            now=now,
            other_terms_now=await queries.terms.today(session_id) != session.policy_id,
            coach_gone=bool(await gone(queries, [session.coach.id])),
            payments=payments,
        )


async def home(store: Store, clock: Clock, actor: Actor) -> Home:
    """Return the actor's App Home."""
    now, workspace_id, me = clock.now(), actor.workspace_id, actor.user_id
    async with store.read(workspace_id) as queries:
        viewer = await queries.people.viewer(me)
        coaching = await _page(queries, viewer, actor, Hat.COACH, me, Scope.UPCOMING, 0, now)
        return Home(
            viewer=viewer,
            upcoming=await _page(queries, viewer, actor, Hat.CLIENT, me, Scope.UPCOMING, 0, now),
            past=await _page(queries, viewer, actor, Hat.CLIENT, me, Scope.PAST, 0, now),
            coaching=coaching if coaching.total or viewer.is_coach else None,
            grants=await queries.grants.of_client(me),
            settings=await queries.workspace.settings(),
            now=now,
            hours=await queries.schedule.availability(me) if viewer.is_coach else None,
        )


async def _page(
    queries: Queries, viewer: Viewer, actor: Actor, hat: Hat, subject_id: str, scope: Scope, page: int, now: datetime
) -> SessionPage:
    if subject_id != actor.user_id or hat is Hat.ADMIN:
        await require_subject(queries, actor, hat, subject_id)
    subject = await _subject(queries, viewer, subject_id)
    page = max(page, 0)
    sessions, total = await queries.sessions.page(hat, subject_id, scope, now, limit=LIST_PAGE, offset=page * LIST_PAGE)
    if not sessions and page:
        # The page became empty while it was open: show the first one.
        return await _page(queries, viewer, actor, hat, subject_id, scope, 0, now)
    return SessionPage(
        viewer=viewer,
        hat=hat,
        subject=subject,
        scope=scope,
        rows=await _rows(queries, sessions, now, hat, only_looks=_only_looks(hat, viewer)),
        total=total,
        page=page,
        now=now,
        bookable=not sessions and scope is Scope.UPCOMING and bool(await queries.schedule.coaches()),
        listed=viewer.is_coach,
    )


def _shown_to(hat: Hat, session: Session, lines: Sequence[NoticeLine]) -> Sequence[NoticeLine]:
    """Leave out notices to others, if the viewer is the client.

    A client may not know who else is notified besides themselves and their coach.
    """
    two = {session.client.id, session.coach.id}
    return [line for line in lines if line.recipient.id in two] if hat is Hat.CLIENT else lines


async def _subject(queries: Queries, viewer: Viewer, subject_id: str) -> Person:
    if subject_id == viewer.person.id:
        return viewer.person
    return (await queries.people.viewer(subject_id)).person


def _only_looks(hat: Hat, viewer: Viewer) -> bool:
    """Return whether the viewer, a former coach, may only look at the sessions they gave."""
    return hat is Hat.COACH and not viewer.is_coach


async def _rows(
    queries: Queries,
    sessions: Sequence[Session],
    now: datetime,
    hat: Hat,
    *,
    only_looks: bool = False,
) -> list[Row]:
    if not sessions:
        return []
    policies: Mapping[str, Policy] = await queries.terms.by_ids({s.policy_id for s in sessions})
    upcoming = any(s.status is Status.SCHEDULED and s.starts_at >= now for s in sessions)
    giving = {coach.id for coach in await queries.schedule.coaches()} if upcoming else set()
    return [
        Row(
            session=s,
            policy=policies[s.policy_id],
            blocked=Blocked.NO_COACH if only_looks else s.blocked(policies[s.policy_id], now, hat),
            fixed=Blocked.NO_COACH if only_looks else s.immovable(policies[s.policy_id], now, hat),
            has_hours=s.coach.id in giving,
        )
        for s in sessions
    ]
