"""Asking for an exception: from a receipt, the result of a cancellation, or a session's details (C6)."""

from dataclasses import replace

from coaching.actions import exceptions
from coaching.actions.exceptions import Case
from coaching.errors import CannotAsk, CoachingError
from coaching.sessions import MAX_REASON, Actor
from handlers import parse
from handlers.deps import Deps, Publish
from handlers.ids import Action, Block, Callback
from handlers.meta import LateMeta
from handlers.press import Press, on_action, on_submit
from handlers.records import beneath, redraw_record
from handlers.views.exceptions import ask_view, asked_view
from handlers.views.kit import Json


class ExceptionFeature:
    """The button and its dialog."""

    def __init__(self, deps: Deps, publish_home: Publish) -> None:
        self._deps = deps
        self._publish_home = publish_home

    @on_action(Action.ASK_EXCEPTION)
    async def open(self, press: Press) -> None:
        """Open the dialog from a button that names a session."""
        await self.open_for(press, parse.value(press.body))
        await press.ack()

    async def open_for(self, press: Press, session_id: str) -> None:
        """Open the dialog. If there is a request already, show it with its deadline. Raises NotYours, CannotAsk."""
        meta = beneath(press, session_id)
        case = await self._deps.met(press.client, press.actor, lambda: self._look(press.actor, session_id))
        await press.show(_begun(case, meta))

    async def begin(self, actor: Actor, meta: LateMeta, session_id: str) -> Json:
        """Return the form, or the request if there is one already. Raises NotYours, CannotAsk."""
        return _begun(await self._look(actor, session_id), meta)

    async def _look(self, actor: Actor, session_id: str) -> Case:
        try:
            return await exceptions.look(self._deps.store, self._deps.clock, actor, session_id)
        except CannotAsk:
            self._deps.count("exception", "refused")
            raise

    @on_submit(Callback.ASK_EXCEPTION)
    async def submit(self, press: Press) -> None:
        """Make the request and show it. The relay edits the receipt and the coach's alert."""
        meta = LateMeta.load(press.body)
        note = parse.typed_text(press.body, Block.NOTE, MAX_REASON)
        await press.replace(await self.asked(press.actor, meta, note))
        self._deps.later(redraw_record(self._deps, press, meta), "redraw a record")
        if meta.home:
            self._deps.later(self._publish_home(press.client, press.actor), "publish home")

    async def asked(self, actor: Actor, meta: LateMeta, note: str | None) -> Json:
        """Make the request, and return it. Raises NotYours, CannotAsk, NoteTooLong."""
        command = exceptions.Ask(actor=actor, action_id=parse.text(meta.action, "action", 64), note=note)
        try:
            case = await exceptions.ask(self._deps.store, self._deps.clock, command)
        except CoachingError:
            self._deps.count("exception", "refused")
            raise
        self._deps.count("exception", "refused" if case.again else "done")
        return asked_view(case)


def _begun(case: Case, meta: LateMeta) -> Json:
    return asked_view(case) if case.asked else ask_view(case, replace(meta, action=case.action_id))
