"""The secret calendar address: opened from Home or by the command, made, replaced and revoked."""

from coaching.actions import calendar_address
from coaching.actions.browse import see
from handlers import parse
from handlers.deps import Deps
from handlers.ids import Action
from handlers.press import Press, on_action
from handlers.views.calendar_address import address_view, no_address_view
from language.say import say_for


class CalendarAddressFeature:
    """The dialog of the calendar address. Without a web address of the bot's own there are none."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    async def open(self, press: Press) -> None:
        """Open the dialog."""
        store, clock, actor = self._deps.store, self._deps.clock, press.actor
        if (base := self._deps.public_url) is None:
            seen = await self._deps.met(press.client, actor, lambda: see(store, actor))
            await press.show(no_address_view(say_for(seen.viewer.person.locale)))
            return
        found = await self._deps.met(press.client, actor, lambda: calendar_address.open_address(store, clock, actor))
        await press.show(address_view(found, base))

    @on_action(Action.CALENDAR)
    async def from_button(self, press: Press) -> None:
        """Open the dialog from Home."""
        await self.open(press)
        await press.ack()

    @on_action(Action.CALENDAR_RENEW)
    async def renew(self, press: Press) -> None:
        """Make an address, and show it this once."""
        if (base := self._deps.public_url) is None:
            await press.redraw(no_address_view(await self._deps.say_to(press.actor)))
        else:
            key = parse.request_key(press.body)
            made = await calendar_address.renew(self._deps.store, self._deps.clock, press.actor, key)
            await press.redraw(address_view(made, base))
        await press.ack()

    @on_action(Action.CALENDAR_REVOKE)
    async def revoke(self, press: Press) -> None:
        """Remove the address."""
        found = await calendar_address.revoke(self._deps.store, self._deps.clock, press.actor)
        await press.redraw(address_view(found, self._deps.public_url or ""))
        await press.ack()
