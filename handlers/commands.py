"""`/sessions` and its words."""

import re
from collections.abc import Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from coaching.actions import browse
from coaching.packages import Holder
from coaching.records import Scope
from coaching.sessions import Actor, Hat
from handlers import parse
from handlers.book import BookFeature
from handlers.browse import BrowseFeature
from handlers.cancel import CancelFeature
from handlers.credits import CreditsFeature
from handlers.deps import Deps
from handlers.hours import HoursFeature
from handlers.meta import BookingMeta, Meta
from handlers.setup import SetupFeature
from handlers.views.book import Picks
from handlers.views.command_words import Command, acting, meaning
from handlers.views.help import help_text
from handlers.views.kit import unescape
from language.say import say_for

Context = Mapping[str, Any]
MAX_TYPED = 4000
_MENTION = re.compile(r"<@([UW][A-Z0-9]{1,30})(?:\|[^>]*)?>")


class CommandFeature:
    """Routes what is typed after the command."""

    def __init__(
        self,
        deps: Deps,
        browse_: BrowseFeature,
        cancel: CancelFeature,
        book: BookFeature,
        hours: HoursFeature,
        setup: SetupFeature,
        credits: CreditsFeature,
    ) -> None:
        self._deps = deps
        self._browse = browse_
        self._cancel = cancel
        self._book = book
        self._hours = hours
        self._setup = setup
        self._credits = credits

    def register(self, app: AsyncApp) -> None:
        """Listen to the command."""
        app.command("/sessions")(self.typed)

    async def typed(self, ack: AsyncAck, body: dict[str, Any], context: Context, client: AsyncWebClient) -> None:
        """Do what was typed; words that are unknown get help, not silence."""
        actor = parse.actor(body, context)
        given = body.get("text")
        words = given.strip()[:MAX_TYPED] if isinstance(given, str) else ""
        if not words:
            await self._browse.open_list(client, body, actor, Meta(subject=actor.user_id))
            await ack()
            return
        match meaning(words):
            case Command.PAST:
                await self._browse.open_list(client, body, actor, Meta(subject=actor.user_id, scope=Scope.PAST))
            case Command.CANCEL:
                await self._cancel.open(client, body, actor, Meta(subject=actor.user_id))
            case Command.BOOK:
                await self._book.open(client, body, actor, BookingMeta(subject=actor.user_id), Picks())
            case Command.CREDITS:
                await self._credits.open(client, body, actor, Holder(actor.user_id))
            case Command.HOURS:
                await self._hours.open(client, body, actor, actor.user_id)
            case Command.SETUP:
                await self._setup.open(client, body, actor)
            case _:
                await self._other(ack, body, actor, client, words)
                return
        await ack()

    async def _other(
        self, ack: AsyncAck, body: dict[str, Any], actor: Actor, client: AsyncWebClient, words: str
    ) -> None:
        of_credits, whom = acting(words) or (False, "")
        if named := _MENTION.fullmatch(whom):
            # An admin acts for a client; whoever is no admin is refused by the action.
            who = named[1]
            if of_credits:
                await self._credits.open(client, body, actor, Holder(who))
            else:
                await self._browse.open_list(client, body, actor, Meta(hat=Hat.ADMIN, subject=who))
            await ack()
            return
        store, clock = self._deps.store, self._deps.clock
        page = await self._deps.met(client, actor, lambda: browse.list_sessions(store, clock, actor))
        unknown = None if meaning(words) is Command.HELP else unescape(words)
        # The command's own answer is seen by nobody else.
        await ack(text=help_text(page.viewer, say_for(page.viewer.person.locale), unknown), response_type="ephemeral")
