"""Where credits go back to, and until when they can be used there: said before confirming, afterwards and with the credits."""

from datetime import timedelta

import pytest

from coaching.actions import decide
from coaching.news.cancellations import Receipt
from coaching.news.decisions import LateDecision
from coaching.sessions import Actor, Session
from coaching.workspace import SessionType
from handlers.views.news import render
from playground.person import Person
from tests.handlers.conftest import Stage
from tests.support.world import ADMIN, ANNA, COACH, WORKSPACE
from tests.words import pseudo

DAY = timedelta(hours=24)
UNTIL = "usable until Wed, Dec 16"
"""The day in New York on which thirty days after the tests' clock begins fall."""


@pytest.fixture
async def ready(stage: Stage) -> Stage:
    """A practice that sells sessions at one credit."""
    async with stage.store.write(WORKSPACE) as uow:
        await uow.catalogue.save_session_type(SessionType("", "Coaching", timedelta(minutes=50), 100))
        await uow.commit()
    return stage


def shown(person: Person) -> str:
    assert person.modal is not None
    return person.modal.text


async def choose(stage: Stage, day: str, who: str = ANNA) -> Person:
    """Open the confirmation of the session of a day."""
    person = stage.person(who)
    await person.command("/sessions cancel")
    await person.tick(f"Coaching · {day}, 10:00 – 10:50 AM")
    await person.submit()
    return person


async def message(stage: Stage, session: Session, kind: type[Receipt] | type[LateDecision]) -> str:
    """Return what a client is told of a session, as the relay renders it."""
    async with stage.store.read(WORKSPACE) as queries:
        viewer, settings = await queries.people.viewer(ANNA), await queries.workspace.settings()
        sessions = await queries.sessions.by_ids([session.id])
    return pseudo.seen(render(kind(viewer=viewer, settings=settings, sessions=sessions, now=stage.clock.now()))["text"])


async def ending(stage: Stage, *, package: str | None = "Trio") -> Session:
    """Give three credits that end tomorrow, and book what is on December 26 with one of them."""
    kind = "Coaching" if package else None
    await stage.world.grant(credits=300, package=package, session_type=kind, expires_at=stage.clock.now() + DAY)
    return await stage.world.book(40 * DAY)


async def test_confirmation_result_receipt_details_and_credits_say_until_when(ready: Stage) -> None:
    session = await ending(ready)
    anna = await choose(ready, "Sat, Dec 26")
    assert f"1 credit comes back to Trio, {UNTIL}" in shown(anna)
    await anna.submit()
    assert f"1 credit came back, to where it came from. What came back is {UNTIL}." in shown(anna)
    assert f"1 credit came back, to where it came from. What came back is {UNTIL}." in await message(
        ready, session, Receipt
    )
    await anna.command("/sessions credits")
    assert "2 of 3 sessions left · usable until Tue, Nov 17, 10:00 AM" in shown(anna)
    assert f"Trio · for Coaching only · came back\n1 of 3 sessions left · {UNTIL}" in shown(anna)
    await anna.command("/sessions past")
    await anna.choose("Details")
    assert f"What came back is {UNTIL}." in shown(anna)


async def test_what_would_come_back_after_its_end_is_said_not_to_before_anybody_confirms(ready: Stage) -> None:
    await ready.world.cancel(await ending(ready, package=None))
    ready.clock.advance(2 * DAY)
    session = await ready.world.book(38 * DAY)  # December 26 again, with what came back
    ready.clock.advance(30 * DAY)
    anna = await choose(ready, "Sat, Dec 26")
    assert "1 credit is not returned: your credits could be used until Wed, Dec 16" in shown(anna)
    assert "Whoever gives the session can still return what does not come back" in shown(anna)
    assert "Late" not in shown(anna)
    await anna.submit()
    assert "0 credits came back. 1 credit did not come back." in shown(anna)
    assert "Ask for an exception" in shown(anna)
    carla = await choose_as_coach(ready, session)
    assert "usable until Sun, Jan 17" in carla


async def test_what_comes_back_until_its_credits_end_is_told_until_then_before_anybody_confirms(ready: Stage) -> None:
    await ready.world.cancel(await ending(ready, package=None))
    ready.clock.advance(2 * DAY)
    await ready.world.book(38 * DAY)  # December 26 again, with what came back
    anna = await choose(ready, "Sat, Dec 26")
    assert f"1 credit comes back to your credits, {UNTIL}\nThis holds until Wed, Dec 16, then nothing" in shown(anna)
    assert "Dec 25" not in shown(anna)
    await anna.command("/sessions")
    await anna.choose("Details")
    assert "Refundable until Wed, Dec 16" in shown(anna)
    assert "Full refund ends: Wed, Dec 16" in shown(anna)
    ready.clock.advance(30 * DAY)
    await anna.command("/sessions")
    await anna.choose("Details")
    assert "Non-refundable since Wed, Dec 16" in shown(anna)
    # What an admin returns lasts a whole period, so nothing has ended for them.
    ada = await choose_for_anna(ready)
    assert "1 credit comes back to their credits, usable until Sun, Jan 17, 2027\nThis holds until Fri, Dec 25" in ada


async def choose_for_anna(stage: Stage) -> str:
    """Open the confirmation of a client's session as an admin."""
    ada = stage.person(ADMIN)
    await ada.command("/sessions for @anna")
    await ada.choose("Cancel…")
    return shown(ada)


async def choose_as_coach(stage: Stage, session: Session) -> str:
    """Have the coach return what was not; return what the client is told."""
    command = decide.DecideLate(actor=Actor(WORKSPACE, COACH), session_ids=[session.id], refund=True)
    await decide.decide_late(stage.store, stage.clock, command)
    return await message(stage, session, LateDecision)


async def test_a_coach_reads_until_when_their_client_can_use_it(ready: Stage) -> None:
    await ending(ready, package=None)
    carla = await choose(ready, "Sat, Dec 26", COACH)
    assert f"1 credit comes back to your client's credits, {UNTIL}" in shown(carla)


async def test_credits_from_several_places_are_named_one_by_one(ready: Stage) -> None:
    await ready.world.grant(credits=50, package="Trio", session_type="Coaching", expires_at=ready.clock.now() + DAY)
    await ready.world.grant(credits=50)
    await ready.world.book(40 * DAY)
    anna = await choose(ready, "Sat, Dec 26")
    assert f"1 credit comes back: 0.5 to Trio, {UNTIL}; 0.5 to your credits" in shown(anna)
    await anna.submit()
    assert "What came back is usable: 0.5 until Wed, Dec 16 and 0.5 without end." in shown(anna)
