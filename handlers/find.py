"""Narrowing a list down: the dialog, and the list beneath it."""

from dataclasses import replace

from coaching.actions.find import findable
from coaching.sessions import Actor
from coaching.texts import storable
from handlers import parse
from handlers.browse import BrowseFeature
from handlers.deps import Deps
from handlers.ids import Action, Block, Callback
from handlers.meta import MAX_WORDS, Meta, month_of
from handlers.press import Press, on_action, on_submit
from handlers.views.find import find_view
from handlers.views.kit import Json


class FindFeature:
    """The dialog that narrows a list down."""

    def __init__(self, deps: Deps, browse: BrowseFeature) -> None:
        self._deps = deps
        self._browse = browse

    @on_action(Action.LIST_FIND)
    async def open(self, press: Press) -> None:
        """Open the dialog on top of the list."""
        meta = Meta.load(press.body)
        found = await findable(
            self._deps.store, self._deps.clock, press.actor, hat=meta.hat, subject_id=meta.subject, scope=meta.scope
        )
        await press.show(find_view(found, meta))
        await press.ack()

    @on_submit(Callback.FIND)
    async def submit(self, press: Press) -> None:
        """Narrow the list beneath down and close the dialog."""
        meta, body = Meta.load(press.body).everything(), press.body
        month = parse.chosen(body, Block.FIND_MONTH) or ""
        words = (parse.typed_text(body, Block.FIND_WORDS, MAX_WORDS) or "").strip()[:MAX_WORDS]
        meta = replace(
            meta,
            month=f"{month_of(month):%Y-%m}" if month else "",
            other=parse.chosen(body, Block.FIND_PERSON) or "",
            kind=parse.chosen(body, Block.FIND_TYPE) or "",
            words=storable(words),
        )
        # Drawn whether or not the list is still there: what is not theirs to see is refused in the dialog.
        view = await self._browse.drawn(press.actor, meta)

        async def drawn(_: Actor) -> Json:
            return view

        await press.redraw_beneath(drawn)
        await press.ack()
