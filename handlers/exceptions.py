"""Ask for an exception: from a receipt, from the result of a cancellation, or from a session's details (C6)."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from coaching.actions import exceptions
from coaching.errors import CannotAsk, CoachingError
from coaching.sessions import MAX_REASON, Actor
from handlers import parse, screen
from handlers.deps import Deps
from handlers.ids import Action, Block, Callback
from handlers.meta import LateMeta
from handlers.records import from_home, record_under, redraw_record
from handlers.views.exceptions import ask_view, asked_view

Context = Mapping[str, Any]


class ExceptionFeature:
    """The button and its dialog."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def register(self, app: AsyncApp) -> None:
        """Listen to both."""
        app.action(Action.ASK_EXCEPTION)(self.open)
        app.view(Callback.ASK_EXCEPTION)(self.submit)

    async def open(self, ack: AsyncAck, body: dict[str, Any], context: Context, client: AsyncWebClient) -> None:
        """Open the dialog from a button that names a session."""
        await self.open_for(client, body, parse.actor(body, context), parse.value(body))
        await ack()

    async def open_for(self, client: AsyncWebClient, body: dict[str, Any], actor: Actor, session_id: str) -> None:
        """Open the dialog; where it was asked before, show what was asked and until when. Raises NotYours, CannotAsk."""
        try:
            case = await self._deps.met(
                client,
                actor,
                lambda: exceptions.look(self._deps.store, self._deps.clock, actor, session_id),
            )
        except CannotAsk:
            self._deps.count("exception", "refused")
            raise
        if case.asked:
            await screen.show(client, body, asked_view(case))
        else:
            record, under = record_under(body, session_id)
            meta = LateMeta(action=case.action_id, record=record, under=under, home=from_home(body))
            await screen.show(client, body, ask_view(case, meta))

    async def submit(self, ack: AsyncAck, body: dict[str, Any], context: Context, client: AsyncWebClient) -> None:
        """Ask, and show what was asked; the receipt and the coach's alert are edited by whoever delivers notices."""
        actor, meta = parse.actor(body, context), parse.late_meta(body)
        note = parse.typed_text(body, Block.NOTE, MAX_REASON)
        command = exceptions.Ask(actor=actor, action_id=parse.text(meta.action, "action", 64), note=note)
        try:
            case = await exceptions.ask(self._deps.store, self._deps.clock, command)
        except CoachingError:
            self._deps.count("exception", "refused")
            raise
        self._deps.count("exception", "refused" if case.again else "done")
        await ack(response_action="update", view=asked_view(case))
        self._deps.later(redraw_record(self._deps, client, body, actor, meta), "redraw a record")
