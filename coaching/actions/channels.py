"""Channel ids that change: Slack gives a private channel a new id when it is shared with another organization."""

from coaching.ports import Store
from coaching.stakeholders import is_channel


async def follow(store: Store, workspace_id: str, old: str, new: str) -> None:
    """Replace a channel's old id by its new one everywhere: for future alerts, and for edits of sent messages.

    Safe to repeat. Ids that are not a channel's, or are used nowhere, change nothing. Raises StorageBusy.
    """
    if old == new or not is_channel(old) or not is_channel(new):
        return
    async with store.write(workspace_id) as uow:
        await uow.workspace.lock()
        await uow.workspace.move_channel(old, new)
        await uow.commit()
