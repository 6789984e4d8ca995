"""Erasing a person: chosen, named by typing, and gone."""

import asyncio

import structlog

from coaching import deadline
from coaching.actions.access import check_admin
from coaching.actions.erase import erase, look
from coaching.sessions import Actor
from handlers import parse
from handlers.deps import Deps
from handlers.ids import Action, Block, Callback
from handlers.inputs import BadInput
from handlers.meta import ItemMeta
from handlers.press import Press, on_action, on_submit
from handlers.views.erase import MAX_TYPED, confirm_form, erase_form, erased_view, erasing_view
from handlers.views.kit import Json
from language.say import say_for

ANSWER_SECONDS = 1.5
"""Seconds that the answer waits for a person with many sessions: Slack gives up after three."""
log = structlog.get_logger(__name__)


class EraseFeature:
    """The two forms of erasing a person."""

    def __init__(self, deps: Deps, *, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._deps = deps
        self._answer_seconds = answer_seconds

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
        await press.replace(await self.erase(press.actor, key, who, named))

    async def erase(self, actor: Actor, request_key: str, who: str, named: str) -> Json:
        """Erase somebody and return what to show. Raises what `erase` raises.

        What takes long goes on after the answer. Nobody hears of what stands in the way by then: it is looked for before.
        """
        say = say_for((await look(self._deps.store, actor, who, named)).viewer.person.locale)
        seconds = deadline.left(self._answer_seconds)
        with deadline.lifted():
            work = asyncio.ensure_future(erase(self._deps.store, self._deps.clock, actor, request_key, who, named))
        done, _ = await asyncio.wait({work}, timeout=seconds)
        if not done:
            self._deps.later(work, "erase a person")
            return erasing_view(say)
        log.info("erased", workspace=actor.workspace_id, pseudonym=await work)
        return erased_view(say)
