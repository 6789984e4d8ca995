"""Views of sessions: lists and details. Nothing is written."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from coaching import zones
from coaching.actions.access import hats_for, require_subject
from coaching.actions.departed import gone
from coaching.causes import ASKABLE, Blocked
from coaching.clock import Clock
from coaching.errors import NotYours
from coaching.news.notice import NoticeLine
from coaching.policy import Policy
from coaching.ports import Queries, Store
from coaching.records import ANYTHING, COUNTED, Move, Scope, Viewer, Wanted, Window
from coaching.requests import Request
from coaching.returns import Payment
from coaching.sessions import Actor, Hat, Person, Session, Status
from coaching.timeline import Entry, Event
from coaching.workspace import Settings

LIST_PAGE = 10
"""Sessions on one page of the list."""
TIMELINE_SHOWN = 40
"""The last entries of a timeline, messages included, that details show."""


@dataclass(frozen=True, slots=True)
class Row:
    """A session with its terms. `blocked` is why the viewer cannot cancel it (None: they can).

    `fixed` is why they cannot move it. `has_hours`: its coach has hours, so there may be times to move it to. `asked`:
    there is an open request to move it.
    """

    session: Session
    policy: Policy
    blocked: Blocked | None
    fixed: Blocked | None = None
    has_hours: bool = False
    asked: bool = False

    @property
    def movable(self) -> bool:
        """Whether the viewer can move it now."""
        return self.fixed is None and self.has_hours

    @property
    def askable(self) -> bool:
        """Whether its client, who cannot move it, can ask its coach to, or has asked."""
        return self.asked or (self.fixed in ASKABLE and self.has_hours)


@dataclass(frozen=True, slots=True)
class Found:
    """What a list was narrowed down to, with the names for it where a session has them.

    `cut`: only the first `COUNTED` sessions of the list were looked through.
    """

    wanted: Wanted
    other: Person | None = None
    session_type: str | None = None
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPage:
    """One page of a list. `found`: it was narrowed down.

    `page` counts from 0; `subject` is the person whose sessions these are, seen in the role `hat`. `more`: there are
    more than `total`. `bookable`, set for an empty list only: some coach has hours, so a session could be booked.
    `contact`, for an empty list only, is whom to ask. `listed`: the viewer is on the list of coaches, which decides the
    words of an empty list. A former coach is not on it. `gives`, for an admin only: the subject is or was a coach.
    """

    viewer: Viewer
    hat: Hat
    subject: Person
    scope: Scope
    rows: Sequence[Row]
    total: int
    page: int
    now: datetime
    more: bool = False
    bookable: bool = False
    contact: str | None = None
    listed: bool = True
    found: Found | None = None
    gives: bool = False

    @property
    def later(self) -> bool:
        """Whether another page follows."""
        return self.more or (self.page + 1) * LIST_PAGE < self.total


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """Everything about one session: terms, cancellation, and the last entries of its timeline and of its notices.

    `happened` is how many of both there are in all, as far as they are counted: COUNTED more than are shown.
    `coach_gone`: the coach was removed or has left Slack.
    `other_terms_now`: the same booking would get other terms now than those it was booked under.
    `payments`: what paid for it, while it is booked. `asked`: the open request to move it, if there is one. `handed` are
    its hand-overs, first to last.
    """

    viewer: Viewer
    hat: Hat
    row: Row
    timeline: Sequence[tuple[Entry, Person]]
    notices: Sequence[NoticeLine]
    happened: int
    settings: Settings
    now: datetime
    coach_gone: bool = False
    other_terms_now: bool = False
    payments: Sequence[Payment] | None = None
    asked: Request | None = None
    handed: Sequence[Move] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Who looks."""

    viewer: Viewer


async def see(store: Store, actor: Actor) -> Seen:
    """Return what the workspace knows of the actor."""
    async with store.read(actor.workspace_id) as queries:
        return Seen(viewer=await queries.people.viewer(actor.user_id))


