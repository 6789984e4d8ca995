"""Notifications: each person chooses whether to hear in Slack, by mail, or both. Opened from Home or by the command."""

from coaching.actions import notifications
from coaching.actions.browse import see
from coaching.notifications import Ways
from handlers.deps import Deps
from handlers.ids import Action
from handlers.press import Press, on_action
from handlers.views.notifications import no_mail_view, notifications_view
from language.say import say_for


class NotificationsFeature:
    """The dialog of notifications. Without a mail server there is nothing to choose."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    async def open(self, press: Press) -> None:
        """Open the dialog."""
        store, clock, actor = self._deps.store, self._deps.clock, press.actor
        if not self._deps.mail:
            seen = await self._deps.met(press.client, actor, lambda: see(store, actor))
            await press.show(no_mail_view(say_for(seen.viewer.person.locale)))
            return
        found = await self._deps.met(press.client, actor, lambda: notifications.open_notifications(store, clock, actor))
        await press.show(notifications_view(found))

    @on_action(Action.NOTIFY)
    async def from_button(self, press: Press) -> None:
        """Open the dialog from Home."""
        await self.open(press)
        await press.ack()

    @on_action(Action.NOTIFY_SLACK)
    async def in_slack(self, press: Press) -> None:
        """Hear in Slack only."""
        await self._choose(press, Ways.SLACK)

    @on_action(Action.NOTIFY_BOTH)
    async def in_both(self, press: Press) -> None:
        """Hear in Slack and by mail."""
        await self._choose(press, Ways.BOTH)

    @on_action(Action.NOTIFY_MAIL)
    async def by_mail(self, press: Press) -> None:
        """Hear by mail instead."""
        await self._choose(press, Ways.MAIL)

    async def _choose(self, press: Press, ways: Ways) -> None:
        if not self._deps.mail:
            await press.redraw(no_mail_view(await self._deps.say_to(press.actor)))
        else:
            found = await notifications.choose(self._deps.store, self._deps.clock, press.actor, ways)
            await press.redraw(notifications_view(found))
        await press.ack()
