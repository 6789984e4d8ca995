"""Undo: take a cancellation back, from the receipt or from the result on the screen (C9)."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from coaching.actions import undo
from coaching.errors import UndoClosed
from coaching.sessions import Actor
from handlers import parse, screen
from handlers.deps import Deps
from handlers.ids import Action
from handlers.records import from_home
from handlers.views.message import message_view
from handlers.views.undo import closed_words, undone_view, undone_words
from language.say import say_for

Context = Mapping[str, Any]
Publish = Callable[[AsyncWebClient, Actor], Coroutine[Any, Any, None]]


class UndoFeature:
    """The Undo buttons."""

    def __init__(self, deps: Deps, publish_home: Publish) -> None:
        self._deps = deps
        self._publish_home = publish_home

    def register(self, app: AsyncApp) -> None:
        """Listen to the button."""
        app.action(Action.UNDO)(self.press)

    async def press(
        self, ack: AsyncAck, body: dict[str, Any], context: Context, client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        """Restore everything the action canceled, and say so where the person is; the receipt is edited by the relay."""
        actor = parse.actor(body, context)
        store, clock = self._deps.store, self._deps.clock
        modal = parse.surface(body) == "modal"
        try:
            restored = await undo.undo(store, clock, undo.Undo(actor=actor, action_id=parse.value(body)))
        except UndoClosed as closed:
            self._deps.count("undo", "refused")
            say = await self._deps.say_to(actor)
            words = closed_words(closed.why, say)
            view = message_view(say.title("Not undone"), words, say, clear=True)
        else:
            self._deps.count("undo", "done")
            async with store.read(actor.workspace_id) as queries:
                viewer = await queries.people.viewer(actor.user_id)
            words = undone_words(len(restored), say_for(viewer.person.locale))
            view = undone_view(restored, viewer, clock.now())
        if modal:
            await screen.redraw(client, body, view)
            if from_home(body):
                self._deps.later(self._publish_home(client, actor), "publish home")
        else:
            answer = respond(text=words, response_type="ephemeral", replace_original=False)
            self._deps.later(answer, "answer an undo")
        await ack()
