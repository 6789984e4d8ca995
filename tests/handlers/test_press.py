"""What listens to what: each name reaches its method, and no other name does."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest

import handlers
from handlers.ids import Action, Callback
from handlers.known_blocks import KnownBlocks
from handlers.press import Happening, Press, attach, on_action, on_command, on_event, on_submit

BLOCKS = KnownBlocks(None, None)  # type: ignore[arg-type]  # nothing that these tests do asks it


class Feature:
    """Notes what it hears."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []

    @on_command("/sessions")
    async def typed(self, press: Press) -> None:
        await self._note("typed", press)

    @on_action(Action.UNDO, Action.CONFIRM_REASON)
    async def pressed(self, press: Press) -> None:
        await self._note("pressed", press)

    @on_submit(Callback.CONFIRM)
    async def submitted(self, press: Press) -> None:
        await self._note("submitted", press)

    @on_event("team_join", "user_change")
    async def happened(self, happening: Happening) -> None:
        self.heard.append(("happened", happening.event["type"]))

    async def _note(self, method: str, press: Press) -> None:
        self.heard.append((method, press.actor.user_id))
        await press.ack()


class AlsoUndoes:
    """Listens to what another feature listens to."""

    @on_action(Action.UNDO)
    async def pressed(self, _press: Press) -> None:
        """Never reached."""


class Counting(AsyncApp):
    """Counts its listeners."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.listeners = 0

    def _register_listener(self, *given: Any, **named: Any) -> Any:
        self.listeners += 1
        return super()._register_listener(*given, **named)


async def _anybody(**_asked: object) -> AuthorizeResult:
    return AuthorizeResult(enterprise_id=None, team_id="T1", bot_user_id="U0BOT", bot_id="B0BOT", bot_token="xoxb-x")


def _app(kind: type[AsyncApp] = AsyncApp) -> Any:
    return kind(
        authorize=_anybody, signing_secret="x", process_before_response=True, request_verification_enabled=False
    )


@pytest.fixture
def feature() -> Feature:
    return Feature()


async def _status(app: AsyncApp, **body: object) -> int:
    whole = {"team": {"id": "T1"}, "user": {"id": "U1"}, **body}
    return (await app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=whole))).status


def _press(action_id: str) -> dict[str, object]:
    return {"type": "block_actions", "actions": [{"action_id": action_id, "block_id": "b"}]}


def _form(callback_id: str) -> dict[str, object]:
    return {"type": "view_submission", "view": {"type": "modal", "callback_id": callback_id}}


async def test_each_name_reaches_the_method_that_listens_to_it(feature: Feature) -> None:
    app = _app()
    attach(app, [feature], BLOCKS)
    for body in (
        {"command": "/sessions", "user_id": "U1", "team_id": "T1"},
        _press(Action.UNDO),
        _press(Action.CONFIRM_REASON),
        _form(Callback.CONFIRM),
        {"type": "event_callback", "team_id": "T1", "event": {"type": "user_change", "user": {"id": "U1"}}},
    ):
        assert await _status(app, **body) == 200
    assert feature.heard == [
        ("typed", "U1"),
        ("pressed", "U1"),
        ("pressed", "U1"),
        ("submitted", "U1"),
        ("happened", "user_change"),
    ]


@pytest.mark.parametrize("change", ["x{}", "{}x", "{}\n", "\n{}", "{}:1"])
async def test_a_name_that_only_contains_one_of_ours_is_another_name(feature: Feature, change: str) -> None:
    app = _app()
    attach(app, [feature], BLOCKS)
    for body in (
        {"command": change.format("/sessions"), "user_id": "U1", "team_id": "T1"},
        _press(change.format(Action.UNDO)),
        _form(change.format(Callback.CONFIRM)),
    ):
        assert await _status(app, **body) == 404
    assert feature.heard == []


def test_two_methods_that_listen_to_the_same_are_refused(feature: Feature) -> None:
    with pytest.raises(ValueError, match=f"two methods listen to the action {Action.UNDO}"):
        attach(_app(), [feature, AlsoUndoes()], BLOCKS)


def test_bolt_tries_as_many_listeners_as_there_are_kinds_and_not_names() -> None:
    app = _app(Counting)
    nothing: Any = None
    handlers.register(app, store=nothing, clock=nothing, spawn=nothing)
    manifest = yaml.safe_load((Path(handlers.__file__).parents[1] / "manifest.yml").read_text())
    events = manifest["settings"]["event_subscriptions"]["bot_events"]
    assert app.listeners <= len({"command", "action", "view", "shortcut"}) + len(events)
