"""Answers to reminders: Keep ends the countdown, Cancel opens the dialog with that session picked."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from coaching.actions.remind import Answer, Keep, keep
from coaching.sessions import Hat
from handlers import parse, screen
from handlers.cancel import CancelFeature
from handlers.deps import Deps
from handlers.ids import COMMAND, Action
from handlers.views.command_words import Command, as_typed
from handlers.views.kit import typed
from language.say import Say

Context = Mapping[str, Any]


class ReminderFeature:
    """The buttons of a reminder."""

    def __init__(self, deps: Deps, cancel: CancelFeature) -> None:
        self._deps = deps
        self._cancel = cancel

    def register(self, app: AsyncApp) -> None:
        """Listen to Keep and Cancel."""
        app.action(Action.REMINDER_KEEP)(self.keep)
        app.action(Action.REMINDER_CANCEL)(self.cancel)

    async def keep(
        self, ack: AsyncAck, body: dict[str, Any], context: Context, client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        """End the countdown of one session; the message is edited by whoever delivers notices."""
        actor = parse.actor(body, context)
        kept = await keep(self._deps.store, self._deps.clock, Keep(actor=actor, session_id=parse.value(body)))
        text = _answer(kept.answer, typed(kept.session.session_type), await self._deps.say_to(actor))
        self._deps.later(screen.whisper(client, respond, body, text), "answer a reminder")
        await ack()

    async def cancel(self, ack: AsyncAck, body: dict[str, Any], context: Context, client: AsyncWebClient) -> None:
        """Open the dialog with this session picked."""
        actor = parse.actor(body, context)
        session_id = parse.value(body)
        await self._cancel.open_for(client, body, actor, Hat.CLIENT, actor.user_id, session_id)
        await ack()


def _answer(answer: Answer, session: str, say: Say) -> str:
    past = f"`{as_typed(say, Command.PAST)}`"
    return {
        Answer.KEPT: say("{session} stays booked, and there will be no more reminders for it.", session=session),
        Answer.CANCELED: say(
            "{session} is canceled already, so there is nothing to keep. {command} shows it.",
            session=session,
            command=past,
        ),
        Answer.CLOSED: say(
            "The countdown for {session} is over, and it is still booked; {command} shows what comes back now.",
            session=session,
            command=f"`{COMMAND}`",
        ),
        Answer.OVER: say(
            "{session} is over, so there is nothing to keep. {command} shows it.", session=session, command=past
        ),
    }[answer]
