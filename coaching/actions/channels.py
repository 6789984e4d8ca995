"""Follow a channel whose id changes: Slack gives a private one a new id when it is shared with another organization."""

from coaching.ports import Store
from coaching.stakeholders import is_channel


async def follow(store: Store, workspace_id: str, old: str, new: str) -> None:
    """Have everything that named a channel by its old id name it by the new one: alerts to come, and edits of those sent.

    Safe to repeat; what is no channel's id, or named nowhere, changes nothing. Raises StorageBusy.
    """
    if old == new or not is_channel(old) or not is_channel(new):
        return
    async with store.write(workspace_id) as uow:
        await uow.workspace.lock()
        await uow.workspace.move_channel(old, new)
        await uow.commit()
