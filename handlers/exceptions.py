"""Asking for an exception: from a receipt, the result of a cancellation, or a session's details (C6)."""

from coaching.actions import exceptions
from coaching.errors import CannotAsk, CoachingError
from coaching.sessions import MAX_REASON
from handlers import parse
from handlers.deps import Deps, Publish
from handlers.ids import Action, Block, Callback
from handlers.meta import LateMeta
from handlers.press import Press, on_action, on_submit
from handlers.records import from_home, record_under, redraw_record
from handlers.views.exceptions import ask_view, asked_view


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
        try:
            case = await self._deps.met(
                press.client,
                press.actor,
                lambda: exceptions.look(self._deps.store, self._deps.clock, press.actor, session_id),
            )
        except CannotAsk:
            self._deps.count("exception", "refused")
            raise
        if case.asked:
            await press.show(asked_view(case))
        else:
            record, under = record_under(press, session_id)
            meta = LateMeta(action=case.action_id, record=record, under=under, home=from_home(press))
            await press.show(ask_view(case, meta))

    @on_submit(Callback.ASK_EXCEPTION)
    async def submit(self, press: Press) -> None:
        """Make the request and show it. The relay edits the receipt and the coach's alert."""
        meta = LateMeta.load(press.body)
        note = parse.typed_text(press.body, Block.NOTE, MAX_REASON)
        command = exceptions.Ask(actor=press.actor, action_id=parse.text(meta.action, "action", 64), note=note)
        try:
            case = await exceptions.ask(self._deps.store, self._deps.clock, command)
        except CoachingError:
            self._deps.count("exception", "refused")
            raise
        self._deps.count("exception", "refused" if case.again else "done")
        await press.replace(asked_view(case))
        self._deps.later(redraw_record(self._deps, press, meta), "redraw a record")
        if meta.home:
            self._deps.later(self._publish_home(press.client, press.actor), "publish home")
