"""Sending again what was given up, when an admin has put right what was in the way."""

from coaching.actions.access import require_admin
from coaching.business import LOST_WITHIN
from coaching.clock import Clock
from coaching.ports import Store
from coaching.sessions import Actor


async def send_again(store: Store, clock: Clock, actor: Actor, recipient: str, session_id: str | None) -> int:
    """Send again what was given up of late, to a person or a channel about one session, or about none.

    Return how many messages that are: none if all of them came too late, or somebody else did it before. Raises
    AdminsOnly.
    """
    now = clock.now()
    async with store.write(actor.workspace_id) as uow:
        await require_admin(uow, actor)
        number = await uow.notices.send_again(recipient, session_id, now - LOST_WITHIN, now)
        await uow.commit()
    return number
