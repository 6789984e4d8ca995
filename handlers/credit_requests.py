"""Asking for credits where there are too few, and the answers of admins and pools' contacts (C15)."""

from coaching.actions import credit_answers, credit_requests, credits, packages
from coaching.actions.access import check_admin
from coaching.errors import Answered, CoachingError
from coaching.requests import NOTHING
from coaching.sessions import MAX_REASON, Actor
from handlers import parse
from handlers.amounts import HALF, credits_typed
from handlers.book import BookFeature
from handlers.credits import CreditsFeature, place
from handlers.deps import Deps, Publish
from handlers.ids import OWN_CREDITS, Action, Block, Callback
from handlers.inputs import BadInput
from handlers.meta import AskCreditsMeta, DeclineMeta
from handlers.press import Press, on_action, on_submit
from handlers.views.credit_forms import give_form, given_words
from handlers.views.credit_requests import (
    answer_words,
    answered_view,
    ask_credits_view,
    credits_asked_view,
    decline_view,
)
from handlers.views.credits import credits_view
from handlers.views.kit import Json
from handlers.wishes import asked_for


class CreditRequestFeature:
    """The form, the request that can be withdrawn, the buttons of whoever decides, and booking what it was for."""

    def __init__(self, deps: Deps, credits: CreditsFeature, book: BookFeature, publish_home: Publish) -> None:
        self._deps = deps
        self._credits = credits
        self._book = book
        self._publish_home = publish_home

    @on_action(Action.ASK_CREDITS)
    async def open(self, press: Press) -> None:
        """Open the form, or the request if there is one. The button may say how many are wanted, and for what."""
        named = parse.action(press.body).get("value")
        wanted, to_book = asked_for(named) if named else (0, NOTHING)
        store, clock = self._deps.store, self._deps.clock
        case = await self._deps.met(
            press.client,
            press.actor,
            lambda: credit_requests.look(store, clock, press.actor, to_book),
        )
        beneath = parse.view(press.body).get("callback_id") if parse.surface(press.body) == "modal" else ""
        meta = AskCreditsMeta(
            coach=case.to_book.coach_id or "",
            kind=case.to_book.type_id or "",
            rebooks=case.to_book.rebooks or "",
            beneath=beneath if isinstance(beneath, str) else "",
        )
        await press.show(credits_asked_view(case, meta) if case.asked else ask_credits_view(case, meta, wanted))
        await press.ack()

    @on_submit(Callback.ASK_CREDITS)
    async def submit(self, press: Press) -> None:
        """Ask, and show the request."""
        meta = AskCreditsMeta.load(press.body)
        amount = credits_typed(press.body, Block.CREDIT_AMOUNT)
        if amount is None:
            raise BadInput(Block.CREDIT_AMOUNT, "say how many credits, like 3 or {half}", half=HALF)
        to = parse.chosen(press.body, Block.CREDIT_POOL)
        command = credit_requests.AskCredits(
            actor=press.actor,
            amount=amount,
            pool_id=None if to == OWN_CREDITS else to,
            note=parse.typed_text(press.body, Block.NOTE, MAX_REASON),
            to_book=meta.to_book,
        )
        try:
            case = await credit_requests.ask(self._deps.store, self._deps.clock, command)
        except CoachingError:
            self._deps.count("ask_credits", "refused")
            raise
        self._deps.count("ask_credits", "refused" if case.again else "done")
        await press.replace(credits_asked_view(case, meta))
        self._later(press, meta)

    @on_action(Action.CREDITS_WITHDRAW)
    async def withdraw(self, press: Press) -> None:
        """Take the request back. The relay edits the messages of those who were asked."""
        meta, request_id = AskCreditsMeta.load(press.body), parse.value(press.body)
        case = await credit_requests.withdraw(self._deps.store, self._deps.clock, press.actor, request_id)
        self._deps.count("withdraw_credits", "refused" if case.again else "done")
        await press.redraw(credits_asked_view(case, meta))
        self._later(press, meta)
        await press.ack()

    @on_action(Action.CREDITS_ACCEPT)
    async def give(self, press: Press) -> None:
        """Give what was asked for."""
        store, clock, key = self._deps.store, self._deps.clock, parse.request_key(press.body)
        try:
            given = await credit_requests.give(store, clock, press.actor, key, parse.value(press.body))
        except CoachingError as error:
            self._deps.count("answer_credits", "conflict" if isinstance(error, Answered) else "refused")
            raise
        self._deps.count("answer_credits", "done")
        told = await self._credits.told(press.actor, given)
        words = given_words(given, told, await self._deps.say_to(press.actor))
        if parse.surface(press.body) == "modal":
            account = await credits.open_account(store, clock, press.actor, given.holder)
            await press.redraw(credits_view(account, done=words))
        else:
            self._deps.later(press.whisper(words), "answer a decision")
        await press.ack()

    @on_action(Action.CREDITS_OTHER)
    async def give_other(self, press: Press) -> None:
        """Open the form to give another number, or a package, as the answer."""
        request_id = parse.value(press.body)
        store, clock = self._deps.store, self._deps.clock
        await check_admin(store, press.actor)
        found = await credit_answers.look(store, clock, press.actor, request_id)
        if not found.asked.open:
            raise Answered(request_id)
        account = await credits.open_account(store, clock, press.actor, credit_answers.holder_of(found.asked))
        catalogue = await packages.open_catalogue(store, press.actor)
        await place(press, give_form(catalogue, account, found.asked))
        await press.ack()

    @on_action(Action.CREDITS_DECLINE)
    async def ask_why(self, press: Press) -> None:
        """Open the form to decline, with words for whoever asked."""
        request_id = parse.value(press.body)
        found = await credit_answers.look(self._deps.store, self._deps.clock, press.actor, request_id)
        await press.show(decline_view(found, DeclineMeta(request_id)) if found.decides else answered_view(found))
        await press.ack()

    @on_submit(Callback.CREDITS_DECLINE)
    async def decline(self, press: Press) -> None:
        """Decline once, and say so."""
        command = credit_answers.Decline(
            actor=press.actor,
            request_id=DeclineMeta.load(press.body).id,
            reply=parse.typed_text(press.body, Block.NOTE, MAX_REASON),
        )
        try:
            found = await credit_answers.decline(self._deps.store, self._deps.clock, command)
        except CoachingError:
            self._deps.count("answer_credits", "refused")
            raise
        self._deps.count("answer_credits", "done" if found.done else "refused")
        await press.replace(answered_view(found))

    @on_action(Action.CREDITS_FORWARD)
    async def pass_on(self, press: Press) -> None:
        """Pass the request on to the admins, as the contact of a pool."""
        request_id = parse.value(press.body)
        found = await credit_answers.pass_on(self._deps.store, self._deps.clock, press.actor, request_id)
        self._deps.count("pass_on_credits", "done" if found.done else "refused")
        self._deps.later(press.whisper(answer_words(found)), "answer a decision")
        await press.ack()

    @on_action(Action.BOOK_ASKED)
    async def book(self, press: Press) -> None:
        """Open the booking dialog with what the credits were asked for."""
        to_book = await credit_requests.wanted(self._deps.store, press.actor, parse.value(press.body))
        await self._book.open_for(press, to_book)
        await press.ack()

    def _later(self, press: Press, meta: AskCreditsMeta) -> None:
        if meta.beneath == Callback.CREDITS:
            self._deps.later(press.redraw_beneath(self._balances), "redraw credits")
        # Home shows the request, wherever it was made or taken back.
        self._deps.later(self._publish_home(press.client, press.actor), "publish home")

    async def _balances(self, actor: Actor) -> Json:
        return credits_view(await self._credits.own(actor))
