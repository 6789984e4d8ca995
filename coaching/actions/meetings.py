"""Setting meeting links: of a session, of a session type, and of a coach (ADR 0043)."""

from dataclasses import dataclass
from datetime import datetime

from coaching.actions.access import deciders, is_admin_still, require_admin
from coaching.clock import Clock
from coaching.errors import AdminsOnly, BadSetting, NotYours
from coaching.fields import Field
from coaching.meetings import LinkOf, LinkScope, meeting_link
from coaching.ports import Queries, Store
from coaching.records import Viewer
from coaching.sessions import Actor, Person, Session, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingLink:
    """A meeting link to edit. `default` is the one that is used without it.

    `coach` is set for the link of a coach, `session_type` (a name) for that of a type, `session` for that of a session.
    """

    viewer: Viewer
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

    It holds at once, for all booked sessions that have no other. An empty text removes it.
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
            await uow.workspace.lock()
        before = await _found(uow, now, actor, scope)
        if link != before.link:
            await uow.meetings.save(scope, link)
        await uow.commit()
    return before


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
    await deciders(queries, actor, [scope.id], found)
    [session] = found
    if session.status is not Status.SCHEDULED or now > session.ends_at:
        raise BadSetting(Field.MEETING_LINK, "this session is over or canceled, so nobody joins it any more")
    return MeetingLink(
        viewer=await queries.people.viewer(actor.user_id),
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
                scope=scope,
                link=one.meeting_link,
                now=now,
                session_type=one.name,
            )
    raise BadSetting(Field.MEETING_LINK, "that session type is gone; close this and open the set-up again")


async def _of_coach(queries: Queries, now: datetime, actor: Actor, scope: LinkScope) -> MeetingLink:
    viewer = await queries.people.viewer(actor.user_id)
    if not (scope.id == actor.user_id and viewer.is_coach) and not is_admin_still(viewer):
        raise AdminsOnly(actor.user_id) if scope.id == actor.user_id else NotYours("link", [scope.id], actor.user_id)
    for one in await queries.coaches.some([scope.id]):
        return MeetingLink(viewer=viewer, scope=scope, link=one.meeting_link, now=now, coach=one.person)
    raise BadSetting(Field.MEETING_LINK, "that person is no coach any more; close this and open the set-up again")
