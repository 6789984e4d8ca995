"""The timeline in a session's details: what people did and what reached whom, and how it was delivered for admins only."""

from datetime import timedelta

import pytest

from tests.handlers.conftest import Stage
from tests.handlers.test_exceptions import deliver
from tests.support.world import ADMIN, ANNA, COACH

H = timedelta(hours=1)


async def timeline(stage: Stage, who: str) -> str:
    """Return the timeline of the one canceled session, as this person reads it."""
    person = stage.person(who)
    await person.command("/sessions for @anna" if who == ADMIN else "/sessions past")
    if who == ADMIN:
        await person.click("Past")
    await person.choose("Details", near="Session Canceled")
    assert person.modal is not None
    return person.modal.text.split("Timeline")[1]


@pytest.fixture
async def told(stage: Stage) -> None:
    """A session was canceled; its receipt has arrived, its alert waits, and its reminder was dropped."""
    await stage.world.grant(ANNA)
    session = await stage.world.book(48 * H)
    await stage.world.cancel(session)
    await deliver(stage)


@pytest.mark.usefixtures("told")
async def test_an_admin_reads_what_waits_and_what_was_dropped_and_why(stage: Stage) -> None:
    read = await timeline(stage, ADMIN)
    assert "canceled by Anna Lee (client); 1 credit returned" in read
    assert "receipt sent to Anna Lee" in read
    assert "alert waiting to be sent to Carla Coach" in read
    assert "reminder not sent to Anna Lee (session canceled)" in read


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(("who", "client"), [(ANNA, "you"), (COACH, "Anna Lee (client)")])
async def test_others_read_what_people_did_and_what_reached_whom(stage: Stage, who: str, client: str) -> None:
    read = await timeline(stage, who)
    assert f"canceled by {client}; 1 credit returned" in read
    assert f"receipt sent to {client.removesuffix(' (client)')}" in read
    for internal in ("waiting", "not sent", "reminder", "alert", "(session canceled)", "earlier entr"):
        assert internal not in read
    stage.clock.advance(timedelta(seconds=61))
    await deliver(stage)
    assert f"alert sent to {'you' if who == COACH else 'Carla Coach'}" in await timeline(stage, who)
