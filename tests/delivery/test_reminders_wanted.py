"""Each kind of reminder is a choice of its reader's, which counts when the reminder would be sent, whatever the medium."""

from datetime import timedelta

import pytest

from coaching.actions import notifications
from coaching.news.kinds import NoticeKind
from coaching.notifications import REMINDERS, Ways
from coaching.sessions import Actor
from coaching.workspace import Settings
from handlers.views.notifications import REMINDER_WORDS
from tests.delivery.test_mail import DAY, Post, post
from tests.delivery.test_mail_choices import ANNAS, chosen
from tests.support.world import ANNA, WORKSPACE

__all__ = ["post"]
HOUR = timedelta(hours=1)
ME = Actor(WORKSPACE, ANNA)
pytestmark = pytest.mark.plain


async def want(post: Post, kind: NoticeKind, *, wanted: bool) -> None:
    await notifications.want_reminders(post.stage.store, post.stage.clock, ME, kind, wanted=wanted)


async def ahead(post: Post) -> None:
    """Anna has a session in two days, with one reminder before free cancellation ends and one before the start."""
    await post.stage.world.settings(Settings(reminder_offsets=(2 * HOUR,), start_reminder=HOUR, quiet_hours=None))
    await post.book(2 * DAY, client=ANNA)
    await post.drain()


async def test_a_reminder_that_is_turned_off_after_it_was_planned_is_not_sent_and_the_others_are(post: Post) -> None:
    await ahead(post)
    await want(post, NoticeKind.REMINDER, wanted=False)
    post.stage.clock.advance(DAY - HOUR)
    await post.slack_relay().drain()
    [row] = await post.stage.rows(kind="reminder")
    assert (row.state, row.why) == ("dropped", "reminder_off")
    post.stage.clock.advance(DAY)
    await post.slack_relay().drain()
    assert await post.stage.states(kind="starting") == {"sent": 1}


async def test_a_reminder_that_is_turned_on_again_comes(post: Post) -> None:
    await ahead(post)
    await want(post, NoticeKind.REMINDER, wanted=False)
    await want(post, NoticeKind.REMINDER, wanted=True)
    post.stage.clock.advance(DAY - HOUR)
    await post.slack_relay().drain()
    assert await post.stage.states(kind="reminder") == {"sent": 1}


@pytest.mark.parametrize("ways", [Ways.BOTH, Ways.MAIL])
async def test_what_is_turned_off_comes_by_no_medium(post: Post, ways: Ways) -> None:
    await chosen(post, ways)
    await ahead(post)
    before = len(post.office.mails)
    await want(post, NoticeKind.REMINDER, wanted=False)
    post.stage.clock.advance(DAY - HOUR)
    await post.drain()
    assert len(post.office.to(ANNAS)) == before
    assert await post.stage.states(kind="reminder") == {"dropped": 1}


def test_there_are_words_for_every_kind_of_reminder() -> None:
    assert set(REMINDER_WORDS) == REMINDERS