async def list_sessions(
    store: Store,
    clock: Clock,
    actor: Actor,
    *,
    hat: Hat = Hat.CLIENT,
    subject_id: str | None = None,
    scope: Scope = Scope.UPCOMING,
    page: int = 0,
    look: bool = False,
    either: bool = False,
    wanted: Wanted = ANYTHING,
) -> SessionPage:
    """Return one page of a person's sessions, or of those `wanted`. Raises NotYours, AdminsOnly.

    A person who gives sessions sees it as a coach, whether or not they are on the list of coaches. This is checked only
    for an empty list or with `look`: the list of a client with sessions is the busiest screen. With `either`, a coach
    who takes no sessions sees those they give.
    """
    now, whose = clock.now(), subject_id or actor.user_id
    async with store.read(actor.workspace_id) as queries:
        viewer = await queries.people.viewer(actor.user_id)
        found = await _page(queries, viewer, actor, hat, whose, scope, page, now, wanted)
        gives = viewer.is_coach or hat is Hat.COACH
        if not gives and hat is Hat.CLIENT and (look or not found.rows):
            gives = await queries.coaches.gave(actor.user_id)
        if either and gives and hat is Hat.CLIENT and not found.rows:
            found = await _page(queries, viewer, actor, Hat.COACH, whose, scope, 0, now)
        contact = None if found.rows else (await queries.workspace.settings()).support_contact
        others = hat is Hat.ADMIN and (
            (await queries.people.viewer(whose)).is_coach or await queries.coaches.gave(whose)
        )
    return replace(found, viewer=replace(viewer, is_coach=gives), contact=contact, gives=others)


async def find(store: Store, actor: Actor, session_id: str) -> Session:
    """Return one session that the actor may see as its client, its coach, or an admin. Raises NotYours."""
    async with store.read(actor.workspace_id) as queries:
        session = await queries.sessions.find(session_id)
        if session is None:
            raise NotYours("session", [session_id], actor.user_id)
        await hats_for(queries, actor, [session])
        return session


async def details(store: Store, clock: Clock, actor: Actor, session_id: str) -> Details:
    """Return one session that the actor may see as its client, its coach, or an admin. Raises NotYours."""
    now, workspace_id = clock.now(), actor.workspace_id
    async with store.read(workspace_id) as queries:
        session = await queries.sessions.find(session_id)
        if session is None:
            raise NotYours("session", [session_id], actor.user_id)
        hat = (await hats_for(queries, actor, [session]))[session.id]
        viewer = await queries.people.viewer(actor.user_id)
        terms = await terms_of(queries, [session], now)
        [row] = terms.rows([session], hat, only_looks=only_looks(hat, viewer))
        booked = session.status is Status.SCHEDULED
        counted = COUNTED + TIMELINE_SHOWN + 1
        entries, events = await queries.timeline.of(session_id, TIMELINE_SHOWN, counted)
        # A client may not know who else is notified besides themselves and their coach.
        two = {session.client.id, session.coach.id} if hat is Hat.CLIENT else None
        acted_on = any(entry.event in (Event.LINK_CHANGED, Event.MOVE_ASKED) for entry, _ in entries)
        handed: Sequence[Move] = ()
        if any(entry.event is Event.HANDED_OVER for entry, _ in entries):
            handed = await queries.handovers.of_session(session_id)
        # Everyone sees what reached whom. What waits, failed or was dropped, and why, is for those who run the app.
        notices, messages = await queries.timeline.notice_lines(
            session, TIMELINE_SHOWN, two, counted - events, arrived=not viewer.is_admin, acted_on=acted_on
        )
        payments = (await queries.payments.of([session_id])).get(session_id, ()) if booked else None
        return Details(
            viewer=viewer,
            hat=hat,
            row=row,
            timeline=entries,
            notices=notices,
            happened=events + messages,
            settings=await queries.workspace.settings(),
            now=now,
            other_terms_now=await queries.terms.today(session_id) != session.policy_id,
            coach_gone=bool(await gone(queries, [session.coach.id])),
            payments=payments,
            asked=terms.asked.get(session_id),
            handed=handed,
        )


async def _page(
    queries: Queries,
    viewer: Viewer,
    actor: Actor,
    hat: Hat,
    subject_id: str,
    scope: Scope,
    page: int,
    now: datetime,
    wanted: Wanted = ANYTHING,
) -> SessionPage:
    if subject_id != actor.user_id or hat is Hat.ADMIN:
        await require_subject(queries, actor, hat, subject_id)
    subject = await subject_of(queries, viewer, subject_id)
    if wanted:
        return await _narrowed(queries, viewer, subject, hat, scope, page, now, wanted)
    window = Window(hat, scope, LIST_PAGE, max(page, 0) * LIST_PAGE)
    [found] = await pages_of(queries, viewer, subject, [window], now)
    if not found.rows and page > 0:
        # The page became empty while it was open: show the first one.
        [found] = await pages_of(queries, viewer, subject, [replace(window, offset=0)], now)
    return found


