"""The table is complete: whoever adds a button, a dialog, an event or a word says here who may use it."""

from enum import StrEnum
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp

import handlers
from handlers.ids import COMMAND, Action, Callback, Shortcut
from handlers.views.command_words import Command
from tests.access.roles import Role
from tests.access.variants import EVERY

LIFE = {"channel_id_changed"}
"""Slack's own news of channels, which nobody sends and nobody is named in: `tests/handlers/test_channels.py` tries it."""
IN_OTHER = {"for", "credits for", "_"}
"""What is typed with a person, and anything unknown."""


class Listening(AsyncApp):
    """Remembers which events somebody listens to."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.events: set[str] = set()

    def event(self, event: Any, *given: Any, **named: Any) -> Any:
        self.events.add(event)
        return super().event(event, *given, **named)


@pytest.mark.parametrize("kind", [Action, Callback, Shortcut])
def test_every_action_and_dialog_has_its_line(kind: type[StrEnum]) -> None:
    named = {line.id for line in EVERY if isinstance(line.id, kind)}
    assert sorted(set(kind) - named) == []


def test_every_word_of_the_command_has_its_line() -> None:
    named = {line.id.removeprefix(COMMAND).strip() for line in EVERY if line.id.startswith(COMMAND)}
    assert named == {"", *map(str, Command)} | IN_OTHER


def test_every_event_has_its_line() -> None:
    app = Listening(token="xoxb-x", signing_secret="x")
    nothing: Any = None
    handlers.register(app, store=nothing, clock=nothing, spawn=nothing)
    assert app.events - LIFE == {str(line.id) for line in EVERY} & app.events
    assert app.events > LIFE


def test_every_line_says_something_of_every_role() -> None:
    assert {len(line.verdicts.replace(" ", "")) for line in EVERY} == {sum(role.before is role for role in Role)}
    assert len({line.name for line in EVERY}) == len(EVERY)
