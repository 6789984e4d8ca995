"""The App Home: a person's sessions and credits, and for admins the coaches. Nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from coaching.actions.access import is_admin_still
from coaching.actions.browse import LIST_PAGE, SessionPage, pages_of
from coaching.actions.clients import LOOKED_AT
from coaching.actions.credit_answers import open_request
from coaching.actions.waiting import queue_of
from coaching.availability import Availability
from coaching.business import Staff, week_ends
from coaching.clients import Client
from coaching.clock import Clock
from coaching.packages import Holding, Pool
from coaching.ports import Queries, Store
from coaching.records import Scope, Viewer, Window
from coaching.requests import Request
from coaching.sessions import Actor, Hat
from coaching.waiting import EMPTY, Queue
from coaching.workspace import Settings

HOME_PAST = 5
"""Past sessions in the App Home."""
HOME_WAITING = 10
"""Things that wait for a coach in their App Home."""
HOME_NAMED = 10
"""Coaches without hours that are named in an admin's App Home."""
HOME_BROKEN = 3
"""Things of each kind that are broken and shown in an admin's App Home."""
WINDOWS = (
    Window(Hat.CLIENT, Scope.UPCOMING, LIST_PAGE),
    Window(Hat.CLIENT, Scope.PAST, HOME_PAST),
    Window(Hat.COACH, Scope.UPCOMING, LIST_PAGE),
)
"""Sessions in the App Home: those that a person takes, and those that they give."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What the App Home shows. `hours` and `clients` are the viewer's own as a coach, `staff` is for admins.

    `asked` is the open request for credits of a person who has none to use, and `asked_pool` the pool that is to get them.
    `queue` is what waits for the viewer's decision.
    """

    viewer: Viewer
    upcoming: SessionPage
    past: SessionPage
    coaching: SessionPage | None
    holdings: Sequence[Holding]
    settings: Settings
    now: datetime
    hours: Availability | None = None
    staff: Staff | None = None
    asked: Request | None = None
    asked_pool: Pool | None = None
    queue: Queue = EMPTY
    clients: Sequence[Client] = ()

    @property
    def poor(self) -> bool:
        """Whether they book sessions and have no credits for one. Admins give credits to themselves."""
        books = bool(not self.viewer.is_coach or self.holdings or self.upcoming.total or self.past.total)
        return books and not self.viewer.is_admin and not any(held.grant.usable(self.now) for held in self.holdings)


async def open_home(store: Store, clock: Clock, actor: Actor, *, admin: bool = True) -> Home:
    """Return the actor's App Home. Raises RightsInDoubt unless it is read without the rights of an `admin`."""
    now, me = clock.now(), actor.user_id
    async with store.read(actor.workspace_id) as queries:
        viewer = await queries.people.viewer(me)
        viewer = replace(viewer, is_admin=admin and is_admin_still(viewer))
        upcoming, past, coaching = await pages_of(queries, viewer, viewer.person, WINDOWS, now)
        holdings = await queries.grants.of_person_in_short(me, now)
        home = Home(
            viewer=viewer,
            upcoming=upcoming,
            past=past,
            coaching=coaching if coaching.total or viewer.is_coach else None,
            holdings=holdings,
            settings=await queries.workspace.settings(),
            now=now,
            hours=await queries.schedule.availability(me) if viewer.is_coach else None,
            staff=await _staff(queries, viewer, now) if viewer.is_admin else None,
            queue=await queue_of(queries, viewer, now, HOME_WAITING),
            clients=await queries.clients.of_coach(me, now, LOOKED_AT) if viewer.is_coach else (),
        )
        asked = await open_request(queries, me) if home.poor else None
        pool = await queries.pools.find(asked.pool_id) if asked is not None and asked.pool_id else None
        return replace(home, asked=asked, asked_pool=pool)


async def _staff(queries: Queries, viewer: Viewer, now: datetime) -> Staff:
    return await queries.business.staff(now, week_ends(viewer, now), named=HOME_NAMED, each=HOME_BROKEN)
