"""Undo: take a cancellation back, from the receipt or from the result on the screen (C9)."""

from coaching.actions import undo
from coaching.errors import UndoClosed
from handlers import parse
from handlers.deps import Deps, Publish
from handlers.ids import Action
from handlers.press import Press, on_action
from handlers.records import from_home
from handlers.views.message import message_view
from handlers.views.undo import closed_words, undone_view, undone_words
from language.say import say_for


class UndoFeature:
    """The Undo buttons."""

    def __init__(self, deps: Deps, publish_home: Publish) -> None:
        self._deps = deps
        self._publish_home = publish_home

    @on_action(Action.UNDO)
    async def undo(self, press: Press) -> None:
        """Restore everything that the action canceled, and say so where the person is. The relay edits the receipt."""
        modal = parse.surface(press.body) == "modal"
        command = undo.Undo(actor=press.actor, action_id=parse.value(press.body))
        try:
            done = await undo.undo(self._deps.store, self._deps.clock, command)
        except UndoClosed as closed:
            self._deps.count("undo", "refused")
            say = await self._deps.say_to(press.actor)
            words = closed_words(closed.why, say)
            view = message_view(say.title("Not undone"), words, say, clear=True)
        else:
            self._deps.count("undo", "done")
            words = undone_words(len(done.sessions), say_for(done.viewer.person.locale))
            view = undone_view(done.sessions, done.viewer, done.now)
        if modal:
            await press.redraw(view)
            if from_home(press):
                self._deps.later(self._publish_home(press.client, press.actor), "publish home")
        else:
            answer = press.respond(text=words, response_type="ephemeral", replace_original=False)
            self._deps.later(answer, "answer an undo")
        await press.ack()
