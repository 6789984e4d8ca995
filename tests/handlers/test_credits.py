"""Credits in Slack: balances, history, giving, taking back, packages and pools, for everybody who may and may not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from coaching.availability import Availability, parse_hours
from coaching.packages import Holder
from coaching.workspace import SessionType
from playground.person import Person
from tests.handlers.conftest import Stage
from tests.support.world import ADMIN, ANNA, BORIS, COACH, WORKSPACE

DAY = timedelta(hours=24)


@pytest.fixture
async def ready(stage: Stage) -> Stage:
    """A practice with a session type to sell."""
    async with stage.store.write(WORKSPACE) as uow:
        await uow.catalogue.save_session_type(SessionType("", "Coaching", timedelta(minutes=50), 100))
        await uow.commit()
    return stage


def shown(person: Person) -> str:
    assert person.modal is not None
    return person.modal.text


async def open_catalogue(stage: Stage) -> Person:
    ada = stage.person(ADMIN)
    await ada.command("/sessions setup")
    await ada.click("Packages and credits")
    return ada


async def add_package(ada: Person) -> None:
    await ada.click("Add package")
    await ada.fill("Name", "Leadership 10-pack")
    await ada.fill("Number of sessions", "10")
    await ada.fill("Valid for so many days", "90")
    await ada.fill("Price", "$")
    assert (await ada.submit())["outcome"] == "errors"
    assert "an amount with its currency" in shown(ada).lower()
    await ada.fill("Price", "1,200.50 usd")
    await ada.submit()


async def add_pool(ada: Person, *members: str, contact: str = COACH) -> None:
    await ada.click("Add pool")
    await ada.fill("Company", "Acme")
    await ada.fill("Contact", contact)
    await ada.fill("People who book from it", list(members))
    await ada.submit()


async def test_a_client_sees_their_balances_and_history(ready: Stage) -> None:
    await ready.world.grant(credits=250, expires_at=ready.clock.now() + 10 * DAY)
    await ready.world.grant(package="Ten", session_type="Coaching", credits=1000)
    session = await ready.world.book(5 * DAY)
    ready.clock.advance(timedelta(minutes=20))
    await ready.world.cancel(session)
    anna = ready.person()
    await anna.command("/sessions credits")
    assert "12.5 credits in all" in shown(anna)
    assert shown(anna).index("2.5 of 2.5 credits left · usable until Thu, Nov 26") < shown(anna).index(
        "10 of 10 sessions left"
    )
    assert "for Coaching only" in shown(anna)
    assert "Give credits…" not in shown(anna)
    await anna.click("History")
    assert len(anna.modals) == 1
    history = shown(anna)
    returned, booked = (
        history.index(f"{what}: Coaching with Carla Coach, Sat, Nov 21") for what in ("Returned", "Booked")
    )
    assert history.index("Mon, Nov 16") < returned < history.index("+1 credit\nBalance: 12.5 credits") < booked
    assert "−1 credit\nBalance: 11.5 credits" in history
    assert history.count("Given (import)") == 2
    assert "+2.5 credits\nBalance: " in history
    await anna.click("‹ Balances")
    assert "12.5 credits in all" in shown(anna)


async def test_what_is_left_of_a_package_is_counted_in_sessions_for_as_long_as_they_cost_the_same(ready: Stage) -> None:
    async with ready.store.write(WORKSPACE) as uow:
        half = SessionType("", "Check-in", timedelta(minutes=30), 50)
        await uow.catalogue.save_session_type(half)
        await uow.commit()
    ada = await open_catalogue(ready)
    await ada.click("Add package")
    await ada.fill("Name", "Five check-ins")
    await ada.choose("Check-in")
    await ada.fill("Number of sessions", "5")
    await ada.submit()
    await ada.click("Give credits…")
    async with ready.store.read(WORKSPACE) as queries:
        [package], _ = await queries.catalogue.packages(9)
        [half] = [one for one in await queries.catalogue.session_types() if one.name == "Check-in"]
    await ada.fill("Package", package.id)
    await ada.fill("Person", ANNA)
    await ada.submit()
    await ready.world.book(4 * DAY, session_type="Check-in", price=50)
    anna = ready.person()
    await anna.command("/sessions credits")
    assert "4 of 5 sessions left" in shown(anna)
    async with ready.store.write(WORKSPACE) as uow:
        await uow.catalogue.save_session_type(replace(half, price=100))
        await uow.commit()
    await anna.command("/sessions credits")
    assert "2 of 2.5 credits left" in shown(anna)


async def test_home_leads_to_the_credits(ready: Stage) -> None:
    await ready.world.grant()
    anna = ready.person()
    await anna.home()
    await anna.click("Details", near="10 credits in all")
    assert "10 of 10 credits left" in shown(anna)
    await anna.click("Schedule")
    assert len(anna.modals) == 2


async def test_somebody_without_credits_is_told_how_they_come_in(ready: Stage) -> None:
    anna = ready.person()
    await anna.command("/sessions credits")
    assert "You have no credits right now." in shown(anna)
    await anna.click("History")
    assert "Nothing has happened here yet." in shown(anna)


async def test_an_admin_sells_a_package_and_takes_a_part_back(ready: Stage) -> None:
    ada = await open_catalogue(ready)
    await add_package(ada)
    assert "Leadership 10-pack · Coaching" in shown(ada)
    assert "10 sessions · valid for 90 days · $1,200.50" in shown(ada)
    await ada.click("Give credits…")
    async with ready.store.read(WORKSPACE) as queries:
        [package], _ = await queries.catalogue.packages(9)
    await ada.fill("Package", package.id)
    assert (await ada.submit())["outcome"] == "errors"
    assert "Choose who gets them: a person or a pool." in shown(ada)
    await ada.fill("Person", ANNA)
    await ada.fill("Note", "paid by <!channel> & card")
    await ada.submit()
    assert "Given: 10 credits, Leadership 10-pack. We tell Anna Lee." in shown(ada)
    assert "10 of 10 sessions left · usable until Sun, Feb 14, 2027" in shown(ada)
    assert "$1,200.50 paid" in shown(ada)
    await ada.choose("Take back…", near="Leadership 10-pack")
    assert "10 credits left to take back" in shown(ada)
    await ada.fill("Credits to take back", "11")
    assert (await ada.submit())["outcome"] == "errors"
    assert "at most 10" in shown(ada)
    await ada.fill("Credits to take back", "2.5")
    await ada.submit()
    assert "Taken back: 2.5 credits. 7.5 credits left of it." in shown(ada)
    assert await ready.world.balance() == 750
    await ada.click("History")
    assert "Taken back by you: Leadership 10-pack\n−2.5 credits\nBalance: 7.5 credits" in shown(ada)
    assert "Given by you: Leadership 10-pack\n+10 credits\nBalance: 10 credits" in shown(ada)
    anna = ready.person()
    await anna.command("/sessions credits")
    assert "note" not in shown(anna)
    assert "paid" not in shown(anna)


async def test_an_admin_moves_an_expiry_and_past_days_are_refused_at_their_field(ready: Stage) -> None:
    ada = ready.person(ADMIN)
    await ada.command("/sessions credits for @anna")
    await ada.click("Give credits…")
    assert "Person\n[Anna Lee ▾]" in shown(ada)
    await ada.fill("Credits", "0.5")
    await ada.submit()
    assert "0.5 of 0.5 credits left · no expiry" in shown(ada)
    await ada.choose("Change expiry…", near="no expiry")
    await ada.fill("Last day to use them", "2026-11-01")
    assert (await ada.submit())["outcome"] == "errors"
    assert "That day is over; choose today or a later one." in shown(ada)
    await ada.fill("Last day to use them", "2026-12-24")
    await ada.submit()
    assert "until Thu, Dec 24" in shown(ada)
    await ada.choose("Take back…", near="Credits")
    await ada.click("‹ Balances")
    assert await ready.world.balance() == 50


async def test_an_admin_who_looks_at_their_own_credits_can_give_some_to_anybody(ready: Stage) -> None:
    ada = ready.person(ADMIN)
    await ada.command("/sessions credits")
    await ada.click("Give credits…")
    assert "Person (optional)\n[ ▾]" in shown(ada)
    await ada.fill("Credits", "2")
    assert (await ada.submit())["outcome"] == "errors"
    await ada.fill("Person", ANNA)
    await ada.submit()
    assert "We tell Anna Lee." in shown(ada)
    assert await ready.world.balance() == 200


async def test_a_pool_pays_for_its_members_and_its_contact_sees_who_used_it(ready: Stage) -> None:
    ada = await open_catalogue(ready)
    await add_pool(ada, ANNA, BORIS)
    assert "2 members · contact: Carla Coach" in shown(ada)
    await ada.choose("Credits", near="Acme")
    assert "Acme's pool has no credits right now." in shown(ada)
    await ada.click("Give credits…")
    await ada.fill("Credits", "3")
    await ada.submit()
    assert "We tell Carla Coach." in shown(ada)
    await ready.world.book(4 * DAY, client=BORIS)
    anna, carla, boris = (ready.person(who) for who in (ANNA, COACH, BORIS))
    await anna.command("/sessions credits")
    assert "2 of 3 credits left" in shown(anna)
    assert "Acme's pool" in shown(anna)
    assert "in a company's pool" in shown(anna)
    await anna.click("History")
    assert "Boris" not in shown(anna)
    await carla.command("/sessions credits")
    await carla.click("History")
    assert "Nothing has happened here yet." in shown(carla)
    await carla.click("History", near="Acme")
    assert "for Boris Novak" in shown(carla)
    await carla.click("‹ Balances")
    await carla.click("Your own credits")
    await carla.click("Show", near="Acme")
    assert "2 people book from it" in shown(carla)
    assert "Give credits…" not in shown(carla)
    await carla.click("History")
    assert "for Boris Novak" in shown(carla)
    await boris.command("/sessions credits")
    await boris.click("History")
    assert "Booked: Coaching with Carla Coach" in shown(boris)


async def test_a_stranger_gets_nowhere_whatever_they_send(ready: Stage) -> None:
    ada = await open_catalogue(ready)
    await add_pool(ada, ANNA)
    await ada.choose("Credits", near="Acme")
    await ada.click("Give credits…")
    await ada.fill("Credits", "3")
    await ada.submit()
    given = ready.last_payload()
    boris = ready.person(BORIS)
    await boris.command("/sessions credits for @anna")
    assert boris.modal is None
    assert "Only admins can do that" in (await boris.dms())[-1].text
    await boris.command("/sessions credits")
    pressed = await _pressed(ready, boris)
    acme = given["view"]["private_metadata"]
    for action_id, value in (
        ("credits", acme),
        ("credits", f"client:{ANNA}"),
        ("credits", "nobody"),
        ("credits_history", f"{acme}|0"),
        ("credits_history", f"client:{ANNA}"),
        ("credits_give", acme),
        ("catalogue", ""),
        ("package_add", ""),
        ("pool_add", ""),
    ):
        bent = {**pressed, "actions": [{**pressed["actions"][0], "action_id": action_id, "value": value}]}
        await ready.deliver(bent)
        assert boris.modal is not None
        await boris.refresh()
        assert "Acme" not in boris.text
    before = await ready.world.balance()
    await ready.deliver({**given, "user": {**given["user"], "id": BORIS}, "trigger_id": "another"})
    assert await ready.world.balance() == before == 300


async def _pressed(stage: Stage, who: Person) -> dict[str, object]:
    await who.click("History")
    return stage.last_payload()


async def test_the_names_and_numbers_of_packages_and_pools_are_checked_at_their_fields(ready: Stage) -> None:
    ada = await open_catalogue(ready)
    await add_package(ada)
    await add_pool(ada)
    await ada.click("Add pool")
    await ada.fill("Company", "acme")
    assert (await ada.submit())["outcome"] == "errors"
    assert "There is a pool of that name already." in shown(ada)
    await ada.click("‹ Packages and pools")
    await ada.choose("Edit", near="Leadership 10-pack")
    await ada.choose("Not offered any more")
    await ada.submit()
    assert "not offered any more" in shown(ada)
    await ada.click("Give credits…")
    assert "Leadership 10-pack" not in shown(ada)


async def test_where_no_kind_of_session_is_left_the_catalogue_says_what_to_do_first(ready: Stage) -> None:
    ada = await open_catalogue(ready)
    async with ready.store.write(WORKSPACE) as uow:
        for one in await uow.catalogue.session_types():
            await uow.catalogue.save_session_type(replace(one, retired=True))
        await uow.commit()
    await ada.click("Add package")
    assert "add a session type in the set-up first" in shown(ada)
    assert "Save" not in shown(ada)


async def test_a_package_can_have_terms_of_its_own(ready: Stage) -> None:
    ada = await open_catalogue(ready)
    await add_package(ada)
    await ada.choose("Terms…", near="Leadership 10-pack")
    await ada.submit()
    assert "own terms" in shown(ada)


async def test_the_days_before_expiry_are_a_setting(ready: Stage) -> None:
    ada = ready.person(ADMIN)
    await ada.command("/sessions setup")
    assert "Credits: 14 days before they expire." in shown(ada)
    await ada.click("Edit", near="Reminders and contact")
    await ada.fill("Days before credits expire to say so", None)
    await ada.submit()
    assert "before they expire" not in shown(ada)
    async with ready.store.read(WORKSPACE) as queries:
        assert (await queries.workspace.settings()).expiry_notice is None


async def test_the_booking_dialog_says_whose_pool_pays(ready: Stage) -> None:
    ada = await open_catalogue(ready)
    await add_pool(ada, ANNA)
    await ada.choose("Credits", near="Acme")
    await ada.click("Give credits…")
    await ada.fill("Credits", "1")
    await ada.submit()
    hours = Availability(time_zone="America/New_York", hours=parse_hours("Mon-Sun 9:00-17:00"))
    async with ready.store.write(WORKSPACE) as uow:
        await uow.schedule.save(COACH, hours)
        await uow.commit()
    anna = ready.person()
    await anna.command("/sessions book")
    assert "1 credit from Acme's pool · 0 left afterwards" in shown(anna)


async def test_a_last_day_is_a_day_of_its_owners_calendar_wherever_owner_and_reader_are(ready: Stage) -> None:
    ada = ready.person(ADMIN)
    await ada.command("/sessions credits for @anna")
    await ada.click("Give credits…")
    await ada.fill("Credits", "3")
    await ada.fill("Last day to use them", "2026-12-24")
    await ada.submit()
    assert "until Thu, Dec 24\n" in shown(ada) + "\n"
    async with ready.store.read(WORKSPACE) as queries:
        [before] = await queries.grants.holdings(Holder(ANNA))
    await live_in(ready, ANNA, "Asia/Tokyo")
    anna = ready.person()
    await anna.command("/sessions credits")
    assert "until Thu, Dec 24 (Eastern Time)" in shown(anna)
    assert "3 credits left · usable until Thu, Dec 24 (Eastern Time)" in (await anna.home()).text
    await live_in(ready, ADMIN, "Europe/Berlin")
    await ada.command("/sessions credits for @anna")
    assert "until Thu, Dec 24 (Eastern Time)" in shown(ada)
    await ada.choose("Change expiry…", near="Credits")
    assert "3 credits left, until Thu, Dec 24 (Eastern Time)." in shown(ada)
    await ada.submit()
    async with ready.store.read(WORKSPACE) as queries:
        [kept] = await queries.grants.holdings(Holder(ANNA))
    assert (kept.grant.expires_at, kept.grant.last_day) == (before.grant.expires_at, before.grant.last_day)
    await ada.command("/sessions credits for @anna")
    await ada.choose("Change expiry…", near="Credits")
    await ada.fill("Last day to use them", "2026-12-25")
    await ada.submit()
    assert "until Fri, Dec 25 (Japan Time)" in shown(ada)
    await anna.command("/sessions credits")
    assert "until Fri, Dec 25\n" in shown(anna) + "\n"


async def live_in(stage: Stage, who: str, zone: str) -> None:
    async with stage.store.write(WORKSPACE) as uow:
        person = (await uow.people.viewer(who)).person
        await uow.people.save(replace(person, time_zone=zone), datetime.now(UTC))
        await uow.commit()
