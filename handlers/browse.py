"""Looking at sessions: the list with its pages and hats, and the details."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any

from coaching.actions import browse
from coaching.every import Sought
from coaching.records import Scope
from coaching.sessions import EVERYBODY, Actor, Hat
from handlers import parse
from handlers.cancel import CancelFeature
from handlers.deps import Deps
from handlers.exceptions import ExceptionFeature
from handlers.handover import HandoverFeature
from handlers.ids import Action
from handlers.meta import Meta, month_of
from handlers.move_requests import MoveRequestFeature
from handlers.outcomes import OutcomeFeature
from handlers.press import Press, on_action
from handlers.records import (
    after_change,
    details_for,
    from_home,
    in_every_list,
    page_under,
    record_under,
    subject_pressed,
)
from handlers.reschedule import RescheduleFeature
from handlers.sought import placed
from handlers.views.kit import Json
from handlers.views.list import list_view
from handlers.views.outcomes import VERBS

OfSession = Callable[[Press, str], Awaitable[None]]


class BrowseFeature:
    """The list and the details.

    `of_everybody` are the choices that only the menus of everybody's sessions have, and `everybodys` builds that list.
    """

    def __init__(
        self,
        deps: Deps,
        cancel: CancelFeature,
        move: RescheduleFeature,
        hand: HandoverFeature,
        outcomes: OutcomeFeature,
        asking: ExceptionFeature,
        wishing: MoveRequestFeature,
    ) -> None:
        self._deps = deps
        self._dialogs: Mapping[str, CancelFeature | RescheduleFeature | HandoverFeature] = {
            "cancel": cancel,
            "move": move,
            "hand": hand,
        }
        self._outcomes = outcomes
        self.of_everybody: Mapping[str, OfSession] = {}
        self.everybodys: Callable[[Actor, Meta], Coroutine[Any, Any, Json]] | None = None
        self._asking = asking
        self._wishing = wishing

    async def open_list(self, press: Press, meta: Meta) -> None:
        """Open the list. A coach who takes no sessions sees the ones they give."""
        page = await self._deps.met(press.client, press.actor, lambda: self._page(press.actor, meta, either=True))
        if page.gives and not page.rows and self.everybodys is not None:
            # An admin who names a coach means what they give, if they take nothing.
            given = placed(Sought(coach_id=page.subject.id))
            meta = Meta(hat=Hat.ADMIN, subject=EVERYBODY, home=meta.home, sought=given)
            await press.show(await self.everybodys(press.actor, meta))
            return
        await press.show(_view(page, meta))

    @on_action(
        Action.LIST_UPCOMING,
        Action.LIST_PAST,
        Action.LIST_EARLIER,
        Action.LIST_LATER,
        Action.LIST_MONTH,
        Action.LIST_MONTH_BACK,
        Action.LIST_ALL,
        Action.LIST_AS_CLIENT,
        Action.LIST_AS_COACH,
    )
    async def turn(self, press: Press) -> None:
        """Show another page, month, scope or hat in the open list."""
        meta = Meta.load(press.body)
        pressed = press.action_id
        if pressed in {Action.LIST_UPCOMING, Action.LIST_PAST}:
            scope = Scope.PAST if pressed == Action.LIST_PAST else Scope.UPCOMING
            meta = replace(meta.everything(), scope=scope)
        elif pressed in {Action.LIST_MONTH, Action.LIST_MONTH_BACK}:
            month = parse.value(press.body)
            month_of(month)
            meta = replace(meta, page=0, month=month)
        elif pressed == Action.LIST_ALL:
            meta = meta.everything()
        elif pressed in {Action.LIST_AS_CLIENT, Action.LIST_AS_COACH}:
            hat = Hat.COACH if pressed == Action.LIST_AS_COACH else Hat.CLIENT
            meta = replace(meta.everything(), hat=hat, subject=press.actor.user_id)
        else:
            meta = replace(meta, page=max(0, meta.page + (1 if pressed == Action.LIST_LATER else -1)))
        await press.redraw(await self.drawn(press.actor, meta))
        await press.ack()

    async def drawn(self, actor: Actor, meta: Meta) -> Json:
        """Build the open list as `meta` says. Raises NotYours, AdminsOnly."""
        return _view(await self._page(actor, meta, look=True), meta)

    @on_action(Action.SESSION_MENU)
    async def menu(self, press: Press) -> None:
        """Carry out a choice from a session's overflow menu."""
        verb, hat, session_id = parse.menu(parse.value(press.body))
        subject = subject_pressed(press, hat)
        if verb == "details":
            await self.open_details(press, session_id)
        elif verb in self._dialogs:
            await self._dialogs[verb].open_for(press, hat, subject, session_id)
        elif verb == "ask":
            await self._asking.open_for(press, session_id)
        elif verb == "wish":
            await self._wishing.open_for(press, session_id)
        elif verb in self.of_everybody:
            await self.of_everybody[verb](press, session_id)
        elif verb in VERBS:
            await self._close(press, verb, session_id)
        elif verb != "join":
            raise parse.BadRequest("unknown verb")
        await press.ack()

    async def _close(self, press: Press, verb: str, session_id: str) -> None:
        """Note how a session ended, and draw anew what was pressed."""
        changed = await self._outcomes.choose(press, verb, session_id)
        if changed and (record_under(press, session_id)[0] or page_under(press)):
            await press.redraw(await after_change(self._deps, press, session_id, home=from_home(press)))
        elif changed and in_every_list(press) and self.everybodys is not None:
            await press.redraw(await self.everybodys(press.actor, Meta.load(press.body)))
        elif changed and parse.surface(press.body) == "modal":
            await press.redraw(await self.drawn(press.actor, Meta.load(press.body)))

    @on_action(Action.RECORD)
    async def record(self, press: Press) -> None:
        """Open the record of a session from a message (K5)."""
        await self.open_details(press, parse.value(press.body))
        await press.ack()

    @on_action(Action.HOME_LIST, Action.HOME_PAST, Action.HOME_COACH)
    async def from_home(self, press: Press) -> None:
        """Open a list from the App Home."""
        pressed = press.action_id
        hat = Hat.COACH if pressed == Action.HOME_COACH else Hat.CLIENT
        scope = Scope.PAST if pressed == Action.HOME_PAST else Scope.UPCOMING
        await self.open_list(press, Meta(hat=hat, subject=press.actor.user_id, scope=scope, home=True))
        await press.ack()

    @on_action(Action.SESSION_JOIN)
    async def join(self, press: Press) -> None:
        """Acknowledge a click on a link. The browser opens it."""
        await press.ack()

    async def open_details(self, press: Press, session_id: str) -> None:
        """Show the details of one session."""
        view = await details_for(self._deps, press, session_id, home=from_home(press))
        await press.show(view)

    async def _page(self, actor: Actor, meta: Meta, *, look: bool = False, either: bool = False) -> browse.SessionPage:
        return await browse.list_sessions(
            self._deps.store,
            self._deps.clock,
            actor,
            hat=meta.hat,
            subject_id=meta.subject,
            scope=meta.scope,
            page=meta.page,
            look=look,
            either=either,
            wanted=meta.wanted,
        )


def _view(page: browse.SessionPage, meta: Meta) -> Json:
    return list_view(page, replace(meta, hat=page.hat, page=page.page))
