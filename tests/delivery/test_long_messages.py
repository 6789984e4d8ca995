"""Messages of many sessions and long reasons: what is posted can still be edited, and says how much it leaves out."""

import json
from datetime import timedelta

import pytest

from coaching.actions import decide
from coaching.sessions import Actor, Hat
from coaching.workspace import Settings
from tests.delivery.conftest import Stage
from tests.support.world import ANNA, COACH, WORKSPACE

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
REASON = "I am ill & <cannot> come. " + "x" * 2970


def shown(stage: Stage, who: str) -> str:
    """The one message of the app in a conversation, blocks and all."""
    [message] = [
        message
        for channel in stage.slack.workspace.channels.values()
        for message in channel.messages.values()
        if message.by_app and (who == channel.id or (channel.kind == "im" and who in channel.members))
    ]
    return json.dumps([message.text, message.blocks])


def edited_every_time(stage: Stage) -> None:
    """Slack took every edit, and there were some."""
    edits = stage.calls("chat.update")
    assert edits
    assert all(call["ok"] for call in edits)


@pytest.mark.parametrize(("count", "who"), [(60, ANNA), (3, COACH)])
async def test_a_receipt_loses_its_undo_however_long_it_is(stage: Stage, count: int, who: str) -> None:
    await stage.world.settings(Settings(undo_window=MINUTE, start_reminder=None))
    booked = [await stage.world.book(timedelta(days=30, hours=n), price=0) for n in range(count)]
    hat = Hat.CLIENT if who == ANNA else Hat.COACH
    await stage.world.confirm(await stage.world.quote(*booked, who=who, hat=hat, reason=REASON))
    relay = stage.relay()
    await relay.drain()
    assert "undo" in shown(stage, who).lower()
    stage.clock.advance(2 * MINUTE)
    await relay.drain()
    edited_every_time(stage)
    assert "undo" not in shown(stage, who).lower()
    for one in {who, ANNA}:  # the client hears of the coach's cancellation when it can no longer be undone
        [post] = stage.posts(one)
        named = post.text.count("Coaching with")
        assert named == count or f"… and {count - named} more" in post.text
        assert named > 1
        assert len(post.text) <= 4000
    if who == COACH:
        assert "Reason: I am ill &amp; &lt;cannot&gt; come." in stage.posts(ANNA)[0].text


async def test_an_alert_of_many_late_ones_with_a_full_reason_is_edited_as_they_are_decided(stage: Stage) -> None:
    booked = [await stage.world.book(HOUR * (25 + n)) for n in range(10)]
    stage.clock.advance(HOUR * 20)
    late = [s for s in booked if s.refund_cutoff_at < stage.clock.now()]
    await stage.world.confirm(await stage.world.quote(*late, reason=REASON))
    relay = stage.relay()
    await relay.drain()
    for session in late[:2]:
        command = decide.DecideLate(actor=Actor(WORKSPACE, COACH), session_ids=[session.id], refund=True)
        await decide.decide_late(stage.store, stage.clock, command)
        await relay.drain()
    [alert] = stage.posts("C0COACH")
    assert alert.text.count("refunded anyway") == 2
    assert "Reason: I am ill &amp; &lt;cannot&gt; come." in alert.text
    edited_every_time(stage)
