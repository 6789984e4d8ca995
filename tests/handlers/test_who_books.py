"""Who may book a kind of session by themselves, and how many at a time."""

from dataclasses import replace
from datetime import timedelta

import pytest

from coaching.actions.clients import open_client
from coaching.sessions import Actor
from coaching.workspace import Audience, Settings
from playground.person import Person
from tests.handlers.booking import CHECK_IN, COACHING, H, booked, offers, opens, shown
from tests.handlers.conftest import Stage
from tests.handlers.setting_up import types
from tests.support.world import ADMIN, ANNA, BORIS, COACH, WORKSPACE


@pytest.fixture
async def anna(stage: Stage) -> Person:
    """Anna, without credits; Carla gives hours, and there are two kinds of sessions."""
    await opens(stage, "Mon–Sun 8:00–18:00")
    await offers(stage, COACHING, CHECK_IN)
    return stage.person()


async def is_for(
    stage: Stage, audience: Audience = Audience.EVERYBODY, *named: str, at_most: int | None = None
) -> None:
    """Change who may book a check-in by themselves."""
    [kind] = [one for one in await types(stage) if one.name == "Check-in"]
    async with stage.store.write(WORKSPACE) as uow:
        await uow.catalogue.save_session_type(replace(kind, bookable_by=audience, at_most=at_most))
        await uow.catalogue.name_clients(kind.id, named)
        await uow.commit()


def on_offer(person: Person) -> str:
    """Return the whole open dialog, with what is in its menus."""
    assert person.modal is not None
    return str(person.modal.data)


async def test_an_admin_says_who_books_a_kind_of_session_and_how_many_at_a_time(stage: Stage, anna: Person) -> None:
    ada = stage.person(ADMIN)
    await ada.command("/sessions setup")
    await ada.choose("Edit", near="Check-in")
    await ada.fill("Who can book it by themselves", "named")
    assert (await ada.submit())["outcome"] == "errors"
    assert "Name somebody, or choose who else can book it." in shown(ada)
    await ada.fill("Named clients", [ANNA, BORIS])
    await ada.fill("How many at a time", "2")
    await ada.submit()
    assert "30 minutes · free · workspace terms · for named clients · at most 2 at a time" in shown(ada)
    [kind] = [one for one in await types(stage) if one.name == "Check-in"]
    assert (kind.bookable_by, kind.at_most) == (Audience.NAMED, 2)
    await ada.choose("Edit", near="Check-in")
    await ada.fill("Who can book it by themselves", "credits")
    await ada.submit()
    assert "for people with credits" in shown(ada)
    async with stage.store.read(WORKSPACE) as queries:
        assert await queries.catalogue.clients(kind.id) == {ANNA, BORIS}
    assert anna


async def test_what_a_person_may_not_book_is_not_offered(stage: Stage, anna: Person) -> None:
    await is_for(stage, Audience.NAMED, BORIS)
    await anna.command("/sessions book")
    assert "Check-in" not in on_offer(anna)
    boris = stage.person(BORIS)
    await boris.command("/sessions book")
    assert "Check-in" in on_offer(boris)
    await is_for(stage, Audience.CREDITS)
    await anna.command("/sessions book")
    assert "Check-in" not in on_offer(anna)
    await stage.world.grant(ANNA, 50)
    await anna.command("/sessions book")
    assert "Check-in" in on_offer(anna)


async def test_whoever_holds_a_package_for_it_may_book_it(stage: Stage, anna: Person) -> None:
    await is_for(stage, Audience.NAMED, BORIS)
    await stage.world.grant(ANNA, 100, package="Five", session_type="Check-in")
    await anna.command("/sessions book")
    assert "Check-in" in on_offer(anna)


async def test_without_anything_to_book_it_says_whom_to_ask(stage: Stage, anna: Person) -> None:
    await offers(stage, *(replace(one, retired=one.name == "Coaching") for one in await types(stage)))
    await is_for(stage, Audience.NAMED, BORIS)
    await stage.world.settings(Settings(support_contact="care@example.com"))
    await anna.command("/sessions book")
    assert "There is no kind of session here that you can book by yourself." in shown(anna)
    assert "Ask care@example.com to book one for you." in shown(anna)


async def test_nothing_is_booked_that_is_for_others_meanwhile(stage: Stage, anna: Person) -> None:
    await anna.command("/sessions book")
    await anna.choose("Check-in · 30 minutes · free")
    await anna.choose("2:00 – 2:30 PM")
    await is_for(stage, Audience.NAMED, BORIS)
    await anna.submit()
    assert "You cannot book this kind of session by yourself." in shown(anna)
    assert not await booked(stage)


async def test_no_more_are_booked_than_a_client_may_have_at_a_time(stage: Stage, anna: Person) -> None:
    await is_for(stage, at_most=1)
    await anna.command("/sessions book")
    await anna.choose("Check-in · 30 minutes · free")
    await anna.choose("2:00 – 2:30 PM")
    await stage.world.book(48 * H, session_type="Check-in", price=0, length=timedelta(minutes=30))
    await anna.submit()
    assert "You have 1 of these sessions booked, and no more can be booked at a time." in shown(anna)
    assert "Book the next one after it has taken place, cancel one first, or ask Carla Coach." in shown(anna)
    assert anna.modal is not None
    assert anna.modal.submit is None
    [session] = await booked(stage)
    # A move is no booking.
    await anna.command("/sessions")
    await anna.choose("Reschedule…", near="Check-in")
    assert anna.modal is not None
    assert anna.modal.submit is not None
    await anna.close(everything=True)
    # After it nothing is in the way.
    stage.clock.advance(49 * H)
    await anna.command("/sessions book")
    await anna.choose("Check-in · 30 minutes · free")
    await anna.choose("5:00 – 5:30 PM")
    await anna.submit()
    assert [one.id for one in await booked(stage)] != [session.id]


async def test_what_is_booked_instead_closes_the_undo_of_what_was_canceled(stage: Stage, anna: Person) -> None:
    await is_for(stage, at_most=1)
    first = await stage.world.book(48 * H, session_type="Check-in", price=0, length=timedelta(minutes=30))
    await stage.world.cancel(first)
    await anna.command("/sessions book")
    await anna.choose("Check-in · 30 minutes · free")
    await anna.choose("2:00 – 2:30 PM")
    await anna.submit()
    assert "Booked" in shown(anna)
    ended = (await stage.session(first.id)).cancellation
    assert ended is not None
    assert ended.undo_until is None


async def test_coaches_and_admins_are_not_bound_and_the_dialog_says_so(stage: Stage, anna: Person) -> None:
    await stage.world.book(72 * H, session_type="Check-in", price=0, length=timedelta(minutes=30))
    await is_for(stage, Audience.NAMED, BORIS, at_most=1)
    carla = stage.person(COACH)
    await carla.command("/sessions for @anna")
    await carla.click("Book for Them…")
    await carla.choose("Check-in · 30 minutes · free")
    assert "Only named clients book this by themselves." in shown(carla)
    assert "Clients who book by themselves have at most 1 of these at a time. This does not bind you." in shown(carla)
    await carla.choose("2:00 – 2:30 PM")
    await carla.submit()
    assert len(await booked(stage)) == 2
    page = await open_client(stage.store, stage.clock, Actor(WORKSPACE, COACH), ANNA)
    assert len(page.ahead.rows) == 2
    assert anna
