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
from handlers.views.help import help_text
from handlers.views.kit import unescape
from language.say import say_for

Context = Mapping[str, Any]
MAX_TYPED = 4000
_FOR = re.compile(r"(?P<credits>credits\s+)?for\s+<@(?P<who>[UW][A-Z0-9]{1,30})(?:\|[^>]*)?>", re.IGNORECASE)


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
        match words.lower():
            case "":
                await self._browse.open_list(client, body, actor, Meta(subject=actor.user_id))
            case "past":
                await self._browse.open_list(client, body, actor, Meta(subject=actor.user_id, scope=Scope.PAST))
            case "cancel":
                await self._cancel.open(client, body, actor, Meta(subject=actor.user_id))
            case "book":
                await self._book.open(client, body, actor, BookingMeta(subject=actor.user_id), Picks())
            case "credits":
                await self._credits.open(client, body, actor, Holder(actor.user_id))
            case "hours":
                await self._hours.open(client, body, actor, actor.user_id)
            case "setup":
                await self._setup.open(client, body, actor)
            case _:
                await self._other(ack, body, actor, client, words)
                return
        await ack()

    async def _other(
        self, ack: AsyncAck, body: dict[str, Any], actor: Actor, client: AsyncWebClient, words: str
    ) -> None:
        client_named = _FOR.fullmatch(words)
        if client_named:
            # An admin acts for a client; whoever is no admin is refused by the action.
            who = client_named["who"]
            if client_named["credits"]:
                await self._credits.open(client, body, actor, Holder(who))
            else:
                await self._browse.open_list(client, body, actor, Meta(hat=Hat.ADMIN, subject=who))
            await ack()
            return
        store, clock = self._deps.store, self._deps.clock
        page = await self._deps.met(client, actor, lambda: browse.list_sessions(store, clock, actor))
        unknown = None if words.lower() == "help" else unescape(words)
        # The command's own answer is seen by nobody else.
        await ack(text=help_text(page.viewer, say_for(page.viewer.person.locale), unknown), response_type="ephemeral")
