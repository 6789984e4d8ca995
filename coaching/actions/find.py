"""Looking for sessions in a list: what it can be narrowed down by. Nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from coaching import zones
from coaching.actions.access import require_subject
from coaching.clock import Clock
from coaching.ports import Store
from coaching.records import COUNTED, EVER, Scope, Viewer
from coaching.sessions import Actor, Hat, Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Findable:
    """The people, the types (id and name) and the months (first days) of a list's sessions, in the list's order.

    They are those of its first `COUNTED` sessions.
    """

    viewer: Viewer
    hat: Hat
    scope: Scope
    others: Sequence[Person]
    types: Sequence[tuple[str, str]]
    months: Sequence[date]
    now: datetime


async def findable(store: Store, clock: Clock, actor: Actor, *, hat: Hat, subject_id: str, scope: Scope) -> Findable:
    """Return what a person's list can be narrowed down by. Raises NotYours, AdminsOnly."""
    now = clock.now()
    first, last = EVER
    async with store.read(actor.workspace_id) as queries:
        viewer = await queries.people.viewer(actor.user_id)
        if subject_id != actor.user_id or hat is Hat.ADMIN:
            await require_subject(queries, actor, hat, subject_id)
        found = await queries.sessions.glimpses(hat, subject_id, scope, now, first=first, last=last, most=COUNTED)
    zone = zones.first_known(viewer.person.time_zone)
    return Findable(
        viewer=viewer,
        hat=hat,
        scope=scope,
        others=list({one.other.id: one.other for one in found}.values()),
        types=list({one.type_id: (one.type_id, one.session_type) for one in found}.values()),
        months=list(dict.fromkeys(one.starts_at.astimezone(zone).date().replace(day=1) for one in found)),
        now=now,
    )
