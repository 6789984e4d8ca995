"""*Client…* in what a coach is told of a client: it opens the client's page, and is only offered to who gives the session."""

from datetime import timedelta

import pytest

from coaching.sessions import Session
from coaching.workspace import Settings
from tests.actions.test_reschedule import move
from tests.handlers.conftest import Stage
from tests.handlers.test_clients import shown, title
from tests.handlers.test_exceptions import CHANNEL, deliver
from tests.handlers.test_move_requests import late as late_session
from tests.handlers.test_move_requests import wish
from tests.support.world import ANNA, COACH, OTHER_COACH

H, DAY = timedelta(hours=1), timedelta(days=1)
late = late_session


async def opens_the_page(stage: Stage, near: str) -> None:
    carla = stage.person(COACH)
    await carla.channel(CHANNEL)
    await carla.click("Client…", near=near)
    assert title(carla) == "Client"
    assert "You see what Anna Lee has with you, as their coach." in shown(carla)


@pytest.fixture
async def session(stage: Stage) -> Session:
    await stage.world.settings(Settings(undo_window=timedelta(0)))
    await stage.world.grant(ANNA)
    await stage.world.open()
    await stage.world.open(OTHER_COACH)
    return await stage.world.book(2 * DAY)


async def test_a_request_to_move_leads_to_the_clients_page(stage: Stage, late: Session) -> None:
    await wish(stage)
    await opens_the_page(stage, "asks to move a session")


async def test_a_move_leads_to_the_clients_page(stage: Stage, session: Session) -> None:
    await deliver(stage)
    await move(stage.world, session, H)
    await deliver(stage)
    await opens_the_page(stage, "moved 1 session with you")


async def test_a_session_taken_over_leads_to_the_clients_page_and_one_given_away_does_not(
    stage: Stage, session: Session
) -> None:
    await deliver(stage)
    await stage.world.hand_over(session)
    await deliver(stage)
    otto, carla = stage.person(OTHER_COACH), stage.person(COACH)
    [told] = [one for one in await otto.dms() if "Client…" in one.buttons]
    assert "Anna Lee" in told.text
    assert [one for one in await carla.channel(CHANNEL) if "Client…" in one.buttons and "handed" in one.text] == []
