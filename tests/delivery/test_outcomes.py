"""What the client of a missed session reads, and that it follows a correction."""

from datetime import timedelta

import pytest

from coaching.actions.outcomes import CloseSession, close
from coaching.actions.retire import Retire, retire
from coaching.sessions import Actor, Session, Status
from coaching.workspace import Settings
from tests.delivery.conftest import Stage
from tests.support.world import ADMIN, ANNA, COACH, WORKSPACE

pytestmark = pytest.mark.usefixtures("in_pseudo")


async def over(stage: Stage, *, price: int = 100) -> Session:
    session = await stage.world.book(timedelta(days=1), price=price)
    stage.clock.set(session.ends_at)
    return session


async def say(stage: Stage, session: Session, outcome: Status, who: str = COACH) -> None:
    command = CloseSession(actor=Actor(WORKSPACE, who), session_id=session.id, outcome=outcome)
    await close(stage.store, stage.clock, command)


async def test_the_client_hears_kindly_that_a_session_was_missed_and_whom_to_ask(stage: Stage) -> None:
    await stage.world.settings(Settings(undo_window=timedelta(0), support_contact="help@example.com"))
    session = await over(stage)
    await say(stage, session, Status.NO_SHOW)
    await stage.relay().drain()
    [told] = stage.posts(ANNA)
    assert "Your coach Carla Coach noted the session as a no-show" in told.text
    assert "1 credit paid for it: not returned." in told.text
    assert "ask Carla Coach or help@example.com." in told.text
    assert stage.posts("C0COACH") == []


async def test_the_message_follows_a_correction_and_a_second_one(stage: Stage) -> None:
    session = await over(stage, price=0)
    await say(stage, session, Status.NO_SHOW, ADMIN)
    relay = stage.relay()
    await relay.drain()
    [told] = stage.posts(ANNA)
    assert "A workspace admin noted the session as a no-show" in told.text
    assert "credit" not in told.text
    await say(stage, session, Status.COMPLETED)
    await relay.drain()
    [corrected] = stage.posts(ANNA)
    assert corrected.edited
    assert "Corrected: your session took place" in corrected.text
    assert "noted that" not in corrected.text
    await say(stage, session, Status.NO_SHOW)
    await relay.drain()
    [again] = stage.posts(ANNA)
    assert "Your coach Carla Coach noted the session as a no-show" in again.text


async def test_what_was_corrected_before_it_went_out_is_not_told(stage: Stage) -> None:
    session = await over(stage)
    await say(stage, session, Status.NO_SHOW)
    await say(stage, session, Status.COMPLETED)
    relay = stage.relay()
    await relay.drain()
    assert stage.posts(ANNA) == []
    assert [(row.state, row.why) for row in await stage.rows(kind="no_show")] == [("dropped", "corrected")]
    await say(stage, session, Status.NO_SHOW)
    await relay.drain()
    assert len(stage.posts(ANNA)) == 1


@pytest.mark.parametrize("contact", [None, "help@example.com"])
async def test_who_cannot_be_asked_any_more_is_not_named(stage: Stage, contact: str | None) -> None:
    await stage.world.settings(Settings(undo_window=timedelta(0), support_contact=contact))
    late, session = await stage.world.book(timedelta(hours=5)), await over(stage)
    stage.clock.set(late.starts_at - timedelta(hours=1))
    await stage.world.cancel(late)
    stage.clock.set(session.ends_at)
    await say(stage, session, Status.NO_SHOW)
    await retire(
        stage.store, stage.clock, Retire(actor=Actor(WORKSPACE, ADMIN), request_key="off", coach_id=COACH, cancel=False)
    )
    await stage.relay().drain()
    receipt, missed = [post.text for post in stage.posts(ANNA)]
    assert f"or something came up, ask {contact or 'a workspace admin'}." in missed
    assert "An admin can still return what did not come back" in receipt
