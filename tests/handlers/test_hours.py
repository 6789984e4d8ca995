"""A coach's hours and time off, by the coach and by an admin."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from coaching import zones
from coaching.availability import Availability
from coaching.localtime import LocalDays
from coaching.mail_ids import pending_id
from handlers.hours import availability, zone_named
from handlers.ids import Action, Block
from handlers.inputs import BadInput
from language.locales import locale_of
from language.say import IN_ENGLISH, Say
from playground.person import Person
from tests.handlers.conftest import Stage
from tests.support.world import ADMIN, BORIS, COACH, OTHER_COACH, WORKSPACE


async def hours_of(stage: Stage, coach: str = COACH) -> Availability | None:
    async with stage.store.read(WORKSPACE) as queries:
        return await queries.schedule.availability(coach)


def shown(person: Person) -> str:
    assert person.modal is not None
    return person.modal.text


@pytest.fixture
async def carla(stage: Stage) -> Person:
    """Carla, with her hours open."""
    carla = stage.person(COACH)
    await carla.command("/sessions hours")
    return carla


async def test_hours_are_typed_as_people_write_them_and_shown_back(stage: Stage, carla: Person) -> None:
    assert "No hours yet" in shown(carla)
    await carla.fill("Weekly hours", "weekdays 9-12, 1:30pm-5pm; Sat 10-2pm")
    await carla.fill("Minutes kept free after each session", "10")
    await carla.fill("Shortest notice for a booking, in hours", "12")
    await carla.fill("How many days ahead can be booked", "30")
    await carla.choose("15 minutes")
    await carla.submit()
    assert "Mon–Fri 9:00–12:00, 13:30–17:00; Sat 10:00–14:00, Eastern Time (GMT−5:00)" in shown(carla)
    assert "Starts are 15 minutes apart, at least 12 hours and at most 30 days ahead." in shown(carla)
    saved = await hours_of(stage)
    assert saved is not None
    assert saved.time_zone == "America/New_York"
    assert (saved.buffer_before, saved.buffer_after) == (timedelta(0), timedelta(minutes=10))
    assert (saved.notice, saved.horizon) == (timedelta(hours=12), timedelta(days=30))
    assert saved.step == timedelta(minutes=15)


@pytest.mark.parametrize(
    ("label", "typed", "said"),
    [
        ("Weekly hours", "Mon 9-17, Tu", "Tue has no hours"),
        ("Weekly hours", "Mooday 9-17", "did you mean Monday?"),
        ("Weekly hours", "Mon 17-9", "ends before it starts"),
        ("Weekly hours", "Mon 9-12, 11-13", "overlap"),
        ("Time zone of these hours", "America/New_Yrok", "did you mean America/New_York?"),
        ("Time zone of these hours", "Middle of nowhere", "write one like America/New_York"),
        ("Shortest notice for a booking, in hours", "1440", "The notice is shorter than how far ahead one can book"),
    ],
)
async def test_what_cannot_be_read_is_told_at_its_field_and_nothing_is_saved(
    stage: Stage, carla: Person, label: str, typed: str, said: str
) -> None:
    await carla.fill("Weekly hours", "Mon-Fri 9-17")
    await carla.fill(label, typed)
    assert (await carla.submit())["outcome"] == "errors"
    assert said in shown(carla)
    assert await hours_of(stage) is None


async def test_time_off_is_whole_days_in_the_coachs_zone_and_what_is_typed_stays(stage: Stage, carla: Person) -> None:
    assert "Save hours first" in shown(carla)
    await carla.fill("Weekly hours", "Mon-Fri 9-17")
    await carla.submit()
    await carla.close()
    await carla.command("/sessions hours")
    await carla.fill("Weekly hours", "Mon-Thu 9-17")
    await carla.click("Add time off…")
    await carla.fill("First day off", "2027-03-13")
    await carla.fill("Last day off", "2027-03-14")
    await carla.submit()
    assert "Sat, Mar 13, 2027 – Sun, Mar 14, 2027" in shown(carla)
    assert carla.modal is not None
    assert "Mon-Thu 9-17" in str(carla.modal.values)
    saved = await hours_of(stage)
    assert saved is not None
    # The clocks go forward on that Sunday: it is an hour short.
    [off] = saved.time_off
    assert (off.starts_at, off.ends_at) == (
        datetime(2027, 3, 13, 5, tzinfo=UTC),
        datetime(2027, 3, 15, 4, tzinfo=UTC),
    )
    assert off.days == LocalDays(date(2027, 3, 13), date(2027, 3, 14), "America/New_York", zones.version())
    await carla.choose("Remove")
    assert "No time off ahead." in shown(carla)
    assert "Mon-Thu 9-17" in str(carla.modal.values)
    await carla.submit()
    saved = await hours_of(stage)
    assert saved is not None
    assert saved.time_off == ()
    assert str(saved.hours) == "Mon–Thu 9:00–17:00"


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2026-11-20", "2026-11-19", "The last day off is not before the first."),
        ("2026-11-01", "2026-11-02", "These days are over already."),
        ("9026-11-01", "9026-11-02", "That date is out of range"),
    ],
)
async def test_odd_days_off_are_told_at_their_field(
    stage: Stage, carla: Person, first: str, last: str, said: str
) -> None:
    await carla.fill("Weekly hours", "Mon-Fri 9-17")
    await carla.submit()
    await carla.close()
    await carla.command("/sessions hours")
    await carla.click("Add time off…")
    await carla.fill("First day off", first)
    await carla.fill("Last day off", last)
    assert (await carla.submit())["outcome"] == "errors"
    assert said in shown(carla)
    saved = await hours_of(stage)
    assert saved is not None
    assert saved.time_off == ()


async def test_an_admin_keeps_the_hours_of_every_coach(stage: Stage) -> None:
    ada = stage.person(ADMIN)
    await ada.command("/sessions setup")
    assert "no hours to book yet" in shown(ada)
    await ada.choose("Hours", near="Otto Other")
    assert "Hours of Otto Other." in shown(ada)
    await ada.fill("Weekly hours", "Mon-Fri 9-17")
    await ada.fill("Time zone of these hours", "los angeles")
    await ada.submit()
    assert "Otto Other can be booked:" in shown(ada)
    saved = await hours_of(stage, OTHER_COACH)
    assert saved is not None
    assert saved.time_zone == "America/Los_Angeles"


async def test_nobody_else_gets_at_a_coachs_hours(stage: Stage, carla: Person) -> None:
    boris = stage.person(BORIS)
    await boris.command("/sessions hours")
    assert "Hours are kept by coaches, and you are not one here." in shown(boris)
    await carla.fill("Weekly hours", "Mon-Fri 9-17")
    await carla.submit()
    payload = stage.last_payload()
    payload["user"]["id"] = OTHER_COACH
    payload["trigger_id"] = "9.9.other"
    before = await hours_of(stage)
    assert "Only admins can do that" in str((await stage.deliver(payload)).payload())
    assert await hours_of(stage) == before


async def test_closing_for_bookings_is_said_plainly(stage: Stage, carla: Person) -> None:
    await carla.fill("Weekly hours", "closed")
    await carla.submit()
    assert "You cannot be booked now; booked sessions stay." in shown(carla)
    anna = stage.person()
    await anna.command("/sessions book")
    assert "Nobody gives hours to book yet" in shown(anna)


async def test_home_shows_coaches_their_hours_and_admins_who_has_none(stage: Stage, carla: Person) -> None:
    ada = stage.person(ADMIN)
    home = await ada.home()
    assert "Clients can book Carla Coach then." in home.text, "one of the first steps, while nobody has any"
    assert "has no hours to book yet." not in home.text
    await carla.fill("Weekly hours", "Mon-Fri 9-17")
    await carla.submit()
    await stage.settled()
    home = await ada.home()
    assert "Carla Coach has no hours to book yet." not in home.text
    assert "Otto Other has no hours to book yet." in home.text
    home = await carla.home()
    assert "Mon–Fri 9:00–17:00, Eastern Time (GMT−5:00)" in home.text
    await carla.close(everything=True)
    await carla.click("Edit hours", on="home")
    assert carla.modal is not None
    assert "Mon–Fri 9:00–17:00" in str(carla.modal.values)


def test_zones_are_known_by_name_and_by_city() -> None:
    assert zone_named(" america/new_york ", IN_ENGLISH) == "America/New_York"
    assert zone_named("Kathmandu", IN_ENGLISH) == "Asia/Kathmandu"
    assert zone_named("utc", IN_ENGLISH) == "UTC"
    with pytest.raises(BadInput, match="did you mean Europe/London"):
        zone_named("Europe/Lodnon", IN_ENGLISH)
    with pytest.raises(BadInput):
        zone_named("", IN_ENGLISH)


def test_the_form_is_read_in_the_words_of_whoever_fills_it_in() -> None:
    typed = {
        Block.HOURS: {"value": "lundi–vendredi 9h–17h"},
        Block.ZONE: {"value": "Londres"},
        Block.HORIZON: {"value": "60"},
        Block.STEP: {"selected_option": {"value": "30"}},
    }
    body = {"view": {"state": {"values": {block: {Action.INPUT: held} for block, held in typed.items()}}}}
    given = availability(body, Say(locale_of("fr-FR")))
    assert (str(given.hours), given.time_zone) == ("Mon–Fri 9:00–17:00", "Europe/London")


async def test_hours_written_with_an_offset_are_kept_and_shown_as_written(stage: Stage, carla: Person) -> None:
    await carla.fill("Weekly hours", "Mon-Fri 9-17")
    await carla.fill("Time zone of these hours", "GMT+2")
    await carla.submit()
    assert "Mon–Fri 9:00–17:00, GMT+2:00" in shown(carla)
    saved = await hours_of(stage)
    assert saved is not None
    assert stage.clock.now().astimezone(zones.zone(saved.time_zone)).utcoffset() == timedelta(hours=2)
    await carla.close(everything=True)
    await carla.command("/sessions hours")
    assert carla.modal is not None
    assert "GMT+2" in str(carla.modal.values)
    assert "Etc" not in carla.modal.text + str(carla.modal.values)
    await carla.click("Add time off…")
    assert "Whole days where no time is given, GMT+2:00." in shown(carla)


async def test_hours_of_a_coach_with_a_long_address_open_from_the_set_up(stage: Stage) -> None:
    async with stage.store.write(WORKSPACE) as uow:
        await uow.coaches.save(pending_id(f"{'x' * 120}@example.com"), None)
        await uow.commit()
    ada = stage.person(ADMIN)
    await ada.command("/sessions setup")
    await ada.choose("Hours", near="xxxx")
    assert "Weekly hours" in shown(ada)


@pytest.mark.parametrize(
    ("abbreviation", "meant"),
    [("EST", "America/New_York"), ("cet", "Europe/Berlin"), ("Pacific Time", "America/Los_Angeles")],
)
async def test_an_abbreviation_is_refused_with_the_place_that_is_probably_meant(
    stage: Stage, carla: Person, abbreviation: str, meant: str
) -> None:
    await carla.fill("Weekly hours", "Mon-Fri 9-17")
    await carla.fill("Time zone of these hours", abbreviation)
    assert (await carla.submit())["outcome"] == "errors"
    assert "names no place, and says nothing of when clocks change there" in shown(carla)
    assert f"did you mean {meant}?" in shown(carla)
    assert await hours_of(stage) is None


async def test_days_off_stay_the_days_they_are_when_a_coach_moves(stage: Stage, carla: Person) -> None:
    await carla.fill("Weekly hours", "Mon-Fri 9-17")
    await carla.submit()
    await carla.close()
    await carla.command("/sessions hours")
    await carla.click("Add time off…")
    await carla.fill("First day off", "2026-12-24")
    await carla.fill("Last day off", "2026-12-24")
    await carla.submit()
    assert "Thu, Dec 24\n" in shown(carla)
    before = await hours_of(stage)
    await carla.fill("Time zone of these hours", "Europe/Berlin")
    await carla.submit()
    await carla.close()
    async with stage.store.write(WORKSPACE) as uow:
        person = (await uow.people.viewer(COACH)).person
        await uow.people.save(replace(person, time_zone="Europe/Berlin"), datetime.now(UTC))
        await uow.commit()
    await carla.command("/sessions hours")
    assert "Thu, Dec 24 (Eastern Time)" in shown(carla)
    after = await hours_of(stage)
    assert before is not None
    assert after is not None
    assert after.time_off == before.time_off
    await carla.click("Add time off…")
    assert "Whole days where no time is given, Central European Time (GMT+1:00)." in shown(carla)
