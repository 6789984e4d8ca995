"""Messages with newer blocks: a refused block is no failed notice, and nothing is posted twice."""

from datetime import timedelta

from coaching.sessions import Hat
from tests.delivery.conftest import Stage
from tests.support.world import ANNA

H = timedelta(hours=1)


async def reminded(stage: Stage) -> None:
    """Have Anna reminded of a session whose full refund ends in two hours."""
    session = await stage.world.book(10 * 24 * H)
    stage.clock.set(session.refund_cutoff_at - 2 * H)
    await stage.relay().drain()


def kinds(stage: Stage) -> list[list[str]]:
    """The block types of each of Anna's messages."""
    found = []
    for post in stage.posts(ANNA):
        message = stage.slack.workspace.channels[post.channel].messages[post.ts]
        found.append([block["type"] for block in message.blocks])
    return found


async def test_a_reminder_is_a_card_with_its_three_buttons(stage: Stage) -> None:
    await reminded(stage)
    [[*found]] = kinds(stage)
    assert "card" in found
    assert "actions" not in found


async def test_a_workspace_without_cards_is_reminded_once_in_the_older_form(stage: Stage) -> None:
    await stage.slack.control().fault("older_blocks")
    await reminded(stage)
    [post] = stage.posts(ANNA)
    [found] = kinds(stage)
    assert "card" not in found
    assert "actions" in found
    assert "Free cancellation ends" in post.text
    [row] = await stage.rows(kind="reminder", state="sent")
    assert (row.attempts, row.ambiguous, row.why) == (0, 0, None)
    assert len(stage.calls("chat.postMessage")) == 2  # the refused one was not posted


async def test_what_was_refused_in_messages_is_not_tried_again_nor_in_their_changes(stage: Stage) -> None:
    await stage.slack.control().fault("older_blocks")
    await reminded(stage)
    await stage.kept()
    await reminded(stage)
    assert len(stage.calls("chat.postMessage")) == 3
    [first, *_] = await stage.world.cancelable(Hat.CLIENT, ANNA)
    await stage.world.cancel(first)
    await stage.relay().drain()
    assert stage.calls("chat.update")
    assert all(call["ok"] for call in stage.calls("chat.update"))
