"""What is booked in a time off, decided in one go: through signed HTTP, and what everybody hears of it."""

from datetime import UTC, datetime, timedelta

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.delivery.channels.slack import SlackChannel
from bot.delivery.relay import Relay
from coaching.actions import slots
from coaching.availability import Availability, parse_hours
from coaching.sessions import Actor, Hat, Session, Status
from handlers.views.news import render
from playground.person import Person
from storage.reconciliation import findings
from tests.handlers.conftest import EAST, Stage
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE

H = timedelta(hours=1)
WINDOW = timedelta(seconds=61)
"""After this a cancellation can no longer be undone."""


@pytest.fixture
async def booked(stage: Stage) -> list[Session]:
    """Three sessions of Anna and one of Boris with Carla, on Wednesday; both coaches give hours every day."""
    for coach in (COACH, OTHER_COACH):
        given = Availability(time_zone=EAST, hours=parse_hours("Mon-Sun 9:00-17:00"), notice=H)
        await slots.save_hours(stage.store, Actor(WORKSPACE, coach), f"hours:{coach}", coach, given)
    await stage.world.grant(ANNA)
    await stage.world.grant(BORIS)
    return [await stage.world.book(48 * H + n * H, client=client) for n, client in enumerate((ANNA, ANNA, ANNA, BORIS))]


def seen(person: Person) -> str:
    assert person.modal is not None
    return f"{person.modal.title}\n{person.modal.text}"


async def deliver(stage: Stage) -> None:
    """Send what is due."""

    async def client_for(_: str) -> AsyncWebClient:
        return stage.client

    await Relay(stage.store.engines, stage.clock, SlackChannel(client_for, render)).drain()


async def heard(person: Person) -> list[str]:
    """The texts of the messages that somebody got directly."""
    return [message.text for message in await person.dms()]


async def alerts(stage: Stage) -> list[str]:
    """The texts in Carla's channel."""
    return [message.text for message in await stage.person(COACH).channel("carla-alerts")]


async def sound(stage: Stage) -> None:
    """Everybody was told once, and the books balance."""
    async with stage.store.engines.reader.connect() as connection:
        assert await findings(connection, now=stage.clock.now()) == []


async def at_hours(stage: Stage, who: str) -> Person:
    person = stage.person(who)
    if who == COACH:
        await person.command("/sessions hours")
    else:
        await person.command("/sessions setup")
        await person.choose("Hours", near="Carla Coach")
    return person


async def off(person: Person, day: str = "2026-11-18") -> None:
    await person.click("Add time off…")
    await person.fill("First day off", day)
    await person.fill("Last day off", day)
    await person.submit()


async def decided(person: Person) -> None:
    """Choose: the first is canceled, the second handed over, the third moved, the last stays."""
    await person.choose("Cancel this session", index=0)
    await person.choose("Hand over to Otto Other", index=2)
    await person.choose("Move to Tue, Nov 17, 12:00 – 12:50 PM", index=2)
    await person.submit()


@pytest.mark.parametrize(("who", "hat"), [(COACH, Hat.COACH), (ADMIN, Hat.ADMIN)])
async def test_each_session_has_its_own_fate_and_everybody_hears_once(
    stage: Stage, booked: list[Session], who: str, hat: Hat
) -> None:
    person = await at_hours(stage, who)
    await off(person)
    assert "It is added, and 4 sessions are booked in it." in seen(person)
    await decided(person)
    assert "Confirm the changes?" in seen(person)
    assert "1 session is canceled:" in seen(person)
    assert "1 credit comes back" in seen(person)
    await person.fill("Reason", "I am ill")
    await person.submit()
    assert "Sessions changed" in seen(person)
    canceled, handed, moved, stays = [await stage.session(one.id) for one in booked]
    assert canceled.status is Status.CANCELED
    assert canceled.cancellation is not None
    assert (canceled.cancellation.role, canceled.cancellation.by.id) == (hat, who)
    assert handed.coach.id == OTHER_COACH
    assert handed.starts_at == booked[1].starts_at
    assert moved.starts_at == datetime(2026, 11, 17, 17, tzinfo=UTC)
    assert stays == booked[3]
    await deliver(stage)
    assert await heard(stage.person(ANNA)) == []
    stage.clock.advance(WINDOW)
    await deliver(stage)
    [told] = await heard(stage.person(ANNA))
    assert "canceled 1 session" in told
    assert "I am ill" in told
    assert "Handed over too" in told
    assert "Moved too" in told
    assert len(await heard(stage.person(OTHER_COACH))) == 1
    assert await heard(stage.person(BORIS)) == []
    assert len(await alerts(stage)) == 1
    assert len(await heard(person)) == 1  # the receipt of whoever decided
    await sound(stage)


