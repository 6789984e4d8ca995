"""The way in from outside of Slack: one session, and the others of its package, for one person. Nothing is written."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from coaching.actions.access import hats_for, require_owned
from coaching.actions.browse import Row, only_looks, terms_of
from coaching.actions.choose import Choosing, offered
from coaching.bounds import Bounds, bounds_of
from coaching.clock import Clock
from coaching.drafts import Draft
from coaching.errors import DialogExpired, NotYours
from coaching.ids import new_id
from coaching.mail_ids import pending_ids
from coaching.ports import Queries, Store
from coaching.records import Viewer
from coaching.sessions import Actor, Hat, Person, Session


@dataclass(frozen=True, slots=True, kw_only=True)
class WayIn:
    """Where a link leads: the session it was made for, and the sessions that can be changed there.

    `actor` is the person as they are known today: whoever was known by e-mail may be in Slack by now. `own` is the
    link's session. `message` is the channel and the time of its booking's message in Slack, if there is one.
    """

    actor: Actor
    viewer: Viewer
    hat: Hat
    own: Row
    rows: Sequence[Row]
    support_contact: str | None
    now: datetime
    message: tuple[str, str] | None = None

    @property
    def ids(self) -> frozenset[str]:
        """The sessions that this link may change."""
        return frozenset(row.session.id for row in self.rows)

    def choosing(self) -> Choosing:
        """Return a new choice among these sessions, with the link's own session picked."""
        me = self.actor.user_id
        own = self.own.session.id
        picked = (own,) if own in self.ids else ()
        draft = Draft(id=new_id(self.now), user_id=me, hat=self.hat, subject_id=me, picked=picked)
        return Choosing(
            viewer=self.viewer,
            hat=self.hat,
            subject=self.viewer.person,
            draft=draft,
            rows=self.rows,
            total=len(self.rows),
            page=0,
            now=self.now,
            support_contact=self.support_contact,
        )


async def find(store: Store, clock: Clock, workspace_id: str, person_id: str, session_id: str) -> WayIn:
    """Return where a person's link to a session leads. Raises NotYours, also once the session is over."""
    now = clock.now()
    async with store.read(workspace_id) as queries:
        session = await queries.sessions.find(session_id)
        if session is None or now > session.ends_at:
            raise NotYours("session", [session_id], person_id)
        actor = Actor(workspace_id, _today(person_id, session))
        if actor.user_id not in (session.client.id, session.coach.id):
            raise NotYours("session", [session_id], person_id)
        hat = (await hats_for(queries, actor, [session]))[session_id]
        viewer = await queries.people.viewer(actor.user_id)
        terms = await terms_of(queries, [session], now)
        [own] = terms.rows([session], hat, only_looks=only_looks(hat, viewer))
        settings = await queries.workspace.settings()
        return WayIn(
            actor=actor,
            viewer=viewer,
            hat=hat,
            own=own,
            rows=await _changeable(queries, own, actor, hat, now),
            support_contact=settings.support_contact,
            now=now,
            message=await queries.timeline.booked_message(session_id, actor.user_id)
            if viewer.person.in_slack
            else None,
        )


async def chosen(store: Store, found: WayIn, draft_id: str) -> Draft:
    """Return the draft of a dialog that this link opened. Raises DialogExpired."""
    async with store.read(found.actor.workspace_id) as queries:
        draft = await queries.drafts.find(draft_id, found.actor.user_id)
    if draft is None:
        raise DialogExpired(draft_id)
    return draft


async def require_within(store: Store, found: WayIn, session_ids: Collection[str]) -> None:
    """Raise NotYours unless the link may speak of each of these sessions, changeable or no longer."""
    strangers = set(session_ids) - found.ids - {found.own.session.id}
    if not strangers:
        return
    own = found.own.session.package
    async with store.read(found.actor.workspace_id) as queries:
        known = await queries.sessions.by_ids(strangers)
    theirs = {
        one.id
        for one in known
        if found.hat is Hat.CLIENT
        and one.client.id == found.actor.user_id
        and own is not None
        and one.package is not None
        and one.package.grant_id == own.grant_id
    }
    if foreign := sorted(strangers - theirs):
        raise NotYours("session", foreign, found.actor.user_id)


async def bounds(store: Store, found: WayIn, session_id: str) -> Bounds:
    """Return what a booking like one of the link's sessions is held to. Raises NotYours."""
    await require_within(store, found, [session_id])
    async with store.read(found.actor.workspace_id) as queries:
        [like] = await queries.sessions.by_ids([session_id])
        require_owned(found.actor, Hat.CLIENT, found.actor.user_id, [session_id], [like])
        return bounds_of(like, await queries.payments.sources(session_id))


async def _changeable(queries: Queries, own: Row, actor: Actor, hat: Hat, now: datetime) -> Sequence[Row]:
    """Return the sessions that the person can cancel: of the link's package for its client, else the one alone."""
    session = own.session
    if hat is Hat.COACH or session.package is None:
        return [own] if own.blocked is None else []
    grant = session.package.grant_id
    every = await offered(queries, hat, actor.user_id, now)
    return [row for row in every if row.session.package is not None and row.session.package.grant_id == grant]


def _today(person_id: str, session: Session) -> str:
    """Return the person's id as the session has it today."""
    return next((one.id for one in (session.client, session.coach) if _is(person_id, one)), person_id)


def _is(person_id: str, person: Person) -> bool:
    """Return whether a link for somebody known by e-mail is for this person, who has appeared in Slack since."""
    return person.email is not None and person_id in pending_ids(person.email)
