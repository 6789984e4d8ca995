"""The stakeholders of a coach or a session type: their form in the set-up (K7)."""

from coaching.actions.stakeholders import open_told, save_told
from coaching.stakeholders import NewsOf
from handlers import parse
from handlers.deps import Deps
from handlers.ids import Block, Callback
from handlers.meta import NewsMeta
from handlers.press import Draw, Press, on_submit
from handlers.views.stakeholders import told_form


class StakeholdersFeature:
    """The form that names stakeholders. `beneath` builds the set-up, from which it was opened, in its current state."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self.beneath: Draw | None = None

    async def open(self, press: Press, of: NewsOf, of_id: str) -> None:
        """Open the form of a coach or a session type. Raises AdminsOnly, BadInput."""
        await press.show(told_form(await open_told(self._deps.store, press.actor, of, of_id)))

    @on_submit(Callback.SETUP_TOLD)
    async def save(self, press: Press) -> None:
        """Save the stakeholders, and redraw the set-up beneath."""
        meta = NewsMeta.load(press.body)
        people = parse.pickers(press.body, Block.TOLD_PEOPLE, "selected_users")
        await self._deps.introduced(press.client, press.actor, {Block.TOLD_PEOPLE: people})
        _, dropped = parse.offered(press.body, Block.TOLD_DROP)
        await save_told(
            self._deps.store,
            press.actor,
            parse.request_key(press.body),
            meta.of,
            meta.of_id,
            people=people,
            channels=parse.pickers(press.body, Block.TOLD_CHANNELS, "selected_conversations"),
            dropped=dropped,
        )
        if self.beneath is not None:
            await press.redraw_beneath(self.beneath)
        await press.ack()
