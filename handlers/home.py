"""The App Home."""

from slack_sdk.web.async_client import AsyncWebClient

from coaching.actions import greetings
from coaching.actions.home import open_home
from coaching.errors import AdminsOnly
from coaching.records import Viewer
from coaching.sessions import Actor
from handlers import parse
from handlers.deps import Deps
from handlers.press import Happening, on_event
from handlers.views.home import home_view


class HomeFeature:
    """Publishes the Home tab."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    @on_event("app_home_opened")
    async def opened(self, happening: Happening) -> None:
        """Publish the Home of the person who opened it. Whoever opens it or the Messages tab first is welcomed."""
        actor = Actor(happening.workspace_id, parse.user_id(happening.body))
        if happening.event.get("tab", "home") == "home":
            viewer = await self._published(happening.client, actor)
        else:
            viewer = await greetings.met(self._deps.store, actor)
        if not viewer.greeted:
            await greetings.greet(self._deps.store, self._deps.clock, actor)

    async def publish(self, client: AsyncWebClient, actor: Actor, said: str | None = None) -> None:
        """Publish the actor's Home in its current state. `said` (mrkdwn) is what a press in it did."""
        await self._published(client, actor, said)

    async def _published(self, client: AsyncWebClient, actor: Actor, said: str | None = None) -> Viewer:
        store, clock = self._deps.store, self._deps.clock
        try:
            home = await self._deps.met(client, actor, lambda: open_home(store, clock, actor))
        except AdminsOnly:  # they were an admin until a moment ago, or Slack cannot tell
            home = await open_home(store, clock, actor, admin=False)
        await self._deps.blocks.sent(
            actor.workspace_id,
            home_view(home, calendar=self._deps.public_url is not None, said=said),
            lambda form: client.views_publish(user_id=actor.user_id, view=form),
        )
        return home.viewer
