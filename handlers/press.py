"""A person's action in Slack in the form that handlers take it, and the decorators that say what they listen to."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from coaching.sessions import Actor
from handlers import parse, screen
from handlers.ids import Action, Callback, Shortcut
from handlers.json_body import encoded
from handlers.known_blocks import KnownBlocks
from handlers.parse import Body
from handlers.views.kit import Json

Draw = Callable[[Actor], Awaitable[Json]]
"""Builds a view in its current state for a person."""


@dataclass(frozen=True, slots=True)
class Press:
    """A pressed button, submitted form, chosen shortcut or typed command: the person, the payload, and ways to answer."""

    actor: Actor
    body: Body
    client: AsyncWebClient
    ack: AsyncAck
    respond: AsyncRespond
    blocks: KnownBlocks

    @property
    def action_id(self) -> object:
        """The id of the pressed element. Raises BadRequest."""
        return parse.action(self.body).get("action_id")

    async def show(self, view: Json) -> None:
        """Open a modal, see `screen.show`."""
        await screen.show(self.client, self.body, view, self._send)

    async def redraw(self, view: Json) -> None:
        """Replace the pressed view, see `screen.redraw`."""
        await screen.redraw(self.client, self.body, view, self._send)

    async def whisper(self, text: str) -> None:
        """Answer a press in a message, visible to that person only, see `screen.whisper`."""
        await screen.whisper(self.client, self.respond, self.body, text)

    async def replace(self, view: Json) -> None:
        """Acknowledge a submission with another view in place of the form."""
        # As text: Bolt would write it by the standard library.
        form = self.blocks.answered(self.actor.workspace_id, view)
        await self.ack(encoded({"response_action": "update", "view": form}).decode())

    @property
    def has_beneath(self) -> bool:
        """Return whether there is a view under the pressed one: it was not opened from Home or a message."""
        return bool(parse.view(self.body).get("previous_view_id"))

    async def redraw_beneath(self, draw: Draw, *, view_id: str | None = None) -> None:
        """Redraw the view under the pressed one, or the one with this id further down, if there still is one."""
        beneath = view_id or parse.view(self.body).get("previous_view_id")
        if not isinstance(beneath, str) or not beneath:
            return
        view = await draw(self.actor)
        try:
            await self._send(view, lambda form: self.client.views_update(view_id=beneath, view=form))
        except SlackApiError as error:
            if screen.code_of(error) not in screen.GONE:
                raise

    async def _send(self, view: Json, call: Callable[[Json], Awaitable[object]]) -> None:
        await self.blocks.sent(self.actor.workspace_id, view, call)


@dataclass(frozen=True, slots=True)
class Happening:
    """An event: the workspace, the event in Slack's form, and the whole body. Bolt acknowledges it."""

    workspace_id: str
    event: dict[str, Any]
    body: Body
    client: AsyncWebClient


_OfPress = Callable[[Press], Awaitable[None]]
_OfEvent = Callable[[Happening], Awaitable[None]]
_OnPress = TypeVar("_OnPress", bound=Callable[[Any, Press], Awaitable[None]])
_OnEvent = TypeVar("_OnEvent", bound=Callable[[Any, Happening], Awaitable[None]])
_Method = TypeVar("_Method", bound=Callable[..., Awaitable[None]])
_LISTENS = "_listens"
"""The attribute of a method that holds what it listens to: the kind and the names."""


class _Kind(Enum):
    """What Slack tells apart by a name."""

    COMMAND = "command"
    SUBMISSION = "submission"
    ACTION = "action"
    SHORTCUT = "shortcut"
    EVENT = "event"


def on_action(*action_ids: Action) -> Callable[[_OnPress], _OnPress]:
    """Register the method for these buttons and menus."""
    return _marked(_Kind.ACTION, action_ids)


def on_submit(callback_id: Callback) -> Callable[[_OnPress], _OnPress]:
    """Register the method for submissions of this form."""
    return _marked(_Kind.SUBMISSION, (callback_id,))


