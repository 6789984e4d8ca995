"""Export by admins: what they want, and the link that fetches it."""

from datetime import date

from coaching import zones
from coaching.actions import exports
from coaching.actions.access import check_admin
from coaching.export_columns import What
from coaching.exports import VALID, span_of
from handlers import parse
from handlers.deps import Deps
from handlers.ids import EXPORT_ALL, Action, Block, Callback
from handlers.parse import BadRequest, Body
from handlers.press import Press, on_action, on_submit
from handlers.views.exports import data_view, export_form, link_view
from language.say import say_for


class ExportFeature:
    """The dialog about the workspace's data, and the form of an export."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    @on_action(Action.DATA)
    async def open(self, press: Press) -> None:
        """Open the dialog from the set-up."""
        found = await exports.open_exports(self._deps.store, self._deps.clock, press.actor)
        say = say_for(found.viewer.person.locale)
        await press.show(data_view(found, say, fetched=self._deps.export_link is not None))
        await press.ack()

    @on_action(Action.EXPORT)
    async def form(self, press: Press) -> None:
        """Open the form."""
        viewer = await check_admin(self._deps.store, press.actor)
        await press.show(export_form(say_for(viewer.person.locale)))
        await press.ack()

    @on_submit(Callback.EXPORT)
    async def ask(self, press: Press) -> None:
        """Make a link."""
        if (link_to := self._deps.export_link) is None:
            raise BadRequest("no address to fetch it from")
        viewer = await check_admin(self._deps.store, press.actor)
        first, last = (_day(press.body, block) for block in (Block.EXPORT_FIRST, Block.EXPORT_LAST))
        found = await exports.ask(
            self._deps.store,
            self._deps.clock,
            press.actor,
            parse.request_key(press.body),
            _what(press.body),
            span_of(first, last, zones.first_known(viewer.person.time_zone)),
        )
        link = link_to(press.actor.workspace_id, found.export.id)
        await press.replace(link_view(found, link, VALID, say_for(viewer.person.locale)))


def _what(body: Body) -> list[What]:
    chosen = parse.chosen(body, Block.EXPORT_WHAT)
    return list(What) if chosen in (None, EXPORT_ALL) else [parse.one_of(What, chosen, "export")]


def _day(body: Body, block_id: Block) -> date | None:
    given = parse.picker(body, block_id, "selected_date")
    try:
        return None if given is None else date.fromisoformat(given)
    except ValueError:
        raise BadRequest("an odd day") from None
