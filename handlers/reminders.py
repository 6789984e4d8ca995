"""Answers to reminders: Keep ends the countdown, Cancel opens the dialog with that session picked."""

from coaching.actions.remind import Answer, Keep, keep
from coaching.sessions import Hat
from handlers import parse
from handlers.cancel import CancelFeature
from handlers.deps import Deps
from handlers.ids import COMMAND, Action
from handlers.press import Press, on_action
from handlers.views.command_words import Command, as_typed
from handlers.views.kit import typed
from language.say import Say, word

_ANSWERS = {
    Answer.KEPT: word("{session} stays booked, and there will be no more reminders for it."),
    Answer.CANCELED: word("{session} is canceled already, so there is nothing to keep. {command} shows it."),
    Answer.CLOSED: word(
        "The countdown for {session} is over, and it is still booked; {command} shows what comes back now."
    ),
    Answer.OVER: word("{session} is over, so there is nothing to keep. {command} shows it."),
}


class ReminderFeature:
    """The buttons of a reminder."""

    def __init__(self, deps: Deps, cancel: CancelFeature) -> None:
        self._deps = deps
        self._cancel = cancel

    @on_action(Action.REMINDER_KEEP)
    async def keep(self, press: Press) -> None:
        """End the countdown of one session. The relay edits the message."""
        kept = await keep(
            self._deps.store, self._deps.clock, Keep(actor=press.actor, session_id=parse.value(press.body))
        )
        text = _answer(kept.answer, typed(kept.session.session_type), await self._deps.say_to(press.actor))
        self._deps.later(press.whisper(text), "answer a reminder")
        await press.ack()

    @on_action(Action.REMINDER_CANCEL)
    async def cancel(self, press: Press) -> None:
        """Open the dialog with this session picked."""
        session_id = parse.value(press.body)
        await self._cancel.open_for(press, Hat.CLIENT, press.actor.user_id, session_id)
        await press.ack()


def _answer(answer: Answer, session: str, say: Say) -> str:
    command = COMMAND if answer is Answer.CLOSED else as_typed(say, Command.PAST)
    return say.of(_ANSWERS[answer], session=session, command=f"`{command}`")
