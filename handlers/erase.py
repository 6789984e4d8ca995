"""Erasing a person: chosen, named by typing, and gone."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from slack_sdk.errors import SlackApiError

from coaching import deadline
from coaching.actions.access import check_admin
from coaching.actions.erase import erase, look
from coaching.sessions import Actor
from handlers import parse
from handlers.deps import Deps
from handlers.error_words import words_for
from handlers.ids import Action, Block, Callback
from handlers.inputs import BadInput
from handlers.meta import ItemMeta
from handlers.press import Press, on_action, on_submit
from handlers.views.erase import MAX_TYPED, confirm_form, erase_form, erased_view, erasing_view
from handlers.views.kit import Json
from handlers.views.message import message_view
from language.say import Say, say_for

Tell = Callable[[Json, str], Awaitable[None]]
"""Shows a view, and says the same in words where the view is gone."""
SETTLED_SECONDS = 1.0
"""Seconds after an answer until Slack surely shows it: what is shown before, the answer would replace."""
log = structlog.get_logger(__name__)


class EraseFeature:
    """The two forms of erasing a person."""

    def __init__(self, deps: Deps, *, settled_seconds: float = SETTLED_SECONDS) -> None:
        self._deps = deps
        self._settled_seconds = settled_seconds

    @on_action(Action.ERASE)
    async def form(self, press: Press) -> None:
        """Ask whom."""
        viewer = await check_admin(self._deps.store, press.actor)
        await press.show(erase_form(say_for(viewer.person.locale)))
        await press.ack()

    @on_submit(Callback.ERASE)
    async def chosen(self, press: Press) -> None:
        """Say what would go, and ask for the name."""
        await check_admin(self._deps.store, press.actor)
        who = parse.picker(press.body, Block.ERASED, "selected_user")
        address = parse.typed_text(press.body, Block.ERASED_ADDRESS, MAX_TYPED)
        if bool(who) == bool(address):
            raise BadInput(Block.ERASED_ADDRESS, "choose a person or type who they are, not both")
        found = await look(self._deps.store, press.actor, who or (address or "").strip())
        await press.replace(confirm_form(found.found, say_for(found.viewer.person.locale)))

    @on_submit(Callback.ERASE_CONFIRM)
    async def confirmed(self, press: Press) -> None:
        """Erase them."""
        named = parse.typed_text(press.body, Block.ERASED_TYPED, MAX_TYPED) or ""
        who, key = ItemMeta.load(press.body).id, parse.request_key(press.body)

        answered = asyncio.Event()

        async def tell(view: Json, words: str) -> None:
            await answered.wait()
            await asyncio.sleep(self._settled_seconds)
            await _tell(press, view, words)

        view = await self.erase(press.actor, key, who, named, tell)
        try:
            await press.replace(view)
        finally:
            answered.set()

    async def erase(self, actor: Actor, request_key: str, who: str, named: str, tell: Tell | None = None) -> Json:
        """Erase somebody and return what to show. Raises what `erase` raises.

        What takes long goes on after the answer, and `tell` shows what became of it.
        """
        say = say_for((await look(self._deps.store, actor, who, named)).viewer.person.locale)
        seconds = deadline.left(self._deps.answer_seconds)
        with deadline.lifted():
            work = asyncio.ensure_future(erase(self._deps.store, self._deps.clock, actor, request_key, who, named))
        done, _ = await asyncio.wait({work}, timeout=seconds)
        if not done:
            self._deps.later(_followed(work, actor, say, tell), "erase a person")
            return erasing_view(say)
        await _ended(work, actor)
        return erased_view(say)


async def _followed(work: Awaitable[str], actor: Actor, say: Say, tell: Tell | None) -> None:
    """Show an admin what became of an erasure after they were answered. Raises what it raises."""
    try:
        await _ended(work, actor)
    except Exception as error:
        if tell is not None:
            words = say.sentences(say("Nobody was erased."), words_for(error, "", say))
            await tell(message_view(say.title("Not erased"), words, say), words)
        raise
    if tell is not None:
        await tell(erased_view(say), say("They are erased. If they come back, they are somebody new."))


async def _tell(press: Press, view: Json, words: str) -> None:
    """Show it in place of the form, or in a message if the form was closed."""
    view_id = str(parse.view(press.body).get("id"))

    async def update(form: Json) -> object:
        return await press.client.views_update(view_id=view_id, view=form)

    try:
        await press.blocks.sent(press.actor.workspace_id, view, update)
    except SlackApiError:
        await press.client.chat_postMessage(channel=press.actor.user_id, text=words)


async def _ended(work: Awaitable[str], actor: Actor) -> None:
    """Log what became of an erasure, and who asked for it. Raises what it raises."""
    who = {"workspace": actor.workspace_id, "by": actor.user_id}
    try:
        name = await work
    except Exception as error:
        log.warning("not erased", why=type(error).__name__, **who)
        raise
    log.info("erased", pseudonym=name, **who)
