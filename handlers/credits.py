"""Credits: balances, history; admins give them, take them back and change when they expire.

All of it lives in one layer of dialogs: each view replaces the one that was pressed, so nothing beneath is out of date.
"""

import re
from collections.abc import Awaitable, Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from coaching.actions import credits, packages
from coaching.errors import CoachingError
from coaching.packages import Holder, Holding
from coaching.sessions import Actor
from handlers import parse, screen
from handlers.amounts import credits_typed, day_picked, money_typed
from handlers.deps import Deps
from handlers.ids import Action, Block, Callback
from handlers.inputs import BadInput
from handlers.parse import BadRequest, Body
from handlers.views.credit_forms import expiry_form, give_form, given_words, take_back_form
from handlers.views.credit_history import history_view
from handlers.views.credits import credits_view, holder_key
from handlers.views.kit import Json
from handlers.views.words import amount, in_credits, reader_for

Context = Mapping[str, Any]
_PAGE = re.compile(r"(.+)\|([0-9]{1,4})", re.DOTALL)
_LAYER = frozenset(
    {
        Callback.CREDITS,
        Callback.CREDITS_HISTORY,
        Callback.CREDITS_GIVE,
        Callback.CREDITS_BACK,
        Callback.CREDITS_EXPIRY,
        Callback.CATALOGUE,
        Callback.PACKAGE,
        Callback.POOL,
    }
)
"""The views that replace one another."""


