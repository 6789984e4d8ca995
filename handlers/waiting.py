"""What waits for a coach: the dialog with all of it, and what a press there or in Home leaves behind."""

from coaching.actions.waiting import OpenQueue, open_queue
from coaching.errors import AdminsOnly
from coaching.sessions import Actor, Hat
from handlers import parse
from handlers.deps import Deps, Publish
from handlers.ids import Action, Callback
from handlers.meta import Meta
from handlers.press import Press, on_action
from handlers.views.kit import Json
from handlers.views.waiting import waiting_view


class WaitingFeature:
    """The button of Home that shows all that waits."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    @on_action(Action.WAITING)
    async def open(self, press: Press) -> None:
        """Open the dialog."""
        meta = Meta(hat=Hat.COACH, subject=press.actor.user_id, home=True)
        await press.show(waiting_view(await found(self._deps, press), meta))
        await press.ack()


async def found(deps: Deps, press: Press) -> OpenQueue:
    """Return what waits for the person who pressed."""

    async def look(actor: Actor) -> OpenQueue:
        try:
            return await open_queue(deps.store, deps.clock, actor)
        except AdminsOnly:  # they were an admin until a moment ago, or Slack cannot tell
            return await open_queue(deps.store, deps.clock, actor, admin=False)

    return await deps.met(press.client, press.actor, lambda: look(press.actor))


def in_queue(press: Press) -> bool:
    """Return whether a press came from the dialog with all that waits."""
    return parse.surface(press.body) == "modal" and parse.view(press.body).get("callback_id") == Callback.WAITING


async def draw(deps: Deps, press: Press, said: str | None = None) -> Json:
    """Build the dialog anew. `said` (mrkdwn) is what a press did."""
    meta = Meta(hat=Hat.COACH, subject=press.actor.user_id, home=True)
    return waiting_view(await found(deps, press), meta, said)


async def settled(deps: Deps, press: Press, publish_home: Publish, said: str) -> bool:
    """Show what a press in the queue did, in Home or in the dialog. Return False if it was pressed elsewhere."""
    if in_queue(press):
        await press.redraw(await draw(deps, press, said))
        deps.later(publish_home(press.client, press.actor), "publish home")
        return True
    if parse.surface(press.body) != "home":
        return False
    deps.later(publish_home(press.client, press.actor, said), "publish home")
    return True
