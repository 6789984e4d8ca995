"""Booking: from the command, the list and a canceled session; and everything that happens meanwhile."""

from datetime import timedelta

import pytest

from coaching.actions import setup, slots
from coaching.availability import Availability, TimeOff, parse_hours
from coaching.ports import Scope
from coaching.sessions import Actor, Hat, Session, Status
from coaching.workspace import SessionType, Settings
from playground.person import Person
from tests.handlers.conftest import Stage
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE

H = timedelta(hours=1)
COACHING = SessionType("coaching", "Coaching", timedelta(minutes=50), 100)
CHECK_IN = SessionType("check-in", "Check-in", timedelta(minutes=30), 0)


async def opens(stage: Stage, text: str = "Mon–Fri 9:00–12:00", coach: str = COACH, **more: timedelta) -> None:
    """Let a coach give hours."""
    hours = Availability(time_zone="America/New_York", hours=parse_hours(text), **more)
    key = f"hours:{coach}:{text}:{more}"
    await slots.save_hours(stage.store, Actor(WORKSPACE, coach), key, coach, hours)


async def offers(stage: Stage, *types: SessionType) -> None:
    """Offer kinds of sessions."""
    async with stage.store.write() as uow:
        for one in types:
            await uow.save_session_type(WORKSPACE, one)
        await uow.commit()


@pytest.fixture
async def anna(stage: Stage) -> Person:
    """Anna, with ten credits, one coach who gives hours and one kind of session."""
    await stage.world.grant(ANNA, 1000)
    await offers(stage, COACHING)
    await opens(stage)
    return stage.person()


async def booked(stage: Stage, client: str = ANNA) -> list[Session]:
    async with stage.store.read() as queries:
        found, _ = await queries.list_sessions(
            WORKSPACE, Hat.CLIENT, client, Scope.UPCOMING, stage.clock.now(), limit=50, offset=0
        )
    return found


def shown(person: Person) -> str:
    assert person.modal is not None
    return person.modal.text


async def test_a_session_is_booked_with_the_terms_shown_before(stage: Stage, anna: Person) -> None:
    await anna.command("/sessions book")
    assert "1 credit from Credits · 9 left after" in shown(anna)
    await anna.choose("Wed, Nov 18")
    await anna.choose("10:30 – 11:20 AM")
    assert "Wed, Nov 18, 10:30 – 11:20 AM: refundable until Tue, Nov 17, 10:30 AM." in shown(anna)
    assert "Times are in Eastern Time (GMT−5:00)." in shown(anna)
    await anna.submit()
    assert "Booked" in shown(anna)
    assert "Coaching with Carla Coach · Wed, Nov 18, 10:30 – 11:20 AM" in shown(anna)
    assert "Refundable until Tue, Nov 17, 10:30 AM" in shown(anna)
    assert "You get a confirmation by direct message" in shown(anna)
    [session] = await booked(stage)
    assert (session.coach.id, session.price, session.ends_at - session.starts_at) == (COACH, 100, COACHING.length)
    assert await stage.world.balance() == 900
    assert stage.counted == [("book", "done")]


async def test_pressing_twice_books_once_and_shows_the_result_again(stage: Stage, anna: Person) -> None:
    await anna.command("/sessions book")
    await anna.choose("11:00 – 11:50 AM")
    await anna.submit()
    payload = stage.last_payload()
    payload["trigger_id"] = "9.9.again"
    assert "Booked" in str((await stage.deliver(payload)).payload())
    assert len(await booked(stage)) == 1
    assert await stage.world.balance() == 900
