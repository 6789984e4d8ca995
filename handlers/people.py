"""People who join or change: what Slack says of them is remembered, and what was imported under their e-mail is theirs."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from slack_bolt.app.async_app import AsyncApp

from coaching.actions.people import remember
from handlers import parse
from handlers.deps import Deps, person_of

Context = Mapping[str, Any]


class PeopleFeature:
    """Keeps names, zones and addresses up to date."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def register(self, app: AsyncApp) -> None:
        """Listen to people joining and changing."""
        app.event("team_join")(self.changed)
        app.event("user_change")(self.changed)

    async def changed(self, event: dict[str, Any], body: dict[str, Any], context: Context) -> None:
        """Remember a person as the event describes them."""
        person = person_of(event.get("user"))
        if person is None:
            return
        workspace_id = parse.workspace_id(body, context)
        if person.locale is None:
            # Events often leave it out; that does not mean that it is gone.
            async with self._deps.store.read() as queries:
                person = replace(person, locale=(await queries.viewer(workspace_id, person.id)).person.locale)
        await remember(self._deps.store, workspace_id, person, datetime.now(UTC))
