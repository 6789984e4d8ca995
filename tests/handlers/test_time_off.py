"""Time off by the hour, and what is booked in it."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from coaching.actions import slots
from coaching.availability import Availability, TimeOff, parse_hours
from coaching.sessions import Actor, Session
from coaching.time_off import hours_off
from playground.person import Person
from tests.handlers.conftest import EAST, Stage
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE

H = timedelta(hours=1)


@pytest.fixture
async def booked(stage: Stage) -> list[Session]:
    """Sessions of Anna and Boris with Carla at ten on Wednesday and Thursday; both coaches give hours."""
    for coach in (COACH, OTHER_COACH):
        given = Availability(time_zone=EAST, hours=parse_hours("Mon-Sun 9:00-17:00"), notice=H)
        await slots.save_hours(stage.store, Actor(WORKSPACE, coach), f"hours:{coach}", coach, given)
    await stage.world.grant(ANNA)
    await stage.world.grant(BORIS)
    return [await stage.world.book(24 * n * H, client=client) for n, client in ((2, ANNA), (3, BORIS))]


def seen(person: Person) -> str:
    assert person.modal is not None
    return f"{person.modal.title}\n{person.modal.text}"


async def times_off(stage: Stage) -> tuple[TimeOff, ...]:
    async with stage.store.read(WORKSPACE) as queries:
        found = await queries.schedule.availability(COACH)
    assert found is not None
    return found.time_off


async def add(person: Person, first: str, begins: str | None, last: str, ends: str | None) -> None:
    await person.click("Add time off…")
    await person.fill("First day off", first)
    await person.fill("Last day off", last)
    for label, given in (("From", begins), ("Until", ends)):
        if given is not None:
            await person.fill(label, given)
    await person.submit()


async def test_a_few_hours_off_are_off_and_come_back(stage: Stage, booked: list[Session]) -> None:
    carla = stage.person(COACH)
    await carla.command("/sessions hours")
    await add(carla, "2026-11-20", "10:00", "2026-11-20", "12:30")
    [off] = await times_off(stage)
    assert off.starts_at == datetime(2026, 11, 20, 15, tzinfo=UTC)
    assert off.ends_at == datetime(2026, 11, 20, 17, 30, tzinfo=UTC)
    assert "Fri, Nov 20, 10:00 AM – 12:30 PM" in seen(carla)
    await carla.choose("Remove")
    assert await times_off(stage) == ()
    assert booked


async def test_a_day_may_begin_or_end_off(stage: Stage, booked: list[Session]) -> None:
    carla = stage.person(COACH)
    await carla.command("/sessions hours")
    await add(carla, "2026-11-20", "15:00", "2026-11-22", None)
    [off] = await times_off(stage)
    assert off.starts_at == datetime(2026, 11, 20, 20, tzinfo=UTC)
    assert off.ends_at == datetime(2026, 11, 23, 5, tzinfo=UTC)
    assert booked


async def test_hours_off_until_midnight_end_with_a_single_day_or_as_the_last_day_begins(
    stage: Stage, booked: list[Session]
) -> None:
    carla = stage.person(COACH)
    await carla.command("/sessions hours")
    await add(carla, "2026-11-20", "15:00", "2026-11-20", "00:00")
    await add(carla, "2026-11-23", "15:00", "2026-11-24", "00:00")
    assert [(off.starts_at, off.ends_at) for off in await times_off(stage)] == [
        (datetime(2026, 11, 20, 20, tzinfo=UTC), datetime(2026, 11, 21, 5, tzinfo=UTC)),
        (datetime(2026, 11, 23, 20, tzinfo=UTC), datetime(2026, 11, 24, 5, tzinfo=UTC)),
    ]
    assert booked


async def test_the_form_says_that_several_days_are_one_stretch(stage: Stage, booked: list[Session]) -> None:
    carla = stage.person(COACH)
    await carla.command("/sessions hours")
    await carla.click("Add time off…")
    assert "Over several days it is one stretch, not the same hours every day." in seen(carla)
    assert "On a single day, until midnight means the end of that day" in seen(carla)
    assert booked


async def test_hours_off_that_end_before_they_begin_are_refused(stage: Stage, booked: list[Session]) -> None:
    carla = stage.person(COACH)
    await carla.command("/sessions hours")
    await add(carla, "2026-11-20", "15:00", "2026-11-20", "14:00")
    assert await times_off(stage) == ()
    assert booked


async def test_a_time_off_is_changed_and_what_is_booked_in_it_is_listed(stage: Stage, booked: list[Session]) -> None:
    carla = stage.person(COACH)
    await carla.command("/sessions hours")
    await add(carla, "2026-11-20", "10:00", "2026-11-20", "12:30")
    await carla.choose("Edit…")
    assert carla.modal is not None
    assert carla.modal.title == "Change time off"
    assert "'2026-11-20'" in str(carla.modal.values)
    assert "'12:30'" in str(carla.modal.values)
    await carla.fill("First day off", "2026-11-18")
    await carla.submit()
    assert "It is changed, and 2 sessions are booked in it." in seen(carla)
    [off] = await times_off(stage)
    assert off.starts_at == datetime(2026, 11, 18, 15, tzinfo=UTC)
    assert off.ends_at == datetime(2026, 11, 20, 17, 30, tzinfo=UTC)
    assert booked


async def test_a_time_off_that_somebody_removed_meanwhile_is_not_changed(stage: Stage, booked: list[Session]) -> None:
    carla, ada = stage.person(COACH), stage.person(ADMIN)
    await carla.command("/sessions hours")
    await add(carla, "2026-11-20", None, "2026-11-20", None)
    await carla.choose("Edit…")
    await ada.command("/sessions setup")
    await ada.choose("Hours", near="Carla Coach")
    await ada.choose("Remove")
    await carla.fill("Last day off", "2026-11-21")
    await carla.submit()
    assert "Somebody else was a moment faster." in seen(carla)
    assert await times_off(stage) == ()
    assert booked


@pytest.mark.parametrize("who", [COACH, ADMIN])
async def test_what_is_booked_in_a_time_off_is_found_again_later(stage: Stage, booked: list[Session], who: str) -> None:
    person = stage.person(who)
    if who == COACH:
        await person.command("/sessions hours")
    else:
        await person.command("/sessions setup")
        await person.choose("Hours", near="Carla Coach")
    await add(person, "2026-11-18", None, "2026-11-19", None)
    await person.close()
    await person.choose("What is booked in it…")
    assert "2 sessions are booked in it." in seen(person)
    assert "Anna Lee" in seen(person)
    assert booked


async def test_without_a_decision_everything_stays(stage: Stage, booked: list[Session]) -> None:
    carla = stage.person(COACH)
    await carla.command("/sessions hours")
    await add(carla, "2026-11-18", None, "2026-11-18", None)
    assert "1 session is booked in it." in seen(carla)
    assert [await stage.session(one.id) for one in booked] == booked


def test_an_hour_that_clocks_skip_or_show_twice_is_off_as_a_whole() -> None:
    spring, autumn, at = date(2027, 3, 14), date(2027, 11, 7), time(1, 30)
    skipped = hours_off(spring, at.replace(hour=2), spring, None, EAST)
    assert skipped.starts_at == datetime(2027, 3, 14, 7, tzinfo=UTC)
    twice = hours_off(autumn, at, autumn, at, EAST)
    assert (twice.starts_at, twice.ends_at) == (
        datetime(2027, 11, 7, 5, 30, tzinfo=UTC),
        datetime(2027, 11, 7, 6, 30, tzinfo=UTC),
    )
