"""Access rights: every id that comes back from Slack is checked here (C13)."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from coaching.clock import SystemClock
from coaching.errors import AdminsOnly, BadSetting, CoachesOnly, NotYours, RightsInDoubt
from coaching.fields import Field
from coaching.ports import Queries, Store, UnitOfWork
from coaching.records import Viewer
from coaching.sessions import EVERYBODY, Actor, Hat, Person, Session
from coaching.stakeholders import is_person

ADMIN_FOR = timedelta(hours=1)
"""How long Slack's answer that a person is an admin is valid before Slack is asked again."""


def wall_now() -> datetime:
    """Return the machine's time. The age of Slack's answers does not depend on the business clock."""
    return SystemClock().now()


def is_admin_still(viewer: Viewer, *, at: datetime | None = None) -> bool:
    """Return whether a person is a workspace admin in Slack or was named an admin here (A0).

    `at` is when they acted (wall time); None: now. Raises RightsInDoubt if they are an admin only according to Slack,
    and that answer was too old at that time.
    """
    if viewer.is_admin and not viewer.named:
        # In either direction: a machine's clock may have been ahead when Slack was asked.
        since = viewer.fetched_at
        if since is None or abs((at or wall_now()) - since) > ADMIN_FOR:
            raise RightsInDoubt(viewer.person.id)
    return viewer.is_admin


async def is_admin(queries: Queries, actor: Actor, *, at: datetime | None = None) -> bool:
    """Return whether the actor is an admin; see `is_admin_still`."""
    return is_admin_still(await queries.people.viewer(actor.user_id), at=at)


async def require_admin(queries: Queries, actor: Actor, *, at: datetime | None = None) -> Viewer:
    """Return the actor, an admin. Raises AdminsOnly, or RightsInDoubt where Slack must be asked first.

    See `is_admin_still`.
    """
    viewer = await queries.people.viewer(actor.user_id)
    if not is_admin_still(viewer, at=at):
        raise AdminsOnly(actor.user_id)
    return viewer


async def check_admin(store: Store, actor: Actor) -> Viewer:
    """Return the actor, an admin, before an empty form opens, Slack is asked about others, or long work begins.

    Raises AdminsOnly, RightsInDoubt.
    """
    async with store.read(actor.workspace_id) as queries:
        return await require_admin(queries, actor)


async def require_people(uow: UnitOfWork, people: Collection[str], field: Field) -> None:
    """Raise BadSetting at `field` unless each is a person known here or has a Slack user's id.

    Only they may get a role. Slack's menus offer no others, so a request with another id did not come from a menu.
    """
    if any(Person(who).erased for who in people):
        raise BadSetting(field, "this person was erased; if they are back, choose them anew")
    odd = {who for who in people if not is_person(who)}
    if odd and odd - (await uow.people.time_zones(odd)).keys():
        raise BadSetting(field, "choose people of this workspace")


async def require_subject(
    queries: Queries, actor: Actor, hat: Hat, subject_id: str, *, everybody: bool = False
) -> None:
    """Raise NotYours, AdminsOnly or CoachesOnly unless the actor may act on this person's sessions in this role.

    `everybody`: an admin may be among everybody's sessions here, which are nobody's in particular.
    """
    if subject_id == EVERYBODY and not (everybody and hat is Hat.ADMIN):
        raise NotYours("sessions of", [subject_id], actor.user_id)
    if hat is Hat.ADMIN:
        await require_admin(queries, actor)
    elif subject_id != actor.user_id:
        raise NotYours("sessions of", [subject_id], actor.user_id)
    elif hat is Hat.COACH and not (await queries.people.viewer(actor.user_id)).is_coach:
        raise CoachesOnly(actor.user_id)


async def coaches_of(queries: Queries, viewer: Viewer, client_id: str) -> bool:
    """Return whether somebody is a coach of this client: a coach now, who has or had a session with them.

    Nobody is a coach of themselves.
    """
    me = viewer.person.id
    if Person(client_id).erased:
        return False  # who it was is forgotten, so nobody is their coach
    return viewer.is_coach and me != client_id and await queries.clients.knows(me, client_id)


