"""Credits: balances and history. Admins give credits, take them back and change their expiry.

All views are in one layer of dialogs: each replaces the one that was pressed, so no outdated view is left beneath.
"""

from collections.abc import Awaitable

from coaching.actions import credits, packages
from coaching.errors import CoachingError
from coaching.packages import Holder, Holding
from coaching.sessions import Actor
from handlers import parse
from handlers.amounts import HALF, credits_typed, day_picked, money_typed
from handlers.button_values import MAX_TURN, holder_of, turn_of
from handlers.deps import Deps, Publish
from handlers.ids import Action, Block, Callback
from handlers.inputs import BadInput
from handlers.meta import GrantMeta, HolderMeta
from handlers.parse import BadRequest
from handlers.press import Draw, Press, on_action, on_submit
from handlers.views.credit_forms import expiry_form, give_form, given_words, take_back_form
from handlers.views.credit_history import history_message, history_view
from handlers.views.credits import credits_view
from handlers.views.kit import Json
from handlers.views.words import amount, in_credits, reader_for

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

    def __init__(self, deps: Deps, set_up: Draw, publish_home: Publish) -> None:
        """`set_up` draws the set-up, which is beneath the form that asks who gets credits."""
        self._deps = deps
        self._set_up = set_up
        self._publish_home = publish_home

    async def open(self, press: Press, holder: Holder) -> None:
        """Show the credits of a person or a pool. Raises NotYours, AdminsOnly."""
        await place(press, credits_view(await self._account(press, holder)))

    @on_action(Action.CREDITS)
    async def balances(self, press: Press) -> None:
        """Show the credits that a button names, or the person's own if it names none."""
        named = parse.action(press.body).get("value")
        await self.open(press, holder_of(named) if named else Holder(press.actor.user_id))
        await press.ack()

    @on_action(Action.CREDITS_HISTORY, Action.CREDITS_EARLIER, Action.CREDITS_LATER)
    async def history(self, press: Press) -> None:
        """Show a page of the history."""
        holder, turn = turn_of(parse.value(press.body, MAX_TURN))
        store, clock = self._deps.store, self._deps.clock
        found = await self._deps.met(
            press.client, press.actor, lambda: credits.open_history(store, clock, press.actor, holder, turn)
        )
        await place(press, history_view(found))
        await press.ack()

    @on_action(Action.CREDITS_TABLE)
    async def table(self, press: Press) -> None:
        """Send the newest movements to whoever pressed, as a table, and say so."""
        holder, store, clock = holder_of(parse.value(press.body)), self._deps.store, self._deps.clock
        most = credits.HISTORY_TABLE
        found = await self._deps.met(
            press.client, press.actor, lambda: credits.open_history(store, clock, press.actor, holder, most=most)
        )
        await self._deps.blocks.sent(
            press.actor.workspace_id,
            history_message(found),
            lambda form: press.client.chat_postMessage(channel=press.actor.user_id, **form),
        )
        page = await credits.open_history(store, clock, press.actor, holder)
        say = await self._deps.say_to(press.actor)
        await place(press, history_view(page, done=say("Sent: the table is in your messages with this app.")))
        await press.ack()

    @on_action(Action.CREDITS_GIVE)
    async def ask_what(self, press: Press) -> None:
        """Ask an admin what to give, and to whom if no account is open."""
        catalogue = await packages.open_catalogue(self._deps.store, press.actor)
        named = parse.action(press.body).get("value")
        account = await self._account(press, holder_of(named)) if named else None
        await place(press, give_form(catalogue, account))
        await press.ack()

    @on_action(Action.CREDITS_MENU)
    async def ask_about_grant(self, press: Press) -> None:
        """Ask an admin how much to take back, or for the new expiry."""
        verb, _, grant_id = parse.value(press.body).partition(":")
        held, account = await credits.open_grant(self._deps.store, self._deps.clock, press.actor, grant_id)
        form = {"back": take_back_form, "expiry": expiry_form}.get(verb)
        if form is None:
            raise BadRequest("an odd verb")
        await place(press, form(held, account))
        await press.ack()

    @on_submit(Callback.CREDITS_GIVE)
    async def give(self, press: Press) -> None:
        """Give credits and show their holder's new balance."""
        command = await self._command(press)
        given = await self._counted("give", credits.give(self._deps.store, self._deps.clock, command))
        told = await self.told(press.actor, given)
        if HolderMeta.load(press.body).holder is None:
            await press.redraw_beneath(self._set_up)
        self._deps.later(self._publish_home(press.client, press.actor), "publish home")
        await self._done(press, given, given_words(given, told, await self._deps.say_to(press.actor)))

    @on_submit(Callback.CREDITS_BACK)
    async def take_back(self, press: Press) -> None:
        """Take back the rest of a grant, or a part of it."""
        grant_id = GrantMeta.load(press.body).id
        taken = credits_typed(press.body, Block.CREDIT_AMOUNT)
        if taken is None:
            raise BadInput(Block.CREDIT_AMOUNT, "say how many credits, like 3 or {half}", half=HALF)
        store, clock, key = self._deps.store, self._deps.clock, parse.request_key(press.body)
        held = await self._counted("take_back", credits.take_back(store, clock, press.actor, key, grant_id, taken))
        say = await self._deps.say_to(press.actor)
        words = say.plural(
            "Taken back: {credits}. {n} credit left of it.",
            "Taken back: {credits}. {n} credits left of it.",
            amount(max(0, held.grant.balance)),
            credits=in_credits(taken, say),
        )
        await self._done(press, held, words)

    @on_submit(Callback.CREDITS_EXPIRY)
    async def change_expiry(self, press: Press) -> None:
        """Change the expiry of a grant."""
        grant_id = GrantMeta.load(press.body).id
        store, clock, key = self._deps.store, self._deps.clock, parse.request_key(press.body)
        day = day_picked(press.body, Block.CREDIT_EXPIRY)
        held = await self._counted(
            "change_expiry", credits.change_expiry(store, clock, press.actor, key, grant_id, day)
        )
        say = await self._deps.say_to(press.actor)
        await self._done(press, held, say("Saved: the new expiry counts from now on."))

    async def _command(self, press: Press) -> credits.Give:
        meta = HolderMeta.load(press.body)
        fixed = meta.holder
        holder = fixed
        if holder is None:
            person = parse.picker(press.body, Block.CREDIT_PERSON, "selected_user")
            pool = parse.chosen(press.body, Block.CREDIT_POOL)
            if (person is None) == (pool is None):
                raise BadInput(Block.CREDIT_PERSON, "choose who gets them: a person or a pool")
            holder = Holder(person, pool)
        if holder.client_id is not None:
            # The holder may be new here, and the expiry of the credits depends on their zone.
            field = Block.CREDIT_AMOUNT if fixed else Block.CREDIT_PERSON
            await self._deps.introduced(press.client, press.actor, {field: [holder.client_id]}, keep=True)
        return credits.Give(
            actor=press.actor,
            request_key=parse.request_key(press.body),
            holder=holder,
            package_id=parse.chosen(press.body, Block.CREDIT_PACKAGE),
            amount=credits_typed(press.body, Block.CREDIT_AMOUNT),
            expires_on=day_picked(press.body, Block.CREDIT_EXPIRY),
            money=money_typed(press.body, Block.CREDIT_PAID, await self._deps.say_to(press.actor)),
            note=parse.typed_text(press.body, Block.CREDIT_NOTE, credits.MAX_NOTE),
            request_id=meta.request or None,
        )

    async def _done(self, press: Press, held: Holding, words: str) -> None:
        account = await credits.open_account(self._deps.store, self._deps.clock, press.actor, held.holder)
        await press.replace(credits_view(account, done=words))

    async def told(self, actor: Actor, held: Holding) -> str | None:
        """Return the name of the person who is notified of a grant, if there is one."""
        if held.told_id is None:
            return None
        async with self._deps.store.read(actor.workspace_id) as queries:
            viewer = await queries.people.viewer(actor.user_id)
            person = (await queries.people.viewer(held.told_id)).person
        return reader_for(viewer, [], held.granted_at).name(person)

    async def own(self, actor: Actor) -> credits.Account:
        """Return the actor's own credits."""
        return await credits.open_account(self._deps.store, self._deps.clock, actor, Holder(actor.user_id))

    async def _account(self, press: Press, holder: Holder) -> credits.Account:
        store, clock = self._deps.store, self._deps.clock
        return await self._deps.met(
            press.client, press.actor, lambda: credits.open_account(store, clock, press.actor, holder)
        )

    async def _counted(self, name: str, act: Awaitable[Holding]) -> Holding:
        try:
            held = await act
        except CoachingError:
            self._deps.count(name, "refused")
            raise
        self._deps.count(name, "done")
        return held


async def place(press: Press, view: Json) -> None:
    """Show a view in place of one of the same layer. If anything else was pressed, open it as a new view."""
    pressed = parse.view(press.body).get("callback_id") if parse.surface(press.body) == "modal" else None
    if isinstance(pressed, str) and pressed in _LAYER:
        await press.redraw(view)
    else:
        await press.show(view)