async def test_undo_takes_the_cancellation_back_and_the_rest_is_told(stage: Stage, booked: list[Session]) -> None:
    carla = await at_hours(stage, COACH)
    await off(carla)
    await decided(carla)
    await carla.submit()
    await deliver(stage)
    [own] = [one for one in await heard(carla) if "You canceled" in one]
    assert "Undo does not take back what was moved or handed over." in own
    await carla.close(everything=True)
    await carla.refresh()
    await carla.click("Undo")
    await stage.settled()
    after = [await stage.session(one.id) for one in booked]
    assert [one.status for one in after] == [Status.SCHEDULED] * 4
    assert [one.coach.id for one in after] == [COACH, OTHER_COACH, COACH, COACH]
    await deliver(stage)
    stage.clock.advance(WINDOW)
    await deliver(stage)
    [told] = await heard(stage.person(ANNA))
    assert "Otto Other gives 1 of your sessions now" in told
    assert "Moved too" in told
    assert "canceled" not in told
    assert len(await heard(stage.person(OTHER_COACH))) == 1
    await sound(stage)


async def test_all_of_them_are_handed_over_at_once_with_one_message_for_each(
    stage: Stage, booked: list[Session]
) -> None:
    carla = await at_hours(stage, COACH)
    await off(carla)
    await carla.choose("Hand over to Otto Other", index=0)
    await carla.submit()
    assert "4 sessions are handed over:" in seen(carla)
    await carla.submit()
    assert {(await stage.session(one.id)).coach.id for one in booked} == {OTHER_COACH}
    await deliver(stage)
    for who in (ANNA, BORIS, OTHER_COACH):
        assert len(await heard(stage.person(who))) == 1
    assert len(await alerts(stage)) == 1
    await sound(stage)


async def test_all_of_them_are_canceled_at_once_and_a_second_click_shows_the_same(
    stage: Stage, booked: list[Session]
) -> None:
    carla = await at_hours(stage, COACH)
    await off(carla)
    await carla.choose("Cancel all of them")
    await carla.submit()
    assert "Total: 4 credits come back." in seen(carla)
    await carla.submit()
    again = await stage.deliver(stage.last_payload())
    assert "4 sessions are canceled:" in str(again.payload())
    assert {(await stage.session(one.id)).status for one in booked} == {Status.CANCELED}
    assert stage.counted.count(("rearrange", "done")) == 1
    assert await stage.world.balance() == 1000
    stage.clock.advance(WINDOW)
    await deliver(stage)
    await sound(stage)


async def test_with_nothing_chosen_everything_stays(stage: Stage, booked: list[Session]) -> None:
    carla = await at_hours(stage, COACH)
    await off(carla)
    await carla.submit()
    assert carla.modal is not None
    assert carla.modal.title == "Hours to book"
    assert [await stage.session(one.id) for one in booked] == booked


