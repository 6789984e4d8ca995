"""A client's page: their sessions, their credits and the notes on them, for their coach or an admin (ADR 0053)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from coaching.actions.access import coaches_of, is_admin_still, require_admin, require_coach_of
from coaching.actions.browse import SessionPage, pages_of
from coaching.actions.notes import own_sessions
from coaching.clients import Client, History, payable
from coaching.clock import Clock
from coaching.credits import Grant
from coaching.errors import CoachesOnly, NotYours
from coaching.notes import PrivateNote
from coaching.ports import Queries, Store
from coaching.records import COUNTED, Scope, Viewer, Window
from coaching.sessions import Actor, Hat, Person, Session

AHEAD = 5
"""Booked sessions on a client's page."""
BEHIND = 5
"""Sessions on a client's page that are over or canceled."""
NOTES = 3
"""Private notes on a client's page."""
LOOKED_AT = 200
"""Sessions ahead, and as many past ones, in whose clients a Home looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientPage:
    """What a client's page shows to their coach (`hat` COACH): what concerns both. To an admin it shows everything.

    `coaches`: the viewer is a coach of theirs, who books for them and reads the `notes`. `about` as in `Notes`.
    """

    viewer: Viewer
    hat: Hat
    client: Person
    coaches: bool
    ahead: SessionPage
    behind: SessionPage
    history: History
    grants: Sequence[Grant]
    now: datetime
    notes: Sequence[PrivateNote] = ()
    more_notes: bool = False
    about: Mapping[str, Session]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientList:
    """A coach's clients, those of their next sessions first."""

    viewer: Viewer
    clients: Sequence[Client]
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NextOne:
    """What the next session with a client is booked like: the client, and a session of theirs with the actor, if any.

    `type_id` is that of its type, while it is offered.
    """

    viewer: Viewer
    client: Person
    like: Session | None
    type_id: str | None
    rebooks: str | None = None


async def open_client(store: Store, clock: Clock, actor: Actor, client_id: str) -> ClientPage:
    """Return a client's page. Raises NotYours or CoachesOnly for whoever is neither a coach of theirs nor an admin."""
    now, me = clock.now(), actor.user_id
    async with store.read(actor.workspace_id) as queries:
        viewer = await queries.people.viewer(me)
        coaches = await coaches_of(queries, viewer, client_id)
        hat = await _hat(queries, viewer, actor, coaches=coaches)
        client = (await queries.people.viewer(client_id)).person
        if hat is Hat.COACH:
            subject, other = viewer.person, client_id
        else:
            subject, other = client, None
        windows = [Window(hat, Scope.UPCOMING, AHEAD), Window(hat, Scope.PAST, BEHIND)]
        ahead, behind = await pages_of(queries, viewer, subject, windows, now, other_id=other)
        grants = await queries.grants.of_client(client_id)
        types = {one.name for one in await queries.catalogue.session_types()}
        notes = await queries.notes.of_client(client_id, NOTES + 1) if coaches else []
        return ClientPage(
            viewer=viewer,
            hat=hat,
            client=client,
            coaches=coaches,
            ahead=ahead,
            behind=behind,
            history=await queries.clients.history(client_id, me if hat is Hat.COACH else None, now, COUNTED),
            grants=payable(grants, types, now) if hat is Hat.COACH else [one for one in grants if one.usable(now)],
            now=now,
            notes=notes[:NOTES],
            more_notes=len(notes) > NOTES,
            about=await own_sessions(queries, actor, notes[:NOTES]),
        )


async def open_clients(store: Store, clock: Clock, actor: Actor) -> ClientList:
    """Return the actor's clients, for a coach. Raises CoachesOnly."""
    now = clock.now()
    async with store.read(actor.workspace_id) as queries:
        viewer = await queries.people.viewer(actor.user_id)
        if not viewer.is_coach:
            raise CoachesOnly(actor.user_id)
        return ClientList(viewer=viewer, clients=await queries.clients.of_coach(actor.user_id, now, COUNTED), now=now)


async def next_one(store: Store, actor: Actor, client_id: str | None, session_id: str | None = None) -> NextOne:
    """Return what a coach's next session with a client is booked like: the last one with them, or `session_id` if later.

    The type is that of the session named, and a canceled one is replaced. Raises NotYours, CoachesOnly.
    """
    async with store.read(actor.workspace_id) as queries:
        named = await queries.sessions.find(session_id) if session_id is not None else None
        if session_id is not None and (named is None or named.coach.id != actor.user_id):
            raise NotYours("session", [session_id], actor.user_id)
        whose = named.client.id if named is not None else client_id or ""
        viewer = await require_coach_of(queries, actor, whose)
        latest = await queries.clients.latest(actor.user_id, whose)
        like = max((one for one in (latest, named) if one is not None), key=lambda one: one.starts_at, default=None)
        shown = named or like
        kind = shown.session_type if shown is not None else None
        types = await queries.catalogue.session_types()
        return NextOne(
            viewer=viewer,
            client=(await queries.people.viewer(whose)).person,
            like=like,
            type_id=next((one.id for one in types if one.name == kind and not one.retired), None),
            rebooks=named.id if named is not None and named.cancellation is not None else None,
        )


async def _hat(queries: Queries, viewer: Viewer, actor: Actor, *, coaches: bool) -> Hat:
    """Return the role in which somebody sees the page. An admin who coaches the client sees everything as an admin."""
    if coaches:
        return Hat.ADMIN if is_admin_still(viewer) else Hat.COACH
    if viewer.is_coach and not viewer.is_admin:
        raise NotYours("client", [viewer.person.id], actor.user_id)
    await require_admin(queries, actor)
    return Hat.ADMIN
