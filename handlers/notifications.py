"""Notifications: each person chooses how they hear, and which reminders they get. Opened from Home or by the command."""

from coaching.actions import notifications
from coaching.actions.notifications import Notifications
from coaching.notifications import AGENDA_MINUTES, REMINDERS, Ways
from handlers import parse
from handlers.deps import Deps
from handlers.ids import INVITATIONS, Action
from handlers.parse import BadRequest
from handlers.press import Press, on_action
from handlers.views.kit import Json
from handlers.views.mail_offer import answered_words
from handlers.views.notifications import notifications_view
from language.say import say_for


class NotificationsFeature:
    """The dialog of notifications. Without a mail server there are only reminders to choose."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    async def open(self, press: Press) -> None:
        """Open the dialog."""
        await press.show(self._view(await self._present(press)))

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

    @on_action(Action.NOTIFY_AGAIN)
    async def again(self, press: Press) -> None:
        """Try again to write to the address from which mails came back."""
        deps = self._deps
        await self._saved(press, await notifications.try_again(deps.store, deps.clock, press.actor, deps.mailable))

    @on_action(Action.NOTIFY_WITH)
    async def turn_on(self, press: Press) -> None:
        """Want invitations, or reminders of a kind."""
        await self._want(press, wanted=True)

    @on_action(Action.NOTIFY_WITHOUT)
    async def turn_off(self, press: Press) -> None:
        """Want them no more."""
        await self._want(press, wanted=False)

    @on_action(Action.AGENDA_AT)
    async def agenda_at(self, press: Press) -> None:
        """Get the agenda at another time."""
        deps, minute = self._deps, parse.value(press.body)
        if minute not in map(str, AGENDA_MINUTES):
            raise BadRequest("no such time")
        found = await notifications.want_agenda_at(deps.store, deps.clock, press.actor, int(minute), deps.mailable)
        await self._saved(press, found)

    @on_action(Action.MAIL_TOO)
    async def mail_too(self, press: Press) -> None:
        """Answer yes to the question in the first receipt. The relay edits the message."""
        await self._answer(press, wanted=True)

    @on_action(Action.MAIL_NOT)
    async def mail_not(self, press: Press) -> None:
        """Answer no to it."""
        await self._answer(press, wanted=False)

    async def _answer(self, press: Press, *, wanted: bool) -> None:
        deps = self._deps
        if deps.mail:
            found = await notifications.answer(deps.store, deps.clock, press.actor, deps.mailable, wanted=wanted)
        else:
            found = await self._present(press)
        words = answered_words(found, say_for(found.viewer.person.locale), mail=deps.mail)
        deps.later(press.whisper(words), "say how somebody hears")
        await press.ack()

    async def _present(self, press: Press) -> Notifications:
        store, clock, mailable = self._deps.store, self._deps.clock, self._deps.mailable
        return await self._deps.met(
            press.client, press.actor, lambda: notifications.open_notifications(store, clock, press.actor, mailable)
        )

    async def _choose(self, press: Press, ways: Ways) -> None:
        deps = self._deps
        if deps.mail:
            found = await notifications.choose(deps.store, deps.clock, press.actor, ways, deps.mailable)
        else:
            found = await self._present(press)  # the mail server was taken away since the dialog was opened
        await self._saved(press, found)

    async def _want(self, press: Press, *, wanted: bool) -> None:
        deps, what = self._deps, parse.value(press.body)
        if what == INVITATIONS:
            found = await notifications.want_invitations(
                deps.store, deps.clock, press.actor, deps.mailable, wanted=wanted
            )
        else:
            kind = next((one for one in REMINDERS if one == what), None)
            if kind is None:
                raise BadRequest("no reminder is called that")
            found = await notifications.want_reminders(
                deps.store, deps.clock, press.actor, kind, deps.mailable, wanted=wanted
            )
        await self._saved(press, found)

    async def _saved(self, press: Press, found: Notifications) -> None:
        await press.redraw(self._view(found))
        await press.ack()

    def _view(self, found: Notifications) -> Json:
        return notifications_view(found, mail=self._deps.mail, calendar=self._deps.public_url is not None)
