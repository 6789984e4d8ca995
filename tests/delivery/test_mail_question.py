"""A member's first receipt asks whether they want mails too, once, and nothing is mailed before they said yes."""

import pytest

from bot.delivery.channels.slack import SlackChannel
from bot.delivery.relay import Relay
from coaching.actions import notifications
from coaching.notifications import Ways
from coaching.sessions import Actor
from handlers.views.news import render
from tests.delivery.conftest import FAST
from tests.delivery.test_mail import BOOKED, COACHES, DAY, WINDOW, Post, post
from tests.delivery.test_mail_choices import ANNAS, chosen, lives_at, told
from tests.support.world import ANNA, BORIS, WORKSPACE

__all__ = ["post"]
pytestmark = pytest.mark.plain
QUESTION = f"Would you like these by mail too, at {ANNAS}?"
ME = Actor(WORKSPACE, ANNA)


def receipts(post: Post, who: str = ANNA) -> list[str]:
    """The messages to a person, as they are now."""
    return [one.text for one in post.stage.posts(who)]


async def book(post: Post, days: int) -> None:
    await post.book(DAY * days, client=ANNA)
    await post.drain()
    await post.drain()


async def answer(post: Post, *, wanted: bool) -> None:
    await notifications.answer(post.stage.store, post.stage.clock, ME, wanted=wanted)
    await post.drain()


async def test_the_first_receipt_asks_and_the_second_does_not_even_if_the_first_was_ignored(post: Post) -> None:
    await book(post, 5)
    await book(post, 6)
    first, second = receipts(post)
    assert QUESTION in first
    assert QUESTION not in second
    assert not post.office.mails


async def test_two_receipts_at_once_ask_once(post: Post) -> None:
    await post.book(DAY * 5, client=ANNA)
    await post.book(DAY * 6, client=ANNA)
    await post.drain()
    assert sum(QUESTION in one for one in receipts(post)) == 1


async def test_a_yes_is_slack_and_mail_from_then_on_and_the_receipt_says_so(post: Post) -> None:
    await book(post, 5)
    await answer(post, wanted=True)
    [first] = receipts(post)
    assert QUESTION not in first
    assert "You get these by mail too." in first
    assert not post.office.mails, "what was told before is not mailed"
    await book(post, 6)
    assert post.subjects(ANNAS) == [BOOKED]
    assert QUESTION not in receipts(post)[1]
    shown = await notifications.open_notifications(post.stage.store, post.stage.clock, ME)
    assert shown.ways is Ways.BOTH


async def test_a_no_ends_it(post: Post) -> None:
    await book(post, 5)
    await answer(post, wanted=False)
    assert "mail" not in receipts(post)[0]
    await book(post, 6)
    assert not post.office.mails
    assert not [one for one in receipts(post) if "mail" in one]


async def test_the_question_stays_while_the_receipt_is_edited_for_other_reasons(post: Post) -> None:
    session = await post.book(client=ANNA)
    await post.drain()
    await post.coach_cancels(session)
    post.stage.clock.advance(WINDOW * 2)
    await post.drain()
    assert QUESTION in receipts(post)[0]
    assert sum(QUESTION in one for one in receipts(post)) == 1


async def test_the_receipt_of_a_cancellation_asks_if_it_is_the_first(post: Post) -> None:
    session = await post.book(client=ANNA, told=False)
    await post.stage.world.cancel(session)
    await post.drain()
    asked = [one for one in receipts(post) if QUESTION in one]
    assert len(asked) == 1


async def test_whoever_chose_is_not_asked(post: Post) -> None:
    await chosen(post, Ways.SLACK)
    await book(post, 5)
    assert told(post) == [BOOKED]
    assert QUESTION not in receipts(post)[0]


async def test_a_later_choice_counts_more_than_a_no_in_an_old_receipt(post: Post) -> None:
    await book(post, 5)
    await chosen(post, Ways.MAIL)
    await answer(post, wanted=False)
    shown = await notifications.open_notifications(post.stage.store, post.stage.clock, ME)
    assert shown.ways is Ways.MAIL


async def test_nobody_is_asked_without_an_address_or_without_a_mail_server(post: Post) -> None:
    await lives_at(post, ANNA, None)
    await book(post, 5)
    assert not any("by mail too" in one for one in receipts(post))
    await post.book(DAY * 6, client=BORIS)
    channel = SlackChannel(post.stage.client_for, render)
    await Relay(post.stage.store.engines, post.stage.clock, channel, pace=FAST).drain()
    assert not any("by mail too" in one for one in receipts(post, BORIS))
    assert any(one.startswith(COACHES.split(" for ")[0]) for one in receipts(post, "C0COACH"))
    assert not any("by mail too" in one for one in receipts(post, "C0COACH"))
