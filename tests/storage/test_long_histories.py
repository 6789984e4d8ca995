"""No page reads more than it shows, however much there is, and what it says of the rest is true."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from coaching.actions import browse, cancel, choose, find, offers, setup, slots, stakeholders
from coaching.actions.home import HOME_NAMED, HOME_PAST, WINDOWS, open_home
from coaching.business import Staff
from coaching.clock import ManualClock
from coaching.errors import NotBookable
from coaching.first_steps import FirstSteps
from coaching.records import ANYTHING, COUNTED, Scope, Wanted
from coaching.sessions import Actor, Hat
from coaching.stakeholders import NewsOf
from handlers.meta import Meta
from handlers.views.choose import choose_view
from handlers.views.details import details_view
from handlers.views.list import list_view
from storage import SqlStore
from storage.repositories.base import Statements
from tests.support.history import CLIENT, COACH, IDLE, LONG, OFTEN, live_long
from tests.support.world import ADMIN, WORKSPACE, World
from tests.unit.screens import words

BESIDES = 12
"""Rows that a page may read besides those it shows: who looks, the settings, a policy, the coach's hours."""
TIMELINE = 2 * (browse.TIMELINE_SHOWN + 1)
"""What happened and what was sent are put in order after they are read; one more of each says whether to count."""
STAFF = 2 * setup.COACHES_PAGE
"""Coaches, and which of them give hours."""
LIST, HOME = browse.LIST_PAGE, sum(window.limit for window in WINDOWS)


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    world = World(store, clock)
    await world.people()
    await live_long(store, world)
    return world


@dataclass
class Read:
    """What was read from the database."""

    statements: int = 0
    rows: int = 0


@contextmanager
def reading(monkeypatch: pytest.MonkeyPatch) -> Iterator[Read]:
    """Count the statements of repositories, and the rows that they fetch."""
    read, run = Read(), Statements._run

    async def counted(self: Statements, *given: Any) -> Any:
        frozen = (await run(self, *given)).freeze()
        read.statements += 1
        read.rows += len(frozen.data)
        return frozen()

    with monkeypatch.context() as patched:
        patched.setattr(Statements, "_run", counted)
        yield read


Page = Callable[[World], Awaitable[Any]]


def _listed(who: str, hat: Hat, scope: Scope, page: int = 0, wanted: Wanted = ANYTHING) -> Page:
    return lambda world: browse.list_sessions(
        world.store, world.clock, Actor(WORKSPACE, who), hat=hat, scope=scope, page=page, look=True, wanted=wanted
    )


def _findable(who: str, hat: Hat) -> Page:
    return lambda world: find.findable(
        world.store, world.clock, Actor(WORKSPACE, who), hat=hat, subject_id=who, scope=Scope.PAST
    )


def _chosen(who: str, hat: Hat, page: int = 0) -> Page:
    return lambda world: choose.open_page(
        world.store, world.clock, Actor(WORKSPACE, who), draft_id=None, hat=hat, page=page
    )


def _quoted(who: str, hat: Hat, session_id: str) -> Page:
    one = cancel.One(actor=Actor(WORKSPACE, who), hat=hat, subject_id=who, session_id=session_id)
    return lambda world: cancel.quote_one(world.store, world.clock, one)


async def _picked(world: World) -> None:
    actor = Actor(WORKSPACE, CLIENT)
    every = await choose.pickable(world.store, world.clock, actor, hat=Hat.CLIENT, subject_id=CLIENT, movable=False)
    assert every == [f"u{10_000 + n}" for n in range(100)]


def _told(world: World) -> Awaitable[Any]:
    return stakeholders.open_told(world.store, world.clock, Actor(WORKSPACE, ADMIN), NewsOf.COACH, COACH)


def _home(who: str) -> Page:
    return lambda world: open_home(world.store, world.clock, Actor(WORKSPACE, who))


