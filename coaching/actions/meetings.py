"""Setting meeting links: of a session, of a session type, and of a coach (ADR 0043)."""

from dataclasses import dataclass
from datetime import datetime

from coaching.actions.access import deciders, is_admin_still, require_admin
from coaching.clock import Clock
from coaching.errors import AdminsOnly, BadSetting, NotYours
from coaching.fields import Field
from coaching.ids import new_id
from coaching.meetings import LinkOf, LinkScope, meeting_link
from coaching.news.meetings import link_changed
from coaching.ports import Queries, Store, UnitOfWork
from coaching.records import Viewer
from coaching.sessions import Actor, Hat, Person, Session, Status
from coaching.timeline import Entry, Event


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingLink:
    """A meeting link to edit, in a role. `default` is the one that is used without it.

    `coach` is set for the link of a coach, `session_type` (a name) for that of a type, `session` for that of a session.
    """

    viewer: Viewer
    role: Hat
    scope: LinkScope
    link: str | None
    now: datetime
    default: str | None = None
    coach: Person | None = None
    session_type: str | None = None
    session: Session | None = None


async def open_link(store: Store, clock: Clock, actor: Actor, scope: LinkScope) -> MeetingLink:
    """Return a meeting link to edit. Raises NotYours, AdminsOnly, CoachesOnly, and BadSetting where none can be set."""
    async with store.read(actor.workspace_id) as queries:
        return await _found(queries, clock.now(), actor, scope)


async def save_link(
    store: Store, clock: Clock, actor: Actor, request_key: str, scope: LinkScope, typed: str
) -> MeetingLink:
    """Set the meeting link of a session (by its coach or an admin), a type (an admin), or a coach (themselves, an admin).

    It holds at once, for all booked sessions that have no other. An empty text removes it. Whoever has such a session
    is told.
    Raises NotYours, AdminsOnly, CoachesOnly, BadSetting, Replayed.
    """
    now = clock.now()
    async with store.write(actor.workspace_id) as uow:
        await _found(uow, now, actor, scope)
        link = meeting_link(typed)
        await uow.claim_request(request_key)
        if scope.of is LinkOf.SESSION:
            await uow.sessions.lock([scope.id])
        else:
            await uow.workspace.ensure()
            await uow.workspace.lock()
        before = await _found(uow, now, actor, scope)
        if link != before.link:
            await _change(uow, actor, before, link)
        await uow.commit()
    return before


async def _change(uow: UnitOfWork, actor: Actor, before: MeetingLink, link: str | None) -> None:
    """Save another link. Have messages edited that show the old one, and tell clients, and coaches if it was an admin."""
    now, scope = before.now, before.scope
    meetings = await uow.meetings.of(scope, now)
    await uow.meetings.save(scope, link)
    soonest = [one for one in meetings if one.link != (link or one.without)]
    # Rows are written in the order of the sessions' ids, like those of every other action: two actions that lock the
    # same ones in different orders would wait for each other.
    changed = sorted(soonest, key=lambda one: one.session_id)
    if not changed:
        return
    action_id = new_id(now)
    await uow.meetings.record(changed, action_id, now, actor.user_id, before.role)
    entries = [Entry(one.session_id, now, Event.LINK_CHANGED, actor.user_id, before.role) for one in changed]
    await uow.timeline.add(entries)
    # News of a link that is on its way, or waits for corrections, tells the present one.
    untold = await uow.notices.refresh_links(action_id, now)
    clients: dict[str, datetime] = {}
    coaches: dict[str, datetime] = {}
    for one in soonest:
        for who, people in ((one.client_id, clients), (one.coach_id, coaches)):
            if who != actor.user_id and (who, one.session_id) not in untold:
                people.setdefault(who, one.starts_at)
    await uow.notices.add(link_changed(action_id, clients, coaches if before.role is Hat.ADMIN else {}, now))


async def _found(queries: Queries, now: datetime, actor: Actor, scope: LinkScope) -> MeetingLink:
    match scope.of:
        case LinkOf.SESSION:
            return await _of_session(queries, now, actor, scope)
        case LinkOf.TYPE:
            return await _of_type(queries, now, actor, scope)
        case LinkOf.COACH:
            return await _of_coach(queries, now, actor, scope)


async def _of_session(queries: Queries, now: datetime, actor: Actor, scope: LinkScope) -> MeetingLink:
    found = await queries.sessions.by_ids([scope.id])
    hats = await deciders(queries, actor, [scope.id], found)
    [session] = found
    if session.status is not Status.SCHEDULED or now > session.ends_at:
        raise BadSetting(Field.MEETING_LINK, "this session is over or canceled, so nobody joins it any more")
    return MeetingLink(
        viewer=await queries.people.viewer(actor.user_id),
        role=hats[scope.id],
        scope=scope,
        link=session.meeting_link,
        now=now,
        default=session.default_link,
        session=session,
    )


async def _of_type(queries: Queries, now: datetime, actor: Actor, scope: LinkScope) -> MeetingLink:
    await require_admin(queries, actor)
    for one in await queries.catalogue.session_types():
        if one.id == scope.id:
            return MeetingLink(
                viewer=await queries.people.viewer(actor.user_id),
                role=Hat.ADMIN,
                scope=scope,
                link=one.meeting_link,
                now=now,
                session_type=one.name,
            )
    raise BadSetting(Field.MEETING_LINK, "that session type is gone; close this and open the set-up again")


async def _of_coach(queries: Queries, now: datetime, actor: Actor, scope: LinkScope) -> MeetingLink:
    viewer = await queries.people.viewer(actor.user_id)
    own = scope.id == actor.user_id and viewer.is_coach
    if not own and not is_admin_still(viewer):
        raise AdminsOnly(actor.user_id) if scope.id == actor.user_id else NotYours("link", [scope.id], actor.user_id)
    for one in await queries.coaches.some([scope.id]):
        return MeetingLink(
            viewer=viewer,
            role=Hat.COACH if own else Hat.ADMIN,
            scope=scope,
            link=one.meeting_link,
            now=now,
            coach=one.person,
        )
    raise BadSetting(Field.MEETING_LINK, "that person is no coach any more; close this and open the set-up again")