@pytest.mark.parametrize("chosen", ["Cancel this session", "Hand over to Otto Other"])
async def test_what_its_client_cancels_meanwhile_leaves_and_the_rest_is_asked_again(
    stage: Stage, booked: list[Session], chosen: str
) -> None:
    carla = await at_hours(stage, COACH)
    await off(carla)
    at = 0 if chosen == "Cancel this session" else 1
    await carla.choose(chosen, index=at)
    await carla.choose(chosen, index=at + 1)
    await carla.submit()
    await stage.world.cancel(booked[0])
    await carla.submit()
    assert "Something changed while this was open. Nothing was done." in seen(carla)
    assert (await stage.session(booked[1].id)) == booked[1]
    await carla.submit()
    after = await stage.session(booked[1].id)
    assert after.status is Status.CANCELED or after.coach.id == OTHER_COACH
    stage.clock.advance(WINDOW)
    await deliver(stage)
    await sound(stage)


async def test_a_coach_who_is_not_free_any_more_is_chosen_anew(stage: Stage, booked: list[Session]) -> None:
    carla = await at_hours(stage, COACH)
    await off(carla)
    await carla.choose("Hand over to Otto Other", index=1)
    await carla.choose("Cancel this session", index=1)
    await carla.submit()
    await stage.world.book(48 * H, client=BORIS, coach=OTHER_COACH)
    await carla.submit()
    assert "Nothing was done." in seen(carla)
    assert [await stage.session(one.id) for one in booked] == booked
    await carla.submit()
    assert "1 session is canceled:" in seen(carla)
    assert "handed over:" not in seen(carla)


async def test_two_sessions_are_not_moved_onto_one_another(stage: Stage, booked: list[Session]) -> None:
    carla = await at_hours(stage, COACH)
    await off(carla)
    await carla.choose("Move to Tue, Nov 17, 11:30 AM – 12:20 PM", index=0)
    await carla.choose("Move to Tue, Nov 17, 11:30 AM – 12:20 PM", index=1)
    await carla.submit()
    assert "Two of these would be at the same time." in seen(carla)
    assert [await stage.session(one.id) for one in booked] == booked


async def test_an_admin_decides_about_all_but_what_they_take_themselves(stage: Stage, booked: list[Session]) -> None:
    await stage.world.grant(ADMIN)
    own = await stage.world.book(52 * H, client=ADMIN)
    ada = await at_hours(stage, ADMIN)
    await off(ada)
    assert "5 sessions are booked in it." in seen(ada)
    assert "You are the client of 1 session here. It is left out; another admin can decide about it." in seen(ada)
    await ada.choose("Hand over to Otto Other", index=0)
    await ada.submit()
    await ada.submit()
    after = [(await stage.session(one.id)).coach.id for one in (*booked, own)]
    assert after == [OTHER_COACH] * 4 + [COACH]


async def test_an_admin_who_takes_all_of_it_decides_nothing(stage: Stage, booked: list[Session]) -> None:
    await stage.world.grant(ADMIN)
    await stage.world.book(96 * H, client=ADMIN)
    ada = await at_hours(stage, ADMIN)
    await off(ada, "2026-11-20")
    assert "You are the client of 1 session here." in seen(ada)
    assert "Continue" not in seen(ada)
    assert booked


async def test_more_sessions_than_a_page_holds_are_chosen_page_by_page(stage: Stage, booked: list[Session]) -> None:
    await stage.world.grant(ANNA, 5000)
    more = [await stage.world.book(48 * H + n * H, client=ANNA) for n in range(24, 24 + 20)]
    carla = await at_hours(stage, COACH)
    await carla.click("Add time off…")
    await carla.fill("First day off", "2026-11-18")
    await carla.fill("Last day off", "2026-11-25")
    await carla.submit()
    assert "1–20 of 24" in seen(carla)
    await carla.choose("Cancel this session", index=0)
    await carla.click("Later ›")
    assert "21–24 of 24" in seen(carla)
    await carla.choose("Cancel this session", index=3)
    await carla.submit()
    await carla.submit()
    after = [(await stage.session(one.id)).status for one in (booked[0], more[-1], more[0])]
    assert after == [Status.CANCELED, Status.CANCELED, Status.SCHEDULED]
