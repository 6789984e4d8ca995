"""The choosing dialog: the sessions that can be canceled, page by page. Nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from coaching import zones
from coaching.actions.access import require_subject
from coaching.actions.browse import Row, subject_of, terms_of
from coaching.clock import Clock
from coaching.drafts import Draft, Stage
from coaching.errors import DialogExpired
from coaching.every import EVERYTHING, Sought
from coaching.ids import new_id
from coaching.policy import Closed, closed_to_clients
from coaching.ports import Queries, Store
from coaching.records import COUNTED, Viewer
from coaching.sessions import EVERYBODY, MAX_PER_ACTION, Actor, Hat, Person

CHOOSE_PAGE = 30
"""Sessions on one page of the choosing dialog: 30 groups of one still fit Slack's 100 blocks."""
PICKABLE = -(-MAX_PER_ACTION // CHOOSE_PAGE) * CHOOSE_PAGE
"""Sessions of which all can be picked with one press: those on the first pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choosing:
    """One page of the choosing dialog: the sessions that can be canceled, and what the draft already contains.

    `more`: there are more than `total`.
    """

    viewer: Viewer
    hat: Hat
    subject: Person
    draft: Draft
    rows: Sequence[Row]
    total: int
    page: int
    now: datetime
    support_contact: str | None
    more: bool = False

    @property
    def later(self) -> bool:
        """Whether another page follows."""
        return self.more or (self.page + 1) * CHOOSE_PAGE < self.total


async def open_page(
    store: Store,
    clock: Clock,
    actor: Actor,
    *,
    draft_id: str | None,
    hat: Hat = Hat.CLIENT,
    subject_id: str | None = None,
    page: int = 0,
    sought: Sought = EVERYTHING,
) -> Choosing:
    """Return one page of the choosing dialog, a new one without `draft_id`: if it offers one session, that is picked.

    Among everybody's sessions, those `sought` are offered.

    Raises NotYours, AdminsOnly, and DialogExpired when the draft was confirmed already.
    """
    now, whose = clock.now(), subject_id or actor.user_id
    async with store.read(actor.workspace_id) as queries:
        await require_subject(queries, actor, hat, whose, everybody=True)
        viewer = await queries.people.viewer(actor.user_id)
        subject = viewer.person if whose == EVERYBODY else await subject_of(queries, viewer, whose)
        draft = None if draft_id is None else await queries.drafts.find(draft_id, actor.user_id)
        fresh, draft_id = draft_id is None, draft_id or new_id(now)
        draft = draft or Draft(id=draft_id, user_id=actor.user_id, hat=hat, subject_id=whose)
        if draft.stage is Stage.DONE or (draft.hat, draft.subject_id) != (hat, whose):
            raise DialogExpired(draft_id)
        offer = _Offer(queries, hat, whose, now, await _closed(queries, hat, now), viewer, sought)
        rows, total, page = await offer.page(max(page, 0))
        if fresh and total == 1:
            draft = replace(draft, picked=(rows[0].session.id,))
        settings = await queries.workspace.settings()
    reach = max(COUNTED, (page + 1) * CHOOSE_PAGE)
    return Choosing(
        viewer=viewer,
        hat=hat,
        subject=subject,
        draft=draft,
        rows=rows,
        total=min(total, reach),
        page=page,
        now=now,
        support_contact=settings.support_contact,
        more=total > reach,
    )


async def pickable(
    store: Store,
    clock: Clock,
    actor: Actor,
    *,
    hat: Hat,
    subject_id: str,
    movable: bool,
    sought: Sought = EVERYTHING,
) -> list[str]:
    """Return the ids of all sessions that one action may cancel (or move), soonest first. Raises NotYours, AdminsOnly."""
    now = clock.now()
    async with store.read(actor.workspace_id) as queries:
        await require_subject(queries, actor, hat, subject_id, everybody=True)
        viewer = await queries.people.viewer(actor.user_id) if subject_id == EVERYBODY else None
        offer = _Offer(queries, hat, subject_id, now, await _closed(queries, hat, now), viewer, sought)
        rows, _ = await offer.rows(PICKABLE, 0)
    return [row.session.id for row in rows if row.movable or not movable][:MAX_PER_ACTION]


async def offered(queries: Queries, hat: Hat, whose: str, now: datetime) -> list[Row]:
    """Return the soonest sessions that can be canceled, as many as can be picked with one press."""
    offer = _Offer(queries, hat, whose, now, await _closed(queries, hat, now))
    rows, _ = await offer.rows(PICKABLE, 0)
    return rows


async def _closed(queries: Queries, hat: Hat, now: datetime) -> Sequence[Closed]:
    """Return the terms under which only the coach or an admin may still cancel."""
    return closed_to_clients(await queries.terms.without_late_cancel(), now) if hat is Hat.CLIENT else ()


@dataclass(frozen=True, slots=True)
class _Offer:
    """The sessions that can be canceled in a role."""

    queries: Queries
    hat: Hat
    whose: str
    now: datetime
    closed: Sequence[Closed]
    viewer: Viewer | None = None
    sought: Sought = EVERYTHING

    async def rows(self, limit: int, offset: int) -> tuple[list[Row], int]:
        """Return some of them, and how many there are, counted only as far as somebody reads."""
        most = max(COUNTED, offset + limit) + 1
        if self.viewer is not None and self.whose == EVERYBODY:
            first, last = self.sought.bounds(zones.first_known(self.viewer.person.time_zone))
            within, me = (max(first, self.now), last), self.viewer.person.id
            found, total = await self.queries.every.cancelable(
                self.sought, within, me, limit=limit, offset=offset, most=most
            )
        else:
            found, total = await self.queries.sessions.cancelable(
                self.hat, self.whose, self.now, self.closed, limit=limit, offset=offset, most=most
            )
        return (await terms_of(self.queries, found, self.now)).rows(found, self.hat), total

    async def page(self, number: int) -> tuple[list[Row], int, int]:
        """Return a page with the total and its number: the last page's, when there are fewer by now."""
        rows, total = await self.rows(CHOOSE_PAGE, number * CHOOSE_PAGE)
        if number and not rows:
            rows, total = await self.rows(CHOOSE_PAGE, 0)
            if number := max(0, (total - 1) // CHOOSE_PAGE):
                rows, total = await self.rows(CHOOSE_PAGE, number * CHOOSE_PAGE)
        return rows, total, number