def on_command(name: str) -> Callable[[_OnPress], _OnPress]:
    """Register the method for this slash command."""
    return _marked(_Kind.COMMAND, (name,))


def on_shortcut(*callback_ids: Shortcut) -> Callable[[_OnPress], _OnPress]:
    """Register the method for these global shortcuts."""
    return _marked(_Kind.SHORTCUT, callback_ids)


def on_event(*kinds: str) -> Callable[[_OnEvent], _OnEvent]:
    """Register the method for these events."""
    return _marked(_Kind.EVENT, kinds)


def _marked(kind: _Kind, names: Sequence[str]) -> Callable[[_Method], _Method]:
    def mark(method: _Method) -> _Method:
        setattr(method, _LISTENS, (kind, names))
        return method

    return mark


def attach(app: AsyncApp, features: Iterable[object], blocks: KnownBlocks) -> None:
    """Attach the methods of features to what their decorators name. Raises ValueError if two listen to the same.

    Bolt tries its listeners one after the other, and each costs about as much as a small query. So it gets one for all
    commands, one for all forms and one for all buttons, which know their methods by name, and one for each event.
    """
    heard: dict[_Kind, dict[str, Any]] = {kind: {} for kind in _Kind}
    for feature in features:
        for attribute, method in vars(type(feature)).items():
            if (listens := getattr(method, _LISTENS, None)) is None:
                continue
            kind, names = listens
            for name in map(str, names):
                if name in heard[kind]:
                    raise ValueError(f"two methods listen to the {kind.value} {name}")
                heard[kind][name] = getattr(feature, attribute)
    for kind, listening in _LISTENING.items():
        if heard[kind]:
            listening(app, heard[kind], blocks)


def _commands(app: AsyncApp, methods: Mapping[str, _OfPress], blocks: KnownBlocks) -> None:
    app.command(_any(methods))(_of_press(lambda body: methods[body["command"]], blocks))


def _submissions(app: AsyncApp, methods: Mapping[str, _OfPress], blocks: KnownBlocks) -> None:
    app.view(_any(methods))(_of_press(lambda body: methods[body["view"]["callback_id"]], blocks))


def _actions(app: AsyncApp, methods: Mapping[str, _OfPress], blocks: KnownBlocks) -> None:
    named: dict[str, str | re.Pattern[str]] = {"type": "block_actions", "action_id": _any(methods)}
    app.action(named)(_of_press(lambda body: methods[body["actions"][0]["action_id"]], blocks))


def _shortcuts(app: AsyncApp, methods: Mapping[str, _OfPress], blocks: KnownBlocks) -> None:
    app.global_shortcut(_any(methods))(_of_press(lambda body: methods[body["callback_id"]], blocks))


def _events(app: AsyncApp, methods: Mapping[str, _OfEvent], _: KnownBlocks) -> None:
    for kind, method in methods.items():
        app.event(kind)(_of_event(method))


_LISTENING: dict[_Kind, Callable[[AsyncApp, Any, KnownBlocks], None]] = {
    _Kind.COMMAND: _commands,
    _Kind.SUBMISSION: _submissions,
    _Kind.ACTION: _actions,
    _Kind.SHORTCUT: _shortcuts,
    _Kind.EVENT: _events,
}
"""In the order in which Bolt tries them."""


def _any(names: Iterable[str]) -> re.Pattern[str]:
    """Return the pattern of exactly these names."""
    # Not ^ and $: a name with a line break behind it is another name.
    return re.compile(rf"\A(?:{'|'.join(map(re.escape, names))})\Z")


def _of_press(method_for: Callable[[dict[str, Any]], _OfPress], blocks: KnownBlocks) -> Callable[..., Awaitable[None]]:
    """Return the function for Bolt, which fills parameters by their names."""

    async def listener(
        ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        await method_for(body)(Press(parse.actor(body, context), body, client, ack, respond, blocks))

    return listener


def _of_event(method: _OfEvent) -> Callable[..., Awaitable[None]]:
    async def listener(
        event: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext, client: AsyncWebClient
    ) -> None:
        await method(Happening(parse.workspace_id(body, context), event, body, client))

    return listener
