"""What somebody does in Slack, as every handler takes it, and how handlers say what they listen to."""

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
"""Builds a view as things are now for somebody."""


@dataclass(frozen=True, slots=True)
class Press:
    """A button pressed, a form submitted or a command typed: by whom, what Slack says of it, and the ways to answer."""

    actor: Actor
    body: Body
    client: AsyncWebClient
    ack: AsyncAck
    respond: AsyncRespond

    @property
    def action_id(self) -> object:
        """The id of what was pressed. Raises BadRequest."""
        return parse.action(self.body).get("action_id")

    async def show(self, view: Json) -> None:
        """Open a modal, see `screen.show`."""
        await screen.show(self.client, self.body, view)

    async def redraw(self, view: Json) -> None:
        """Replace the view that was pressed, see `screen.redraw`."""
        await screen.redraw(self.client, self.body, view)

    async def whisper(self, text: str) -> None:
        """Answer a press in a message, for that person alone, see `screen.whisper`."""
        await screen.whisper(self.client, self.respond, self.body, text)

    async def replace(self, view: Json) -> None:
        """Acknowledge a submission with another view in the place of the form."""
        await self.ack(response_action="update", view=view)

    async def redraw_beneath(self, draw: Draw) -> None:
        """Bring the view under the one that was pressed up to date, where there is one still."""
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
    """An event: in which workspace, what happened in Slack's words, and the whole body. Bolt acknowledges it."""

    workspace_id: str
    event: dict[str, Any]
    body: Body
    client: AsyncWebClient


_Attach = Callable[[AsyncApp, Any], object]
_OnPress = TypeVar("_OnPress", bound=Callable[[Any, Press], Awaitable[None]])
_OnEvent = TypeVar("_OnEvent", bound=Callable[[Any, Happening], Awaitable[None]])
_ATTACH = "_attach"
"""The attribute of a method that says what it listens to."""


def on_action(*action_ids: Action) -> Callable[[_OnPress], _OnPress]:
    """Have the method hear of these buttons and menus."""
    return _marked(lambda app, method: [app.action(one)(_of_press(method)) for one in action_ids])


def on_submit(callback_id: Callback) -> Callable[[_OnPress], _OnPress]:
    """Have the method hear of this form when it is submitted."""
    return _marked(lambda app, method: app.view(callback_id)(_of_press(method)))


def on_command(name: str) -> Callable[[_OnPress], _OnPress]:
    """Have the method hear of this slash command."""
    return _marked(lambda app, method: app.command(name)(_of_press(method)))


def on_event(*kinds: str) -> Callable[[_OnEvent], _OnEvent]:
    """Have the method hear of these events."""
    return _marked(lambda app, method: [app.event(one)(_of_event(method)) for one in kinds])


def attach(app: AsyncApp, feature: object) -> None:
    """Let every method of a feature listen to what its decorator says, in the order in which they are written."""
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
    """Return what Bolt calls: it finds out by the names of the parameters what to give."""

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
    """Return what Bolt's log calls a listener."""
    return str(getattr(method, "__qualname__", "listener"))
