"""The figures of a business, which an admin opens in their App Home, and the way back."""

from coaching.actions.figures import open_figures
from handlers.deps import Deps, Publish
from handlers.ids import Action
from handlers.press import Press, on_action
from handlers.views.figures import figures_view


class FiguresFeature:
    """The button of an admin's Home that shows the figures in its place: Home has tables, which dialogs do not."""

    def __init__(self, deps: Deps, publish_home: Publish) -> None:
        self._deps = deps
        self._publish_home = publish_home

    @on_action(Action.FIGURES)
    async def show(self, press: Press) -> None:
        """Publish the figures. Raises AdminsOnly."""
        store, clock, actor = self._deps.store, self._deps.clock, press.actor
        figures = await self._deps.met(press.client, actor, lambda: open_figures(store, clock, actor))
        await self._deps.blocks.sent(
            actor.workspace_id,
            figures_view(figures),
            lambda form: press.client.views_publish(user_id=actor.user_id, view=form),
        )
        await press.ack()

    @on_action(Action.FIGURES_BACK)
    async def back(self, press: Press) -> None:
        """Publish Home again."""
        await self._publish_home(press.client, press.actor)
        await press.ack()
