"""People who join, change or leave: Slack's data on them is stored, and admins are notified of a coach who left."""

from dataclasses import replace
from datetime import UTC, datetime

import structlog

from coaching import deadline
from coaching.actions import calendar_address, notifications, retire
from coaching.actions.people import remember
from coaching.sessions import Actor
from handlers.deps import Deps, Publish
from handlers.members import known
from handlers.press import Happening, on_event

log = structlog.get_logger(__name__)


class PeopleFeature:
    """Keeps names, zones and addresses up to date, for people who have to do with coaching."""

    def __init__(self, deps: Deps, publish_home: Publish) -> None:
        self._deps = deps
        self._publish_home = publish_home

    @on_event("team_join", "user_change")
    async def changed(self, happening: Happening) -> None:
        """Store a person as the event describes them. If the event would give them anything, Slack is asked first.

        Nothing is written about people unknown here, nor for changes of fields that we do not store.
        """
        workspace_id = happening.workspace_id
        found = known(happening.event.get("user"), workspace_id)
        if found is None:
            return
        store, user_id = self._deps.store, found.person.id
        async with store.read(workspace_id) as queries:
            before = await queries.people.acquaintance(user_id, found.person.email)
        if before is None:
            return
        if found.person.locale is None:
            # An event may leave the language out. That does not mean that it was removed.
            found = replace(found, person=replace(found.person, locale=before.person.locale))
        links = before.awaited and found.may_be_linked
        if links or (found.person.is_admin and not before.person.is_admin):
            own = await self._deps.ask(happening.client, workspace_id, user_id, deadline.REQUEST_SECONDS)
            # Slack's answer for the id counts, not the event. Without an answer they gain nothing now, and are looked
            # up later.
            admin = found.person.is_admin and before.person.is_admin
            found = own or replace(found, person=replace(found.person, is_admin=admin), ours=False)
        kept = replace(found.person, email=(found.person.email or "").lower() or None)
        if not before.met or links or kept != before.person:
            await remember(
                store,
                self._deps.clock,
                workspace_id,
                found.person,
                datetime.now(UTC),
                link=found.may_be_linked,
                anew=False,
            )
            if before.met and not found.left and kept.locale != before.person.locale:
                # Home shows what was published last, and would still be in the old language.
                self._deps.later(self._publish_home(happening.client, Actor(workspace_id, user_id)), "publish home")
        if found.left:
            await calendar_address.left(store, workspace_id, user_id)
            await notifications.left(store, workspace_id, user_id)
        if not found.left:
            await retire.returned(store, self._deps.clock, workspace_id, user_id)
        elif not await retire.left(store, self._deps.clock, workspace_id, user_id):
            log.warning(
                "a coach left and no admin is known to be told; name one with FIRST_ADMIN",
                workspace_id=workspace_id,
                coach=user_id,
            )