class CreditsFeature:
    """The dialogs about credits."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def register(self, app: AsyncApp) -> None:
        """Listen to the dialogs and to the buttons that lead into them."""
        app.action(Action.CREDITS)(self.balances)
        for action_id in (Action.CREDITS_HISTORY, Action.CREDITS_EARLIER, Action.CREDITS_LATER):
            app.action(action_id)(self.history)
        app.action(Action.CREDITS_GIVE)(self.ask_what)
        app.action(Action.CREDITS_MENU)(self.ask_about_grant)
        app.view(Callback.CREDITS_GIVE)(self.give)
        app.view(Callback.CREDITS_BACK)(self.take_back)
        app.view(Callback.CREDITS_EXPIRY)(self.change_expiry)

    async def open(self, client: AsyncWebClient, body: Body, actor: Actor, holder: Holder) -> None:
        """Show somebody's or a pool's credits. Raises NotYours, AdminsOnly."""
        await place(client, body, credits_view(await self._account(client, actor, holder)))

    async def balances(self, ack: AsyncAck, body: dict[str, Any], context: Context, client: AsyncWebClient) -> None:
        """Show the credits that a button names; one's own where it names none."""
        actor = parse.actor(body, context)
        named = parse.action(body).get("value")
        await self.open(client, body, actor, holder_of(named) if named else Holder(actor.user_id))
        await ack()

    async def history(self, ack: AsyncAck, body: dict[str, Any], context: Context, client: AsyncWebClient) -> None:
        """Show a page of what happened."""
        actor, value = parse.actor(body, context), parse.value(body, 300)
        paged = _PAGE.fullmatch(value)
        holder, page = holder_of(paged[1] if paged else value), int(paged[2]) if paged else 0
        store, clock = self._deps.store, self._deps.clock
        found = await self._deps.met(client, actor, lambda: credits.open_history(store, clock, actor, holder, page))
        await place(client, body, history_view(found))
        await ack()

    async def ask_what(self, ack: AsyncAck, body: dict[str, Any], context: Context, client: AsyncWebClient) -> None:
        """Ask an admin what to give, and to whom where no account is open."""
        actor = parse.actor(body, context)
        catalogue = await packages.open_catalogue(self._deps.store, actor)
        named = parse.action(body).get("value")
        account = await self._account(client, actor, holder_of(named)) if named else None
        key = holder_key(account.holder) if account else ""
        await place(client, body, give_form(catalogue, account, key))
        await ack()

    async def ask_about_grant(
        self, ack: AsyncAck, body: dict[str, Any], context: Context, client: AsyncWebClient
    ) -> None:
        """Ask an admin how much to take back, or until when."""
        verb, _, grant_id = parse.value(body).partition(":")
        actor = parse.actor(body, context)
        held, account = await credits.open_grant(self._deps.store, self._deps.clock, actor, grant_id)
        form = {"back": take_back_form, "expiry": expiry_form}.get(verb)
        if form is None:
            raise BadRequest("an odd verb")
        await place(client, body, form(held, account))
        await ack()

    async def give(self, ack: AsyncAck, body: dict[str, Any], context: Context, client: AsyncWebClient) -> None:
        """Give credits and show what their holder has now."""
        actor = parse.actor(body, context)
        command = await self._command(client, body, actor)
        given = await self._counted("give", credits.give(self._deps.store, self._deps.clock, command))
        await self._done(
            ack, actor, given, given_words(given, await self._told(actor, given), await self._deps.say_to(actor))
        )

    async def take_back(self, ack: AsyncAck, body: dict[str, Any], context: Context) -> None:
        """Take back what is left of a grant, or a part of it."""
        actor, grant_id = parse.actor(body, context), parse.text(parse.metadata(body), "grant", 96)
        taken = credits_typed(body, Block.CREDIT_AMOUNT)
        if taken is None:
            raise BadInput(Block.CREDIT_AMOUNT, "say how many credits, like 3 or 0.5")
        store, clock, key = self._deps.store, self._deps.clock, parse.request_key(body)
        held = await self._counted("take_back", credits.take_back(store, clock, actor, key, grant_id, taken))
        say = await self._deps.say_to(actor)
        words = say.plural(
            "Taken back: {credits}. {n} credit left of it.",
            "Taken back: {credits}. {n} credits left of it.",
            amount(max(0, held.grant.balance)),
            credits=in_credits(taken, say),
        )
        await self._done(ack, actor, held, words)

    async def change_expiry(self, ack: AsyncAck, body: dict[str, Any], context: Context) -> None:
        """Change until when a grant can be used."""
        actor, grant_id = parse.actor(body, context), parse.text(parse.metadata(body), "grant", 96)
        store, clock, key = self._deps.store, self._deps.clock, parse.request_key(body)
        day = day_picked(body, Block.CREDIT_EXPIRY)
        held = await self._counted("change_expiry", credits.change_expiry(store, clock, actor, key, grant_id, day))
        say = await self._deps.say_to(actor)
        await self._done(ack, actor, held, say("Saved: the new expiry counts from now on."))

    async def _command(self, client: AsyncWebClient, body: Body, actor: Actor) -> credits.Give:
        key = parse.view(body).get("private_metadata")
        if key:
            holder = holder_of(key)
        else:
            person = parse.picker(body, Block.CREDIT_PERSON, "selected_user")
            pool = parse.chosen(body, Block.CREDIT_POOL)
            if (person is None) == (pool is None):
                raise BadInput(Block.CREDIT_PERSON, "choose who gets them: a person or a pool")
            holder = Holder(person, pool)
        if holder.client_id is not None:
            # Perhaps new here: until when the credits count depends on their zone.
            field = Block.CREDIT_AMOUNT if key else Block.CREDIT_PERSON
            await self._deps.introduced(client, actor, {field: [holder.client_id]}, keep=True)
        return credits.Give(
            actor=actor,
            request_key=parse.request_key(body),
            holder=holder,
            package_id=parse.chosen(body, Block.CREDIT_PACKAGE),
            amount=credits_typed(body, Block.CREDIT_AMOUNT),
            expires_on=day_picked(body, Block.CREDIT_EXPIRY),
            money=money_typed(body, Block.CREDIT_PAID),
            note=parse.typed_text(body, Block.CREDIT_NOTE, credits.MAX_NOTE),
        )

    async def _done(self, ack: AsyncAck, actor: Actor, held: Holding, words: str) -> None:
        account = await credits.open_account(self._deps.store, self._deps.clock, actor, held.holder)
        await ack(response_action="update", view=credits_view(account, done=words))

    async def _told(self, actor: Actor, held: Holding) -> list[str]:
        """Return the name of whoever hears of a grant, where somebody does."""
        if held.told_id is None:
            return []
        async with self._deps.store.read(actor.workspace_id) as queries:
            viewer = await queries.people.viewer(actor.user_id)
            person = (await queries.people.viewer(held.told_id)).person
        return [reader_for(viewer, [], self._deps.clock.now()).name(person)]

    async def _account(self, client: AsyncWebClient, actor: Actor, holder: Holder) -> credits.Account:
        store, clock = self._deps.store, self._deps.clock
        return await self._deps.met(client, actor, lambda: credits.open_account(store, clock, actor, holder))

    async def _counted(self, name: str, act: Awaitable[Holding]) -> Holding:
        try:
            held = await act
        except CoachingError:
            self._deps.count(name, "refused")
            raise
        self._deps.count(name, "done")
        return held


def holder_of(value: object) -> Holder:
    """Read whose credits a button is about. Raises BadRequest."""
    kind, _, found = parse.text(value, "holder", 300).partition(":")
    found = parse.text(found, "holder")
    if kind not in {"client", "pool"}:
        raise BadRequest("an odd holder")
    return Holder(client_id=found) if kind == "client" else Holder(pool_id=found)


async def place(client: AsyncWebClient, body: Body, view: Json) -> None:
    """Show a view instead of one of the same layer, or as a new one where something else was pressed."""
    pressed = parse.view(body).get("callback_id") if parse.surface(body) == "modal" else None
    if isinstance(pressed, str) and pressed in _LAYER:
        await screen.redraw(client, body, view)
    else:
        await screen.show(client, body, view)
