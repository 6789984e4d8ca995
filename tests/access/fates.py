"""The dialogs about what is booked in a time off of Carla's, open for everybody who may have one."""

from dataclasses import replace
from datetime import datetime, timedelta

from coaching.actions import rearrange
from coaching.actions.rearrange import Arranging
from coaching.clock import Clock
from coaching.fates import KEPT, Becomes, Fate
from coaching.sessions import Actor
from storage import SqlStore
from tests.access.roles import CARLA, HERE, OTTO, Role

DECIDING = (Role.COACH, Role.ADMIN, Role.NAMED)
"""Who has such a dialog."""
TO_OTTO = Fate(Becomes.HAND, OTTO)


async def fates_dialog(store: SqlStore, clock: Clock, session_id: str, role: Role) -> tuple[str, str]:
    """Open somebody's dialog, in which a session goes to Otto. Return its id and the seal of its confirmation."""
    actor, now = Actor(HERE, role.user), clock.now()
    found = await rearrange.begin(store, clock, actor, CARLA, now, _later(now))
    assert isinstance(found, Arranging)
    draft_id = f"fates-{role.word}"
    fates = tuple((one, TO_OTTO if one == session_id else KEPT) for one, _ in found.draft.fates)
    async with store.write(HERE) as uow:
        await uow.drafts.save(replace(found.draft, id=draft_id, fates=fates), now)
        await uow.commit()
    return draft_id, (await rearrange.quote(store, clock, actor, draft_id, CARLA)).seal


def _later(now: datetime) -> datetime:
    return now + timedelta(days=60)
