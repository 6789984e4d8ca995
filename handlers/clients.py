"""Clients: a client's page, the menu of all of them, and booking the next session for one."""

from coaching.actions import clients
from coaching.actions.browse import see
from coaching.sessions import Hat
from handlers import parse
from handlers.book import BookFeature
from handlers.browse import BrowseFeature
from handlers.client_meta import client_or_session
from handlers.deps import Deps
from handlers.ids import Action
from handlers.meta import BookingMeta, Meta
from handlers.press import Press, on_action
from handlers.records import client_page, from_home
from handlers.views.book import Picks
from handlers.views.clients import clients_view


class ClientsFeature:
    """The page of a client, for their coaches and for admins."""

    def __init__(self, deps: Deps, browse: BrowseFeature, book: BookFeature) -> None:
        self._deps = deps
        self._browse = browse
        self._book = book

    @on_action(Action.CLIENT_OPEN)
    async def chosen(self, press: Press) -> None:
        """Open the page of the client that a button or a menu names."""
        await self._open(press, parse.value(press.body), home=_home(press))
        await press.ack()

    async def open_for(self, press: Press, client_id: str) -> None:
        """Open what a person may see of a client: admins the list in which they act for them, coaches the page."""
        found = await self._deps.met(press.client, press.actor, lambda: see(self._deps.store, press.actor))
        if found.viewer.is_coach and not found.viewer.is_admin:
            await self._open(press, client_id, home=False)
        else:
            await self._browse.open_list(press, Meta(hat=Hat.ADMIN, subject=client_id))

    @on_action(Action.CLIENTS_ALL)
    async def all_of_them(self, press: Press) -> None:
        """Open the menu of all clients."""
        found = await self._deps.met(
            press.client, press.actor, lambda: clients.open_clients(self._deps.store, self._deps.clock, press.actor)
        )
        await press.show(clients_view(found))
        await press.ack()

    @on_action(Action.CLIENT_SESSIONS)
    async def sessions(self, press: Press) -> None:
        """Open the list of the sessions that the page is about."""
        await self._browse.open_list(press, Meta.load(press.body))
        await press.ack()

    @on_action(Action.CLIENT_BOOK)
    async def book(self, press: Press) -> None:
        """Open the booking dialog for a client, with the time proposed that follows the last session."""
        client_id, session_id = client_or_session(parse.value(press.body, 2 * parse.MAX_ID))
        found = await clients.next_one(self._deps.store, press.actor, client_id, session_id)
        meta = BookingMeta(hat=Hat.COACH, subject=found.client.id, rebooks=found.rebooks or "", home=from_home(press))
        picks = Picks(coach_id=press.actor.user_id, type_id=found.type_id)
        await self._book.open(press, meta, picks, found.like)
        await press.ack()

    async def _open(self, press: Press, client_id: str, *, home: bool) -> None:
        await press.show(await client_page(self._deps, press, client_id, home=home))


def _home(press: Press) -> bool:
    """Return whether the Home is to be published anew after a change: its own menu, or a dialog that came from there."""
    if parse.surface(press.body) != "modal":
        return parse.surface(press.body) == "home"
    raw = parse.view(press.body).get("private_metadata")
    # The menu of all clients stores nothing, and is opened from the Home only.
    return Meta.load(press.body).home if isinstance(raw, str) and raw else True
