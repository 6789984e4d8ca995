"""A person's action in Slack in the form that handlers take it, and the decorators that say what they listen to."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from coaching.sessions import Actor
from handlers import parse, screen
from handlers.ids import Action, Callback
from handlers.parse import Body
from handlers.views.kit import Json

Draw = Callable[[Actor], Awaitable[Json]]
"""Builds a view in its current state for a person."""


@dataclass(frozen=True, slots=True)
class Press:
    """A pressed button, a submitted form or a typed command: the person, Slack's payload, and the ways to answer."""

    actor: Actor
    body: Body
    client: AsyncWebClient
    ack: AsyncAck
    respond: AsyncRespond

    @property
    def action_id(self) -> object:
        """The id of the pressed element. Raises BadRequest."""
        return parse.action(self.body).get("action_id")

    async def show(self, view: Json) -> None:
        """Open a modal, see `screen.show`."""
        await screen.show(self.client, self.body, view)

    async def redraw(self, view: Json) -> None:
        """Replace the pressed view, see `screen.redraw`."""
        await screen.redraw(self.client, self.body, view)

    async def whisper(self, text: str) -> None:
        """Answer a press in a message, visible to that person only, see `screen.whisper`."""
        await screen.whisper(self.client, self.respond, self.body, text)

    async def replace(self, view: Json) -> None:
        """Acknowledge a submission with another view in place of the form."""
        await self.ack(response_action="update", view=view)

    async def redraw_beneath(self, draw: Draw) -> None:
        """Redraw the view under the pressed one, if there still is one."""
        beneath = parse.view(self.body).get("previous_view_id")
        if not isinstance(beneath, str) or not beneath:
            return
        view = await draw(self.actor)
        try:
            await self.client.views_update(view_id=beneath, view=view)
        except SlackApiError as error:
            if screen.code_of(error) not in screen.GONE:
                raise


@dataclass(frozen=True, slots=True)
class Happening:
    """An event: the workspace, the event in Slack's form, and the whole body. Bolt acknowledges it."""

    workspace_id: str
    event: dict[str, Any]
    body: Body
    client: AsyncWebClient


_Attach = Callable[[AsyncApp, Any], object]
_OnPress = TypeVar("_OnPress", bound=Callable[[Any, Press], Awaitable[None]])
_OnEvent = TypeVar("_OnEvent", bound=Callable[[Any, Happening], Awaitable[None]])
_ATTACH = "_attach"
"""The attribute of a method that holds what it listens to."""


def on_action(*action_ids: Action) -> Callable[[_OnPress], _OnPress]:
    """Register the method for these buttons and menus."""
    return _marked(lambda app, method: [app.action(one)(_of_press(method)) for one in action_ids])


def on_submit(callback_id: Callback) -> Callable[[_OnPress], _OnPress]:
    """Register the method for submissions of this form."""
    return _marked(lambda app, method: app.view(callback_id)(_of_press(method)))


def on_command(name: str) -> Callable[[_OnPress], _OnPress]:
    """Register the method for this slash command."""
    return _marked(lambda app, method: app.command(name)(_of_press(method)))


def on_event(*kinds: str) -> Callable[[_OnEvent], _OnEvent]:
    """Register the method for these events."""
    return _marked(lambda app, method: [app.event(one)(_of_event(method)) for one in kinds])


def attach(app: AsyncApp, feature: object) -> None:
    """Attach each method of a feature to what its decorator names, in the order of their definition."""
    for name, method in vars(type(feature)).items():
        if (attaching := getattr(method, _ATTACH, None)) is not None:
            attaching(app, getattr(feature, name))


_Method = TypeVar("_Method", bound=Callable[..., Awaitable[None]])


def _marked(attaching: _Attach) -> Callable[[_Method], _Method]:
    def mark(method: _Method) -> _Method:
        setattr(method, _ATTACH, attaching)
        return method

    return mark


def _of_press(method: Callable[[Press], Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Return the function for Bolt, which fills parameters by their names."""

    async def listener(
        ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        await method(Press(parse.actor(body, context), body, client, ack, respond))

    listener.__name__ = _name(method)
    return listener


def _of_event(method: Callable[[Happening], Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    async def listener(
        event: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext, client: AsyncWebClient
    ) -> None:
        await method(Happening(parse.workspace_id(body, context), event, body, client))

    listener.__name__ = _name(method)
    return listener


def _name(method: object) -> str:
    """Return a listener's name for Bolt's log."""
    return str(getattr(method, "__qualname__", "listener"))
