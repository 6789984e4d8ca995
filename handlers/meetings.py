"""Meeting links: the form, opened from a session's record, from a coach's hours, and from the set-up."""

from collections.abc import Awaitable, Callable

from coaching.actions.meetings import open_link, save_link
from coaching.meetings import MOST, LinkOf, LinkScope
from coaching.sessions import Actor
from handlers import parse
from handlers.button_values import MAX_HOLDER, link_scope
from handlers.deps import Deps, Publish
from handlers.ids import Action, Block, Callback
from handlers.meta import LinkMeta
from handlers.press import Draw, Press, on_action, on_submit
from handlers.records import among_everybodys, details_for, from_home
from handlers.views.kit import Json
from handlers.views.meetings import link_form
from handlers.views.words import reader_for


class MeetingsFeature:
    """The form of a meeting link.

    `beneath` builds the views from which it is opened, by their callback_id: for a person, about this id.
    """

    def __init__(self, deps: Deps, publish_home: Publish) -> None:
        self._deps = deps
        self._publish_home = publish_home
        self.beneath: dict[str, Callable[[Actor, str], Awaitable[Json]]] = {}

    @on_action(Action.MEETING_LINK)
    async def from_button(self, press: Press) -> None:
        """Open the form of what a button names."""
        await self.open(press, link_scope(parse.value(press.body, MAX_HOLDER)))
        await press.ack()

    async def open(self, press: Press, scope: LinkScope) -> None:
        """Open the form. Raises NotYours, AdminsOnly, CoachesOnly, BadSetting."""
        found = await self._deps.met(
            press.client, press.actor, lambda: open_link(self._deps.store, self._deps.clock, press.actor, scope)
        )
        under, beneath = "", ""
        if parse.surface(press.body) == "modal":
            under, beneath = parse.view_id(press.body), str(parse.view(press.body).get("callback_id") or "")
        meta = LinkMeta(
            of=scope.of,
            id=scope.id,
            under=under,
            beneath=beneath,
            home=_home(press, beneath),
            everybodys=among_everybodys(press),
        )
        sessions = [found.session] if found.session else []
        await press.show(link_form(found, meta, reader_for(found.viewer, sessions, found.now)))

    @on_submit(Callback.MEETING_LINK)
    async def save(self, press: Press) -> None:
        """Save the link, and redraw the view beneath."""
        meta = LinkMeta.load(press.body)
        typed = parse.typed_text(press.body, Block.MEETING_LINK, MOST + 1) or ""
        await save_link(
            self._deps.store, self._deps.clock, press.actor, parse.request_key(press.body), meta.scope, typed
        )
        draw = self._draw(press, meta)
        if draw is not None and meta.under and parse.view(press.body).get("previous_view_id") == meta.under:
            await press.redraw_beneath(draw)
        if meta.home or (meta.of is LinkOf.COACH and meta.id == press.actor.user_id):
            self._deps.later(self._publish_home(press.client, press.actor), "publish home")
        await press.ack()

    def _draw(self, press: Press, meta: LinkMeta) -> Draw | None:
        if meta.beneath == Callback.DETAILS:
            return lambda _: details_for(self._deps, press, meta.id, home=meta.home, everybodys=meta.everybodys)
        draw = self.beneath.get(meta.beneath)
        return None if draw is None else lambda actor: draw(actor, meta.id)


def _home(press: Press, beneath: str) -> bool:
    return from_home(press) if beneath == Callback.DETAILS else False
