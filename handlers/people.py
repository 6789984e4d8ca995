"""People who join, change or leave: what Slack says of them is remembered, and the admins hear of a coach who left."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import structlog
from slack_bolt.app.async_app import AsyncApp

from coaching.actions import retire
from coaching.actions.people import remember
from handlers import parse
from handlers.deps import Deps, has_left, person_of

Context = Mapping[str, Any]
log = structlog.get_logger(__name__)


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
        if not has_left(event.get("user")):
            await retire.returned(self._deps.store, workspace_id, person.id)
        elif not await retire.left(self._deps.store, self._deps.clock, workspace_id, person.id):
            log.warning(
                "a coach left and no admin is known to be told; name one with FIRST_ADMIN",
                workspace_id=workspace_id,
                coach=person.id,
            )
