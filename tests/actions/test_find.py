"""Narrowing a list down: by month, person, type and words, on the viewer's own calendar."""

from datetime import UTC, date, datetime, timedelta

import pytest

from coaching.actions import browse, find
from coaching.clock import ManualClock
from coaching.errors import NotYours
from coaching.records import EVER, Glimpse, Scope, Wanted, next_month
from coaching.sessions import Actor, Hat, Person
from coaching.zones import zone
from storage import SqlStore
from tests.support.world import ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE, World

DAY = timedelta(days=1)


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    """Twelve sessions of Anna's with Carla, five days apart, and three with Otto of another type."""
    made = World(store, clock)
    await made.people()
    for number in range(12):
        await made.book((number + 1) * 5 * DAY, price=0)
    for number in range(3):
        await made.book((number + 1) * 5 * DAY + DAY, coach=OTHER_COACH, session_type="Writing", price=0)
    return made


async def listed(world: World, wanted: Wanted, page: int = 0, scope: Scope = Scope.UPCOMING) -> browse.SessionPage:
    return await browse.list_sessions(
        world.store, world.clock, Actor(WORKSPACE, ANNA), page=page, scope=scope, wanted=wanted
    )


async def test_a_month_shows_its_sessions_and_counts_them(world: World) -> None:
    every = await world.cancelable(Hat.CLIENT, ANNA)
    here = zone("America/New_York")
    months = {one.starts_at.astimezone(here).date().replace(day=1) for one in every}
    assert len(months) > 2
    seen = []
    for month in sorted(months):
        page = await listed(world, Wanted(month=month))
        seen += [row.session.id for row in page.rows]
        assert page.total == len(page.rows)
        assert all(row.session.starts_at.astimezone(here).month == month.month for row in page.rows)
    assert seen == [one.id for one in every]
    assert (await listed(world, Wanted(month=date(2030, 1, 1)))).rows == []


async def test_a_month_begins_and_ends_at_the_viewers_midnight() -> None:
    first, last = Wanted(month=date(2026, 11, 17)).bounds(zone("America/New_York"))
    assert first == datetime(2026, 11, 1, 4, tzinfo=UTC)  # summer time ends later that day
    assert last == datetime(2026, 12, 1, 5, tzinfo=UTC)
    assert Wanted().bounds(zone("UTC")) == EVER
    assert [next_month(date(2026, 12, 31), step) for step in (-12, 0, 1)] == [
        date(2025, 12, 1),
        date(2026, 12, 1),
        date(2027, 1, 1),
    ]


async def test_a_person_a_type_and_words_narrow_the_list_down_and_pages_count_what_is_left(world: World) -> None:
    page = await listed(world, Wanted(other_id=COACH))
    assert (page.total, len(page.rows), page.later) == (12, browse.LIST_PAGE, True)
    assert page.found is not None
    assert (page.found.other and page.found.other.name, page.found.cut) == ("Carla Coach", False)
    rest = await listed(world, Wanted(other_id=COACH), page=1)
    assert (len(rest.rows), rest.later) == (2, False)
    gone = await listed(world, Wanted(other_id=COACH), page=7)
    assert gone.page == 0
    [typed] = {row.session.type_id for row in (await listed(world, Wanted(words="WRIT otto"))).rows}
    by_type = await listed(world, Wanted(type_id=typed))
    assert by_type.total == 3
    assert by_type.found is not None
    assert by_type.found.session_type == "Writing"
    assert (await listed(world, Wanted(words="nobody"))).total == 0
    assert (await listed(world, Wanted(other_id=COACH, type_id=typed))).total == 0


async def test_past_sessions_are_found_latest_first(world: World) -> None:
    world.clock.advance(200 * DAY)
    page = await listed(world, Wanted(words="otto"), scope=Scope.PAST)
    starts = [row.session.starts_at for row in page.rows]
    assert starts == sorted(starts, reverse=True)
    assert len(starts) == 3


async def test_only_as_many_are_looked_through_as_are_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browse, "COUNTED", 4)
    page = await listed(world, Wanted(other_id=COACH))
    assert page.found is not None
    assert page.found.cut
    assert page.total <= 4
    month = await listed(world, Wanted(month=page.rows[0].session.starts_at.date()))
    assert month.found is not None
    assert not month.found.cut


async def test_what_can_be_found_is_what_the_list_has(world: World) -> None:
    actor = Actor(WORKSPACE, ANNA)
    found = await find.findable(world.store, world.clock, actor, hat=Hat.CLIENT, subject_id=ANNA, scope=Scope.UPCOMING)
    assert [one.id for one in found.others] == [COACH, OTHER_COACH]
    assert [name for _, name in found.types] == ["Coaching", "Writing"]
    assert found.months == sorted(found.months)
    with pytest.raises(NotYours):
        await find.findable(
            world.store, world.clock, Actor(WORKSPACE, BORIS), hat=Hat.CLIENT, subject_id=ANNA, scope=Scope.UPCOMING
        )
    with pytest.raises(NotYours):
        await browse.list_sessions(
            world.store, world.clock, Actor(WORKSPACE, BORIS), subject_id=ANNA, wanted=Wanted(words="a")
        )


def test_words_are_found_in_any_case_and_without_accents() -> None:
    one = Glimpse("s", datetime(2026, 1, 1, tzinfo=UTC), Person("U", "Zoë Åkesson"), "t", "Führung")
    assert Wanted(words="zoe").matches(one)
    assert Wanted(words="  AKESSON fuhrung ").matches(one)
    assert not Wanted(words="zoe writing").matches(one)
    assert not Wanted(other_id="V").matches(one)
