"""What every feature needs, and getting to know whoever is asking."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

import aiohttp
import structlog
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from coaching import deadline
from coaching.actions.access import check_admin
from coaching.actions.people import remember
from coaching.clock import Clock
from coaching.errors import AdminsOnly, RightsInDoubt, StorageBusy
from coaching.ports import Store
from coaching.records import Viewer
from coaching.sessions import Actor
from coaching.stakeholders import is_person
from handlers import tongues
from handlers.inputs import BadInput
from handlers.members import Known, app_name, known
from handlers.parse import BadRequest
from language.say import Say

MEET_SECONDS = 1.0
"""How long Slack may take to say who somebody is: a trigger lives three seconds, and a zone is worth less than an answer."""
KEEP_SECONDS = 0.3
"""How long an answer waits for what Slack said to be written down; past that it is shown and written later."""
SAY_SECONDS = 0.3
"""How long an answer waits to know in which language it is read."""
Spawn = Callable[[Coroutine[Any, Any, None]], object]
Count = Callable[[str, str], object]
"""Counts one outcome of a business action: name (cancel, decide, …), outcome (done, refused, conflict, failed)."""
Publish = Callable[[AsyncWebClient, Actor], Coroutine[Any, Any, None]]
"""Shows somebody's Home as things stand now."""
log = structlog.get_logger(__name__)


class HasViewer(Protocol):
    """An answer that knows who asked."""

    @property
    def viewer(self) -> Viewer:
        """Who asked, as the workspace knows them."""
        ...


_Answer = TypeVar("_Answer", bound=HasViewer)


