"""How a session ended, by the word of its coach or an admin: completed, or a no-show, which asks first."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from coaching.actions import browse
from coaching.actions.outcomes import CloseSession, close
from coaching.causes import Blocked
from coaching.errors import CannotClose, ChangedMeanwhile, CoachesOnly, CoachingError, NotYours
from coaching.outcomes import refused
from coaching.sessions import Actor, Hat, Status
from handlers import parse, screen
from handlers.deps import Deps
from handlers.ids import Action, Callback
from handlers.meta import Meta
from handlers.parse import Body
from handlers.records import details_for, from_home
from handlers.views.outcomes import VERBS, no_show_view

Context = Mapping[str, Any]
Publish = Callable[[AsyncWebClient, Actor], Coroutine[Any, Any, None]]


class OutcomeFeature:
    """What closes a session, in its record and in its menu."""

    def __init__(self, deps: Deps, publish_home: Publish) -> None:
        self._deps = deps
        self._publish_home = publish_home

    def register(self, app: AsyncApp) -> None:
        """Listen to the record's buttons and to the dialog that asks."""
        app.action(Action.COMPLETED)(self.press)
        app.action(Action.NO_SHOW)(self.press)
        app.view(Callback.NO_SHOW)(self.submit)

    async def press(self, ack: AsyncAck, body: dict[str, Any], context: Context, client: AsyncWebClient) -> None:
        """Close the session whose record is open, or correct it, and show the record anew."""
        actor, session_id = parse.actor(body, context), parse.value(body)
        pressed = parse.action(body).get("action_id")
        await self._close(actor, session_id, Status.COMPLETED if pressed == Action.COMPLETED else Status.NO_SHOW)
        home = from_home(body)
        view = await details_for(self._deps, client, actor, session_id, home=home)
        if parse.surface(body) == "modal":
            await screen.redraw(client, body, view)
        else:
            await screen.show(client, body, view)
        self._home(client, actor, home=home)
        await ack()

    async def choose(self, client: AsyncWebClient, body: Body, actor: Actor, verb: str, session_id: str) -> bool:
        """Carry out what a session's menu says; return whether the session changed. A no-show opens the dialog that asks."""
        home = from_home(body)
        if VERBS[verb] is Status.COMPLETED:
            await self._close(actor, session_id, Status.COMPLETED)
            self._home(client, actor, home=home)
            return True
        found = await browse.details(self._deps.store, self._deps.clock, actor, session_id)
        session = found.row.session
        if found.hat is Hat.CLIENT:
            raise NotYours("session", [session_id], actor.user_id)
        if found.row.blocked is Blocked.NO_COACH:
            raise CoachesOnly(actor.user_id)
        if session.status is not Status.NO_SHOW and (why := refused(session, Status.NO_SHOW, found.now)):
            raise CannotClose(session_id, why)
        subject = session.coach.id if found.hat is Hat.COACH else session.client.id
        meta = Meta(hat=found.hat, subject=subject, draft=session.id, home=home)
        await screen.show(client, body, no_show_view(session, found.viewer, meta, found.now))
        return False

    async def submit(self, ack: AsyncAck, body: dict[str, Any], context: Context, client: AsyncWebClient) -> None:
        """Mark a session as missed and show its record instead of the dialog."""
        actor, meta = parse.actor(body, context), parse.draft_meta(body)
        await self._close(actor, meta.draft, Status.NO_SHOW)
        view = await details_for(self._deps, client, actor, meta.draft, home=meta.home)
        # What lies beneath shows the session as it was.
        await ack(response_action="update", view={**view, "clear_on_close": True})
        self._home(client, actor, home=meta.home)

    async def _close(self, actor: Actor, session_id: str, outcome: Status) -> None:
        command = CloseSession(actor=actor, session_id=session_id, outcome=outcome)
        try:
            await close(self._deps.store, self._deps.clock, command)
        except CoachingError as error:
            self._deps.count("close", "conflict" if isinstance(error, ChangedMeanwhile) else "refused")
            raise
        self._deps.count("close", "done")

    def _home(self, client: AsyncWebClient, actor: Actor, *, home: bool) -> None:
        if home:
            self._deps.later(self._publish_home(client, actor), "publish home")
