"""What tests of booking share: coaches who give hours, kinds of sessions, and what was booked."""

from datetime import timedelta

from coaching.actions import slots
from coaching.availability import Availability, parse_hours
from coaching.records import Scope
from coaching.sessions import Actor, Hat, Session
from coaching.workspace import SessionType
from playground.person import Person
from tests.handlers.conftest import Stage
from tests.support.world import ANNA, COACH, WORKSPACE

H = timedelta(hours=1)
COACHING = SessionType("coaching", "Coaching", timedelta(minutes=50), 100)
CHECK_IN = SessionType("check-in", "Check-in", timedelta(minutes=30), 0)


async def opens(
    stage: Stage, text: str = "Mon–Fri 9:00–12:00", coach: str = COACH, horizon: timedelta = timedelta(days=60)
) -> None:
    """Let a coach give hours."""
    hours = Availability(time_zone="America/New_York", hours=parse_hours(text), horizon=horizon)
    key = f"hours:{coach}:{text}"
    await slots.save_hours(stage.store, Actor(WORKSPACE, coach), key, coach, hours)


async def offers(stage: Stage, *types: SessionType) -> None:
    """Offer kinds of sessions."""
    async with stage.store.write(WORKSPACE) as uow:
        for one in types:
            await uow.catalogue.save_session_type(one)
        await uow.commit()


async def able_to_book(stage: Stage) -> Person:
    """Return Anna, with ten credits, one coach who gives hours and one kind of session."""
    await stage.world.grant(ANNA, 1000)
    await offers(stage, COACHING)
    await opens(stage)
    return stage.person()


async def booked(stage: Stage, client: str = ANNA) -> list[Session]:
    return await stage.world.listed(Hat.CLIENT, client, Scope.UPCOMING)


def shown(person: Person) -> str:
    assert person.modal is not None
    return person.modal.text
