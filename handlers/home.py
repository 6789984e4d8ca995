"""The App Home."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from coaching.actions import browse
from coaching.actions.setup import open_setup
from coaching.sessions import Actor
from handlers import parse
from handlers.deps import Deps
from handlers.views.home import home_view

Context = Mapping[str, Any]


class HomeFeature:
    """Publishes the Home tab."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def register(self, app: AsyncApp) -> None:
        """Listen to people opening the Home tab."""
        app.event("app_home_opened")(self.opened)

    async def opened(
        self, event: dict[str, Any], body: dict[str, Any], context: Context, client: AsyncWebClient
    ) -> None:
        """Publish the Home of whoever opened it; the Messages tab needs nothing."""
        if event.get("tab", "home") == "home":
            await self.publish(client, parse.actor(body, context))

    async def publish(self, client: AsyncWebClient, actor: Actor) -> None:
        """Show the actor's Home as things stand now."""
        store, clock = self._deps.store, self._deps.clock
        home = await self._deps.met(client, actor, lambda: browse.home(store, clock, actor))
        view = home_view(home)
        if home.viewer.is_admin:
            found = await open_setup(store, clock, actor)
            without = [coach.person for coach in found.coaches if coach.person.id not in found.bookable]
            view = home_view(home, coaches=len(found.coaches), without_hours=without)
        await client.views_publish(user_id=actor.user_id, view=view)