async def _narrowed(
    queries: Queries,
    viewer: Viewer,
    subject: Person,
    hat: Hat,
    scope: Scope,
    page: int,
    now: datetime,
    wanted: Wanted,
) -> SessionPage:
    """Return a page of the sessions wanted. At most `COUNTED` are looked through, whatever lies behind them."""
    first, last = wanted.bounds(zones.first_known(viewer.person.time_zone))
    glimpses = await queries.sessions.glimpses(hat, subject.id, scope, now, first=first, last=last, most=COUNTED + 1)
    matching = [one for one in glimpses[:COUNTED] if wanted.matches(one)]
    page = max(page, 0) if max(page, 0) * LIST_PAGE < len(matching) else 0
    shown = [one.id for one in matching[page * LIST_PAGE : (page + 1) * LIST_PAGE]]
    sessions = await queries.sessions.by_ids(shown)
    sessions.sort(key=lambda one: shown.index(one.id))
    return SessionPage(
        viewer=viewer,
        hat=hat,
        subject=subject,
        scope=scope,
        rows=(await terms_of(queries, sessions, now)).rows(sessions, hat, only_looks=only_looks(hat, viewer)),
        total=len(matching),
        page=page,
        now=now,
        listed=viewer.is_coach,
        found=Found(
            wanted,
            next((one.other for one in glimpses if one.other.id == wanted.other_id), None),
            next((one.session_type for one in glimpses if one.type_id == wanted.type_id), None),
            cut=len(glimpses) > COUNTED,
        ),
    )


async def pages_of(
    queries: Queries,
    viewer: Viewer,
    subject: Person,
    windows: Sequence[Window],
    now: datetime,
    other_id: str | None = None,
) -> list[SessionPage]:
    """Return what is in each window on the subject's sessions, or on those with one other person."""
    found = await queries.sessions.pages(subject.id, windows, now, most=COUNTED + 1, other_id=other_id)
    terms = await terms_of(queries, [session for sessions, _ in found for session in sessions], now)
    pages = []
    for window, (sessions, total) in zip(windows, found, strict=True):
        reach = max(COUNTED, window.offset + window.limit)
        none = not sessions and window.scope is Scope.UPCOMING and window.hat is Hat.CLIENT
        pages.append(
            SessionPage(
                viewer=viewer,
                hat=window.hat,
                subject=subject,
                scope=window.scope,
                rows=terms.rows(sessions, window.hat, only_looks=only_looks(window.hat, viewer)),
                total=min(total, reach),
                page=window.offset // LIST_PAGE,
                now=now,
                more=total > reach,
                bookable=none and await queries.schedule.any_hours(),
                listed=viewer.is_coach,
            )
        )
    return pages


async def subject_of(queries: Queries, viewer: Viewer, subject_id: str) -> Person:
    """Return the person whose sessions the viewer looks at."""
    if subject_id == viewer.person.id:
        return viewer.person
    return (await queries.people.viewer(subject_id)).person


def only_looks(hat: Hat, viewer: Viewer) -> bool:
    """Return whether the viewer, a former coach, may only look at the sessions they gave."""
    return hat is Hat.COACH and not viewer.is_coach


@dataclass(frozen=True, slots=True)
class SessionTerms:
    """The terms of some sessions, which of their coaches give hours, and the open requests to move them."""

    policies: Mapping[str, Policy]
    giving: Collection[str]
    asked: Mapping[str, Request]
    now: datetime

    def rows(self, sessions: Sequence[Session], hat: Hat, *, only_looks: bool = False) -> list[Row]:
        """Return the sessions with what `hat` may do with them."""
        return [
            Row(
                session=s,
                policy=(policy := self.policies[s.policy_id]),
                blocked=Blocked.NO_COACH if only_looks else s.blocked(policy, self.now, hat),
                fixed=Blocked.NO_COACH if only_looks else s.immovable(policy, self.now, hat),
                has_hours=s.coach.id in self.giving,
                asked=s.id in self.asked,
            )
            for s in sessions
        ]


async def terms_of(queries: Queries, sessions: Sequence[Session], now: datetime) -> SessionTerms:
    """Return the terms of some sessions."""
    ahead = [s for s in sessions if s.status is Status.SCHEDULED and s.starts_at >= now]
    policies = await queries.terms.by_ids({s.policy_id for s in sessions})
    # Most lists have no session that was ever late to move: they ask nothing.
    late = [s.id for s in ahead if s.late_move_allowed or s.immovable(policies[s.policy_id], now, Hat.CLIENT)]
    return SessionTerms(
        policies=policies,
        giving=await queries.schedule.giving({s.coach.id for s in ahead}),
        asked={one.subject_id: one for one in await queries.requests.open_moves(late)},
        now=now,
    )
