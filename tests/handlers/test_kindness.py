"""Terms that forgive the first late cancellations: typed by an admin, read by a client before they confirm, and kept."""

from datetime import timedelta

import pytest

from coaching.policy import Policy
from coaching.sessions import Status
from coaching.workspace import Settings
from playground.person import Person
from tests.handlers.conftest import Stage
from tests.support.world import ADMIN, ANNA, COACH

H = timedelta(hours=1)
FIRST_TWO = "first 2 late cancellations in 6 months are forgiven"


def shown(person: Person) -> str:
    assert person.modal is not None
    return person.modal.text


async def test_an_admin_types_how_many_are_forgiven_and_reads_it_in_preview_and_terms(stage: Stage) -> None:
    ada = stage.person(ADMIN)
    await ada.command("/sessions setup")
    await ada.click("Edit", near="Cancellation terms")
    assert "forgiven:" not in shown(ada)
    await ada.fill("How many late cancellations of a client are forgiven", "2")
    await ada.click("Preview")
    assert f"A client's {FIRST_TWO}: everything comes back." in shown(ada)
    await ada.submit()
    assert f"A client's {FIRST_TWO}: everything comes back." in shown(ada)
    await ada.click("Edit", near="Cancellation terms")
    await ada.fill("How many late cancellations of a client are forgiven", "1")
    await ada.fill("In how many months they are counted", "3")
    await ada.submit()
    assert "A client's first late cancellation in 3 months is forgiven: everything comes back." in shown(ada)


@pytest.fixture
async def kind(stage: Stage) -> None:
    await stage.world.settings(Settings(policy=Policy(booking_grace=timedelta(0), forgiven_times=2)))
    await stage.world.grant(ANNA)


@pytest.mark.usefixtures("kind")
async def test_a_client_reads_before_they_confirm_that_it_is_forgiven_and_as_which(stage: Stage) -> None:
    session, _second, _third = [await stage.world.book(n * H) for n in (3, 5, 7)]
    stage.clock.advance(timedelta(minutes=1))
    anna = stage.person()
    await anna.command("/sessions")
    assert "unless it is forgiven" in shown(anna)
    await anna.choose("Details", near="3:00 – 3:50 PM")
    assert f"Your {FIRST_TWO}: everything comes back." in shown(anna)
    await anna.close(everything=True)
    for number in (1, 2):
        await anna.command("/sessions")
        await anna.choose("Cancel…", index=0)
        assert f"Late, but your {FIRST_TWO}, and this is number {number}." in shown(anna)
        assert "does not come back" not in shown(anna)
        await anna.submit()
        assert "late, forgiven: 1 credit returned" in shown(anna)
        await anna.close(everything=True)
    await anna.command("/sessions")
    await anna.choose("Cancel…", index=0)
    assert "If you cancel now, 1 credit does not come back." in shown(anna)
    assert "forgiven, and" not in shown(anna)
    assert await stage.world.balance() == 900
    assert (await stage.session(session.id)).status is Status.CANCELED


@pytest.mark.usefixtures("kind")
async def test_a_coach_reads_in_the_details_that_terms_forgave_it(stage: Stage) -> None:
    session = await stage.world.book(3 * H)
    stage.clock.advance(timedelta(minutes=1))
    await stage.world.cancel(session)
    carla = stage.person(COACH)
    await carla.command("/sessions past")
    assert "late, forgiven: 1 credit returned" in shown(carla)
