"""Who else is told about a coach or a session type: the form behind the set-up (K7)."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from coaching.actions.stakeholders import open_told, save_told
from coaching.sessions import Actor
from coaching.stakeholders import NewsOf
from handlers import parse, screen
from handlers.deps import Deps
from handlers.ids import Block, Callback
from handlers.parse import BadRequest, Body
from handlers.views.kit import Json
from handlers.views.stakeholders import told_form

Context = Mapping[str, Any]


class StakeholdersFeature:
    """The form that names them. `beneath` builds the set-up, from which it was opened, as things are now."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self.beneath: Callable[[Actor], Awaitable[Json]] | None = None

    def register(self, app: AsyncApp) -> None:
        """Listen to the form."""
        app.view(Callback.SETUP_TOLD)(self.save)

    async def open(self, client: AsyncWebClient, body: Body, actor: Actor, of: NewsOf, of_id: str) -> None:
        """Open the form of a coach or a session type. Raises AdminsOnly, BadInput."""
        await screen.show(client, body, told_form(await open_told(self._deps.store, actor, of, of_id)))

    async def save(self, ack: AsyncAck, body: dict[str, Any], context: Context, client: AsyncWebClient) -> None:
        """Change who is told, and show it in the set-up beneath."""
        actor = parse.actor(body, context)
        kind, _, of_id = parse.metadata(body).partition(":")
        try:
            of = NewsOf(kind)
        except ValueError:
            raise BadRequest("told about something unknown") from None
        people = parse.pickers(body, Block.TOLD_PEOPLE, "selected_users")
        await self._deps.introduced(client, actor, {Block.TOLD_PEOPLE: people})
        _, dropped = parse.offered(body, Block.TOLD_DROP)
        await save_told(
            self._deps.store,
            actor,
            parse.request_key(body),
            of,
            parse.text(of_id, "coach or type"),
            people=people,
            channels=parse.pickers(body, Block.TOLD_CHANNELS, "selected_conversations"),
            dropped=dropped,
        )
        await self._refresh(client, body, actor)
        await ack()

    async def _refresh(self, client: AsyncWebClient, body: Body, actor: Actor) -> None:
        beneath = parse.view(body).get("previous_view_id")
        if self.beneath is None or not isinstance(beneath, str) or not beneath:
            return
        try:
            await client.views_update(view_id=beneath, view=await self.beneath(actor))
        except SlackApiError as error:
            if screen.code_of(error) not in screen.GONE:
                raise