PAGES: dict[str, tuple[Page, int, int]] = {
    "upcoming": (_listed(CLIENT, Hat.CLIENT, Scope.UPCOMING), LIST, 5),
    "past": (_listed(CLIENT, Hat.CLIENT, Scope.PAST), LIST, 4),
    "far past": (_listed(CLIENT, Hat.CLIENT, Scope.PAST, 60), LIST, 4),
    "past, given": (_listed(COACH, Hat.COACH, Scope.PAST), LIST, 4),
    "upcoming of nobody": (_listed("U0NEW", Hat.CLIENT, Scope.UPCOMING), 0, 5),
    "a month": (_listed(CLIENT, Hat.CLIENT, Scope.PAST, wanted=Wanted(month=date(2025, 12, 1))), 31 * 24 + LIST, 5),
    "words": (_listed(CLIENT, Hat.CLIENT, Scope.UPCOMING, wanted=Wanted(words="c")), COUNTED + 1 + LIST, 6),
    "given, by client": (
        _listed(COACH, Hat.COACH, Scope.PAST, wanted=Wanted(other_id=CLIENT)),
        COUNTED + 1 + LIST,
        5,
    ),
    "what to find": (_findable(COACH, Hat.COACH), COUNTED, 2),
    "choosing": (_chosen(CLIENT, Hat.CLIENT), choose.CHOOSE_PAGE, 7),
    "choosing, far": (_chosen(CLIENT, Hat.CLIENT, 30), choose.CHOOSE_PAGE, 7),
    "choosing, given": (_chosen(COACH, Hat.COACH, 3), choose.CHOOSE_PAGE, 7),
    "confirming one": (_quoted(CLIENT, Hat.CLIENT, f"u{10_000 + LONG - 1}"), 1, 5),
    "confirming one, given": (_quoted(COACH, Hat.COACH, f"u{10_000 + LONG - 1}"), 1, 6),
    "picking all": (_picked, choose.PICKABLE, 3),
    "details": (lambda w: browse.details(w.store, w.clock, Actor(WORKSPACE, CLIENT), OFTEN), TIMELINE, 13),
    "details, given": (lambda w: browse.details(w.store, w.clock, Actor(WORKSPACE, COACH), OFTEN), TIMELINE, 13),
    "set-up": (lambda w: setup.open_setup(w.store, w.clock, Actor(WORKSPACE, ADMIN)), STAFF, 12),
    "set-up, far": (lambda w: setup.open_setup(w.store, w.clock, Actor(WORKSPACE, ADMIN), 20), STAFF, 12),
    "who else is told": (_told, 0, 4),
    "booking": (lambda w: slots.open_booking(w.store, w.clock, Actor(WORKSPACE, CLIENT)), offers.OFFERED + 1, 7),
    "a client's Home": (_home(CLIENT), HOME, 6),
    "a coach's Home": (_home(COACH), HOME, 9),
    "an admin's Home": (_home(ADMIN), HOME, 8),
}
"""Each page with the rows that it shows and the statements that it may take."""


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_reads_no_more_than_it_shows(world: World, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    page, shown, statements = PAGES[name]
    with reading(monkeypatch) as read:
        await page(world)
    assert read.rows <= shown + BESIDES
    assert 0 < read.statements <= statements


async def test_long_lists_say_how_many_there_are_as_far_as_they_were_counted(world: World) -> None:
    actor, found = Actor(WORKSPACE, CLIENT), {}
    last = (LONG - 1) // LIST
    for number in (0, 99, 100, last - 1, last):
        page = await browse.list_sessions(world.store, world.clock, actor, scope=Scope.PAST, page=number)
        assert [row.session.id for row in page.rows] == [f"p{10_000 + number * LIST + n}" for n in range(LIST)]
        view = list_view(page, Meta(subject=CLIENT, scope=Scope.PAST, page=number))
        [found[number]] = [line for line in words(view).splitlines() if " of " in line and "–" in line]
        assert page.later == (number < last)
    assert found == {
        0: "1–10 of 1,000+",
        99: "991–1,000 of 1,000+",
        100: "1,001–1,010 of 1,010+",
        last - 1: "1,231–1,240 of 1,240+",
        last: "1,241–1,250 of 1,250",
    }


async def test_a_home_counts_everything_and_reads_what_it_shows(world: World) -> None:
    home = await open_home(world.store, world.clock, Actor(WORKSPACE, CLIENT))
    assert [row.session.id for row in home.upcoming.rows] == [f"u{10_000 + n}" for n in range(LIST)]
    assert [row.session.id for row in home.past.rows] == [f"p{10_000 + n}" for n in range(HOME_PAST)]
    assert (home.past.total, home.past.more) == (COUNTED, True)
    assert home.coaching is None
    theirs = await open_home(world.store, world.clock, Actor(WORKSPACE, COACH))
    assert theirs.coaching is not None
    assert theirs.coaching.later
    assert (len(theirs.coaching.rows), len(theirs.upcoming.rows), len(theirs.past.rows)) == (LIST, 0, 0)
    staff = (await open_home(world.store, world.clock, Actor(WORKSPACE, ADMIN))).staff
    assert staff is not None
    # Neither some of these give hours, nor the three who are coaches besides.
    assert (staff.coaches, staff.idle, len(staff.without_hours)) == (LONG + 3, IDLE + 3, HOME_NAMED)


async def test_another_workspace_sees_nothing_of_it(world: World) -> None:
    async with world.store.read("T0OTHER") as queries:
        assert (await queries.coaches.number(), await queries.coaches.page(9, 0)) == (0, [])
        assert (await queries.coaches.some([COACH]), await queries.coaches.gave(COACH)) == ([], False)
        assert (await queries.schedule.coaches(9), await queries.schedule.coach("U0C11000")) == ([], None)
        assert (await queries.schedule.giving(["U0C11000"]), await queries.schedule.any_hours()) == (set(), False)
        staff = await queries.business.staff(world.clock.now(), world.clock.now(), named=9, each=9)
        assert staff == Staff(coaches=0, first_steps=FirstSteps())
        assert await queries.terms.without_late_cancel() == {}
    async with world.store.read(WORKSPACE) as queries:
        assert len(await queries.coaches.page(9, LONG)) == 3
        assert await queries.coaches.gave(COACH)
        assert await queries.schedule.coach("U0C11000") is not None
        assert await queries.schedule.giving(["U0C10000", "U0C11000"]) == {"U0C11000"}
        assert await queries.schedule.any_hours()


async def test_a_coach_behind_those_on_offer_can_be_booked(world: World) -> None:
    actor = Actor(WORKSPACE, CLIENT)
    found = await slots.open_booking(world.store, world.clock, actor)
    assert (len(found.coaches), found.coach) == (offers.OFFERED, None)
    last = "U0C10999"  # by name
    assert last not in {coach.id for coach in found.coaches}
    found = await slots.open_booking(world.store, world.clock, actor, coach_id=last)
    assert found.coach is not None
    assert found.coach.id == last
    with pytest.raises(NotBookable):
        await slots.open_booking(world.store, world.clock, actor, coach_id="U0C10000")


@pytest.mark.parametrize("who", [CLIENT, COACH])
async def test_details_show_the_last_of_a_long_timeline_and_count_the_others_as_far_as_lists_are(
    world: World, who: str
) -> None:
    found = await browse.details(world.store, world.clock, Actor(WORKSPACE, who), OFTEN)
    told = words(details_view(found, Meta()))
    lines = [line for line in told.splitlines() if line.startswith("• ")]
    assert 30 <= len(lines) <= browse.TIMELINE_SHOWN
    assert found.happened > COUNTED + len(lines)
    assert "… more than 1,000 earlier entries" in told
    # Something happened every minute until a minute ago, and a message went out every other minute.
    kept = [entry.actor_id for entry, _ in found.timeline]
    assert kept == [f"U0C{10_000 + n}" for n in range(LONG - browse.TIMELINE_SHOWN, LONG)]
    assert "2:59 PM: Coach 1249" in lines[-1]
    assert "2:58 PM: reminder sent to " in lines[-2] or "2:58 PM: reminder sent to " in lines[-3]


async def test_every_session_of_many_can_be_chosen(world: World) -> None:
    actor, last = Actor(WORKSPACE, CLIENT), f"u{10_000 + LONG - 1}"
    end = (LONG - 1) // choose.CHOOSE_PAGE
    found = await choose.open_page(world.store, world.clock, actor, draft_id=None, page=end)
    assert [row.session.id for row in found.rows][-1] == last
    assert (found.page, found.total, found.more, found.later) == (end, LONG, False, False)
    first = await choose.open_page(world.store, world.clock, actor, draft_id=None)
    assert (first.page, first.total, first.more, first.later) == (0, COUNTED, True, True)
    assert "1–30 of 1,000+" in words(choose_view(first, Meta()))
