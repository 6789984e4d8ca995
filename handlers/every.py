"""Everybody's sessions, for admins: the list, and the dialog that narrows it down."""

from dataclasses import replace

from coaching.actions.access import check_admin
from coaching.actions.every import EveryPage, every_session
from coaching.every import EVERYTHING, Sought
from coaching.meetings import LinkOf, LinkScope
from coaching.sessions import EVERYBODY, Actor, Hat, Person, Status
from handlers import parse
from handlers.book import BookFeature
from handlers.browse import BrowseFeature
from handlers.deps import Deps
from handlers.ids import Action, Block, Callback
from handlers.inputs import BadInput
from handlers.meetings import MeetingsFeature
from handlers.meta import MAX_SOUGHT, BookingMeta, Meta
from handlers.parse import Body
from handlers.press import Press, on_action, on_submit
from handlers.records import from_home
from handlers.sought import day_of, place_of, placed
from handlers.views.book import Picks
from handlers.views.every import every_view, find_every_view
from handlers.views.kit import Json


class EveryFeature:
    """The list of everybody's sessions."""

    def __init__(self, deps: Deps, browse: BrowseFeature, book: BookFeature, meetings: MeetingsFeature) -> None:
        self._deps = deps
        self._browse = browse
        self._book = book
        self._meetings = meetings
        browse.of_everybody = {"link": self._link, "again": book.open_again}
        browse.everybodys = self.drawn

    async def open(self, press: Press, sought: Sought = EVERYTHING) -> None:
        """Open the list, narrowed down to what is sought. Raises AdminsOnly."""
        meta = Meta(hat=Hat.ADMIN, subject=EVERYBODY, home=from_home(press), sought=placed(sought))
        found = await self._deps.met(press.client, press.actor, lambda: self._page(press.actor, meta))
        await press.show(every_view(found, meta))

    @on_action(Action.EVERY)
    async def from_button(self, press: Press) -> None:
        """Open the list from the App Home or the set-up, or with the sessions that the named coach gives."""
        coach = parse.action(press.body).get("value")
        sought = Sought(coach_id=parse.text(coach, "coach")) if coach else EVERYTHING
        await self.open(press, sought)
        await press.ack()

    @on_action(Action.EVERY_TURN, Action.EVERY_BACK, Action.EVERY_ALL)
    async def turn(self, press: Press) -> None:
        """Show another page, or all sessions again."""
        meta = Meta.load(press.body)
        sought = "" if press.action_id == Action.EVERY_ALL else parse.value(press.body, MAX_SOUGHT)
        await press.redraw(await self.drawn(press.actor, replace(meta, sought=sought)))
        await press.ack()

    @on_action(Action.EVERY_FIND)
    async def find(self, press: Press) -> None:
        """Open the dialog that narrows the list down. Raises AdminsOnly."""
        meta = Meta.load(press.body)
        viewer = await check_admin(self._deps.store, press.actor)
        await press.show(find_every_view(viewer, place_of(meta.sought)[0], meta))
        await press.ack()

    @on_submit(Callback.EVERY_FIND)
    async def submit(self, press: Press) -> None:
        """Narrow the list beneath down and close the dialog."""
        meta, body = Meta.load(press.body), press.body
        state = parse.chosen(body, Block.FIND_STATE)
        first, last = (
            day_of(parse.picker(body, block, "selected_date")) for block in (Block.FIND_FIRST, Block.FIND_LAST)
        )
        if first is not None and last is not None and last < first:
            raise BadInput(Block.FIND_LAST, "the last day is before the first")
        before = place_of(meta.sought)[0]
        sought = Sought(
            coach_id=_person(body, Block.FIND_COACH, before.coach_id),
            client_id=_person(body, Block.FIND_CLIENT, before.client_id),
            first=first,
            last=last,
            status=parse.one_of(Status, state, "state") if state else None,
        )
        # Drawn whether or not the list is still there: who is no admin any more is refused in the dialog.
        view = await self.drawn(press.actor, replace(meta, sought=placed(sought)))

        async def drawn(_: Actor) -> Json:
            return view

        await press.redraw_beneath(drawn)
        await press.ack()

    @on_action(Action.EVERY_BOOK)
    async def book(self, press: Press) -> None:
        """Open the booking dialog for the named client, with any coach. Raises AdminsOnly."""
        client = parse.text(parse.value(press.body), "client")
        meta = BookingMeta(hat=Hat.ADMIN, subject=client, home=from_home(press))
        await self._book.open(press, meta, Picks())
        await press.ack()

    @on_action(Action.FIRST_BOOK)
    async def book_first(self, press: Press) -> None:
        """Open the booking dialog for whoever was chosen in the first steps. Raises AdminsOnly."""
        client = parse.text(parse.action(press.body).get("selected_user"), "client")
        await self._deps.introduced(press.client, press.actor, {"": [client]}, keep=True)
        meta = BookingMeta(hat=Hat.ADMIN, subject=client, home=True)
        if parse.surface(press.body) == "home":
            await self._book.open(press, meta, Picks())
        else:  # in place of the set-up, whose first steps are over once this is booked
            await press.redraw(await self._book.begin(press.actor, meta, Picks()))
        await press.ack()

    @on_action(Action.EVERY_TAKEN)
    async def taken(self, press: Press) -> None:
        """Show the sessions that the named coach takes, in place of those that they give."""
        person = parse.text(parse.value(press.body), "person")
        meta = Meta(hat=Hat.ADMIN, subject=person, home=from_home(press))
        await press.redraw(await self._browse.drawn(press.actor, meta))
        await press.ack()

    async def drawn(self, actor: Actor, meta: Meta) -> Json:
        """Build the list as `meta` says. Raises AdminsOnly."""
        return every_view(await self._page(actor, meta), meta)

    async def _page(self, actor: Actor, meta: Meta) -> EveryPage:
        sought, turn = place_of(meta.sought)
        return await every_session(self._deps.store, self._deps.clock, actor, sought, turn)

    async def _link(self, press: Press, session_id: str) -> None:
        await self._meetings.open(press, LinkScope(LinkOf.SESSION, session_id))


def _person(body: Body, block: str, before: str) -> str:
    """Return the chosen person. A menu cannot show who is not in Slack, so left empty it keeps that one."""
    kept = before if before and not Person(before).in_slack else ""
    return parse.picker(body, block, "selected_user") or kept
