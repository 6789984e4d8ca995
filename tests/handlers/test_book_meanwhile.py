"""What happens while the booking dialog is open: slots, hours, coaches, terms, prices and credits change."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from coaching.actions import slots
from coaching.actions.retire import Retire, retire
from coaching.availability import TimeOff
from coaching.policy import Policy, TermsOf, TermsScope, Tier
from coaching.sessions import Actor
from coaching.workspace import SessionType
from playground.person import Person
from storage.unit_of_work import SqlUnitOfWork
from tests.handlers.booking import COACHING, H, able_to_book, booked, offers, opens, shown
from tests.handlers.conftest import Stage
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE


@pytest.fixture
async def anna(stage: Stage) -> Person:
    return await able_to_book(stage)


async def test_a_slot_taken_meanwhile_brings_the_dialog_back_with_the_nearest_times(stage: Stage, anna: Person) -> None:
    await anna.command("/sessions book")
    await anna.choose("Wed, Nov 18")
    await anna.choose("10:00 – 10:50 AM")
    await stage.world.grant(BORIS, 100)
    await stage.world.book(48 * H, client=BORIS)
    await anna.submit()
    assert "That time was just taken by somebody else." in shown(anna)
    assert "Nothing is booked yet." in shown(anna)
    assert "Wed, Nov 18, 9:00 – 9:50 AM" in shown(anna)
    assert "[9:00 – 9:50 AM ▾]" in shown(anna)
    assert await booked(stage) == []
    await anna.submit()
    [session] = await booked(stage)
    assert session.starts_at == stage.clock.now() + 47 * H
    assert stage.counted == [("book", "conflict"), ("book", "done")]


async def test_a_coach_removed_meanwhile_is_let_go_and_another_can_be_chosen(stage: Stage, anna: Person) -> None:
    await opens(stage, coach=OTHER_COACH)
    await anna.command("/sessions book")
    await anna.choose("Carla Coach")
    await anna.choose("9:00 – 9:50 AM")
    gone = Retire(actor=Actor(WORKSPACE, ADMIN), request_key="remove", coach_id=COACH, cancel=False)
    await retire(stage.store, stage.clock, gone)
    await anna.submit()
    assert "Carla Coach takes no bookings any more. Otto Other, the only other coach, is chosen for now." in shown(anna)
    assert "Choose a time with them, or ask a workspace admin." in shown(anna)
    assert "[Otto Other ▾]" in shown(anna)
    await anna.choose("9:00 – 9:50 AM")
    await anna.submit()
    [session] = await booked(stage)
    assert session.coach.id == OTHER_COACH


async def test_hours_edited_under_the_dialog_offer_what_is_left(stage: Stage, anna: Person) -> None:
    await anna.command("/sessions book")
    await anna.choose("9:00 – 9:50 AM")
    await opens(stage, "Mon–Fri 14:00–16:00")
    await anna.submit()
    assert "The coach's hours changed, and that time is outside them now." in shown(anna)
    assert "[2:00 – 2:50 PM ▾]" in shown(anna)
    await anna.submit()
    assert len(await booked(stage)) == 1


async def test_time_off_taken_meanwhile_is_respected(stage: Stage, anna: Person) -> None:
    await anna.command("/sessions book")
    await anna.choose("9:00 – 9:50 AM")
    now = stage.clock.now()
    off = TimeOff(now, now + 48 * H)
    await slots.change_time_off(stage.store, Actor(WORKSPACE, COACH), "off", COACH, off)
    await anna.submit()
    assert "The coach is off at that time." in shown(anna)
    assert "[Wed, Nov 18 ▾]" in shown(anna)
    assert "[10:00 – 10:50 AM ▾]" in shown(anna)


async def test_a_dialog_left_open_past_its_time_books_nothing(stage: Stage, anna: Person) -> None:
    await anna.command("/sessions book")
    await anna.choose("9:00 – 9:50 AM")
    stage.clock.advance(24 * H)
    await anna.submit()
    assert "That time has passed." in shown(anna)
    assert await booked(stage) == []


async def keeps_terms(stage: Stage, of: TermsOf, scope_id: str, hours: int | None) -> None:
    """Give a session type or package a window of its own, or take it away."""
    policy = None if hours is None else Policy(tiers=(Tier(hours * H, 100),))
    async with stage.store.write(WORKSPACE) as uow:
        await uow.terms.save(TermsScope(of, scope_id), policy)
        await uow.commit()


async def test_the_dialog_shows_the_terms_of_the_type_and_of_the_package_that_pays(stage: Stage, anna: Person) -> None:
    await stage.world.grant(ANNA, 100, package="Five", session_type="Coaching")
    async with stage.store.read(WORKSPACE) as queries:
        [package_id] = [one.package_id for one in await queries.grants.of_client(ANNA) if one.package_id]
    await keeps_terms(stage, TermsOf.TYPE, "coaching", 48)
    await keeps_terms(stage, TermsOf.PACKAGE, package_id, 12)
    for start, until, hours in (
        ("9:00 – 9:50 AM", "Nov 19, 9:00 PM", 12),
        ("10:30 – 11:20 AM", "Nov 18, 10:30 AM", 48),
    ):
        await anna.command("/sessions book")
        await anna.choose("Fri, Nov 20")
        await anna.choose(start)
        assert until in shown(anna)
        assert f"Cancel at least {hours} hours before the start" in shown(anna)
        await anna.submit()
        assert f"{until}" in shown(anna)
        await anna.close(everything=True)
    cutoffs = [one.starts_at - one.refund_cutoff_at for one in await booked(stage)]
    assert cutoffs == [12 * H, 48 * H]


async def test_terms_changed_meanwhile_are_shown_before_anything_is_booked_under_them(
    stage: Stage, anna: Person
) -> None:
    await anna.command("/sessions book")
    await anna.choose("Fri, Nov 20")
    await anna.choose("9:00 – 9:50 AM")
    await keeps_terms(stage, TermsOf.TYPE, "coaching", 72)
    await anna.submit()
    assert "The price, length or terms changed" in shown(anna)
    assert "Cancel at least 72 hours before the start" in shown(anna)
    assert await booked(stage) == []
    await anna.submit()
    [session] = await booked(stage)
    assert session.starts_at - session.refund_cutoff_at == 72 * H


async def test_terms_changed_between_reading_and_booking_are_shown_too(
    stage: Stage, anna: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    await anna.command("/sessions book")
    await anna.choose("Fri, Nov 20")
    await anna.choose("9:00 – 9:50 AM")
    write = stage.store.write

    @asynccontextmanager
    async def after_an_admin(workspace_id: str) -> AsyncIterator[SqlUnitOfWork]:
        monkeypatch.setattr(stage.store, "write", write)
        await keeps_terms(stage, TermsOf.TYPE, "coaching", 72)
        async with write(workspace_id) as uow:
            yield uow

    monkeypatch.setattr(stage.store, "write", after_an_admin)
    await anna.submit()
    assert "The price, length or terms changed" in shown(anna)
    assert "Cancel at least 72 hours before the start" in shown(anna)
    assert await booked(stage) == []
    await anna.submit()
    assert len(await booked(stage)) == 1


async def test_details_say_when_new_bookings_get_other_terms(stage: Stage, anna: Person) -> None:
    session = await stage.world.book(96 * H)
    for hours, said in ((72, True), (None, False)):
        await keeps_terms(stage, TermsOf.TYPE, session.type_id, hours)
        await anna.command("/sessions")
        await anna.choose("Details")
        assert "Cancel at least 24 hours before the start" in shown(anna)
        words = "These are the terms this session was booked under; new bookings get other ones."
        assert (words in shown(anna)) is said
        await anna.close(everything=True)


async def test_a_price_changed_meanwhile_is_shown_before_it_is_paid(stage: Stage, anna: Person) -> None:
    await anna.command("/sessions book")
    await anna.choose("9:00 – 9:50 AM")
    await offers(stage, SessionType("coaching", "Coaching", timedelta(minutes=50), 200))
    await anna.submit()
    assert "The price, length or terms changed" in shown(anna)
    assert "[9:00 – 9:50 AM ▾]" in shown(anna)
    assert await stage.world.balance() == 1000
    await anna.submit()
    assert await stage.world.balance() == 800


async def test_credits_spent_meanwhile_are_told_and_nothing_can_be_submitted(stage: Stage) -> None:
    await stage.world.grant(ANNA, 100)
    await offers(stage, COACHING)
    await opens(stage)
    anna = stage.person()
    await anna.command("/sessions book")
    await anna.choose("9:00 – 9:50 AM")
    await stage.world.book(120 * H)
    await anna.submit()
    assert "1 credit missing" in shown(anna)
    assert anna.modal is not None
    assert anna.modal.submit is None
    assert len(await booked(stage)) == 1
