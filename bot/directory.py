"""The directory: looks people up in Slack, links those imported by e-mail, and keeps what Slack says of them fresh."""

from datetime import timedelta
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.delivery.channels.channel import Refused, TooFast
from bot.delivery.channels.slack import ClientFor, classify
from bot.delivery.time_limit import time_limit
from coaching.actions import retire
from coaching.actions.people import remember
from coaching.clock import Clock, SystemClock
from coaching.sessions import PENDING
from handlers.members import Known, known
from storage import SqlStore
from storage.strangers import Strangers

PER_LOOK = 40
"""People looked up in one round, once a minute: users.lookupByEmail allows about 50 calls a minute."""

ASK_SECONDS = 15.0
"""How long Slack may take to say who somebody is."""

ASK_AGAIN = timedelta(hours=6)
"""The wait before Slack is asked again about a person it did not know."""

REFRESH_AFTER = timedelta(days=1)
"""How old Slack's data on a person may get: events about changes (zone, admin rights) can be missed."""

log = structlog.get_logger(__name__)


class Directory:
    """Looks people up in the background. The ticker decides how often.

    `clock` is wall time, `business` the clock of what is due.
    """

    def __init__(
        self,
        store: SqlStore,
        client_for: ClientFor,
        *,
        clock: Clock | None = None,
        business: Clock | None = None,
        per_look: int = PER_LOOK,
    ) -> None:
        self._store = store
        self._client_for = client_for
        self._clock = clock or SystemClock()
        self._business = business or self._clock
        self._per_look = per_look
        self._strangers = Strangers(store.engines)

    async def look(self) -> int:
        """Look up some people: unknown ones first, then those last looked up more than a day ago, oldest first.

        Returns how many unknown people were found, so that notices pending for them can go out. Raises StorageBusy.
        """
        now = self._clock.now()
        strangers = await self._strangers.next(now - ASK_AGAIN, self._per_look)
        room = self._per_look - len(strangers)
        old = await self._strangers.old(now - REFRESH_AFTER, now - ASK_AGAIN, room) if room else []
        met, unknown = 0, []
        for number, (workspace_id, who) in enumerate([*strangers, *old]):
            client = await self._client_for(workspace_id)
            if client is None:
                unknown.append((workspace_id, who))
                continue
            try:
                async with time_limit(ASK_SECONDS):
                    found = await self._ask(client, workspace_id, who)
            except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
                reply = classify(error)
                if isinstance(reply, Refused):
                    unknown.append((workspace_id, who))
                    continue
                # Slack is in trouble or we are too fast: the rest waits for the next round.
                log.info("the directory stops early", limited=isinstance(reply, TooFast), why=type(error).__name__)
                break
            if found is None:
                unknown.append((workspace_id, who))
                continue
            moved = await remember(
                self._store, self._business, workspace_id, found.person, now, link=found.may_be_linked, anew=False
            )
            await self._heed(workspace_id, found.person.id, gone=found.left)
            if number >= len(strangers):
                continue
            met += 1
            log.info("met somebody", workspace_id=workspace_id, by_address=who.startswith(PENDING), sessions=moved)
        await self._strangers.sought(unknown, now)
        return met

    async def _heed(self, workspace_id: str, user_id: str, *, gone: bool) -> None:
        """Notify the admins of a coach who left, and note one who is back: the events can be missed."""
        if not gone:
            await retire.returned(self._store, self._business, workspace_id, user_id)
        elif not await retire.left(self._store, self._business, workspace_id, user_id):
            log.warning(
                "a coach left and no admin is known to be told; name one with FIRST_ADMIN",
                workspace_id=workspace_id,
                coach=user_id,
            )

    async def _ask(self, client: AsyncWebClient, workspace_id: str, who: str) -> Known | None:
        """Return what Slack says of a person, or None if it knows no such e-mail here.

        Raises what the client raises.
        """
        user_id = who
        if who.startswith(PENDING):
            try:
                by_address = await client.users_lookupByEmail(email=who.removeprefix(PENDING))
            except SlackApiError as error:
                if isinstance(classify(error), Refused):
                    return None
                raise
            user_id = str(_user(by_address.data).get("id"))
        # Only users.info returns the language.
        answer = await client.users_info(user=user_id, include_locale=True)
        found = known(_user(answer.data), workspace_id)
        if found is None or not who.startswith(PENDING):
            return found
        same = (found.person.email or "").lower() == who.removeprefix(PENDING)
        return found if same and found.may_be_linked else None


def _user(data: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    user = data.get("user") if isinstance(data, dict) else None
    return user if isinstance(user, dict) else {}
