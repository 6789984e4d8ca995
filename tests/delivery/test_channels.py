"""Alert channels that take nothing: what the coach reads instead helps in that very case."""

from datetime import timedelta

from coaching.actions import decide
from coaching.sessions import Actor
from tests.delivery.conftest import Stage
from tests.support.world import COACH, WORKSPACE

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def test_an_archived_channel_is_named_as_archived_after_an_edit_too(stage: Stage) -> None:
    session = await stage.world.book(DAY * 3)
    stage.clock.set(session.starts_at - 2 * HOUR)
    await stage.slack.person(COACH).archive("C0COACH")
    await stage.world.cancel(session)
    await stage.relay().drain()
    [alert] = stage.posts(COACH)
    assert "is archived. Ask an admin to pick another channel in /sessions setup." in alert.text
    refund = decide.DecideLate(actor=Actor(WORKSPACE, COACH), session_ids=[session.id], refund=True)
    await decide.decide_late(stage.store, stage.clock, refund)
    await stage.relay().drain()
    [edited] = stage.posts(COACH)
    assert edited.edited
    assert "is archived. Ask an admin" in edited.text
    assert "/invite" not in edited.text
