"""The App Home."""

from dataclasses import replace

from slack_sdk.web.async_client import AsyncWebClient

from coaching.actions import browse
from coaching.actions.setup import open_staff
from coaching.errors import AdminsOnly
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
        """Publish the Home of the person who opened it. The Messages tab needs nothing."""
        if happening.event.get("tab", "home") == "home":
            actor = Actor(happening.workspace_id, parse.user_id(happening.body))
            await self.publish(happening.client, actor)

    async def publish(self, client: AsyncWebClient, actor: Actor) -> None:
        """Publish the actor's Home in its current state."""
        store, clock = self._deps.store, self._deps.clock
        home = await self._deps.met(client, actor, lambda: browse.home(store, clock, actor))
        view = home_view(home)
        if home.viewer.is_admin:
            try:
                staff = await self._deps.met(client, actor, lambda: open_staff(store, actor))
            except AdminsOnly:  # they were an admin until a moment ago, or Slack cannot tell
                view = home_view(replace(home, viewer=replace(home.viewer, is_admin=False)))
            else:
                without = [coach.person for coach in staff.coaches if coach.person.id not in staff.bookable]
                view = home_view(home, coaches=len(staff.coaches), without_hours=without)
        await client.views_publish(user_id=actor.user_id, view=view)
