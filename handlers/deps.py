"""The dependencies of every feature, and looking up the person who asks."""

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
from coaching.bringing.service import BringsIn
from coaching.clock import Clock
from coaching.errors import AdminsOnly, RightsInDoubt, StorageBusy
from coaching.notifications import Mailable, has_address
from coaching.ports import Store
from coaching.records import Viewer
from coaching.sessions import Actor
from coaching.stakeholders import is_person
from handlers import tongues
from handlers.inputs import BadInput
from handlers.known_blocks import KnownBlocks
from handlers.members import Known, app_name, known
from handlers.parse import BadRequest
from language.say import Say

MEET_SECONDS = 1.0
"""Seconds that Slack may take to identify a person.

A trigger lives three seconds, and a zone matters less than an answer.
"""
KEEP_SECONDS = 0.3
"""Seconds that an answer waits for Slack's data to be stored. After that it is shown, and stored later."""
SAY_SECONDS = 0.3
"""Seconds that an answer waits to learn its reader's language."""
ANSWER_SECONDS = 1.5
"""Seconds that an answer waits for work that may go on after it: Slack gives up after three."""
Spawn = Callable[[Coroutine[Any, Any, None]], object]
Count = Callable[[str, str], object]
"""Counts one outcome of a business action: name (cancel, decide, …), outcome (done, refused, conflict, failed)."""
LinkTo = Callable[[str, str], str]
"""Returns the address of something in a workspace: of both, the ids."""
log = structlog.get_logger(__name__)


class Publish(Protocol):
    """Publishes a person's Home in its current state. `said` (mrkdwn) is what a press in it did."""

    def __call__(self, client: AsyncWebClient, actor: Actor, said: str | None = None) -> Coroutine[Any, Any, None]:
        """Publish it."""
        ...


class HasViewer(Protocol):
    """An answer that knows who asked."""

    @property
    def viewer(self) -> Viewer:
        """The person who asked, as the workspace knows them."""
        ...


_Answer = TypeVar("_Answer", bound=HasViewer)


def count_nothing(action: str, outcome: str) -> None:
    """Do nothing, in place of metrics."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """The dependencies of every feature. `public_url` is the bot's own web address, if it has one.

    `export_link` returns the address of an export in a workspace, if there are such addresses. `bring` reads files that
    people upload.

    `answer_seconds` is how long an answer waits for work that may go on after it.

    `mail`: there is a mail server, so people may choose to hear by mail. `mailable` tells who can be written to.
    """

    store: Store
    clock: Clock
    spawn: Spawn
    blocks: KnownBlocks
    count: Count = count_nothing
    public_url: str | None = None
    export_link: LinkTo | None = None
    bring: BringsIn | None = None
    mail: bool = False
    mailable: Mailable = has_address
    answer_seconds: float = ANSWER_SECONDS

    async def met(self, client: AsyncWebClient, actor: Actor, act: Callable[[], Awaitable[_Answer]]) -> _Answer:
        """Carry out a read. If the actor is unknown here, ask Slack once who they are and show the answer as theirs.

        Slack is also asked if the read is refused for lack of admin rights, because the actor may be one of the
        workspace's own admins, and if Slack's last confirmation of those rights is too old. Raises what the read
        raises.
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
        viewer = replace(answer.viewer, person=found.person, member=True).speaking(answer.viewer.person.locale)
        tongues.met(actor.workspace_id, viewer.person)
        # What was imported under their e-mail becomes theirs by this write. That is worth a moment, but not a trigger
        # that times out.
        if await self._kept(actor.workspace_id, found, KEEP_SECONDS):
            return await act()
        return _seen_by(answer, viewer)

    async def say_to(self, actor: Actor) -> Say:
        """Return how to speak to the actor. If the database does not answer in time, it is the language used last."""
        try:
            async with asyncio.timeout(deadline.left(SAY_SECONDS)), self.store.read(actor.workspace_id) as queries:
                viewer = await queries.people.viewer(actor.user_id)
        except (StorageBusy, TimeoutError):
            return tongues.remembered(actor.workspace_id, actor.user_id)
        return tongues.met(actor.workspace_id, viewer.person)

    async def meet(self, client: AsyncWebClient, workspace_id: str, user_id: str) -> bool:
        """Ask Slack who a person is and store it.

        Return False if Slack did not answer in time or it could not be stored.
        """
        found = await self.ask(client, workspace_id, user_id)
        return found is not None and await self._kept(workspace_id, found, deadline.REQUEST_SECONDS)

    async def introduced(
        self, client: AsyncWebClient, actor: Actor, named: Mapping[str, Collection[str]], *, keep: bool = False
    ) -> None:
        """Ask Slack about the unknown people in an admin's form, by block. Raises BadInput at the block for an app.

        `keep` stores the others at once, for forms whose result depends on who they are.

        Slack's menus offer apps and bots among the people. If Slack does not identify a person in time, saving
        continues, and they are looked up later. Raises AdminsOnly, before Slack is asked about others.
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
        """Ask Slack who a person is, or None if it did not answer in time, and for bots."""
        found = known(await self._user(client, user_id, seconds), workspace_id)
        return found if found is not None and found.person.id == user_id else None

    async def _user(self, client: AsyncWebClient, user_id: str, seconds: float) -> object:
        """Return Slack's user object, or None if Slack did not answer in time."""
        try:
            async with asyncio.timeout(deadline.left(seconds)):
                response = await client.users_info(user=user_id, include_locale=True)
        except (TimeoutError, SlackClientError, aiohttp.ClientError, OSError) as error:
            log.warning("could not ask who somebody is", user_id=user_id, error=type(error).__name__)
            return None
        return response.get("user")

    async def _kept(self, workspace_id: str, found: Known, most: float) -> bool:
        """Store a person and return whether it is done. After `most` seconds it continues behind the answer."""
        seconds = deadline.left(most)
        with deadline.lifted():
            writing = asyncio.ensure_future(self._keep(workspace_id, found))
        done, _ = await asyncio.wait({writing}, timeout=seconds)
        if not done:
            self.later(_finished(writing), "remember who somebody is")
        return bool(done) and await writing

    async def _keep(self, workspace_id: str, found: Known) -> bool:
        try:
            # Wall time: it only records the age of the answer.
            await remember(
                self.store, self.clock, workspace_id, found.person, datetime.now(UTC), link=found.may_be_linked
            )
        except StorageBusy:
            return False
        return True

    def later(self, work: Awaitable[object], what: str) -> None:
        """Run work after the answer that nothing depends on. A failure of Slack's is logged and ends there."""
        self.spawn(_quiet(work, what))


def _seen_by(answer: _Answer, viewer: Viewer) -> _Answer:
    """Return an answer (a dataclass) with another viewer, in itself or in the answer that it wraps."""
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
        # The SDK raises ValueError for an address or an answer that it cannot use.
        log.warning("could not follow up", what=what, error=type(error).__name__)