def count_nothing(action: str, outcome: str) -> None:
    """Stand in for metrics where nobody counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """The dependencies of every feature."""

    store: Store
    clock: Clock
    spawn: Spawn
    count: Count = count_nothing

    async def met(self, client: AsyncWebClient, actor: Actor, act: Callable[[], Awaitable[_Answer]]) -> _Answer:
        """Carry out a read; when it shows that we never met the actor, ask Slack once who they are and show it as them.

        Asks as well when the read is refused for want of admin rights, for they may be one of the workspace's own admins,
        and when it is too long ago that Slack said they were. Raises what the read raises.
        """
        try:
            answer = await act()
        except AdminsOnly as refused:
            if await self.meet(client, actor.workspace_id, actor.user_id):
                return await act()
            if isinstance(refused, RightsInDoubt):
                refused.asked = True
            raise
        tongues.met(actor.workspace_id, answer.viewer.person)
        if answer.viewer.member:
            return answer
        found = await self.ask(client, actor.workspace_id, actor.user_id)
        if found is None:
            return answer
        tongues.met(actor.workspace_id, found.person)
        # What was imported under their e-mail becomes theirs by this write, so it is worth a moment, but not a timed-out
        # trigger.
        if await self._kept(actor.workspace_id, found, KEEP_SECONDS):
            return await act()
        viewer = replace(answer.viewer, person=found.person, member=True)
        return _seen_by(answer, viewer)

    async def say_to(self, actor: Actor) -> Say:
        """Return how the actor is spoken to, as they were last where the database does not say in time."""
        try:
            async with asyncio.timeout(deadline.left(SAY_SECONDS)), self.store.read(actor.workspace_id) as queries:
                viewer = await queries.people.viewer(actor.user_id)
        except (StorageBusy, TimeoutError):
            return tongues.remembered(actor.workspace_id, actor.user_id)
        return tongues.met(actor.workspace_id, viewer.person)

    async def meet(self, client: AsyncWebClient, workspace_id: str, user_id: str) -> bool:
        """Ask Slack who somebody is and remember it; False when Slack did not say in time or it could not be kept."""
        found = await self.ask(client, workspace_id, user_id)
        return found is not None and await self._kept(workspace_id, found, deadline.REQUEST_SECONDS)

    async def introduced(
        self, client: AsyncWebClient, actor: Actor, named: Mapping[str, Collection[str]], *, keep: bool = False
    ) -> None:
        """Ask Slack whom an admin's form names, by block, and nobody has met. Raises BadInput at the block for an app.

        `keep` remembers the others at once, where what is saved depends on who they are.

        Slack's menus offer apps and bots among the people. Where it does not say in time who somebody is, that is no reason
        not to save: they are asked about later. Raises AdminsOnly, before Slack is asked about others.
        """
        await check_admin(self.store, actor)
        everybody = {who for people in named.values() for who in people if is_person(who)}
        async with self.store.read(actor.workspace_id) as queries:
            strangers = sorted(await queries.people.strangers(everybody))
        found = await asyncio.gather(*(self._user(client, who, MEET_SECONDS) for who in strangers))
        users = dict(zip(strangers, found, strict=True))
        for block_id, people in named.items():
            if apps := [name for who in people if (name := app_name(users.get(who)))]:
                if len(apps) == 1:
                    raise BadInput(block_id, "{app} is an app: choose people", app=apps[0])
                say = await self.say_to(actor)
                raise BadInput(block_id, "{apps} are apps: choose people", apps=say.listed(apps, 3))
        for who, user in users.items() if keep else ():
            one = known(user, actor.workspace_id)
            if one is not None and one.person.id == who:
                await self._kept(actor.workspace_id, one, deadline.REQUEST_SECONDS)

    async def ask(
        self, client: AsyncWebClient, workspace_id: str, user_id: str, seconds: float = MEET_SECONDS
    ) -> Known | None:
        """Ask Slack who somebody is; None when it did not say in time, and for bots."""
        found = known(await self._user(client, user_id, seconds), workspace_id)
        return found if found is not None and found.person.id == user_id else None

    async def _user(self, client: AsyncWebClient, user_id: str, seconds: float) -> object:
        """Return Slack's object of somebody; None when it did not say in time."""
        try:
            async with asyncio.timeout(deadline.left(seconds)):
                response = await client.users_info(user=user_id, include_locale=True)
        except (TimeoutError, SlackClientError, aiohttp.ClientError, OSError) as error:
            log.warning("could not ask who somebody is", user_id=user_id, error=type(error).__name__)
            return None
        return response.get("user")

    async def _kept(self, workspace_id: str, found: Known, most: float) -> bool:
        """Remember somebody and return whether it is done; after `most` seconds that goes on behind the answer."""
        seconds = deadline.left(most)
        with deadline.lifted():
            writing = asyncio.ensure_future(self._keep(workspace_id, found))
        done, _ = await asyncio.wait({writing}, timeout=seconds)
        if not done:
            self.later(_finished(writing), "remember who somebody is")
        return bool(done) and await writing

    async def _keep(self, workspace_id: str, found: Known) -> bool:
        try:
            # Wall time: it only says how old the answer is.
            await remember(
                self.store, self.clock, workspace_id, found.person, datetime.now(UTC), link=found.may_be_linked
            )
        except StorageBusy:
            return False
        return True

    def later(self, work: Awaitable[object], what: str) -> None:
        """Do something after the answer that nothing depends on; a failure of Slack's is logged and ends there."""
        self.spawn(_quiet(work, what))


def _seen_by(answer: _Answer, viewer: Viewer) -> _Answer:
    """Return an answer, which is a dataclass, as for another viewer: it has one, or wraps what has."""
    found: Any = answer
    changed = {
        one.name: viewer if one.name == "viewer" else _seen_by(getattr(found, one.name), viewer)
        for one in fields(found)
        if one.name == "viewer"
        or (is_dataclass(getattr(found, one.name)) and hasattr(getattr(found, one.name), "viewer"))
    }
    seen: _Answer = replace(found, **changed)
    return seen


async def _finished(work: asyncio.Future[bool]) -> None:
    if not await work:
        raise StorageBusy


async def _quiet(work: Awaitable[object], what: str) -> None:
    try:
        with deadline.lifted():
            await work
    except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError, ValueError, StorageBusy, BadRequest) as error:
        # ValueError: what the SDK raises for an address or an answer that it cannot use.
        log.warning("could not follow up", what=what, error=type(error).__name__)
