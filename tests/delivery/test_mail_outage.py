"""A mail server that lets nobody in: the admins hear of it once, with what happens meanwhile and what to do."""

import pytest

from coaching.notifications import Ways
from tests.delivery.test_mail import BOOKED, DAY, Post, post
from tests.delivery.test_mail_choices import ANNAS, chosen
from tests.support.world import ADMIN, ANNA

__all__ = ["post"]
pytestmark = pytest.mark.plain
REFUSED = "550 5.7.1 who are you"


def heard(post: Post) -> list[str]:
    return [one.text for one in post.stage.posts(ADMIN) if "Mails cannot be sent" in one.text]


async def another(post: Post, days: int) -> None:
    """One more mail, and a process that was just started."""
    await post.book(DAY * days, client=ANNA)
    await post.drain()
    await post.slack_relay().drain()


async def test_the_admins_hear_once_in_an_outage_whatever_mails_and_processes_there_are(post: Post) -> None:
    await chosen(post, Ways.BOTH)
    post.office.sender_answer = REFUSED
    for days in (5, 6, 7):
        await another(post, days)
    [words] = heard(post)
    assert "does not take mails from the address" in words
    assert "go out by themselves" in words
    assert "doctor" in words
    assert not post.office.mails


async def test_after_it_worked_again_the_next_outage_is_told_anew(post: Post) -> None:
    await chosen(post, Ways.BOTH)
    post.office.sender_answer = REFUSED
    await another(post, 5)
    post.office.sender_answer = None
    await another(post, 6)
    assert post.subjects(ANNAS) == [BOOKED, BOOKED]
    assert len(heard(post)) == 1
    post.stage.clock.advance(DAY / 24)
    post.office.sender_answer = REFUSED
    await another(post, 7)
    assert len(heard(post)) == 2


async def test_whichever_process_was_let_in_again_the_next_outage_is_told(post: Post) -> None:
    await chosen(post, Ways.BOTH)
    running = post.relay()
    await post.book(DAY * 5, client=ANNA)
    await post.slack_relay().drain()
    await running.drain()
    post.office.sender_answer = REFUSED
    await another(post, 6)
    assert len(heard(post)) == 1, "another process met it"
    post.stage.clock.advance(DAY / 24)
    post.office.sender_answer = None
    await post.book(DAY * 7, client=ANNA)
    await post.slack_relay().drain()
    await running.drain()
    assert len(post.subjects(ANNAS)) == 3
    post.office.sender_answer = REFUSED
    await another(post, 8)
    assert len(heard(post)) == 2


async def test_processes_that_are_let_in_and_others_that_are_not_do_not_flood_the_admins(post: Post) -> None:
    await chosen(post, Ways.BOTH)
    for days in (5, 6, 7):
        post.office.sender_answer = REFUSED
        await another(post, days)
        post.office.sender_answer = None
        await post.drain()
    assert len(heard(post)) == 1
    post.stage.clock.advance(DAY / 24)
    post.office.sender_answer = REFUSED
    await another(post, 8)
    assert len(heard(post)) == 2, "what is not told at once is told if it still holds"


async def test_what_was_over_before_it_could_be_told_is_not_told(post: Post) -> None:
    await chosen(post, Ways.BOTH)
    post.office.sender_answer = REFUSED
    await post.book(client=ANNA)
    await post.slack_relay().drain()
    await post.relay().drain()
    post.office.sender_answer = None
    await post.relay().drain()
    await post.slack_relay().drain()
    assert heard(post) == []
    assert await post.stage.states(kind="mail_locked") == {"dropped": 1}


async def test_a_workspace_without_mails_hears_nothing(post: Post) -> None:
    post.office.sender_answer = REFUSED
    await another(post, 5)
    assert heard(post) == []
