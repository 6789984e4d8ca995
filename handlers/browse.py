"""Look at sessions: the list with its pages and hats, and details."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from coaching.actions import browse
from coaching.records import Scope
from coaching.sessions import Actor, Hat
from handlers import parse, screen
from handlers.cancel import CancelFeature
from handlers.deps import Deps
from handlers.exceptions import ExceptionFeature
from handlers.ids import Action
from handlers.meta import Meta
from handlers.outcomes import OutcomeFeature
from handlers.parse import Body
from handlers.records import details_for, from_home
from handlers.reschedule import RescheduleFeature
from handlers.views.kit import Json
from handlers.views.list import list_view
from handlers.views.outcomes import VERBS

Context = Mapping[str, Any]


class BrowseFeature:
    """The list and the details."""

    def __init__(
        self,
        deps: Deps,
        cancel: CancelFeature,
        move: RescheduleFeature,
        outcomes: OutcomeFeature,
        asking: ExceptionFeature,
    ) -> None:
        self._deps = deps
        self._cancel = cancel
        self._move = move
        self._outcomes = outcomes
        self._asking = asking

    def register(self, app: AsyncApp) -> None:
        """Listen to everything in the list, and to menus wherever a session is shown."""
        app.action(Action.SESSION_MENU)(self.menu)
        for action_id in (
            Action.LIST_UPCOMING,
            Action.LIST_PAST,
            Action.LIST_EARLIER,
            Action.LIST_LATER,
            Action.LIST_AS_CLIENT,
            Action.LIST_AS_COACH,
        ):
            app.action(action_id)(self.turn)
        for action_id in (Action.HOME_LIST, Action.HOME_PAST, Action.HOME_COACH):
            app.action(action_id)(self.from_home)
        app.action(Action.RECORD)(self.record)
        app.action(Action.SESSION_JOIN)(self.join)

    async def open_list(self, client: AsyncWebClient, body: Body, actor: Actor, meta: Meta) -> None:
        """Open the list; a coach who takes no sessions sees the ones they give."""
        page = await self._deps.met(client, actor, lambda: self._page(actor, meta))
        coach_only = page.viewer.is_coach and not page.total and meta.hat is Hat.CLIENT
        if coach_only:
            meta = replace(meta, hat=Hat.COACH)
            page = await self._page(actor, meta)
        await screen.show(client, body, await self._view(actor, page, meta))

    async def turn(self, ack: AsyncAck, body: dict[str, Any], context: Context, client: AsyncWebClient) -> None:
        """Show another page, scope or hat in the open list."""
        actor, meta = parse.actor(body, context), parse.meta(body)
        pressed = parse.action(body).get("action_id")
        if pressed in {Action.LIST_UPCOMING, Action.LIST_PAST}:
            meta = replace(meta, scope=Scope.PAST if pressed == Action.LIST_PAST else Scope.UPCOMING, page=0)
        elif pressed in {Action.LIST_AS_CLIENT, Action.LIST_AS_COACH}:
            hat = Hat.COACH if pressed == Action.LIST_AS_COACH else Hat.CLIENT
            meta = replace(meta, hat=hat, subject=actor.user_id, page=0)
        else:
            meta = replace(meta, page=max(0, meta.page + (1 if pressed == Action.LIST_LATER else -1)))
        page = await self._page(actor, meta, look=True)
        await screen.redraw(client, body, await self._view(actor, page, meta))
        await ack()

    async def menu(self, ack: AsyncAck, body: dict[str, Any], context: Context, client: AsyncWebClient) -> None:
        """Carry out what was chosen from a session's three dots."""
        verb, hat, session_id = parse.menu(parse.value(body))
        actor = parse.actor(body, context)
        subject = parse.meta(body).subject if parse.surface(body) == "modal" else actor.user_id
        if verb == "details":
            await self.open_details(client, body, actor, session_id)
        elif verb == "cancel":
            await self._cancel.open_for(client, body, actor, hat, subject, session_id)
        elif verb == "move":
            await self._move.open_for(client, body, actor, hat, subject, session_id)
        elif verb == "ask":
            await self._asking.open_for(client, body, actor, session_id)
        elif verb in VERBS:
            changed = await self._outcomes.choose(client, body, actor, verb, session_id)
            if changed and parse.surface(body) == "modal":
                meta = parse.meta(body)
                page = await self._page(actor, meta, look=True)
                await screen.redraw(client, body, await self._view(actor, page, meta))
        elif verb != "join":
            raise parse.BadRequest("unknown verb")
        await ack()

    async def record(self, ack: AsyncAck, body: dict[str, Any], context: Context, client: AsyncWebClient) -> None:
        """Open the record of a session from a message (K5)."""
        await self.open_details(client, body, parse.actor(body, context), parse.value(body))
        await ack()

    async def from_home(self, ack: AsyncAck, body: dict[str, Any], context: Context, client: AsyncWebClient) -> None:
        """Open a list from the App Home."""
        actor = parse.actor(body, context)
        pressed = parse.action(body).get("action_id")
        hat = Hat.COACH if pressed == Action.HOME_COACH else Hat.CLIENT
        scope = Scope.PAST if pressed == Action.HOME_PAST else Scope.UPCOMING
        await self.open_list(client, body, actor, Meta(hat=hat, subject=actor.user_id, scope=scope, home=True))
        await ack()

    async def join(self, ack: AsyncAck) -> None:
        """Acknowledge a click on a link; the browser does the rest."""
        await ack()

    async def open_details(self, client: AsyncWebClient, body: Body, actor: Actor, session_id: str) -> None:
        """Show one session, whole."""
        view = await details_for(self._deps, client, actor, session_id, home=from_home(body))
        await screen.show(client, body, view)

    async def _view(self, actor: Actor, page: browse.SessionPage, meta: Meta) -> Json:
        contact = None
        if not page.rows:
            async with self._deps.store.read(actor.workspace_id) as queries:
                contact = (await queries.workspace.settings()).support_contact
        return list_view(page, replace(meta, page=page.page), contact=contact)

    async def _page(self, actor: Actor, meta: Meta, *, look: bool = False) -> browse.SessionPage:
        """Return a page; whoever gives sessions sees it as a coach, on the list of coaches or not.

        Only an empty list, or `look`, is worth asking for that: the list of a client with sessions is the busiest screen.
        """
        page = await self._sessions(actor, meta)
        if page.viewer.is_coach or meta.hat is Hat.ADMIN:
            return page
        gives = meta.hat is Hat.COACH or ((look or not page.total) and await self._gives(actor))
        return replace(page, viewer=replace(page.viewer, is_coach=True)) if gives else page

    async def _gives(self, actor: Actor) -> bool:
        for scope in Scope:
            meta = Meta(hat=Hat.COACH, subject=actor.user_id, scope=scope)
            if (await self._sessions(actor, meta)).total:
                return True
        return False

    async def _sessions(self, actor: Actor, meta: Meta) -> browse.SessionPage:
        return await browse.list_sessions(
            self._deps.store,
            self._deps.clock,
            actor,
            hat=meta.hat,
            subject_id=meta.subject,
            scope=meta.scope,
            page=meta.page,
        )
