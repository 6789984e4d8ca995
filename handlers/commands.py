"""The command `/sessions` and its words, and the shortcuts to the most used of them."""

import re
from collections.abc import Awaitable, Callable, Mapping

from coaching.actions import browse
from coaching.packages import Holder
from coaching.records import Scope
from handlers.book import BookFeature
from handlers.browse import BrowseFeature
from handlers.calendar_address import CalendarAddressFeature
from handlers.cancel import CancelFeature
from handlers.clients import ClientsFeature
from handlers.credits import CreditsFeature
from handlers.deps import Deps
from handlers.every import EveryFeature
from handlers.hours import HoursFeature
from handlers.ids import COMMAND, Shortcut
from handlers.meta import BookingMeta, Meta
from handlers.notifications import NotificationsFeature
from handlers.press import Press, on_command, on_shortcut
from handlers.setup import SetupFeature
from handlers.views.book import Picks
from handlers.views.command_words import Command, acting, meaning
from handlers.views.help import help_text
from handlers.views.kit import unescape
from language.say import say_for

MAX_TYPED = 4000
_MENTION = re.compile(r"<@([UW][A-Z0-9]{1,30})(?:\|[^>]*)?>")


class CommandFeature:
    """Routes the words typed after the command."""

    def __init__(
        self,
        deps: Deps,
        browse_: BrowseFeature,
        cancel: CancelFeature,
        book: BookFeature,
        hours: HoursFeature,
        setup: SetupFeature,
        credits: CreditsFeature,
        calendar: CalendarAddressFeature,
        notifications: NotificationsFeature,
        clients: ClientsFeature,
        every: EveryFeature,
    ) -> None:
        self._deps = deps
        self._browse = browse_
        self._cancel = cancel
        self._book = book
        self._hours = hours
        self._credits = credits
        self._clients = clients
        self._dialogs: Mapping[Command | None, Callable[[Press], Awaitable[None]]] = {
            Command.CALENDAR: calendar.open,
            Command.NOTIFICATIONS: notifications.open,
            Command.SETUP: setup.open,
            Command.ALL: every.open,
        }

    @on_command(COMMAND)
    async def typed(self, press: Press) -> None:
        """Carry out the typed words. Unknown words get help, not silence."""
        given = press.body.get("text")
        words = given.strip()[:MAX_TYPED] if isinstance(given, str) else ""
        if not words:
            await self._browse.open_list(press, Meta(subject=press.actor.user_id))
            await press.ack()
            return
        match meaning(words):
            case Command.PAST:
                await self._browse.open_list(press, Meta(subject=press.actor.user_id, scope=Scope.PAST))
            case Command.CANCEL:
                await self._cancel.open(press, Meta(subject=press.actor.user_id))
            case Command.BOOK:
                await self._book.open(press, BookingMeta(subject=press.actor.user_id), Picks())
            case Command.CREDITS:
                await self._credits.open(press, Holder(press.actor.user_id))
            case Command.HOURS:
                await self._hours.open(press, press.actor.user_id)
            case command if command in self._dialogs:
                await self._dialogs[command](press)
            case _:
                await self._other(press, words)
                return
        await press.ack()

    @on_shortcut(Shortcut.MY_SESSIONS, Shortcut.CANCEL_SESSION, Shortcut.BOOK_SESSION)
    async def chosen(self, press: Press) -> None:
        """Open what a global shortcut names."""
        match press.body.get("callback_id"):
            case Shortcut.CANCEL_SESSION:
                await self._cancel.open(press, Meta(subject=press.actor.user_id))
            case Shortcut.BOOK_SESSION:
                await self._book.open(press, BookingMeta(subject=press.actor.user_id), Picks())
            case _:
                await self._browse.open_list(press, Meta(subject=press.actor.user_id))
        await press.ack()

    async def _other(self, press: Press, words: str) -> None:
        of_credits, whom = acting(words) or (False, "")
        if named := _MENTION.fullmatch(whom):
            # An admin acts for a client, and a coach sees the page of theirs. The actions refuse anybody else.
            who = named[1]
            if of_credits:
                await self._credits.open(press, Holder(who))
            else:
                await self._clients.open_for(press, who)
            await press.ack()
            return
        seen = await self._deps.met(press.client, press.actor, lambda: browse.see(self._deps.store, press.actor))
        unknown = None if meaning(words) is Command.HELP else unescape(words)
        # Only the sender sees the command's own answer.
        say, deps = say_for(seen.viewer.person.locale), self._deps
        words = help_text(seen.viewer, say, unknown, calendar=deps.public_url is not None)
        await press.ack(text=words, response_type="ephemeral")