async def require_coach_of(queries: Queries, actor: Actor, client_id: str) -> Viewer:
    """Return the actor, a coach of this client. Raises CoachesOnly, NotYours (also where the client was erased)."""
    viewer = await queries.people.viewer(actor.user_id)
    if not viewer.is_coach:
        raise CoachesOnly(actor.user_id)
    if not await coaches_of(queries, viewer, client_id):
        raise NotYours("client", [client_id], actor.user_id)
    return viewer


async def require_booker(queries: Queries, actor: Actor, hat: Hat, client_id: str, coach_id: str | None = None) -> None:
    """Raise NotYours, AdminsOnly or CoachesOnly unless the actor may book for this person in this role.

    A coach books sessions with themselves only, and only for their clients. Nobody books for somebody who was erased.
    """
    if Person(client_id).erased:
        raise NotYours("client", [client_id], actor.user_id)
    if hat is not Hat.COACH:
        await require_subject(queries, actor, hat, client_id)
        return
    await require_coach_of(queries, actor, client_id)
    if coach_id not in (None, actor.user_id):
        raise NotYours("sessions with", [coach_id or ""], actor.user_id)


def require_owned(actor: Actor, hat: Hat, subject_id: str, asked: Collection[str], found: Sequence[Session]) -> None:
    """Raise NotYours unless every id in `asked` was found and belongs to the subject in this role.

    Among everybody's sessions an admin decides in their coaches' place: not about those that they take themselves.
    """
    if hat is Hat.ADMIN and subject_id == EVERYBODY:
        owned = {s.id for s in found if s.client.id != actor.user_id}
    else:
        owned = {s.id for s in found if (s.coach.id if hat is Hat.COACH else s.client.id) == subject_id}
    foreign = [session_id for session_id in asked if session_id not in owned]
    if foreign:
        raise NotYours("session", foreign, actor.user_id)


async def roles_in(
    queries: Queries, actor: Actor, hat: Hat, subject_id: str, sessions: Sequence[Session]
) -> dict[str, Hat]:
    """Return the role in which somebody who looks at this person's sessions in this role changes each of them.

    Among everybody's sessions an admin who is a coach changes their own ones as their coach.
    """
    roles = dict.fromkeys((s.id for s in sessions), hat)
    if hat is not Hat.ADMIN or subject_id != EVERYBODY:
        return roles
    own = [s.id for s in sessions if s.coach.id == actor.user_id]
    if own and (await queries.people.viewer(actor.user_id)).is_coach:
        roles |= dict.fromkeys(own, Hat.COACH)
    return roles


async def hats_for(queries: Queries, actor: Actor, sessions: Sequence[Session]) -> dict[str, Hat]:
    """Return the role in which the actor may see each of these sessions. Raises NotYours, RightsInDoubt."""
    hats = {s.id: Hat.COACH for s in sessions if s.coach.id == actor.user_id}
    hats |= {s.id: Hat.CLIENT for s in sessions if s.client.id == actor.user_id}
    others = [s.id for s in sessions if s.id not in hats]
    if others and not await is_admin(queries, actor):
        raise NotYours("session", others, actor.user_id)
    return hats | dict.fromkeys(others, Hat.ADMIN)


async def deciders(queries: Queries, actor: Actor, wanted: Collection[str], found: Sequence[Session]) -> dict[str, Hat]:
    """Return the role in which the actor may decide about each session: as its present coach, or as an admin.

    Call it before rows are locked. Raises NotYours (some were not found, or the actor is their client, who may see but
    never decide), CoachesOnly for a coach who was removed from the list, and RightsInDoubt.
    """
    if not found or len(found) != len(set(wanted)):
        raise NotYours("session", sorted(wanted), actor.user_id)
    if taken := [session.id for session in found if session.client.id == actor.user_id]:
        raise NotYours("session", taken, actor.user_id)
    viewer = await queries.people.viewer(actor.user_id)
    hats: dict[str, Hat] = {}
    for session in found:
        own = session.coach.id == actor.user_id
        if own and viewer.is_coach:
            hats[session.id] = Hat.COACH
        elif is_admin_still(viewer):
            hats[session.id] = Hat.ADMIN
        else:
            raise CoachesOnly(actor.user_id) if own else NotYours("session", [session.id], actor.user_id)
    return hats
