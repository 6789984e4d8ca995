"""What waits for a person: as a coach, and as an admin in the place of coaches who have left. Nothing is written."""

from dataclasses import dataclass, replace
from datetime import datetime

from coaching.actions.access import is_admin_still
from coaching.clock import Clock
from coaching.ports import Queries, Store
from coaching.records import Viewer
from coaching.sessions import Actor
from coaching.waiting import EMPTY, Queue

MOST_SHOWN = 40
"""How many things that wait the dialog shows at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQueue:
    """The queue of the person who looks."""

    viewer: Viewer
    queue: Queue
    now: datetime


async def open_queue(store: Store, clock: Clock, actor: Actor, *, admin: bool = True) -> OpenQueue:
    """Return what waits for the actor. Raises RightsInDoubt unless it is read without the rights of an `admin`."""
    now = clock.now()
    async with store.read(actor.workspace_id) as queries:
        viewer = await queries.people.viewer(actor.user_id)
        viewer = replace(viewer, is_admin=admin and is_admin_still(viewer))
        return OpenQueue(viewer=viewer, queue=await queue_of(queries, viewer, now, MOST_SHOWN), now=now)


async def queue_of(queries: Queries, viewer: Viewer, now: datetime, most: int) -> Queue:
    """Return the first `most` things that wait for the viewer. Only coaches and admins have any."""
    if not (viewer.is_coach or viewer.is_admin):
        return EMPTY
    me = viewer.person.id
    return await queries.waiting.queue(me, now, coach=viewer.is_coach, admin=viewer.is_admin, most=most)
