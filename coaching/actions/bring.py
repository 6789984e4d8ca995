"""What the columns and words of somebody's file mean, as an admin says it step by step."""

from collections.abc import Callable

from coaching.actions.access import require_admin
from coaching.bringing.file_map import FileMap
from coaching.clock import Clock
from coaching.ports import Store
from coaching.records import Viewer
from coaching.sessions import Actor


async def explain(
    store: Store, clock: Clock, actor: Actor, columns_key: str, change: Callable[[FileMap | None], FileMap]
) -> Viewer:
    """Keep what an admin said of a file, besides what was said before. Raises AdminsOnly."""
    async with store.write(actor.workspace_id) as uow:
        viewer = await require_admin(uow, actor)
        found = await uow.file_maps.remembered(columns_key)
        await uow.file_maps.keep(columns_key, change(found and found[0]), clock.now())
        await uow.commit()
    return viewer


async def explained(store: Store, actor: Actor, columns_key: str) -> tuple[Viewer, FileMap | None]:
    """Return what is known of a file. Raises AdminsOnly."""
    async with store.read(actor.workspace_id) as queries:
        viewer = await require_admin(queries, actor)
        found = await queries.file_maps.remembered(columns_key)
    return viewer, found and found[0]
